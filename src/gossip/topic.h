/* SPDX-License-Identifier: MIT
 *
 * One gossip topic as one peer sees it: HyParView (Leitão, Pereira, Rodrigues, DSN 2007) keeps a few neighbours, and
 * Plumtree (the same, SRDS 2007) spreads messages over them. No sockets, no clock, no randomness but its seed's: what
 * happened and the time, in nanoseconds, go in; actions come out, in order. Compatible with iroh-gossip.
 *
 * The user carries frames: it has a connection to a peer, or dials it for the first frame, keeps the order of frames to
 * a peer, and says when a peer is out of reach (gossip_topic_closed) or a frame would have waited too long
 * (gossip_topic_refused). It calls gossip_topic_tick at gossip_topic_deadline.
 */
#ifndef IROH_GOSSIP_TOPIC_H
#define IROH_GOSSIP_TOPIC_H

#include "gossip/hints.h"
#include "wire/gossip.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GOSSIP_NEVER UINT64_MAX
#define GOSSIP_DATA_MAX 256 /* bytes of peer data kept and passed on; longer data is as none */
#define GOSSIP_ACTIVE_VIEW_MAX 31
#define GOSSIP_PASSIVE_VIEW_MAX 256

/* What following a hint may send to addresses that have not answered: bytes to each, and to how many of them. */
#define GOSSIP_HINT_BYTES 2900
#define GOSSIP_HINT_ADDRESSES 3

typedef struct gossip_topic gossip_topic_t;

typedef struct {
  uint8_t self[GOSSIP_ID_BYTES];
  uint64_t seed;
  /* Limits and times; 0 takes the default in brackets. */
  size_t max_message;       /* [4096] bytes of a message without its length, the peers' alike */
  uint32_t active_view;     /* [5] neighbours, at most GOSSIP_ACTIVE_VIEW_MAX */
  uint32_t passive_view;    /* [30] peers known beside, at most GOSSIP_PASSIVE_VIEW_MAX */
  uint64_t shuffle_every;   /* [60 s] */
  uint64_t keep_payloads;   /* [30 s] how long a message can be asked for */
  uint64_t keep_ids;        /* [90 s] how long one is known to have been seen */
  size_t max_payload_bytes; /* [8 MiB] kept to be asked for; then the oldest go */
  size_t max_ids;           /* [65536] known to have been seen; then the oldest go */
  /* Optional: whether a peer may become a neighbour. Must not block, nor call back. */
  bool (*admit)(void *ctx, const uint8_t peer[GOSSIP_ID_BYTES]);
  /* Optional: of what a peer says of where it is (`len` bytes, or NULL), what this side has seen to be true, a connection
   * to it being open. `out` has room for len + ADDR_INFO_MORE bytes; its length is returned. NULL: all of it. */
  size_t (*vouch)(void *ctx, const uint8_t peer[GOSSIP_ID_BYTES], const uint8_t *data, size_t len, uint8_t *out);
  /* Optional: whether there is a connection to a peer, perhaps of another topic, so that nothing need be dialled. */
  bool (*connected)(void *ctx, const uint8_t peer[GOSSIP_ID_BYTES]);
  /* Optional, borrowed: what neighbours' words are worth, of the endpoint. NULL: each is followed. */
  gossip_hints_t *hints;
  bool needs_data; /* a peer can be dialled only where something is known of where it is */
  void *ctx;
} gossip_config_t;

/* A message on its way out: one buffer for all who get it. */
typedef struct {
  uint32_t refs;
  gossip_kind_t kind;
  uint16_t round;              /* GOSSIP_GOSSIP */
  bool neighbors;              /* GOSSIP_GOSSIP */
  uint8_t id[GOSSIP_ID_BYTES]; /* GOSSIP_GOSSIP: the message's */
  size_t len;
  uint8_t bytes[]; /* its length and it, as they go on the stream */
} gossip_frame_t;

void gossip_frame_ref(gossip_frame_t *frame);
void gossip_frame_unref(gossip_frame_t *frame); /* NULL is harmless */

typedef enum {
  GOSSIP_ACTION_SEND = 1, /* `frame` to `peer`, dialling it if there is no connection */
  GOSSIP_ACTION_RELEASE, /* this topic sends nothing more to `peer`: its stream is finished after what was sent. A later
                              frame begins another */
  GOSSIP_ACTION_UP,      /* `peer` is a neighbour */
  GOSSIP_ACTION_DOWN,    /* `peer` is none any more: `reason` */
  GOSSIP_ACTION_RECEIVED,    /* `content` from `peer`, once */
  GOSSIP_ACTION_JOIN_FAILED, /* `peer`, which gossip_topic_join named, was out of reach; it is tried again rarely, and
                                more often while there are no neighbours */
  GOSSIP_ACTION_RENEW /* the connections to `peer` are of no use: they are closed, unless another topic has it as a
                         neighbour, and what follows goes over a new one */
} gossip_action_kind_t;

typedef enum {
  GOSSIP_DOWN_CLOSED = 1, /* out of reach */
  GOSSIP_DOWN_LEFT,       /* it left the topic */
  GOSSIP_DOWN_DROPPED,    /* it chose other neighbours */
  GOSSIP_DOWN_EVICTED     /* this side chose another */
} gossip_down_t;

