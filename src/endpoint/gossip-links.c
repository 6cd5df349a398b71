/* SPDX-License-Identifier: MIT
 * Peers and the connections to them. Frames go over one of them, the best; all are read. One that no topic needs is
 * closed after a while. */
#include <stdlib.h>
#include <string.h>

#include "endpoint/gossip-hooks.h"
#include "endpoint/gossip.h"
#include "endpoint/route.h"
#include "endpoint/state.h"
#include "endpoint/turn.h"
#include "wire/addr-info.h"

/* Two connections that the two sides began within this time of each other: both take the one the greater NodeId dialled,
 * once something has come over it beside the other. Else the newest is the best: after a restart of the peer nothing comes
 * over the older one any more. */
#define SIMULTANEOUS (2000 * SWARM_NS_PER_MS)
/* How long the end of a stream may be unacknowledged before its connection is closed all the same. */
#define ACK_PATIENCE (5000 * SWARM_NS_PER_MS)
#define LINKS_PER_PEER_MAX 8
/* Beyond this many dials a peer counts as unreachable, after a moment. */
#define DIALLING_MAX 256
#define REFUSED_AFTER (100 * SWARM_NS_PER_MS)
/* Credit for streams comes back to a peer at a rate, however fast it ends them: an eighth of max_streams a second. */
#define STREAM_CREDIT_EVERY (250 * SWARM_NS_PER_MS)
#define STREAM_CREDIT_SHARE 32
/* A peer that stops so many streams, or sends so much that is no gossip, is better begun with anew. */
#define STOPPED_MAX 16

/* ---- peers --------------------------------------------------------------------------------------- */

static void on_peer_due(void *owner, uint64_t now);

swarm_peer_t *swarm_peer(swarm_t *swarm, const uint8_t id[GOSSIP_ID_BYTES]) {
  return bytes_map_get(&swarm->peers, id, GOSSIP_ID_BYTES);
}

swarm_peer_t *swarm_peer_use(swarm_t *swarm, const uint8_t id[GOSSIP_ID_BYTES]) {
  swarm_peer_t *peer = swarm_peer(swarm, id);
  if (peer != NULL) return peer;
  peer = calloc(1, sizeof *peer);
  if (peer == NULL) return NULL;
  peer->swarm = swarm;
  memcpy(peer->id, id, GOSSIP_ID_BYTES);
  list_init(&peer->links);
  list_init(&peer->outboxes);
  list_init(&peer->verdicts);
  peer->timer = (swarm_timer_t){.due = on_peer_due, .owner = peer};
  if (bytes_map_put(&swarm->peers, id, GOSSIP_ID_BYTES, peer) == 0) return peer;
  free(peer);
  return NULL;
}

static void drop_verdicts(swarm_peer_t *peer) {
  list_node_t *node;
  while ((node = list_first(&peer->verdicts)) != NULL)
    swarm_verdict_free(container_of(node, swarm_verdict_t, peer_node));
}

void swarm_peer_free(swarm_peer_t *peer) {
  swarm_t *swarm = peer->swarm;
  drop_verdicts(peer);
  swarm_timer_stop(swarm->ep, &peer->timer);
  if (peer->dialling) swarm->dialling--;
  bytes_map_remove(&swarm->peers, peer->id, GOSSIP_ID_BYTES);
  free(peer);
}

static bool has_one_link(const swarm_peer_t *peer) { return list_first(&peer->links)->next == &peer->links.head; }

void swarm_peer_settle(swarm_peer_t *peer, uint64_t now) {
  const swarm_t *swarm = peer->swarm;
  if (list_empty(&peer->links)) {
    if (list_empty(&peer->outboxes) && !peer->dialling) swarm_peer_free(peer);
    return;
  }
  bool steady = !list_empty(&peer->outboxes) && has_one_link(peer);
  if (steady)
    swarm_timer_stop(swarm->ep, &peer->timer);
  else if (!heap_has(&peer->timer.node))
    swarm_timer_set(swarm->ep, &peer->timer, now + swarm->config.idle_ms * SWARM_NS_PER_MS);
}

bool swarm_link_is_open(const swarm_link_t *link) {
  return !link->closing && quic_conn_state(link->conn->quic) == QUIC_OPEN;
}

