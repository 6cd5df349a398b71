/* SPDX-License-Identifier: MIT
 *
 * Messages over a simulated topic, and who got them: bootstrap, rounds and figures as iroh-gossip's own simulator has
 * them, so that the figures can be set side by side.
 */
#ifndef IROH_TEST_GOSSIP_ROUNDS_H
#define IROH_TEST_GOSSIP_ROUNDS_H

#include "gossip-sim.h"

#define TRACK_PROMPT (5 * SIM_S)

typedef struct {
  uint32_t author, topic;
  uint64_t sent;
  uint32_t wanted, got; /* peers, of those that are still due */
  uint32_t prompt;      /* of those that got it: within TRACK_PROMPT */
  uint32_t hops;        /* the most a first copy made */
  uint64_t last;        /* when the last first copy came */
  uint8_t *due, *seen;  /* a byte a peer */
  uint32_t peers;
} tracked_t;

/* Follows every message sent with track_send. It sits in sim->on_received. */
typedef struct {
  gossip_sim_t *sim;
  tracked_t *messages;
  size_t count, capacity;
  size_t from;         /* the first message of the round */
  size_t content;      /* bytes of each message, from 16 on */
  uint64_t salt;       /* begins each */
  uint64_t settled;    /* a message is due at peers that have been in the topic so long */
  uint64_t missing;    /* wanted and not got, since `from` */
  uint64_t duplicates; /* delivered twice to the same peer: never right */
} tracker_t;

void tracker_init(tracker_t *tracker, gossip_sim_t *sim, size_t content);
void tracker_deinit(tracker_t *tracker);
/* A message from the peer, due at all in its group who are in the topic now; its number. */
size_t track_send(tracker_t *tracker, uint32_t author, uint32_t topic);
/* The peer goes: what it has not got is not due any more. */
void track_leave(tracker_t *tracker, uint32_t node);
/* How many of the messages `first` to `last - 1` have not come to how many peers: the sum. */
uint64_t track_missed(const tracker_t *tracker, size_t first, size_t last);

/* Everyone joins peer 0 at time 0 (`contacts` 0), or the first `contacts` join peer 0 and, 7 latencies later, the rest
 * one of those each. Runs 20 times the largest latency. */
void rounds_bootstrap(gossip_sim_t *sim, uint32_t topic, uint32_t contacts);

typedef enum { ROUNDS_SINGLE, ROUNDS_MULTI, ROUNDS_ALL } rounds_kind_t;

/* Means over the rounds, unless it says otherwise. */
typedef struct {
  double rmr;       /* payload frames received / (deliveries - 1) - 1, as upstream has it: a tree of n gives 1/(n-2) */
  double rmr_paper; /* payload frames received / deliveries - 1: a tree gives 0 */
  double ldh, ldh_max;
  double duration_ms;
  double controls;             /* other frames received */
  uint64_t missed, duplicates; /* over all rounds */
} rounds_t;

/* `rounds` rounds one after the other: one fixed sender, a random one each time, or all peers at once. A round ends when
 * everyone has everything, or after 5 s; what is then still under way counts in the next. */
void rounds_run(gossip_sim_t *sim, rounds_kind_t kind, unsigned rounds, rounds_t *out);

#endif
