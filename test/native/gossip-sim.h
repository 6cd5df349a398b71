/* SPDX-License-Identifier: MIT
 *
 * Many peers of gossip topics on a network that exists in memory only, with a clock of its own: the same seed gives the
 * same run everywhere. What it imitates: a latency for each pair of peers; one connection a pair, which all topics
 * share; a dial that takes a round trip; frames to a peer in their order; connections that are closed once neither side
 * has a stream on it; no way to find a peer but what the user and other peers say of where it is; crashes, restarts and partitions, which the other side only notices by silence; peers that read
 * slowly. What it leaves out: loss, bandwidth, and the time that computing takes.
 */
#ifndef IROH_TEST_GOSSIP_SIM_H
#define IROH_TEST_GOSSIP_SIM_H

#include "base/map.h"
#include "gossip/topic.h"

#define SIM_MS UINT64_C(1000000)
#define SIM_S (1000 * SIM_MS)

typedef struct gossip_sim gossip_sim_t;

/* What a peer says of where it is: one IPv4 address. */
#define SIM_DATA_BYTES 9

/* All times in nanoseconds. */
typedef struct {
  uint64_t seed;
  uint32_t nodes; /* peers that exist from the beginning, in no topic yet */
  uint32_t topics;
  uint64_t latency_min, latency_max; /* one way; each pair draws its own */
  uint64_t silence;                  /* after which a connection to a crashed or cut off peer is given up */
  uint64_t dial_timeout;             /* after which dialling such a peer is given up */
  uint64_t linger;                   /* that a connection stays open without a stream */
  size_t outbox;                     /* bytes that may wait for a peer that reads slowly; more are refused */
  gossip_config_t topic;             /* `self` and `seed` are set for each */
} sim_config_t;

/* A hostile peer is one without topics: it gets what comes, and sends what it likes. */
typedef void sim_frame_fn(gossip_sim_t *sim, uint32_t node, uint32_t from, const gossip_message_t *message);

typedef struct {
  uint8_t id[GOSSIP_ID_BYTES];
  bool up;
  uint64_t since;             /* when it was last added to a topic */
  uint32_t group;             /* peers of different groups do not reach each other */
  uint64_t paused_until;      /* its process does nothing until then: what comes waits */
  uint64_t read_rate;         /* bytes a second that it reads from each peer; 0: as they come */
  gossip_topic_t **topics;    /* NULL each: not in it */
  uint64_t *tick_at;          /* for each topic, when its next tick is queued */
  sim_frame_fn *hostile;      /* NULL: honest */
  gossip_hints_t *hints;      /* of all its topics */
  struct sim_self *self;      /* what its topics know it by */
  uint64_t received, dialled; /* by it, ever: payloads for the first time; dials */
  uint64_t payload_frames;    /* that came to it */
} sim_node_t;

/* What came in since the counters were last cleared, all peers together. */
typedef struct {
  uint64_t payloads, payload_bytes;
  uint64_t controls, control_bytes;
  uint64_t dials, dial_failures;
  uint64_t lost; /* peers that were to be dialled while nothing was known of where they are */
  uint64_t refused;
  uint64_t largest_frame; /* bytes of the largest message of an honest peer, without its length */
  uint64_t invalid;       /* frames the receiver's core called broken */
  uint64_t ups, downs;
  uint64_t closes; /* connections closed since no stream was left */
} sim_counters_t;

struct gossip_sim {
  sim_config_t config;
  uint64_t now;
  sim_node_t *nodes;
  uint32_t node_count, node_capacity;
  sim_counters_t counters;
  uint64_t random;
  /* Optional: told of each message that a topic delivers. */
  void (*on_received)(void *ctx, uint32_t node, uint32_t topic, const gossip_action_t *action);
  void *ctx;
  /* Private. */
  map_t by_id, pairs;
  gossip_actions_t actions;
  struct sim_event *events;
  size_t event_count, event_capacity;
  uint64_t sequence;
};

/* 0 in a field of `config` takes its default: 10 to 50 ms, silence 30 s, dial_timeout 5 s, linger 1 s, outbox 64 KiB,
 * one topic. */
void sim_init(gossip_sim_t *sim, const sim_config_t *config);
void sim_deinit(gossip_sim_t *sim);
/* One more peer; its number. Pointers into `nodes` do not outlive it. */
uint32_t sim_add(gossip_sim_t *sim);
/* Takes part in a topic from now on. */
void sim_subscribe(gossip_sim_t *sim, uint32_t node, uint32_t topic);
void sim_join(gossip_sim_t *sim, uint32_t node, uint32_t topic, uint32_t contact);
/* What gossip_topic_broadcast says. */
int sim_broadcast(gossip_sim_t *sim, uint32_t node, uint32_t topic, const uint8_t *content, size_t len);
/* Leaves the topic politely. */
void sim_quit(gossip_sim_t *sim, uint32_t node, uint32_t topic);
/* The process is gone, and nobody is told. sim_restart brings it back with the same id and in no topic. */
void sim_crash(gossip_sim_t *sim, uint32_t node);
void sim_restart(gossip_sim_t *sim, uint32_t node);
/* Cuts the peers below a number off from the others; 0 puts an end to it. The connections between the two fall silent.
 * Give it longer than `silence`, since what was sent meanwhile is lost here, and not repeated as QUIC would. */
void sim_split(gossip_sim_t *sim, uint32_t below);
/* Sends any message from a peer to another, as a hostile one does. */
void sim_send(gossip_sim_t *sim, uint32_t from, uint32_t to, uint32_t topic, const gossip_message_t *message);
/* Runs until `time`, or until `done` (may be NULL) says so after an event; returns what `done` says last. */
bool sim_run(gossip_sim_t *sim, uint64_t time, bool (*done)(void *ctx), void *ctx);

uint64_t sim_random(gossip_sim_t *sim);
uint32_t sim_below(gossip_sim_t *sim, uint32_t bound);
/* The peer with this id, UINT32_MAX if there is none. */
uint32_t sim_find(const gossip_sim_t *sim, const uint8_t id[GOSSIP_ID_BYTES]);
/* Whether the node is up and in the topic. */
bool sim_in(const gossip_sim_t *sim, uint32_t node, uint32_t topic);

/* The overlay as it is now. */
typedef struct {
  uint32_t members;
  uint32_t views[16];  /* how many have so many neighbours; the last: or more */
  uint32_t isolated;   /* without a neighbour that is up and in the topic */
  uint32_t components; /* of the graph whose edges are live links, in either direction */
  uint32_t one_sided;  /* links that only one side has */
  size_t memory_max;   /* of one topic */
  uint64_t memory_sum;
} sim_overlay_t;
void sim_overlay(const gossip_sim_t *sim, uint32_t topic, sim_overlay_t *out);
/* Connections open now, and how many of them are between neighbours in some topic. */
void sim_connections(const gossip_sim_t *sim, uint64_t *open, uint64_t *needed);

#endif
