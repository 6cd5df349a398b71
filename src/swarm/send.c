/* SPDX-License-Identifier: MIT
 * The streams to peers: what a topic sends to one of them goes through an outbox, in order, and never blocks. What
 * cannot leave yet (no connection, or the peer allows no more streams) waits in it. */
#include "swarm/send.h"

#include <stdlib.h>

#include "endpoint/turn.h"
#include "swarm/events.h"
#include "swarm/peers.h"
#include "swarm/timers.h"

/* Beyond max_outbox, for frames that are no messages: they are small, and few. */
#define CONTROL_ROOM (64 * 1024)
/* Bytes of a stream copied ahead of what leaves; the rest waits as frames, which all neighbours share. */
#define STREAM_AHEAD (256 * 1024)
/* How long a program waits for a neighbour that takes nothing. */
#define DRAIN_PATIENCE (1000 * SWARM_NS_PER_MS)

/* A frame, or (NULL) the end of the stream. */
typedef struct {
  list_node_t node;
  gossip_frame_t *frame;
} waiting_t;

void swarm_topic_settle(swarm_topic_t *topic) {
  if (topic == NULL || topic->core != NULL || !list_empty(&topic->senders) || !list_empty(&topic->outboxes)) return;
  if (!list_is_linked(&topic->over_node)) list_push_back(&topic->swarm->swarms->over, &topic->over_node);
}

/* ---- senders ------------------------------------------------------------------------------------- */

static swarm_sender_t *sender_new(swarm_outbox_t *outbox, swarm_link_t *link) {
  uint8_t header[GOSSIP_HEADER_BYTES];
  quic_stream_t *stream;
  if (quic_conn_open_stream(link->conn->quic, false, &stream) != 0) return NULL;
  swarm_sender_t *sender = calloc(1, sizeof *sender);
  gossip_encode_header(outbox->topic->id, header);
  if (sender == NULL || quic_stream_write(stream, header, sizeof header) != (int64_t)sizeof header) {
    quic_stream_release(stream);
    free(sender);
    return NULL;
  }
  *sender = (swarm_sender_t){.stream = stream, .link = link, .topic = outbox->topic, .outbox = outbox};
  list_push_back(&link->senders, &sender->link_node);
  list_push_back(&outbox->topic->senders, &sender->topic_node);
  quic_stream_set_owner(stream, sender);
  outbox->sender = sender;
  return sender;
}

static void detach(swarm_sender_t *sender) {
  if (sender->outbox != NULL && sender->outbox->sender == sender) sender->outbox->sender = NULL;
  sender->outbox = NULL;
}

void swarm_sender_finish(swarm_sender_t *sender, uint64_t now) {
  detach(sender);
  sender->finished_at = now;
  conn_t *conn = sender->link->conn;
  if (quic_stream_finish(sender->stream) != 0) swarm_sender_free(sender, true);
  turn_mark(conn);
}

void swarm_sender_free(swarm_sender_t *sender, bool release) {
  swarm_topic_t *topic = sender->topic;
  detach(sender);
  list_remove(&sender->link_node);
  list_remove(&sender->topic_node);
  quic_stream_set_owner(sender->stream, NULL);
  if (release) quic_stream_release(sender->stream);
  free(sender);
  swarm_topic_settle(topic);
}

void swarm_sender_events(swarm_sender_t *sender, unsigned events, uint64_t now) {
  swarm_link_t *link = sender->link;
  if (!(events & (STREAM_EVENT_FINISHED | STREAM_EVENT_STOPPED))) {
    if (sender->outbox != NULL) swarm_outbox_flush(sender->outbox, now);
    return;
  }
  swarm_sender_free(sender, true);
  if (events & STREAM_EVENT_STOPPED) swarm_link_stopped(link);
  swarm_peer_settle(link->peer, now);
}

/* ---- outboxes ------------------------------------------------------------------------------------ */

static swarm_outbox_t *outbox_of(const swarm_topic_t *topic, const swarm_peer_t *peer) {
  list_for_each(node, &topic->outboxes) {
    swarm_outbox_t *outbox = container_of(node, swarm_outbox_t, topic_node);
    if (outbox->peer == peer) return outbox;
  }
  return NULL;
}

static swarm_outbox_t *outbox_new(swarm_topic_t *topic, swarm_peer_t *peer) {
  swarm_outbox_t *outbox = calloc(1, sizeof *outbox);
  if (outbox == NULL) return NULL;
  outbox->topic = topic;
  outbox->peer = peer;
  list_init(&outbox->waiting);
  list_push_back(&topic->outboxes, &outbox->topic_node);
  list_push_back(&peer->outboxes, &outbox->peer_node);
  return outbox;
}

