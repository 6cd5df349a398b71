/* SPDX-License-Identifier: MIT
 * Gossip over the endpoint's connections: carries the frames of topics (gossip/topic.h) on unidirectional streams, one
 * for each topic and direction, and tells what came of it.
 *
 * A swarm is one gossip protocol (ALPN) of an endpoint. Its peers exist while there is a connection to them (a link) or
 * something to send them. Frames of a topic for a peer go through an outbox, onto a stream of the best link; a reader
 * takes those of one stream of the peer's. */
#ifndef IROH_ENDPOINT_GOSSIP_H
#define IROH_ENDPOINT_GOSSIP_H

#include "base/buffer.h"
#include "base/bytes_map.h"
#include "base/heap.h"
#include "base/list.h"
#include "endpoint/state.h"
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

typedef struct {
  iroh_endpoint_t *ep;
  iroh_handle_t handle;
  iroh_gossip_config_t config;
  bytes_map_t topics; /* topic id -> swarm_topic_t, without those left */
  bytes_map_t peers;  /* NodeId -> swarm_peer_t */
  list_t all;         /* every topic, by `node` */
  list_t held;        /* readers that hold frames, by `held_node` */
  gossip_actions_t actions;
  uint8_t data[GOSSIP_DATA_MAX]; /* what peers are told of where this one is */
  size_t data_len;
  size_t links, dialling;
  size_t waiting_bytes;      /* in all outboxes, without what the streams have */
  iroh_gossip_info_t counts; /* what is only counted up */
} swarm_t;

typedef struct {
  swarm_t *swarm;
  iroh_handle_t handle;
  uint8_t id[GOSSIP_ID_BYTES];
  list_node_t node;
  gossip_topic_t *core; /* NULL once it was left: then it waits for its senders to be acknowledged */
  bool asks;            /* whether a peer may be a neighbour is asked above */
  list_t outboxes, senders, verdicts;
  swarm_timer_t timer;
  uint64_t left_at; /* when it was left, and what was not acknowledged then, or when that was looked at last */
  size_t left_bytes;
  bool lingers;              /* it is being left, and drain_timer is when that is told */
  swarm_timer_t drain_timer; /* set: it is to be told when little waits to be sent, and at this time all the same */
} swarm_topic_t;

typedef struct {
  swarm_t *swarm;
  uint8_t id[GOSSIP_ID_BYTES];
  list_t links; /* the newest first */
  list_t outboxes, verdicts;
  bool dialling, unreachable;
  bool needs_streams; /* the dial is for more streams than the links allow */
  swarm_timer_t timer;
} swarm_peer_t;

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

/* gossip.c */
/* Takes what a topic has put out in the swarm's actions, and sets its timer. */
void swarm_run(swarm_topic_t *topic, uint64_t now);
/* A sender of the topic is over: it may have been what a topic that was left waits for. */
void swarm_topic_settle(swarm_topic_t *topic);
bool swarm_topic_has_neighbor(const swarm_topic_t *topic, const uint8_t peer[GOSSIP_ID_BYTES]);
void swarm_timer_set(iroh_endpoint_t *ep, swarm_timer_t *timer, uint64_t at);
void swarm_timer_stop(iroh_endpoint_t *ep, swarm_timer_t *timer);

/* gossip-info.c */
/* Bytes of the topic that have not left. */
size_t swarm_topic_waiting(const swarm_topic_t *topic);

/* gossip-events.c: `node_id` may be NULL. */
void swarm_tell(swarm_t *swarm, iroh_event_kind_t kind, iroh_handle_t about, const uint8_t node_id[IROH_KEY_BYTES],
                uint64_t number, const uint8_t *data, size_t len);

