/* SPDX-License-Identifier: MIT
 * The streams that peers write: a header with the topic, then its messages, each behind its length. */
#include "swarm/read.h"

#include <stdlib.h>
#include <string.h>

#include "endpoint/turn.h"
#include "swarm/admit.h"
#include "swarm/peers.h"
#include "swarm/run.h"

/* Bytes of whole frames that one stream may have waiting for its topic, or for a verdict: enough for what a peer says
 * first. The rest is ignored. */
#define HELD_MAX 1024
/* Streams of one connection that may have frames waiting. */
#define HELD_STREAMS_MAX 32

typedef enum { FRAME_TAKEN, FRAME_BAD } taken_t;

static uint32_t read_length(const uint8_t *at) {
  return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* ---- frames -------------------------------------------------------------------------------------- */

/* Half a frame, and frames that wait, are what the peer has sent and nobody has taken, as much as what is unread. */
static void weigh(swarm_reader_t *reader) {
  size_t weight = reader->partial.cap + reader->held.cap;
  quic_conn_hold(reader->link->conn->quic, reader->weight, weight);
  reader->weight = weight;
}

static void stop_holding(swarm_reader_t *reader) {
  if (!list_is_linked(&reader->held_node)) return;
  list_remove(&reader->held_node);
  reader->link->held_count--;
  buffer_deinit(&reader->held);
}

/* `frame` is with its length. */
static void hold(swarm_reader_t *reader, const uint8_t *frame, size_t len) {
  swarm_t *swarm = reader->link->peer->swarm;
  bool first = !list_is_linked(&reader->held_node);
  bool full = first ? reader->link->held_count >= HELD_STREAMS_MAX : reader->held.len + len > HELD_MAX;
  if (full || len > HELD_MAX || buffer_append(&reader->held, frame, len) != 0) {
    swarm->counts.frames_ignored++;
    return;
  }
  if (!first) return;
  list_push_back(&swarm->held, &reader->held_node);
  reader->link->held_count++;
}

static taken_t take_message(swarm_reader_t *reader, const uint8_t *frame, size_t len, uint64_t now) {
  swarm_link_t *link = reader->link;
  swarm_t *swarm = link->peer->swarm;
  swarm_topic_t *topic = bytes_map_get(&swarm->topics, reader->topic, GOSSIP_ID_BYTES);
  bool wait = topic == NULL;
  if (topic == NULL || !swarm_admits(topic, link->peer, &wait)) {
    if (wait)
      hold(reader, frame, len);
    else
      swarm->counts.frames_ignored++;
    return FRAME_TAKEN;
  }
  link->heard_at = now;
  int rv = gossip_topic_receive(topic->core, link->peer->id, quic_conn_rtt(link->conn->quic),
                                frame + GOSSIP_LENGTH_BYTES, len - GOSSIP_LENGTH_BYTES, now, &swarm->actions);
  swarm_run(topic, now);
  return rv == 0 ? FRAME_TAKEN : FRAME_BAD;
}

static taken_t take_frame(swarm_reader_t *reader, const uint8_t *frame, size_t len, uint64_t now) {
  if (reader->has_topic) return take_message(reader, frame, len, now);
  if (len < GOSSIP_HEADER_BYTES) return FRAME_BAD;
  memcpy(reader->topic, frame + GOSSIP_LENGTH_BYTES, GOSSIP_ID_BYTES);
  reader->has_topic = true;
  return FRAME_TAKEN;
}

/* How long the frame is that begins here, its length included; 0: it is longer than may be. */
static size_t frame_size(const swarm_reader_t *reader, const uint8_t *at) {
  uint32_t len = read_length(at);
  return len > reader->link->peer->swarm->config.max_message_size ? 0 : GOSSIP_LENGTH_BYTES + (size_t)len;
}

/* Fills what came in part. *used: bytes taken from `data`. */
static taken_t complete(swarm_reader_t *reader, const uint8_t *data, size_t len, size_t *used, uint64_t now) {
  buffer_t *partial = &reader->partial;
  size_t want = GOSSIP_LENGTH_BYTES;
  for (;;) {
    if (partial->len >= GOSSIP_LENGTH_BYTES) {
      want = frame_size(reader, partial->data);
      if (want == 0) return FRAME_BAD;
      if (partial->len == want) break;
    }
    size_t n = min_size(want - partial->len, len - *used);
    if (n == 0) return FRAME_TAKEN;
    if (buffer_append(partial, data + *used, n) != 0) return FRAME_BAD;
    *used += n;
  }
  taken_t taken = take_frame(reader, partial->data, partial->len, now);
  buffer_deinit(partial);
  return taken;
}

/* Whether the program is to be told first what there is. */
static bool is_enough(const swarm_reader_t *reader) {
  return reader->link->peer->swarm->swarms->event_count >= SWARM_BATCH_EVENTS && !reader->link->over;
}

/* *used: bytes taken: all of them, unless it is enough for now. */
static taken_t take_bytes(swarm_reader_t *reader, const uint8_t *data, size_t len, size_t *used, uint64_t now) {
  taken_t taken = FRAME_TAKEN;
  *used = 0;
  while (*used < len && taken == FRAME_TAKEN && !is_enough(reader)) {
    size_t left = len - *used;
    size_t size = GOSSIP_LENGTH_BYTES;
    if (reader->partial.len == 0 && left >= GOSSIP_LENGTH_BYTES) {
      size = frame_size(reader, data + *used);
      if (size == 0) return FRAME_BAD;
    }
    if (reader->partial.len == 0 && left >= size && left >= GOSSIP_LENGTH_BYTES) {
      taken = take_frame(reader, data + *used, size, now);
      *used += size;
    } else {
      taken = complete(reader, data, len, used, now);
    }
  }
  return taken;
}

/* ---- streams ------------------------------------------------------------------------------------- */

void swarm_reader_new(swarm_link_t *link, quic_stream_t *stream, uint64_t now) {
  swarm_reader_t *reader = calloc(1, sizeof *reader);
  if (reader == NULL) {
    quic_stream_release(stream);
    return;
  }
  reader->stream = stream;
  reader->link = link;
  list_push_back(&link->readers, &reader->node);
  quic_stream_set_owner(stream, reader);
  swarm_reader_pump(reader, now);
}

void swarm_reader_free(swarm_reader_t *reader, bool release) {
  stop_holding(reader);
  list_remove(&reader->paused_node);
  list_remove(&reader->node);
  buffer_deinit(&reader->partial);
  weigh(reader);
  quic_stream_set_owner(reader->stream, NULL);
  if (release) {
    quic_stream_release(reader->stream);
    swarm_link_owes_stream(reader->link, uv_hrtime());
  }
  free(reader);
}

/* What came is no gossip: the stream is stopped, the others go on. */
static void refuse(swarm_reader_t *reader) {
  swarm_link_t *link = reader->link;
  link->peer->swarm->counts.streams_stopped++;
  swarm_reader_free(reader, true);
  swarm_link_stopped(link);
}

void swarm_reader_pump(swarm_reader_t *reader, uint64_t now) {
  const uint8_t *data;
  size_t len, used;
  int got;
  if (list_is_linked(&reader->paused_node)) return;
  while ((got = quic_stream_peek(reader->stream, &data, &len)) == IROH_DATA) {
    if (take_bytes(reader, data, len, &used, now) == FRAME_BAD) {
      refuse(reader);
      return;
    }
    quic_stream_consume(reader->stream, used);
    weigh(reader);
    if (is_enough(reader)) {
      list_push_back(&reader->link->peer->swarm->swarms->paused, &reader->paused_node);
      return;
    }
  }
  if (got != IROH_EMPTY) swarm_reader_free(reader, true);
}

void swarm_readers_resume(swarms_t *swarms) {
  uint64_t now = list_empty(&swarms->paused) ? 0 : uv_hrtime();
  list_node_t *node;
  while (swarms->event_count < SWARM_BATCH_EVENTS && (node = list_pop_front(&swarms->paused)) != NULL) {
    swarm_reader_t *reader = container_of(node, swarm_reader_t, paused_node);
    conn_t *conn = reader->link->conn;
    swarm_reader_pump(reader, now);
    turn_mark(conn);
  }
}

void swarm_link_read_out(swarm_link_t *link, uint64_t now) {
  link->over = true;
  list_for_each(node, &link->readers) {
    swarm_reader_t *reader = container_of(node, swarm_reader_t, node);
    list_remove(&reader->paused_node);
    swarm_reader_pump(reader, now);
  }
}

static taken_t give_held(swarm_reader_t *reader, uint64_t now) {
  buffer_t frames = reader->held;
  buffer_init(&reader->held);
  stop_holding(reader);
  taken_t taken = FRAME_TAKEN;
  for (size_t at = 0; at < frames.len && taken == FRAME_TAKEN;) {
    size_t size = GOSSIP_LENGTH_BYTES + read_length(frames.data + at);
    taken = take_message(reader, frames.data + at, size, now);
    at += size;
  }
  buffer_deinit(&frames);
  weigh(reader);
  return taken;
}

void swarm_readers_go_on(swarm_topic_t *topic, const swarm_peer_t *peer, uint64_t now) {
  list_t found;
  list_init(&found);
  list_for_each(node, &topic->swarm->held) {
    const swarm_reader_t *reader = container_of(node, swarm_reader_t, held_node);
    if (memcmp(reader->topic, topic->id, GOSSIP_ID_BYTES) != 0 || (peer != NULL && reader->link->peer != peer))
      continue;
    list_remove(node);
    list_push_back(&found, node);
  }
  list_node_t *node;
  while ((node = list_first(&found)) != NULL) {
    swarm_reader_t *reader = container_of(node, swarm_reader_t, held_node);
    if (give_held(reader, now) == FRAME_BAD) refuse(reader);
  }
}
