/* SPDX-License-Identifier: MIT
 * Datagrams in: each goes to its connection, begins one, or gets a stateless answer. */
#include "endpoint/dial.h"
#include "endpoint/internal.h"
#include "quic/packet.h"

/* Receives a turn takes at most, before others have theirs. */
#define ROUNDS_PER_TURN 8
/* From this many bytes on, what was received is acknowledged before the program is told, which may take its time. */
#define ACK_FIRST_BYTES (128 * 1024)

static void answer(iroh_endpoint_t *ep, socket_t *socket, const udp_message_t *message, const uint8_t *data, size_t len,
                   uint64_t *counter) {
  if (len == 0) return;
  if (socket == NULL) {
    uint16_t relay;
    uint64_t number;
    relay_address_read(&message->remote, &relay, &number);
    const relay_peer_t *peer = map_get(&ep->relay_peers.by_number, number);
    relay_peers_send(&ep->relay_peers, relay, peer->node_id, 0, data, len, len);
    (*counter)++;
    return;
  }
  if (udp_send(&socket->udp, &message->remote, &message->local, 0, data, len, len) == UDP_SENT) {
    ep->metrics.datagrams_sent++;
    ep->metrics.bytes_sent += len;
    (*counter)++;
  }
}

static void accept_initial(iroh_endpoint_t *ep, socket_t *socket, const udp_message_t *message, const uint8_t *data,
                           size_t len, quic_initial_t *initial, uint64_t now) {
  uint8_t buf[QUIC_MAX_UDP_PAYLOAD];
  const uint8_t *secret = ep->quic_config.static_secret;
  if (!quic_packet_check_token(initial, secret, &message->remote, now)) {
    answer(ep, socket, message, buf, quic_packet_refuse(initial, true, buf, sizeof buf),
           &ep->metrics.handshakes_dropped);
    return;
  }
  bool full = ep->accepting >= ep->config.max_handshakes || ep->metrics.connections_open >= ep->config.max_connections;
  if (full || ep->alpn_count == 0 || ep->closing) {
    if (limiter_take(&ep->stateless_answers, now))
      answer(ep, socket, message, buf, quic_packet_refuse(initial, false, buf, sizeof buf),
             &ep->metrics.handshakes_dropped);
    return;
  }
  bool loaded = ep->config.always_retry || ep->accepting >= ep->config.max_handshakes / 2;
  if (loaded && !initial->token_verified) {
    size_t n = quic_packet_retry(initial, secret, &message->remote, now, buf, sizeof buf);
    answer(ep, socket, message, buf, n, &ep->metrics.retries_sent);
    return;
  }
  conn_t *conn = conn_new(ep);
  if (conn == NULL) return;
  quic_path_t path = {.local = message->local, .remote = message->remote, .socket = socket};
  if (quic_conn_new_server(&ep->quic_config, &endpoint_quic_host, conn, (const char *const *)ep->alpns, ep->alpn_count,
                           initial, &path, now, &conn->quic) != 0) {
    conn_free(conn);
    return;
  }
  ep->accepting++;
  conn_received(conn, socket, message, data, len, now);
}

/* A peer that forgot the connection answers with a random connection id: only its last bytes tell (RFC 9000
 * section 10.3.1). */
static conn_t *find_reset(iroh_endpoint_t *ep, const udp_message_t *message, const uint8_t *data, size_t len) {
  list_for_each(node, &ep->all) {
    conn_t *conn = container_of(node, conn_t, all_node);
    quic_path_t path;
    quic_conn_path(conn->quic, &path);
    if (!address_equal(&conn_route(conn, &path)->remote, &message->remote)) continue;
    if (quic_conn_matches_reset(conn->quic, data, len)) return conn;
  }
  return NULL;
}

static void unknown_datagram(iroh_endpoint_t *ep, socket_t *socket, const udp_message_t *message, const uint8_t *data,
                             size_t len, const quic_packet_t *packet, uint64_t now) {
  uint8_t buf[QUIC_MAX_UDP_PAYLOAD];
  quic_initial_t initial;
  if (packet->unknown_version) {
    if (len >= 1200 && limiter_take(&ep->stateless_answers, now)) {
      size_t n = quic_packet_version_negotiation(packet, buf, sizeof buf);
      answer(ep, socket, message, buf, n, &ep->metrics.version_negotiations_sent);
    }
  } else if (packet->long_header) {
    if (quic_packet_is_initial(data, len, &initial)) {
      accept_initial(ep, socket, message, data, len, &initial, now);
      return;
    }
  } else if (limiter_take(&ep->stateless_answers, now)) {
    conn_t *conn = find_reset(ep, message, data, len);
    if (conn != NULL) {
      ep->metrics.stateless_resets_received++;
      conn_received(conn, socket, message, data, len, now);
      return;
    }
    size_t n = quic_packet_stateless_reset(packet->dcid, packet->dcid_len, len, ep->quic_config.static_secret, buf,
                                           sizeof buf);
    answer(ep, socket, message, buf, n, &ep->metrics.stateless_resets_sent);
  }
  ep->metrics.dropped_garbage++;
}

