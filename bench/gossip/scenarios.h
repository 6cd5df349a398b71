/* SPDX-License-Identifier: MIT
 *
 * What the simulator is asked to do, one run each: a JSON object on one line of the standard output.
 */
#ifndef IROH_BENCH_GOSSIP_SCENARIOS_H
#define IROH_BENCH_GOSSIP_SCENARIOS_H

#include "gossip-rounds.h"

typedef struct {
  uint64_t seed;
  uint32_t nodes, topics, rounds, contacts; /* contacts 0: all join peer 0 */
  uint32_t share;                           /* per cent of the peers that something befalls */
  uint32_t latency_min, latency_max;        /* ms */
  uint32_t silence;                         /* ms */
} options_t;

/* Peers as the options say. */
void scenario_init(gossip_sim_t *sim, const options_t *options);

void scenario_bootstrap(const options_t *options);
void scenario_single(const options_t *options);
void scenario_multi(const options_t *options);
void scenario_all(const options_t *options);
void scenario_load(const options_t *options);
void scenario_hiccups(const options_t *options);
void scenario_crash(const options_t *options);
void scenario_partition(const options_t *options);
void scenario_churn(const options_t *options);
void scenario_rejoin(const options_t *options);
void scenario_topics(const options_t *options);
void scenario_slow(const options_t *options);
void scenario_calm(const options_t *options);
void scenario_join_storm(const options_t *options);
void scenario_ihave_flood(const options_t *options);
void scenario_graft_replay(const options_t *options);
void scenario_peer_data(const options_t *options);
void scenario_shuffle_reflection(const options_t *options);

/* The object that is printed: fields after scenario_begin, until scenario_end. */
void scenario_begin(void);
void scenario_number(const char *name, double value);
void scenario_series(const char *name, const double *values, size_t count);
void scenario_views(const gossip_sim_t *sim, uint32_t topic);
void scenario_end(void);

#endif
