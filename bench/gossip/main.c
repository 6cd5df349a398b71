/* SPDX-License-Identifier: MIT
 *
 * gossip-sim SCENARIO [name=number]...: one simulation, its figures as JSON. Names: seed, nodes, topics, rounds,
 * contacts, share, min, max, silence.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "scenarios.h"

static const struct {
  const char *name;
  void (*run)(const options_t *options);
} scenarios[] = {
    {"bootstrap", scenario_bootstrap},
    {"single", scenario_single},
    {"multi", scenario_multi},
    {"all", scenario_all},
    {"load", scenario_load},
    {"hiccups", scenario_hiccups},
    {"crash", scenario_crash},
    {"partition", scenario_partition},
    {"churn", scenario_churn},
    {"rejoin", scenario_rejoin},
    {"topics", scenario_topics},
    {"slow", scenario_slow},
    {"calm", scenario_calm},
    {"join-storm", scenario_join_storm},
    {"ihave-flood", scenario_ihave_flood},
    {"graft-replay", scenario_graft_replay},
    {"peer-data", scenario_peer_data},
    {"shuffle-reflection", scenario_shuffle_reflection},
};

void scenario_init(gossip_sim_t *sim, const options_t *options) {
  sim_init(sim, &(sim_config_t){.seed = options->seed,
                                .nodes = options->nodes,
                                .topics = options->topics,
                                .latency_min = options->latency_min * SIM_MS,
                                .latency_max = options->latency_max * SIM_MS,
                                .silence = options->silence * SIM_MS});
}

static const char *separator;

void scenario_begin(void) { separator = "{"; }

static void name_field(const char *name) {
  printf("%s\"%s\":", separator, name);
  separator = ",";
}

static void print_number(double value) {
  if (isfinite(value)) {
    printf("%.10g", value);
  } else {
    printf("null");
  }
}

void scenario_number(const char *name, double value) {
  name_field(name);
  print_number(value);
}

void scenario_series(const char *name, const double *values, size_t count) {
  name_field(name);
  for (size_t i = 0; i < count; i++) {
    putchar(i ? ',' : '[');
    print_number(values[i]);
  }
  printf(count ? "]" : "[]");
}

void scenario_views(const gossip_sim_t *sim, uint32_t topic) {
  sim_overlay_t overlay;
  sim_overlay(sim, topic, &overlay);
  double views[ARRAY_LEN(overlay.views)];
  uint32_t full = 0;
  for (size_t i = 0; i < ARRAY_LEN(views); i++) {
    views[i] = overlay.views[i];
    if (i >= 4) full += overlay.views[i];
  }
  uint64_t open, needed;
  sim_connections(sim, &open, &needed);
  scenario_number("members", overlay.members);
  scenario_series("views", views, ARRAY_LEN(views));
  scenario_number("full", (double)full / overlay.members);
  scenario_number("isolated", overlay.isolated);
  scenario_number("components", overlay.components);
  scenario_number("oneSided", overlay.one_sided);
  scenario_number("memoryMax", (double)overlay.memory_max);
  scenario_number("memoryMean", (double)overlay.memory_sum / overlay.members);
  scenario_number("connections", (double)open);
  scenario_number("connectionsNeeded", (double)needed);
}

void scenario_end(void) { puts("}"); }

int main(int argc, char **argv) {
  options_t options = {.nodes = 100, .topics = 1, .rounds = 30, .latency_min = 10, .latency_max = 50, .silence = 30000};
  const struct {
    const char *name;
    uint32_t *value;
  } numbers[] = {
      {"nodes", &options.nodes},       {"topics", &options.topics},   {"rounds", &options.rounds},
      {"contacts", &options.contacts}, {"share", &options.share},     {"min", &options.latency_min},
      {"max", &options.latency_max},   {"silence", &options.silence},
  };
  for (int i = 2; i < argc; i++) {
    const char *equals = strchr(argv[i], '=');
    size_t len = equals ? (size_t)(equals - argv[i]) : 0, n = 0;
    if (len == 4 && strncmp(argv[i], "seed", len) == 0) {
      options.seed = strtoull(equals + 1, NULL, 10);
      continue;
    }
    while (n < ARRAY_LEN(numbers) && (strlen(numbers[n].name) != len || strncmp(argv[i], numbers[n].name, len) != 0))
      n++;
    if (n == ARRAY_LEN(numbers)) {
      fprintf(stderr, "gossip-sim: %s is no option\n", argv[i]);
      return 2;
    }
    *numbers[n].value = (uint32_t)strtoul(equals + 1, NULL, 10);
  }
  for (size_t i = 0; i < ARRAY_LEN(scenarios); i++) {
    if (argc < 2 || strcmp(argv[1], scenarios[i].name) != 0) continue;
    scenarios[i].run(&options);
    return 0;
  }
  fprintf(stderr, "gossip-sim: a scenario is one of");
  for (size_t i = 0; i < ARRAY_LEN(scenarios); i++) fprintf(stderr, " %s", scenarios[i].name);
  fputc('\n', stderr);
  return 2;
}