void endpoint_receive(iroh_endpoint_t *ep, socket_t *socket, const udp_message_t *message, const uint8_t *data,
                      size_t len, uint64_t now) {
  quic_packet_t packet;
  ep->metrics.datagrams_received++;
  ep->metrics.bytes_received += len;
  if (endpoint_receive_probe(ep, socket, message, data, len, now)) return;
  if (!quic_packet_parse(data, len, &packet)) {
    ep->metrics.dropped_garbage++;
    return;
  }
  conn_t *conn = packet.dcid_len <= QUIC_CID_MAX ? bytes_map_get(&ep->cids, packet.dcid, packet.dcid_len) : NULL;
  if (conn != NULL)
    conn_received(conn, socket, message, data, len, now);
  else
    unknown_datagram(ep, socket, message, data, len, &packet, now);
}

static void receive_message(iroh_endpoint_t *ep, socket_t *socket, const udp_message_t *message, uint64_t now) {
  if (socket != NULL && address_is_made_up(&message->remote)) {
    ep->metrics.dropped_garbage++;
    return;
  }
  size_t segment = message->segment > 0 ? message->segment : message->len;
  ep->reading = true;
  for (size_t offset = 0; offset < message->len && !ep->abandoned; offset += segment)
    endpoint_receive(ep, socket, message, message->data + offset, min_size(segment, message->len - offset), now);
  ep->reading = false;
  /* The program ended in its authorize function. */
  if (ep->abandoned) endpoint_abandoned(ep);
}

static size_t receive_round(iroh_endpoint_t *ep, socket_t *socket, size_t *bytes) {
  udp_message_t messages[UDP_BATCH_MESSAGES];
  size_t count = udp_recv(&socket->udp, ep->rx, messages);
  uint64_t now = uv_hrtime();
  for (size_t i = 0; i < count && !ep->abandoned; i++) {
    *bytes += messages[i].len;
    receive_message(ep, socket, &messages[i], now);
  }
  return count;
}

int iroh_endpoint_relay_received(iroh_endpoint_t *ep, uint16_t relay, const uint8_t node_id[IROH_KEY_BYTES],
                                 uint8_t ecn, size_t segment, const uint8_t *data, size_t len) {
  if (ep->shut) return IROH_ERR_CLOSED;
  if (ep->reading || ep->telling) return IROH_ERR_BUSY;
  /* Counted on for the time of the call: whoever answers needs its number. */
  relay_peer_t *peer = relay_peers_use(&ep->relay_peers, relay, node_id);
  if (peer == NULL) return IROH_ERR_INVALID_ARGUMENT;
  const udp_message_t message = {.data = data,
                                 .len = len,
                                 .segment = segment,
                                 .remote = relay_address(relay, peer->number),
                                 .local = relay_address(relay, 0),
                                 .ecn = ecn & 3};
  receive_message(ep, NULL, &message, uv_hrtime());
  relay_peers_release(&ep->relay_peers, peer);
  return 0;
}

static void on_readable(udp_socket_t *udp) {
  socket_t *socket = udp->owner;
  iroh_endpoint_t *ep = socket->ep;
  size_t bytes = 0;
  for (int round = 0; round < ROUNDS_PER_TURN; round++)
    if (receive_round(ep, socket, &bytes) < UDP_BATCH_MESSAGES) break;
  if (bytes > ACK_FIRST_BYTES) endpoint_flush(ep);
  endpoint_drain(ep);
  endpoint_flush(ep);
  endpoint_drain_relay(ep);
  endpoint_closing_step(ep);
}

static void on_writable(udp_socket_t *udp) {
  socket_t *socket = udp->owner;
  endpoint_writable(socket);
  endpoint_flush(socket->ep);
  endpoint_drain(socket->ep);
  endpoint_drain_relay(socket->ep);
  endpoint_closing_step(socket->ep);
}

static void on_unreachable(udp_socket_t *udp, const address_t *remote) {
  socket_t *socket = udp->owner;
  uint64_t now = uv_hrtime();
  list_for_each(node, &socket->ep->all) dial_unreachable(container_of(node, conn_t, all_node), remote, now);
}

static void on_closed(udp_socket_t *udp) {
  socket_t *socket = udp->owner;
  iroh_endpoint_t *ep = socket->ep;
  ep->metrics.recv_calls += udp->recv_calls;
  ep->metrics.send_calls += udp->send_calls;
  endpoint_socket_closed(socket);
  endpoint_handle_closed(ep);
}

const udp_callbacks_t endpoint_udp_callbacks = {on_readable, on_writable, on_unreachable, on_closed};