static bool dialled_by_greater(const swarm_link_t *link) {
  const uint8_t *own = key_pair_public(link->conn->ep->key);
  bool own_is_greater = memcmp(own, link->peer->id, GOSSIP_ID_BYTES) > 0;
  return own_is_greater != quic_conn_is_server(link->conn->quic);
}

/* Whether both sides take `older` in place of the newer one. */
static bool wins_tie(const swarm_link_t *older, const swarm_link_t *newer) {
  return newer->since - older->since <= SIMULTANEOUS && older->heard_at > newer->since && dialled_by_greater(older) &&
         !dialled_by_greater(newer);
}

swarm_link_t *swarm_peer_link(const swarm_peer_t *peer) {
  swarm_link_t *best = NULL;
  list_for_each(node, &peer->links) {
    swarm_link_t *link = container_of(node, swarm_link_t, node);
    if (!swarm_link_is_open(link)) continue;
    bool better = best == NULL || (best->extra && !link->extra) || (!link->extra && wins_tie(link, best));
    if (better) best = link;
  }
  return best;
}

bool swarm_connected_hook(void *ctx, const uint8_t id[GOSSIP_ID_BYTES]) {
  const swarm_topic_t *topic = ctx;
  const swarm_peer_t *peer = swarm_peer(topic->swarm, id);
  return peer != NULL && swarm_peer_link(peer) != NULL;
}

/* Where a connection to it is now. */
size_t swarm_vouch_hook(void *ctx, const uint8_t id[GOSSIP_ID_BYTES], const uint8_t *data, size_t len, uint8_t *out) {
  const swarm_topic_t *topic = ctx;
  const swarm_peer_t *peer = swarm_peer(topic->swarm, id);
  const swarm_link_t *link = peer != NULL ? swarm_peer_link(peer) : NULL;
  address_t found = {.len = 0};
  if (link != NULL) {
    quic_path_t path = route_now(link->conn);
    if (!address_is_made_up(&path.remote)) found = path.remote;
  }
  return addr_info_vouch(data, len, &found, out);
}

void swarm_peer_dial(swarm_peer_t *peer, const swarm_topic_t *topic, uint64_t now) {
  swarm_t *swarm = peer->swarm;
  if (peer->dialling || peer->unreachable) return;
  if (swarm->dialling >= DIALLING_MAX) {
    peer->unreachable = true;
    swarm_timer_set(swarm->ep, &peer->timer, now + REFUSED_AFTER);
    return;
  }
  size_t len = 0;
  const uint8_t *data = topic->core != NULL ? gossip_topic_data(topic->core, peer->id, &len) : NULL;
  peer->dialling = true;
  swarm->dialling++;
  swarm_tell(swarm, IROH_EVENT_GOSSIP_DIAL, swarm->handle, peer->id, 0, data, data != NULL ? len : 0);
}

void swarm_peer_want_streams(swarm_peer_t *peer, const swarm_topic_t *topic, uint64_t now) {
  size_t count = 0;
  list_for_each(node, &peer->links) count++;
  if (peer->dialling || count >= LINKS_PER_PEER_MAX) return;
  swarm_peer_dial(peer, topic, now);
  peer->needs_streams = peer->dialling;
}

static void dial_over(swarm_peer_t *peer) {
  if (peer->dialling) peer->swarm->dialling--;
  peer->dialling = peer->needs_streams = false;
}