typedef struct {
  gossip_action_kind_t kind;
  gossip_down_t reason;
  bool neighbors; /* RECEIVED: sent to its neighbours only */
  uint16_t round; /* RECEIVED: hops before this one; 0: `peer` is the author */
  uint8_t peer[GOSSIP_ID_BYTES];
  gossip_frame_t *frame;  /* SEND: a reference that is the list's */
  const uint8_t *content; /* RECEIVED: borrowed from what was received */
  size_t content_len;
} gossip_action_t;

/* Actions in their order. One list may serve many topics, one after the other. */
typedef struct {
  gossip_action_t *items; /* NULL while `cap` is 0 */
  size_t count, cap;
} gossip_actions_t;

void gossip_actions_init(gossip_actions_t *actions);
/* Forgets what is in the list and its references, and keeps its memory. */
void gossip_actions_clear(gossip_actions_t *actions);
void gossip_actions_deinit(gossip_actions_t *actions);

/* What has been counted since the topic began. */
typedef struct {
#define X(name, js, text) uint64_t name;
#include "gossip/counters.def"
#undef X
} gossip_counters_t;

/* Functions that take `out` append to it. When memory is short they do less, and stay consistent. */

/* Copies the config. 0 or IROH_ERR_NO_MEMORY, IROH_ERR_INVALID_ARGUMENT. */
int gossip_topic_new(const gossip_config_t *config, uint64_t now, gossip_topic_t **out);
void gossip_topic_free(gossip_topic_t *topic);

/* What this peer says of where it is, in each Join and Neighbor from now on; at most GOSSIP_DATA_MAX bytes. */
int gossip_topic_set_data(gossip_topic_t *topic, const uint8_t *data, size_t len);
/* Asks a peer to let this one in. It is kept to be asked again while there are no neighbours. `self` is ignored. */
void gossip_topic_join(gossip_topic_t *topic, const uint8_t peer[GOSSIP_ID_BYTES], uint64_t now, gossip_actions_t *out);
/* Sends `content` to everyone in the topic, or to the direct neighbours only. IROH_ERR_TOO_LONG, IROH_ERR_NO_MEMORY. With content sent or
 * received within keep_ids nothing is sent, and 1 is returned. */
int gossip_topic_broadcast(gossip_topic_t *topic, const uint8_t *content, size_t len, bool neighbors, uint64_t now,
                           gossip_actions_t *out);
/* A frame of `from`, without its length, came over a connection with that smoothed round-trip time (0: unknown).
 * IROH_ERR_GOSSIP: it is no message, or breaks a bound; its stream is to be read no further. */
int gossip_topic_receive(gossip_topic_t *topic, const uint8_t from[GOSSIP_ID_BYTES], uint64_t rtt, const uint8_t *bytes,
                         size_t len, uint64_t now, gossip_actions_t *out);
/* There is a connection to `peer`: it is where it was said to be. A frame of its says as much. */
void gossip_topic_met(gossip_topic_t *topic, const uint8_t peer[GOSSIP_ID_BYTES], uint64_t now, gossip_actions_t *out);
/* There is no connection to `peer` any more, or it could not be dialled. */
void gossip_topic_closed(gossip_topic_t *topic, const uint8_t peer[GOSSIP_ID_BYTES], uint64_t now,
                         gossip_actions_t *out);
/* A frame was not sent since too much waits for `peer`: a message, or an IHave, is announced to it again a little later,
 * so that it may ask when it can. */
void gossip_topic_refused(gossip_topic_t *topic, const uint8_t peer[GOSSIP_ID_BYTES], const gossip_frame_t *frame,
                          uint64_t now, gossip_actions_t *out);
/* Drops a peer that may not be a neighbour any more. */
void gossip_topic_evict(gossip_topic_t *topic, const uint8_t peer[GOSSIP_ID_BYTES], uint64_t now,
                        gossip_actions_t *out);
/* Leaves: the neighbours are told. Nothing comes out of the topic after it. */
void gossip_topic_quit(gossip_topic_t *topic, uint64_t now, gossip_actions_t *out);

/* When gossip_topic_tick is due; GOSSIP_NEVER: not. */
uint64_t gossip_topic_deadline(const gossip_topic_t *topic);
void gossip_topic_tick(gossip_topic_t *topic, uint64_t now, gossip_actions_t *out);

/* How many neighbours there are; the first `max` ids are copied. */
size_t gossip_topic_neighbors(const gossip_topic_t *topic, uint8_t (*out)[GOSSIP_ID_BYTES], size_t max);
/* How many of them get messages at once (eager), not only their ids; the first `max` are copied. */
size_t gossip_topic_eager(const gossip_topic_t *topic, uint8_t (*out)[GOSSIP_ID_BYTES], size_t max);
/* What `peer` is said to be reachable by: NULL or borrowed until the next call. */
const uint8_t *gossip_topic_data(const gossip_topic_t *topic, const uint8_t peer[GOSSIP_ID_BYTES], size_t *len);
/* Peers known beside the neighbours. */
size_t gossip_topic_passive(const gossip_topic_t *topic);
const gossip_counters_t *gossip_topic_counters(const gossip_topic_t *topic);
/* Heap bytes held now, all in all. */
size_t gossip_topic_memory(const gossip_topic_t *topic);

#endif
