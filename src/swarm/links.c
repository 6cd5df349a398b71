/* SPDX-License-Identifier: MIT
 * Connections to peers, and what happens on them. One that no topic needs is closed after a while. */
#include "swarm/links.h"

#include <stdlib.h>
#include <string.h>

#include "endpoint/turn.h"
#include "swarm/peers.h"
#include "swarm/read.h"
#include "swarm/run.h"
#include "swarm/send.h"
#include "swarm/timers.h"

/* How long the end of a stream may be unacknowledged before its connection is closed all the same. */
#define ACK_PATIENCE (5000 * SWARM_NS_PER_MS)

/* The peer cannot be reached, or not any more. Each topic may answer by sending to it again: what is new then stays. */
static void lost(swarm_peer_t *peer, uint64_t now) {
  swarm_t *swarm = peer->swarm;
  list_t outboxes;
  list_init(&outboxes);
  list_node_t *node;
  peer->unreachable = false;
  swarm_peer_drop_verdicts(peer);
  while ((node = list_pop_front(&peer->outboxes)) != NULL) list_push_back(&outboxes, node);
  while ((node = list_first(&outboxes)) != NULL) {
    swarm_outbox_t *outbox = container_of(node, swarm_outbox_t, peer_node);
    swarm_topic_t *topic = outbox->topic;
    swarm_outbox_free(outbox);
    if (topic->core == NULL) {
      swarm_topic_settle(topic);
      continue;
    }
    gossip_topic_closed(topic->core, peer->id, now, &swarm->actions);
    swarm_run(topic, now);
  }
  swarm_peer_settle(peer, now);
}

int iroh_gossip_dial_failed(iroh_endpoint_t *ep, iroh_handle_t handle, const uint8_t node_id[IROH_KEY_BYTES]) {
  swarm_t *swarm = swarm_of_handle(ep, handle);
  if (swarm == NULL) return IROH_ERR_CLOSED;
  swarm_peer_t *peer = swarm_peer(swarm, node_id);
  if (peer == NULL || !peer->dialling) return 0;
  swarm_peer_dial_over(peer);
  if (list_empty(&peer->links))
    lost(peer, uv_hrtime());
  else
    swarm_peer_settle(peer, uv_hrtime());
  return 0;
}

/* ---- links that are not needed ------------------------------------------------------------------- */

static void reap(swarm_link_t *link, uint64_t now) {
  link->peer->swarm->counts.connections_reaped++;
  swarm_link_close(link, now);
}

static bool still_sends(const swarm_link_t *link, uint64_t now) {
  list_for_each(node, &link->senders) {
    const swarm_sender_t *sender = container_of(node, swarm_sender_t, link_node);
    if (sender->outbox != NULL || now - sender->finished_at < ACK_PATIENCE) return true;
  }
  return false;
}

/* The peer sends over another link since long: it will not go back to this one. */
static bool peer_moved_on(const swarm_link_t *link, uint64_t idle) {
  list_for_each(node, &link->peer->links) {
    const swarm_link_t *other = container_of(node, swarm_link_t, node);
    if (other->heard_at > link->heard_at + idle) return true;
  }
  return false;
}

void swarm_peer_due(void *owner, uint64_t now) {
  swarm_peer_t *peer = owner;
  uint64_t idle = peer->swarm->config.idle_ms * SWARM_NS_PER_MS;
  if (peer->unreachable && list_empty(&peer->links)) {
    lost(peer, now);
    return;
  }
  peer->unreachable = false;
  bool needed = !list_empty(&peer->outboxes);
  const swarm_link_t *best = swarm_peer_link(peer);
  list_for_each(node, &peer->links) {
    swarm_link_t *link = container_of(node, swarm_link_t, node);
    if (!swarm_link_is_open(link) || still_sends(link, now) || now - link->heard_at < idle) continue;
    if (!needed || (link != best && peer_moved_on(link, idle))) reap(link, now);
  }
  swarm_peer_settle(peer, now);
}

/* ---- links --------------------------------------------------------------------------------------- */

/* The oldest connection that no topic needs. */
static swarm_link_t *spare_link(swarm_t *swarm) {
  swarm_link_t *oldest = NULL;
  size_t cursor = 0;
  void *value;
  while (bytes_map_next(&swarm->peers, &cursor, NULL, NULL, &value)) {
    const swarm_peer_t *peer = value;
    if (!list_empty(&peer->outboxes)) continue;
    list_for_each(node, &peer->links) {
      swarm_link_t *link = container_of(node, swarm_link_t, node);
      if (swarm_link_is_open(link) && (oldest == NULL || link->heard_at < oldest->heard_at)) oldest = link;
    }
  }
  return oldest;
}

/* Whether there is room for one more connection of the peer; another may have to go for it. */
static bool make_room(swarm_t *swarm, const swarm_peer_t *peer, uint64_t now) {
  size_t count = 0;
  list_for_each(node, &peer->links) count++;
  if (count >= SWARM_LINKS_PER_PEER_MAX) {
    reap(container_of(peer->links.head.prev, swarm_link_t, node), now);
    return true;
  }
  if (swarm->links < swarm->config.max_connections) return true;
  swarm_link_t *spare = spare_link(swarm);
  if (spare != NULL) reap(spare, now);
  return spare != NULL || !list_empty(&peer->outboxes);
}

/* Streams that came before the connection was the swarm's. */
static void adopt(quic_stream_t *stream, void *ctx) {
  swarm_link_t *link = ctx;
  iroh_endpoint_t *ep = link->conn->ep;
  bool by_us = ((quic_stream_id(stream) & 1) != 0) == quic_conn_is_server(link->conn->quic);
  if (by_us || quic_stream_handle(stream) == 0) return;
  map_remove(&ep->streams, quic_stream_handle(stream));
  quic_stream_set_handle(stream, 0);
  quic_stream_tell_again(stream);
}

