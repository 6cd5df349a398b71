/* SPDX-License-Identifier: MIT
 *
 * Nothing goes wrong: how the overlay forms, and how messages spread over it.
 */
#include "scenarios.h"

#include <stdlib.h>
#include <string.h>

#include "base/base.h"

void scenario_bootstrap(const options_t *options) {
  gossip_sim_t sim;
  scenario_init(&sim, options);
  rounds_bootstrap(&sim, 0, options->contacts);
  sim_overlay_t early;
  sim_overlay(&sim, 0, &early);
  sim_run(&sim, 10 * SIM_S, NULL, NULL);
  scenario_begin();
  scenario_number("isolatedEarly", early.isolated);
  scenario_number("componentsEarly", early.components);
  scenario_number("controls", (double)sim.counters.controls);
  scenario_number("dials", (double)sim.counters.dials);
  scenario_views(&sim, 0);
  /* What goes on when nothing happens. */
  sim.counters = (sim_counters_t){0};
  sim_run(&sim, sim.now + 120 * SIM_S, NULL, NULL);
  scenario_number("idleControls", (double)sim.counters.controls / options->nodes / 2);
  scenario_number("idleDials", (double)sim.counters.dials / options->nodes / 2);
  scenario_number("idleDowns", (double)sim.counters.downs);
  scenario_end();
  sim_deinit(&sim);
}

static void rounds(const options_t *options, rounds_kind_t kind) {
  gossip_sim_t sim;
  rounds_t figures;
  scenario_init(&sim, options);
  rounds_bootstrap(&sim, 0, options->contacts);
  rounds_run(&sim, kind, options->rounds, &figures);
  scenario_begin();
  scenario_number("rmr", figures.rmr);
  scenario_number("rmrPaper", figures.rmr_paper);
  scenario_number("ldh", figures.ldh);
  scenario_number("ldhMax", figures.ldh_max);
  scenario_number("durationMs", figures.duration_ms);
  scenario_number("controls", figures.controls);
  scenario_number("missed", (double)figures.missed);
  scenario_number("duplicates", (double)figures.duplicates);
  scenario_views(&sim, 0);
  scenario_end();
  sim_deinit(&sim);
}

void scenario_single(const options_t *options) { rounds(options, ROUNDS_SINGLE); }

void scenario_multi(const options_t *options) { rounds(options, ROUNDS_MULTI); }

void scenario_all(const options_t *options) { rounds(options, ROUNDS_ALL); }

/* Everyone is in every topic. Some leave half of them: nobody loses a neighbour in the others by it. */
void scenario_topics(const options_t *options) {
  gossip_sim_t sim;
  tracker_t tracker;
  scenario_init(&sim, options);
  for (uint32_t topic = 0; topic < options->topics; topic++) {
    for (uint32_t i = 0; i < options->nodes; i++) sim_subscribe(&sim, i, topic);
    for (uint32_t i = 1; i < options->nodes; i++) sim_join(&sim, i, topic, 0);
  }
  sim_run(&sim, 10 * SIM_S, NULL, NULL);
  tracker_init(&tracker, &sim, 64);
  uint64_t downs = sim.counters.downs;
  uint32_t leaving = options->nodes / 5, left = options->topics / 2;
  for (uint32_t i = 0; i < leaving; i++) {
    for (uint32_t topic = 0; topic < left; topic++) sim_quit(&sim, i, topic);
  }
  uint64_t before = 0;
  for (uint32_t round = 0; round < options->rounds; round++) {
    for (uint32_t topic = 0; topic < options->topics; topic++) {
      track_send(&tracker, leaving + sim_below(&sim, options->nodes - leaving), topic);
    }
    sim_run(&sim, sim.now + SIM_S, NULL, NULL);
    if (round == 0) before = sim.counters.downs;
  }
  sim_run(&sim, sim.now + 30 * SIM_S, NULL, NULL);
  scenario_begin();
  scenario_number("messages", (double)tracker.count);
  scenario_number("missed", (double)track_missed(&tracker, 0, tracker.count));
  scenario_number("duplicates", (double)tracker.duplicates);
  scenario_number("downsAtLeaving", (double)(before - downs));
  scenario_number("downsAfter", (double)(sim.counters.downs - before));
  scenario_views(&sim, options->topics - 1);
  scenario_end();
  tracker_deinit(&tracker);
  sim_deinit(&sim);
}

static int by_value(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return x < y ? -1 : x > y;
}

#define HICCUP_SECONDS 10

/* Processes on a busy machine: 0.2 to 1 ms apart, each stopped for 20 to 60 ms about once a second. Two of them send
 * `rounds` messages a second. */