/* gossip-links.c */
swarm_peer_t *swarm_peer(swarm_t *swarm, const uint8_t id[GOSSIP_ID_BYTES]);
/* The peer, made known if it was not; NULL: out of memory. */
swarm_peer_t *swarm_peer_use(swarm_t *swarm, const uint8_t id[GOSSIP_ID_BYTES]);
/* Something about the peer has changed: it is forgotten when nothing holds it, and its links are looked at later. */
void swarm_peer_settle(swarm_peer_t *peer, uint64_t now);
/* Where frames to the peer go; NULL: there is no connection. */
swarm_link_t *swarm_peer_link(const swarm_peer_t *peer);
bool swarm_link_is_open(const swarm_link_t *link);
/* The connections to the peer are of no use: they are closed, unless another topic has a neighbour there. */
void swarm_renew(const swarm_topic_t *topic, const uint8_t peer[GOSSIP_ID_BYTES], uint64_t now);
/* The peer allows no more streams on any link: asks for one more. */
void swarm_peer_want_streams(swarm_peer_t *peer, const swarm_topic_t *topic, uint64_t now);
/* Asks for a connection, unless that was done. */
void swarm_peer_dial(swarm_peer_t *peer, const swarm_topic_t *topic, uint64_t now);
/* The peer cannot be reached, or not any more. */
void swarm_peer_lost(swarm_peer_t *peer, uint64_t now);
void swarm_peer_free(swarm_peer_t *peer);
/* A stream of the link had to be stopped: too many, and the link ends. */
void swarm_link_stopped(swarm_link_t *link);
/* The connection is over, or freed: its streams are gone with it. */
void swarm_link_free(swarm_link_t *link);

/* gossip-send.c */
void swarm_send(swarm_topic_t *topic, const uint8_t peer[GOSSIP_ID_BYTES], gossip_frame_t *frame, uint64_t now);
/* The topic sends nothing more to the peer: FIN behind what was sent. */
void swarm_release(swarm_topic_t *topic, const uint8_t peer[GOSSIP_ID_BYTES], uint64_t now);
/* Sends what waits, as far as it goes now. May free the outbox. */
void swarm_outbox_flush(swarm_outbox_t *outbox, uint64_t now);
void swarm_outbox_free(swarm_outbox_t *outbox);
/* The bytes of it that have not left. */
size_t swarm_outbox_bytes(const swarm_outbox_t *outbox);
/* Tells, if that is wanted, that little waits to be sent to the neighbours that take anything. */
void swarm_drain_settle(swarm_topic_t *topic);
void swarm_drain_late(void *topic, uint64_t now);
/* No more frames go on this stream. */
void swarm_sender_finish(swarm_sender_t *sender, uint64_t now);
/* The stream is over; `release`: it is to be let go, too. */
void swarm_sender_free(swarm_sender_t *sender, bool release);
void swarm_sender_events(swarm_sender_t *sender, unsigned events, uint64_t now);

/* gossip-read.c */
/* Takes a stream that the peer opened. */
void swarm_reader_new(swarm_link_t *link, quic_stream_t *stream, uint64_t now);
void swarm_reader_free(swarm_reader_t *reader, bool release);
/* A stream of the peer's is over: it gets credit for another, soon. */
void swarm_link_owes_stream(swarm_link_t *link, uint64_t now);
/* Takes what has come. May free the reader. */
void swarm_reader_pump(swarm_reader_t *reader, uint64_t now);
/* The connection is over: takes all that has come on it. */
void swarm_link_read_out(swarm_link_t *link, uint64_t now);
/* The readers of a topic that hold frames give them, now that it was joined or (peer not NULL) the verdict is there. */
void swarm_readers_go_on(swarm_topic_t *topic, const swarm_peer_t *peer, uint64_t now);

/* gossip-admit.c */
/* Whether frames of the peer go into the topic; *wait_out: that is not said yet, and was asked. */
bool swarm_admits(swarm_topic_t *topic, swarm_peer_t *peer, bool *wait_out);
/* The same, as far as is known, for the topic itself. */
bool swarm_admit_hook(void *topic, const uint8_t peer[GOSSIP_ID_BYTES]);
/* gossip-links.c: gossip_config_t's `connected` and `vouch` */
bool swarm_connected_hook(void *topic, const uint8_t peer[GOSSIP_ID_BYTES]);
size_t swarm_vouch_hook(void *topic, const uint8_t peer[GOSSIP_ID_BYTES], const uint8_t *data, size_t len,
                        uint8_t *out);
void swarm_verdict_free(swarm_verdict_t *verdict);

#endif
