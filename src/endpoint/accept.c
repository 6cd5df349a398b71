/* SPDX-License-Identifier: MIT
 * Datagrams of no connection: each begins one, or gets a stateless answer, or none. */
#include "endpoint/accept.h"

#include "endpoint/admit.h"
#include "endpoint/conn.h"
#include "endpoint/host.h"
#include "endpoint/relay.h"
#include "endpoint/route.h"
#include "endpoint/trouble.h"
#include "quic/initial.h"
#include "quic/packet.h"

/* ---- stateless answers --------------------------------------------------------------------------- */

static void source_of(iroh_endpoint_t *ep, const udp_message_t *message, handshake_source_t *out) {
  uint16_t relay;
  uint64_t number;
  const relay_peer_t *peer = NULL;
  if (relay_address_read(&message->remote, &relay, &number)) peer = map_get(&ep->relay_peers.by_number, number);
  if (peer != NULL)
    handshake_source_of_relay(relay, peer->node_id, out);
  else
    handshake_source_of_address(&message->remote, out);
}

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
  udp_result_t result = udp_send(&socket->udp, &message->remote, &message->local, 0, data, len, len);
  if (result == UDP_FAILED) trouble_of_send(ep, &socket->udp, &message->remote);
  if (result == UDP_SENT) {
    ep->metrics.datagrams_sent++;
    ep->metrics.bytes_sent += len;
    (*counter)++;
  }
}

static void refuse(iroh_endpoint_t *ep, socket_t *socket, const udp_message_t *message,
                   const handshake_source_t *source, const quic_initial_t *initial, bool invalid_token, uint64_t now) {
  uint8_t buf[QUIC_MAX_UDP_PAYLOAD];
  ep->metrics.handshakes_dropped++;
  if (!answer_limits_take(&ep->answer_limits, ANSWER_REFUSAL, source, now)) return;
  answer(ep, socket, message, buf, quic_packet_refuse(initial, invalid_token, buf, sizeof buf),
         &ep->metrics.refusals_sent);
}

static void ask_for_proof(iroh_endpoint_t *ep, socket_t *socket, const udp_message_t *message,
                          const handshake_source_t *source, const quic_initial_t *initial, uint64_t now) {
  uint8_t buf[QUIC_MAX_UDP_PAYLOAD];
  if (!answer_limits_take(&ep->answer_limits, ANSWER_RETRY, source, now)) return;
  size_t n = quic_retry_write(ep->retry, initial, &message->remote, now, buf, sizeof buf);
  answer(ep, socket, message, buf, n, &ep->metrics.retries_sent);
}

/* ---- handshakes ---------------------------------------------------------------------------------- */

static bool have_room(iroh_endpoint_t *ep, const handshake_source_t *source, bool proved, uint64_t now) {
  return handshakes_have_room(&ep->begun, source, proved, now) &&
         handshakes_have_room(&ep->handshakes, source, proved, now);
}

/* A place among the handshakes for the connection, perhaps somebody else's. False: out of memory. */
static bool take_place(conn_t *conn, const handshake_source_t *source, bool proved, uint64_t now) {
  iroh_endpoint_t *ep = conn->ep;
  void *evicted;
  handshake_place_t *begun;
  if (!handshakes_take(&ep->begun, source, proved, NULL, now, &begun, &evicted)) return false;
  handshakes_release(&ep->begun, begun, now);
  if (!handshakes_take(&ep->handshakes, source, proved, conn, now, &conn->place, &evicted)) return false;
  conn_t *other = evicted;
  if (other == NULL) return true;
  other->place = NULL;
  if (other->in_handshake) ep->metrics.handshakes_evicted++;
  conn_free(other);
  return true;
}

static void begin_handshake(iroh_endpoint_t *ep, socket_t *socket, const udp_message_t *message, const uint8_t *data,
                            size_t len, const handshake_source_t *source, const quic_initial_t *initial, bool proved,
                            uint64_t now) {
  conn_t *conn = conn_new(ep);
  if (conn == NULL) return;
  quic_path_t path = {.local = message->local, .remote = message->remote, .socket = socket};
  if (!take_place(conn, source, proved, now) ||
      quic_conn_new_server(&ep->quic_config, &host_callbacks, conn, (const char *const *)ep->alpns, ep->alpn_count,
                           initial, &path, now, &conn->quic) != 0) {
    conn_free(conn);
    return;
  }
  conn_received(conn, socket, message, data, len, now);
  admit_progress(conn);
}

