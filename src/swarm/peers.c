/* SPDX-License-Identifier: MIT
 * Peers, and which of the connections to each is the best: frames go over that one, and all are read. */
#include "swarm/peers.h"

#include <stdlib.h>
#include <string.h>

#include "endpoint/route.h"
#include "endpoint/turn.h"
#include "swarm/admit.h"
#include "swarm/events.h"
#include "swarm/timers.h"
#include "wire/addr-info.h"

/* Two connections that the two sides began within this time of each other: both take the one the greater NodeId dialled,
 * once something has come over it beside the other. Else the newest is the best: after a restart of the peer nothing comes
 * over the older one any more. */
#define SIMULTANEOUS (2000 * SWARM_NS_PER_MS)
/* Beyond this many dials a peer counts as unreachable, after a moment. */
#define DIALLING_MAX 256
#define REFUSED_AFTER (100 * SWARM_NS_PER_MS)
/* A peer that stops so many streams, or sends so much that is no gossip, is better begun with anew. */
#define STOPPED_MAX 16

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
  peer->timer = (swarm_timer_t){.due = swarm->peer_due, .owner = peer};
  if (bytes_map_put(&swarm->peers, id, GOSSIP_ID_BYTES, peer) == 0) return peer;
  free(peer);
  return NULL;
}

void swarm_peer_drop_verdicts(swarm_peer_t *peer) {
  list_node_t *node;
  while ((node = list_first(&peer->verdicts)) != NULL)
    swarm_verdict_free(container_of(node, swarm_verdict_t, peer_node));
}

void swarm_peer_free(swarm_peer_t *peer) {
  swarm_t *swarm = peer->swarm;
  swarm_peer_drop_verdicts(peer);
  swarm_timer_stop(swarm->swarms, &peer->timer);
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
    swarm_timer_stop(swarm->swarms, &peer->timer);
  else if (!heap_has(&peer->timer.node))
    swarm_timer_set(swarm->swarms, &peer->timer, now + swarm->config.idle_ms * SWARM_NS_PER_MS);
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
    swarm_timer_set(swarm->swarms, &peer->timer, now + REFUSED_AFTER);
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
  if (peer->dialling || count >= SWARM_LINKS_PER_PEER_MAX) return;
  swarm_peer_dial(peer, topic, now);
  peer->needs_streams = peer->dialling;
}

void swarm_peer_dial_over(swarm_peer_t *peer) {
  if (peer->dialling) peer->swarm->dialling--;
  peer->dialling = peer->needs_streams = false;
}

/* ---- links --------------------------------------------------------------------------------------- */

void swarm_link_close(swarm_link_t *link, uint64_t now) {
  link->closing = true;
  quic_conn_close(link->conn->quic, 0, "", 0, now);
  turn_mark(link->conn);
}

static bool has_neighbor(const swarm_topic_t *topic, const uint8_t peer[GOSSIP_ID_BYTES]) {
  uint8_t ids[GOSSIP_ACTIVE_VIEW_MAX][GOSSIP_ID_BYTES];
  size_t count = topic->core != NULL ? gossip_topic_neighbors(topic->core, ids, GOSSIP_ACTIVE_VIEW_MAX) : 0;
  for (size_t i = 0; i < count && i < GOSSIP_ACTIVE_VIEW_MAX; i++)
    if (memcmp(ids[i], peer, GOSSIP_ID_BYTES) == 0) return true;
  return false;
}

void swarm_renew(const swarm_topic_t *topic, const uint8_t id[GOSSIP_ID_BYTES], uint64_t now) {
  swarm_peer_t *peer = swarm_peer(topic->swarm, id);
  if (peer == NULL) return;
  list_for_each(node, &peer->outboxes) {
    const swarm_outbox_t *outbox = container_of(node, swarm_outbox_t, peer_node);
    if (outbox->topic != topic && has_neighbor(outbox->topic, peer->id)) return;
  }
  list_for_each(node, &peer->links) swarm_link_close(container_of(node, swarm_link_t, node), now);
}

void swarm_link_stopped(swarm_link_t *link) {
  if (++link->stopped == STOPPED_MAX) swarm_link_close(link, uv_hrtime());
}

void swarm_link_owes_stream(swarm_link_t *link, uint64_t now) {
  if (!heap_has(&link->credit_timer.node))
    swarm_timer_set(link->peer->swarm->swarms, &link->credit_timer, now + SWARM_STREAM_CREDIT_EVERY);
}