static void drop_first(swarm_outbox_t *outbox) {
  waiting_t *waiting = container_of(list_pop_front(&outbox->waiting), waiting_t, node);
  if (waiting->frame != NULL) {
    outbox->waiting_bytes -= waiting->frame->len;
    outbox->topic->swarm->waiting_bytes -= waiting->frame->len;
  }
  gossip_frame_unref(waiting->frame);
  free(waiting);
}

void swarm_outbox_free(swarm_outbox_t *outbox) {
  swarm_topic_t *topic = outbox->topic;
  while (!list_empty(&outbox->waiting)) drop_first(outbox);
  if (outbox->sender != NULL) outbox->sender->outbox = NULL;
  list_remove(&outbox->topic_node);
  list_remove(&outbox->peer_node);
  free(outbox);
  swarm_drain_settle(topic);
}

size_t swarm_outbox_bytes(const swarm_outbox_t *outbox) {
  return outbox->waiting_bytes + (outbox->sender != NULL ? quic_stream_unsent(outbox->sender->stream) : 0);
}

static bool wait_with(swarm_outbox_t *outbox, gossip_frame_t *frame) {
  waiting_t *waiting = calloc(1, sizeof *waiting);
  if (waiting == NULL) return false;
  waiting->frame = frame;
  if (frame != NULL) {
    gossip_frame_ref(frame);
    outbox->waiting_bytes += frame->len;
    outbox->topic->swarm->waiting_bytes += frame->len;
  }
  list_push_back(&outbox->waiting, &waiting->node);
  return true;
}

/* A stream on the best link; where the peer allows no more of them, the one there is, or one on another link. */
static swarm_sender_t *sender_for(swarm_outbox_t *outbox, uint64_t now) {
  swarm_peer_t *peer = outbox->peer;
  swarm_link_t *best = swarm_peer_link(peer);
  swarm_sender_t *old = outbox->sender;
  if (old != NULL && (old->link == best || (old->link->extra && swarm_link_is_open(old->link)))) return old;
  swarm_sender_t *sender = best != NULL ? sender_new(outbox, best) : NULL;
  if (sender != NULL) {
    if (old != NULL) {
      old->outbox = NULL;
      swarm_sender_finish(old, now);
    }
    return sender;
  }
  if (old != NULL && swarm_link_is_open(old->link)) return old;
  list_for_each(node, &peer->links) {
    swarm_link_t *link = container_of(node, swarm_link_t, node);
    if (link == best || !swarm_link_is_open(link)) continue;
    if ((sender = sender_new(outbox, link)) != NULL) return sender;
  }
  if (best != NULL) swarm_peer_want_streams(peer, outbox->topic, now);
  return NULL;
}

/* A stream takes a copy of its own: of what leaves soon. STREAM_EVENT_WRITABLE follows when it has no room. */
static bool has_room(const swarm_sender_t *sender, size_t len) {
  size_t low_water = sender->link->conn->ep->quic_config.low_water;
  size_t unsent = quic_stream_unsent(sender->stream);
  return unsent <= low_water || unsent + len <= max_size(STREAM_AHEAD, 2 * low_water);
}

/* False: it has to wait. */
static bool write_now(swarm_outbox_t *outbox, const gossip_frame_t *frame, uint64_t now) {
  swarm_sender_t *sender = sender_for(outbox, now);
  if (sender == NULL) return false;
  swarm_link_t *link = sender->link;
  if (!has_room(sender, frame->len)) return false;
  if (quic_stream_write(sender->stream, frame->bytes, frame->len) != (int64_t)frame->len) return false;
  turn_mark(link->conn);
  return true;
}

void swarm_outbox_flush(swarm_outbox_t *outbox, uint64_t now) {
  while (!list_empty(&outbox->waiting)) {
    const waiting_t *waiting = container_of(list_first(&outbox->waiting), waiting_t, node);
    if (waiting->frame != NULL && !write_now(outbox, waiting->frame, now)) break;
    bool ends = waiting->frame == NULL;
    drop_first(outbox);
    if (!ends) continue;
    if (outbox->sender != NULL) swarm_sender_finish(outbox->sender, now);
    if (!list_empty(&outbox->waiting)) continue;
    swarm_topic_t *topic = outbox->topic;
    swarm_peer_t *peer = outbox->peer;
    swarm_outbox_free(outbox);
    swarm_topic_settle(topic);
    swarm_peer_settle(peer, now);
    return;
  }
  swarm_drain_settle(outbox->topic);
}

/* ---- waiting until it has left ------------------------------------------------------------------- */