static void on_credit_due(void *owner, uint64_t now) {
  swarm_link_t *link = owner;
  const swarm_t *swarm = link->peer->swarm;
  uint64_t left =
      quic_conn_give_uni_streams(link->conn->quic, swarm->config.max_streams / SWARM_STREAM_CREDIT_SHARE + 1);
  turn_mark(link->conn);
  if (left > 0) swarm_timer_set(swarm->swarms, &link->credit_timer, now + SWARM_STREAM_CREDIT_EVERY);
}

static int add_link(swarm_peer_t *peer, conn_t *conn, uint64_t now) {
  swarm_t *swarm = peer->swarm;
  swarm_link_t *link = calloc(1, sizeof *link);
  if (link == NULL) return IROH_ERR_NO_MEMORY;
  *link = (swarm_link_t){.peer = peer, .conn = conn, .since = now, .heard_at = now};
  link->extra = peer->needs_streams && !quic_conn_is_server(conn->quic);
  link->credit_timer = (swarm_timer_t){.due = on_credit_due, .owner = link};
  list_init(&link->readers);
  list_init(&link->senders);
  list_push_front(&peer->links, &link->node);
  conn->link = link;
  swarm->links++;
  if (!quic_conn_is_server(conn->quic) || !peer->needs_streams) swarm_peer_dial_over(peer);
  peer->unreachable = false;
  uint32_t before = swarm->ep->quic_config.max_streams_uni;
  if (swarm->config.max_streams > before) quic_conn_allow_uni_streams(conn->quic, swarm->config.max_streams - before);
  quic_conn_pace_uni_streams(conn->quic);
  quic_conn_each_stream(conn->quic, adopt, link);
  return 0;
}

static void tell_met(const swarm_peer_t *peer, uint64_t now) {
  list_for_each(node, &peer->outboxes) {
    swarm_topic_t *topic = container_of(node, swarm_outbox_t, peer_node)->topic;
    if (topic->core == NULL) continue;
    gossip_topic_met(topic->core, peer->id, now, &topic->swarm->actions);
    swarm_run(topic, now);
  }
}

static void flush(swarm_peer_t *peer, uint64_t now) {
  list_for_each(node, &peer->outboxes) swarm_outbox_flush(container_of(node, swarm_outbox_t, peer_node), now);
}

int iroh_gossip_add_conn(iroh_endpoint_t *ep, iroh_handle_t handle, iroh_handle_t conn_handle) {
  swarm_t *swarm = swarm_of_handle(ep, handle);
  conn_t *conn = conn_of_handle(ep, conn_handle);
  if (swarm == NULL || conn == NULL || quic_conn_state(conn->quic) != QUIC_OPEN) return IROH_ERR_CLOSED;
  if (conn->link != NULL) return IROH_ERR_BUSY;
  uint64_t now = uv_hrtime();
  swarm_peer_t *peer = swarm_peer_use(swarm, quic_conn_peer(conn->quic));
  if (peer == NULL) return IROH_ERR_NO_MEMORY;
  int rv = make_room(swarm, peer, now) ? add_link(peer, conn, now) : IROH_ERR_LIMIT;
  if (rv == 0) {
    tell_met(peer, now);
    flush(peer, now);
  } else {
    quic_conn_close(conn->quic, 0, "", 0, now);
  }
  swarm_peer_settle(peer, now);
  turn_mark(conn);
  return rv;
}

void swarm_link_free(swarm_link_t *link) {
  list_node_t *node;
  while ((node = list_first(&link->readers)) != NULL)
    swarm_reader_free(container_of(node, swarm_reader_t, node), false);
  while ((node = list_first(&link->senders)) != NULL)
    swarm_sender_free(container_of(node, swarm_sender_t, link_node), false);
  list_remove(&link->node);
  swarm_timer_stop(link->peer->swarm->swarms, &link->credit_timer);
  link->conn->link = NULL;
  link->peer->swarm->links--;
  free(link);
}

/* ---- what happens on connections ----------------------------------------------------------------- */

void swarm_link_stream(conn_t *conn, quic_stream_t *stream, unsigned events) {
  uint64_t now = uv_hrtime();
  swarm_link_t *link = conn->link;
  if (events & STREAM_EVENT_OPENED) {
    if ((quic_stream_id(stream) & 2) == 0) {
      conn->ep->metrics.streams_refused++;
      quic_stream_refuse(stream, IROH_CODE_UNWANTED); /* gossip has no bidirectional ones */
    } else
      swarm_reader_new(link, stream, now);
    return;
  }
  void *owner = quic_stream_owner(stream);
  if (owner == NULL) return;
  bool by_us = ((quic_stream_id(stream) & 1) != 0) == quic_conn_is_server(conn->quic);
  if (by_us)
    swarm_sender_events(owner, events, now);
  else
    swarm_reader_pump(owner, now);
}

void swarm_link_streams_allowed(conn_t *conn) {
  const swarm_link_t *link = conn->link;
  flush(link->peer, uv_hrtime());
}

void swarm_link_closed(conn_t *conn, bool gone) {
  swarm_link_t *link = conn->link;
  swarm_peer_t *peer = link->peer;
  uint64_t now = uv_hrtime();
  if (!gone) swarm_link_read_out(link, now);
  swarm_link_free(link);
  if (gone) return;
  if (!list_empty(&peer->links)) {
    flush(peer, now);
    swarm_peer_settle(peer, now);
  } else if (peer->dialling) {
    swarm_peer_drop_verdicts(peer);
  } else {
    lost(peer, now);
  }
}