static void accept_initial(iroh_endpoint_t *ep, socket_t *socket, const udp_message_t *message, const uint8_t *data,
                           size_t len, quic_initial_t *initial, uint64_t now) {
  handshake_source_t source;
  source_of(ep, message, &source);
  bool valid = quic_packet_check_token(initial, ep->retry, ep->quic_config.static_secret, &message->remote, now);
  bool full = ep->metrics.connections_open >= ep->config.max_connections;
  if (!valid || full || ep->alpn_count == 0 || ep->closing) {
    refuse(ep, socket, message, &source, initial, !valid, now);
    return;
  }
  /* A relay has had its peers' NodeIds proved, and answers reach them. */
  bool proved = initial->token_verified || socket == NULL;
  if ((ep->config.always_retry && !initial->token_verified) ||
      (!proved && handshakes_want_proof(&ep->handshakes, now))) {
    ask_for_proof(ep, socket, message, &source, initial, now);
    return;
  }
  /* Before the packet is opened: that costs more than to find no place for it. */
  if (!have_room(ep, &source, proved, now)) {
    if (proved)
      ep->metrics.handshakes_over_share++;
    else /* with the proof it may get somebody else's place */
      ask_for_proof(ep, socket, message, &source, initial, now);
    return;
  }
  if (!quic_initial_opens(initial, data, len)) {
    ep->metrics.initials_invalid++;
    return;
  }
  begin_handshake(ep, socket, message, data, len, &source, initial, proved, now);
}

/* ---- the others ---------------------------------------------------------------------------------- */

/* A peer that forgot the connection answers with a random connection id. */
static conn_t *find_reset(iroh_endpoint_t *ep, const udp_message_t *message, const uint8_t *data, size_t len) {
  conn_t *conn = reset_tokens_find(&ep->reset_tokens, data, len);
  if (conn == NULL || quic_conn_state(conn->quic) != QUIC_OPEN) return NULL;
  quic_path_t path = route_now(conn);
  return address_equal(&path.remote, &message->remote) ? conn : NULL;
}

static void send_reset(iroh_endpoint_t *ep, socket_t *socket, const udp_message_t *message, size_t len,
                       const quic_packet_t *packet, uint64_t now) {
  uint8_t buf[QUIC_MAX_UDP_PAYLOAD];
  handshake_source_t source;
  source_of(ep, message, &source);
  if (!answer_limits_take(&ep->answer_limits, ANSWER_RESET, &source, now)) return;
  size_t n =
      quic_packet_stateless_reset(packet->dcid, packet->dcid_len, len, ep->quic_config.static_secret, buf, sizeof buf);
  answer(ep, socket, message, buf, n, &ep->metrics.stateless_resets_sent);
}

static void send_versions(iroh_endpoint_t *ep, socket_t *socket, const udp_message_t *message,
                          const quic_packet_t *packet, uint64_t now) {
  uint8_t buf[QUIC_MAX_UDP_PAYLOAD];
  handshake_source_t source;
  source_of(ep, message, &source);
  if (!answer_limits_take(&ep->answer_limits, ANSWER_VERSIONS, &source, now)) return;
  size_t n = quic_packet_version_negotiation(packet, buf, sizeof buf);
  answer(ep, socket, message, buf, n, &ep->metrics.version_negotiations_sent);
}

void accept_datagram(iroh_endpoint_t *ep, socket_t *socket, const udp_message_t *message, const uint8_t *data,
                     size_t len, const quic_packet_t *packet, uint64_t now) {
  quic_initial_t initial;
  if (packet->unknown_version) {
    if (len >= QUIC_INITIAL_MIN) send_versions(ep, socket, message, packet, now);
  } else if (packet->long_header) {
    if (quic_packet_is_initial(data, len, &initial)) {
      accept_initial(ep, socket, message, data, len, &initial, now);
      return;
    }
  } else {
    conn_t *conn = find_reset(ep, message, data, len);
    if (conn != NULL) {
      ep->metrics.stateless_resets_received++;
      conn_received(conn, socket, message, data, len, now);
      return;
    }
    send_reset(ep, socket, message, len, packet, now);
  }
  ep->metrics.dropped_garbage++;
}