void scenario_hiccups(const options_t *options) {
  gossip_sim_t sim;
  tracker_t tracker;
  sim_init(&sim, &(sim_config_t){
                     .seed = options->seed, .nodes = options->nodes, .latency_min = SIM_MS / 5, .latency_max = SIM_MS});
  rounds_bootstrap(&sim, 0, options->contacts);
  sim_run(&sim, 10 * SIM_S, NULL, NULL);
  tracker_init(&tracker, &sim, 64);
  sim.counters = (sim_counters_t){0};
  uint64_t grafts = 0, delivered = 0, begin = sim.now, sent = 0;
  for (uint64_t tick = 0; tick < HICCUP_SECONDS * 1000; tick++) {
    for (uint32_t i = 0; i < options->nodes; i++) {
      if (sim_below(&sim, 1000) == 0) sim.nodes[i].paused_until = sim.now + (20 + sim_below(&sim, 41)) * SIM_MS;
    }
    for (; sent * 1000 < (tick + 1) * options->rounds; sent++) {
      uint32_t author = (uint32_t)(sent % 2);
      if (sim.nodes[author].paused_until <= sim.now) track_send(&tracker, author, 0);
    }
    sim_run(&sim, begin + (tick + 1) * SIM_MS, NULL, NULL);
  }
  sim_run(&sim, sim.now + 5 * SIM_S, NULL, NULL);
  uint64_t *waits = malloc(tracker.count * sizeof *waits);
  for (size_t i = 0; i < tracker.count; i++) {
    delivered += tracker.messages[i].got;
    waits[i] = tracker.messages[i].got ? tracker.messages[i].last - tracker.messages[i].sent : 0;
  }
  qsort(waits, tracker.count, sizeof *waits, by_value);
  for (uint32_t i = 0; i < options->nodes; i++) grafts += gossip_topic_counters(sim.nodes[i].topics[0])->grafts_sent;
  scenario_begin();
  scenario_number("rmr", (double)sim.counters.payloads / (double)delivered - 1);
  scenario_number("grafts", (double)grafts / (double)tracker.count);
  scenario_number("controls", (double)sim.counters.controls / (double)tracker.count);
  scenario_number("waitMs", (double)waits[tracker.count / 2] / (double)SIM_MS);
  scenario_number("waitMs99", (double)waits[tracker.count * 99 / 100] / (double)SIM_MS);
  scenario_number("missed", (double)track_missed(&tracker, 0, tracker.count));
  scenario_number("duplicates", (double)tracker.duplicates);
  scenario_views(&sim, 0);
  scenario_end();
  free(waits);
  tracker_deinit(&tracker);
  sim_deinit(&sim);
}

#define LOAD_CONTENT 4000
#define LOAD_A_SECOND 1000

static void count_received(void *ctx, uint32_t node, uint32_t topic, const gossip_action_t *action) {
  (void)node, (void)topic, (void)action;
  ++*(uint64_t *)ctx;
}

/* 1,000 messages of 4,000 bytes a second, for `rounds` seconds: the memory that a peer takes at most. */
void scenario_load(const options_t *options) {
  gossip_sim_t sim;
  uint64_t received = 0, sent = 0;
  size_t memory = 0, memory_begin = 0;
  uint8_t content[LOAD_CONTENT] = {0};
  scenario_init(&sim, options);
  rounds_bootstrap(&sim, 0, options->contacts);
  sim_run(&sim, 10 * SIM_S, NULL, NULL);
  sim.on_received = count_received;
  sim.ctx = &received;
  for (uint32_t second = 0; second < options->rounds; second++) {
    for (uint32_t i = 0; i < LOAD_A_SECOND; i++, sent++) {
      memcpy(content, &sent, sizeof sent);
      sim_broadcast(&sim, (uint32_t)(sent % options->nodes), 0, content, sizeof content);
      sim_run(&sim, sim.now + SIM_S / LOAD_A_SECOND, NULL, NULL);
    }
    sim_overlay_t overlay;
    sim_overlay(&sim, 0, &overlay);
    memory = max_size(memory, overlay.memory_max);
    if (second < options->rounds / 4) memory_begin = memory;
  }
  sim_run(&sim, sim.now + 5 * SIM_S, NULL, NULL);
  scenario_begin();
  scenario_number("messages", (double)sent);
  scenario_number("missed", (double)(sent * (options->nodes - 1)) - (double)received);
  scenario_number("memoryFirstQuarter", (double)memory_begin);
  scenario_number("memoryLoaded", (double)memory);
  scenario_number("rmr", (double)sim.counters.payloads / (double)received - 1);
  sim_run(&sim, sim.now + 120 * SIM_S, NULL, NULL);
  scenario_views(&sim, 0);
  scenario_end();
  sim_deinit(&sim);
}