/* Whether a program that waits has to wait for this one. STREAM_EVENT_WRITABLE may leave as much as low_water. */
static bool is_full(const swarm_outbox_t *outbox) {
  const swarm_t *swarm = outbox->topic->swarm;
  size_t enough = min_size(swarm->config.max_outbox / 2, STREAM_AHEAD);
  return swarm_outbox_bytes(outbox) > max_size(enough, swarm->ep->quic_config.low_water);
}

static bool is_drained(swarm_topic_t *topic) {
  bool drained = true;
  list_for_each(node, &topic->outboxes) {
    swarm_outbox_t *outbox = container_of(node, swarm_outbox_t, topic_node);
    if (!is_full(outbox))
      outbox->stalled = false;
    else if (!outbox->stalled)
      drained = false;
  }
  return drained;
}

void swarm_drain_settle(swarm_topic_t *topic) {
  if (topic == NULL || topic->lingers || !heap_has(&topic->drain_timer.node) || !is_drained(topic)) return;
  swarm_timer_stop(topic->swarm->swarms, &topic->drain_timer);
  swarm_tell(topic->swarm, IROH_EVENT_GOSSIP_DRAINED, topic->handle, NULL, 0, NULL, 0);
}

/* Who has taken so little for so long is not waited for any more, until it has. */
void swarm_drain_late(void *owner, uint64_t now) {
  swarm_topic_t *topic = owner;
  list_for_each(node, &topic->outboxes) {
    swarm_outbox_t *outbox = container_of(node, swarm_outbox_t, topic_node);
    if (is_full(outbox)) outbox->stalled = true;
  }
  swarm_timer_set(topic->swarm->swarms, &topic->drain_timer, now + DRAIN_PATIENCE);
  swarm_drain_settle(topic);
}

int iroh_gossip_drain(iroh_endpoint_t *ep, iroh_handle_t handle) {
  swarm_topic_t *topic = swarm_topic_of_handle(ep, handle);
  if (topic == NULL) return IROH_ERR_CLOSED;
  if (is_drained(topic)) return 1;
  if (!heap_has(&topic->drain_timer.node))
    swarm_timer_set(topic->swarm->swarms, &topic->drain_timer, uv_hrtime() + DRAIN_PATIENCE);
  return 0;
}

/* ---- what topics put out ------------------------------------------------------------------------- */

/* How much may wait in one outbox: as much as is free of what may wait in all of them, if that is less than max_outbox.
 * So one neighbour that takes nothing leaves room for the others, and many share what there is. */
static size_t outbox_room(const swarm_t *swarm) {
  size_t total = swarm->config.max_outboxes;
  size_t free = swarm->waiting_bytes < total ? total - swarm->waiting_bytes : 0;
  return min_size(swarm->config.max_outbox, free);
}

void swarm_send(swarm_topic_t *topic, const uint8_t id[GOSSIP_ID_BYTES], gossip_frame_t *frame, uint64_t now) {
  swarm_t *swarm = topic->swarm;
  swarm_peer_t *peer = swarm_peer_use(swarm, id);
  if (peer == NULL) return;
  swarm_outbox_t *outbox = outbox_of(topic, peer);
  if (outbox == NULL) outbox = outbox_new(topic, peer);
  if (outbox == NULL) {
    swarm_peer_settle(peer, now);
    return;
  }
  size_t room = outbox_room(swarm) + (frame->kind == GOSSIP_GOSSIP ? 0 : CONTROL_ROOM);
  bool fits = swarm_outbox_bytes(outbox) + frame->len <= room;
  if (fits && list_empty(&outbox->waiting) && write_now(outbox, frame, now)) return;
  if (fits && wait_with(outbox, frame))
    swarm_outbox_flush(outbox, now);
  else
    gossip_topic_refused(topic->core, id, frame, now, &swarm->actions);
  if (swarm_peer_link(peer) == NULL) swarm_peer_dial(peer, topic, now);
}

void swarm_release(swarm_topic_t *topic, const uint8_t id[GOSSIP_ID_BYTES], uint64_t now) {
  swarm_peer_t *peer = swarm_peer(topic->swarm, id);
  swarm_outbox_t *outbox = peer != NULL ? outbox_of(topic, peer) : NULL;
  if (outbox == NULL) return;
  if (list_empty(&outbox->waiting)) {
    if (outbox->sender != NULL) swarm_sender_finish(outbox->sender, now);
    swarm_outbox_free(outbox);
  } else if (!wait_with(outbox, NULL)) {
    swarm_outbox_free(outbox);
  }
  swarm_peer_settle(peer, now);
}