/* Each topic may answer by sending to it again: what is new then stays. */
void swarm_peer_lost(swarm_peer_t *peer, uint64_t now) {
  swarm_t *swarm = peer->swarm;
  list_t lost;
  list_init(&lost);
  list_node_t *node;
  peer->unreachable = false;
  drop_verdicts(peer);
  while ((node = list_pop_front(&peer->outboxes)) != NULL) list_push_back(&lost, node);
  while ((node = list_first(&lost)) != NULL) {
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
  swarm_t *swarm = map_get(&ep->swarms, handle);
  if (swarm == NULL) return IROH_ERR_CLOSED;
  swarm_peer_t *peer = swarm_peer(swarm, node_id);
  if (peer == NULL || !peer->dialling) return 0;
  dial_over(peer);
  if (list_empty(&peer->links))
    swarm_peer_lost(peer, uv_hrtime());
  else
    swarm_peer_settle(peer, uv_hrtime());
  return 0;
}

/* ---- links that are not needed ------------------------------------------------------------------- */

static void close_link(swarm_link_t *link, uint64_t now) {
  link->closing = true;
  quic_conn_close(link->conn->quic, 0, "", 0, now);
  turn_mark(link->conn);
}

void swarm_renew(const swarm_topic_t *topic, const uint8_t id[GOSSIP_ID_BYTES], uint64_t now) {
  swarm_peer_t *peer = swarm_peer(topic->swarm, id);
  if (peer == NULL) return;
  list_for_each(node, &peer->outboxes) {
    const swarm_outbox_t *outbox = container_of(node, swarm_outbox_t, peer_node);
    if (outbox->topic != topic && swarm_topic_has_neighbor(outbox->topic, peer->id)) return;
  }
  list_for_each(node, &peer->links) close_link(container_of(node, swarm_link_t, node), now);
}

static void reap(swarm_link_t *link, uint64_t now) {
  link->peer->swarm->counts.connections_reaped++;
  close_link(link, now);
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

static void on_peer_due(void *owner, uint64_t now) {
  swarm_peer_t *peer = owner;
  uint64_t idle = peer->swarm->config.idle_ms * SWARM_NS_PER_MS;
  if (peer->unreachable && list_empty(&peer->links)) {
    swarm_peer_lost(peer, now);
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
  if (count >= LINKS_PER_PEER_MAX) {
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
  uint64_t left = quic_conn_give_uni_streams(link->conn->quic, swarm->config.max_streams / STREAM_CREDIT_SHARE + 1);
  turn_mark(link->conn);
  if (left > 0) swarm_timer_set(swarm->ep, &link->credit_timer, now + STREAM_CREDIT_EVERY);
}

void swarm_link_owes_stream(swarm_link_t *link, uint64_t now) {
  if (!heap_has(&link->credit_timer.node))
    swarm_timer_set(link->conn->ep, &link->credit_timer, now + STREAM_CREDIT_EVERY);
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
  if (!quic_conn_is_server(conn->quic) || !peer->needs_streams) dial_over(peer);
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
  swarm_t *swarm = map_get(&ep->swarms, handle);
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

void swarm_link_stopped(swarm_link_t *link) {
  if (++link->stopped == STOPPED_MAX) close_link(link, uv_hrtime());
}

void swarm_link_free(swarm_link_t *link) {
  list_node_t *node;
  while ((node = list_first(&link->readers)) != NULL)
    swarm_reader_free(container_of(node, swarm_reader_t, node), false);
  while ((node = list_first(&link->senders)) != NULL)
    swarm_sender_free(container_of(node, swarm_sender_t, link_node), false);
  list_remove(&link->node);
  swarm_timer_stop(link->conn->ep, &link->credit_timer);
  link->conn->link = NULL;
  link->peer->swarm->links--;
  free(link);
}

/* ---- what happens on connections ----------------------------------------------------------------- */

void endpoint_gossip_stream(conn_t *conn, quic_stream_t *stream, unsigned events) {
  uint64_t now = uv_hrtime();
  if (events & STREAM_EVENT_OPENED) {
    if ((quic_stream_id(stream) & 2) == 0) {
      conn->ep->metrics.streams_refused++;
      quic_stream_refuse(stream, IROH_CODE_UNWANTED); /* gossip has no bidirectional ones */
    } else
      swarm_reader_new(conn->link, stream, now);
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

void endpoint_gossip_streams_allowed(conn_t *conn) { flush(conn->link->peer, uv_hrtime()); }

void endpoint_gossip_closed(conn_t *conn, bool gone) {
  swarm_peer_t *peer = conn->link->peer;
  uint64_t now = uv_hrtime();
  if (!gone) swarm_link_read_out(conn->link, now);
  swarm_link_free(conn->link);
  if (gone) return;
  if (!list_empty(&peer->links)) {
    flush(peer, now);
    swarm_peer_settle(peer, now);
  } else if (peer->dialling) {
    drop_verdicts(peer);
  } else {
    swarm_peer_lost(peer, now);
  }
}
