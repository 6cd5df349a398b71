/* SPDX-License-Identifier: MIT
 * Datagrams in: each goes to its connection; those of none are accept.c's. */
#include "endpoint/dial.h"
#include "endpoint/internal.h"
#include "quic/packet.h"

/* Receives a turn takes at most, before others have theirs. */
#define ROUNDS_PER_TURN 8
/* From this many bytes on, what was received is acknowledged before the program is told, which may take its time. */
#define ACK_FIRST_BYTES (128 * 1024)

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
  if (conn == NULL) {
    endpoint_receive_unknown(ep, socket, message, data, len, &packet, now);
    return;
  }
  conn_received(conn, socket, message, data, len, now);
  conn_handshake_progress(conn);
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
  if (socket->udp.error != 0) {
    endpoint_tell_system(ep, socket->udp.error, "recvmsg", &socket->udp.bound);
    endpoint_deafen(socket, now);
  }
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

static void on_unreachable(udp_socket_t *udp, const address_t *remote, int error) {
  socket_t *socket = udp->owner;
  uint64_t now = uv_hrtime();
  list_for_each(node, &socket->ep->dials) dial_unreachable(container_of(node, conn_t, dial_node), remote, error, now);
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
