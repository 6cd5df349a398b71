/* SPDX-License-Identifier: MIT
 * Gossip over an endpoint's connections: carries the frames of topics (gossip/topic.h) on unidirectional streams, one
 * for each topic and direction, and tells what came of it.
 *
 * A swarm is one gossip protocol (ALPN) of an endpoint. Its peers exist while there is a connection to them (a link) or
 * something to send them. Frames of a topic for a peer go through an outbox, onto a stream of the best link; a reader
 * takes those of one stream of the peer's. */
#ifndef IROH_SWARM_STATE_H
#define IROH_SWARM_STATE_H

#include "base/buffer.h"
#include "base/bytes_map.h"
#include "base/heap.h"
#include "base/list.h"
#include "endpoint/state.h"
#include "gossip/hints.h"
#include "gossip/topic.h"
#include "iroh.h"
#include "quic/stream.h"

#define SWARM_NS_PER_MS UINT64_C(1000000)
/* Events told at once; with so many no more is read until they were: the program looks at them between two batches. */
#define SWARM_BATCH_EVENTS 512

/* Something that is due at a time; `due` may end its owner. */
typedef struct {
  heap_node_t node;
  void (*due)(void *owner, uint64_t now);
  void *owner;
} swarm_timer_t;

typedef struct swarm_peer swarm_peer_t;

/* All swarms of one endpoint: its service (endpoint/service.h). */
typedef struct {
  iroh_endpoint_t *ep;
  gossip_hints_t hints;    /* what neighbours' words are worth */
  map_t by_handle, topics; /* handle -> swarm_t, swarm_topic_t */
  heap_t timers;
  unsigned graces;                 /* deadlines that were put off in a row, since the loop was away */
  uint64_t not_before;             /* then: until when */
  list_t events, batch;            /* for the program: those that wait, and those being reported */
  size_t event_count, batch_count; /* of both, and of the latter */
  list_t paused;                   /* readers that continue once the program has taken the batch */
  list_t over;                     /* topics that were left and wait for nothing more, by `over_node` */
} swarms_t;

typedef struct {
  swarms_t *swarms;
  iroh_endpoint_t *ep;
  iroh_handle_t handle;
  iroh_gossip_config_t config;
  bytes_map_t topics; /* topic id -> swarm_topic_t, without those left */
  bytes_map_t peers;  /* NodeId -> swarm_peer_t */
  list_t all;         /* every topic, by `node` */
  list_t held;        /* readers that hold frames, by `held_node` */
  gossip_actions_t actions;
  void (*peer_due)(void *peer, uint64_t now); /* of the peers' timers */
  uint8_t data[GOSSIP_DATA_MAX];              /* what peers are told of where this one is */
  size_t data_len;
  size_t links, dialling;
  size_t waiting_bytes;      /* in all outboxes, without what the streams have */
  iroh_gossip_info_t counts; /* what is only counted up */
} swarm_t;

typedef struct {
  swarm_t *swarm;
  iroh_handle_t handle;
  uint8_t id[GOSSIP_ID_BYTES];
  list_node_t node, over_node;
  gossip_topic_t *core; /* NULL once it was left: then it waits for its senders to be acknowledged */
  bool asks;            /* whether a peer may be a neighbour is asked above */
  list_t outboxes, senders, verdicts;
  swarm_timer_t timer;
  uint64_t left_at; /* when it was left, and what was not acknowledged then, or when that was looked at last */
  size_t left_bytes;
  bool lingers;              /* it is being left, and drain_timer is when that is told */
  swarm_timer_t drain_timer; /* set: it is to be told when little waits to be sent, and at this time all the same */
} swarm_topic_t;

struct swarm_peer {
  swarm_t *swarm;
  uint8_t id[GOSSIP_ID_BYTES];
  list_t links; /* the newest first */
  list_t outboxes, verdicts;
  bool dialling, unreachable;
  bool needs_streams; /* the dial is for more streams than the links allow */
  swarm_timer_t timer;
};

/* A connection. */
typedef struct swarm_link {
  swarm_peer_t *peer;
  conn_t *conn;
  list_node_t node;
  list_t readers, senders;
  uint64_t since, heard_at;   /* when it came, and when a frame for a topic of ours came last */
  size_t held_count;          /* readers that hold frames */
  swarm_timer_t credit_timer; /* set: the peer is owed credit for streams */
  unsigned stopped;           /* streams that either side had to stop */
  bool extra;                 /* dialled only for more streams */
  bool over;                  /* what has come on it is read to the end */
  bool closing;               /* by us: nothing more goes over it, although it may look open until it is flushed */
} swarm_link_t;

/* Frames of a topic for a peer: on their way while there is a sender, and those that wait for one. */
typedef struct {
  swarm_topic_t *topic;
  swarm_peer_t *peer;
  list_node_t topic_node, peer_node;
  struct swarm_sender *sender;
  list_t waiting;
  size_t waiting_bytes;
  bool stalled; /* nobody waits until less waits in it */
} swarm_outbox_t;

/* One stream that we write. */
typedef struct swarm_sender {
  quic_stream_t *stream;
  swarm_link_t *link;
  swarm_topic_t *topic;
  swarm_outbox_t *outbox; /* NULL once it is finished and only to be acknowledged */
  list_node_t link_node, topic_node;
  uint64_t finished_at;
} swarm_sender_t;

/* One stream that the peer writes. */
typedef struct {
  quic_stream_t *stream;
  swarm_link_t *link;
  list_node_t node, held_node, paused_node;
  bool has_topic;
  uint8_t topic[GOSSIP_ID_BYTES];
  buffer_t partial; /* a frame that has come in part */
  buffer_t held;    /* whole frames that wait for the topic to be joined, or for a verdict */
  size_t weight;    /* bytes of memory, as the connection counts them */
} swarm_reader_t;

/* What was said above of a peer as a neighbour in a topic. */
typedef struct {
  swarm_topic_t *topic;
  swarm_peer_t *peer;
  list_node_t topic_node, peer_node;
  bool given, admitted;
} swarm_verdict_t;

/* NULL: there is none. */
static inline swarm_t *swarm_of_handle(const iroh_endpoint_t *ep, iroh_handle_t handle) {
  const swarms_t *swarms = ep->service_self;
  return swarms != NULL ? map_get(&swarms->by_handle, handle) : NULL;
}

/* NULL: there is none, or it was left. */
static inline swarm_topic_t *swarm_topic_of_handle(const iroh_endpoint_t *ep, iroh_handle_t handle) {
  const swarms_t *swarms = ep->service_self;
  swarm_topic_t *topic = swarms != NULL ? map_get(&swarms->topics, handle) : NULL;
  return topic != NULL && topic->core != NULL ? topic : NULL;
}

/* NULL: the swarm does not know the peer. */
static inline swarm_peer_t *swarm_peer(const swarm_t *swarm, const uint8_t id[GOSSIP_ID_BYTES]) {
  return bytes_map_get(&swarm->peers, id, GOSSIP_ID_BYTES);
}

#endif
