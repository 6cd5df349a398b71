/* SPDX-License-Identifier: MIT
 * Datagrams in: each goes to its connection; those of none are accept.c's. */
#include "endpoint/receive.h"

#include "endpoint/accept.h"
#include "endpoint/admit.h"
#include "endpoint/conn.h"
#include "endpoint/paths.h"
#include "endpoint/peer.h"
#include "endpoint/sockets.h"
#include "endpoint/trouble.h"
#include "quic/packet.h"

/* Receives a turn takes at most, before others have theirs. */
#define ROUNDS_PER_TURN 8

static void receive(iroh_endpoint_t *ep, socket_t *socket, const udp_message_t *message, const uint8_t *data,
                    size_t len, uint64_t now) {
  quic_packet_t packet;
  peer_news_t news;
  ep->metrics.datagrams_received++;
  ep->metrics.bytes_received += len;
  if (peer_receive(ep, socket, message, data, len, now, &news)) {
    if (news.called || news.socket != NULL) paths_take_news(ep, &news, now);
    if (news.peer != NULL) peer_go_on(ep, news.peer, now);
    return;
  }
  if (!quic_packet_parse(data, len, &packet)) {
    ep->metrics.dropped_garbage++;
    return;
  }
  conn_t *conn = packet.dcid_len <= QUIC_CID_MAX ? bytes_map_get(&ep->cids, packet.dcid, packet.dcid_len) : NULL;
  if (conn == NULL) {
    accept_datagram(ep, socket, message, data, len, &packet, now);
    return;
  }
  conn_received(conn, socket, message, data, len, now);
  admit_progress(conn);
}

void receive_message(iroh_endpoint_t *ep, socket_t *socket, const udp_message_t *message, uint64_t now) {
  if (socket != NULL && address_is_made_up(&message->remote)) {
    ep->metrics.dropped_garbage++;
    return;
  }
  size_t segment = message->segment > 0 ? message->segment : message->len;
  ep->reading = true;
  for (size_t offset = 0; offset < message->len && !ep->abandoned; offset += segment)
    receive(ep, socket, message, message->data + offset, min_size(segment, message->len - offset), now);
  ep->reading = false;
}

static size_t receive_round(iroh_endpoint_t *ep, socket_t *socket, size_t *bytes) {
  udp_message_t messages[UDP_BATCH_MESSAGES];
  size_t count = udp_recv(&socket->udp, ep->rx, messages);
  uint64_t now = uv_hrtime();
  if (socket->udp.error != 0) {
    trouble_tell(ep, socket->udp.error, "recvmsg", &socket->udp.bound);
    sockets_deafen(socket, now);
  }
  for (size_t i = 0; i < count && !ep->abandoned; i++) {
    *bytes += messages[i].len;
    receive_message(ep, socket, &messages[i], now);
  }
  return count;
}

size_t receive_readable(socket_t *socket) {
  size_t bytes = 0;
  for (int round = 0; round < ROUNDS_PER_TURN && !socket->ep->abandoned; round++)
    if (receive_round(socket->ep, socket, &bytes) < UDP_BATCH_MESSAGES) break;
  return bytes;
}
