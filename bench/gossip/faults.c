/* SPDX-License-Identifier: MIT
 *
 * Peers that fall silent, are cut off, come and go, or read too slowly. A message a second goes out from a random peer;
 * the series say, second by second, how much of those who are due got it within TRACK_PROMPT.
 */
#include "scenarios.h"

#include <math.h>

#include "base/base.h"

#define SERIES_MAX 512

static uint32_t random_member(gossip_sim_t *sim, uint64_t settled) {
  for (;;) {
    uint32_t node = sim_below(sim, sim->node_count);
    if (sim_in(sim, node, 0) && sim->now - sim->nodes[node].since >= settled) return node;
  }
}

static void message_each_second(tracker_t *tracker, uint32_t seconds) {
  for (uint32_t i = 0; i < seconds; i++) {
    track_send(tracker, random_member(tracker->sim, tracker->settled), 0);
    sim_run(tracker->sim, tracker->sim->now + SIM_S, NULL, NULL);
  }
}

static void print_reach(const tracker_t *tracker, const char *name, size_t first, size_t last) {
  double reach[SERIES_MAX];
  size_t count = min_size(last - first, SERIES_MAX);
  for (size_t i = 0; i < count; i++) {
    const tracked_t *message = &tracker->messages[first + i];
    reach[i] = message->wanted ? (double)message->prompt / message->wanted : 1;
  }
  scenario_series(name, reach, count);
}

/* Mean over messages of how long the last receiver waited, in ms. */
static double mean_wait(const tracker_t *tracker, size_t first, size_t last) {
  double sum = 0;
  for (size_t i = first; i < last; i++) {
    const tracked_t *message = &tracker->messages[i];
    if (message->got > 0) sum += (double)(message->last - message->sent) / (double)SIM_MS;
  }
  return sum / (double)(last - first);
}

static void settle(gossip_sim_t *sim, tracker_t *tracker, const options_t *options) {
  scenario_init(sim, options);
  rounds_bootstrap(sim, 0, options->contacts);
  sim_run(sim, 10 * SIM_S, NULL, NULL);
  tracker_init(tracker, sim, 64);
  message_each_second(tracker, 10);
}

static void crash_some(gossip_sim_t *sim, tracker_t *tracker, uint32_t count) {
  while (count-- > 0) {
    uint32_t node = random_member(sim, 0);
    sim_crash(sim, node);
    track_leave(tracker, node);
  }
}

void scenario_crash(const options_t *options) {
  gossip_sim_t sim;
  tracker_t tracker;
  settle(&sim, &tracker, options);
  size_t first = tracker.count;
  crash_some(&sim, &tracker, (uint32_t)((uint64_t)options->nodes * options->share / 100));
  uint32_t noticed = options->silence / 1000 + 10;
  sim_overlay_t early, late;
  message_each_second(&tracker, 2);
  sim_overlay(&sim, 0, &early);
  message_each_second(&tracker, noticed - 2);
  sim_overlay(&sim, 0, &late);
  message_each_second(&tracker, 60);
  size_t last = tracker.count;
  sim_run(&sim, sim.now + 60 * SIM_S, NULL, NULL);
  scenario_begin();
  print_reach(&tracker, "reach", first, last);
  scenario_number("reachFirst", (double)tracker.messages[first].prompt / tracker.messages[first].wanted);
  scenario_number("missedEarly", (double)track_missed(&tracker, first, first + noticed));
  scenario_number("missedLater", (double)track_missed(&tracker, first + noticed, last));
  scenario_number("isolatedEarly", early.isolated);
  scenario_number("isolatedNoticed", late.isolated);
  scenario_number("componentsNoticed", late.components);
  scenario_number("duplicates", (double)tracker.duplicates);
  scenario_views(&sim, 0);
  scenario_end();
  tracker_deinit(&tracker);
  sim_deinit(&sim);
}

#define PARTITION_SECONDS 120
#define HEALED_SECONDS 120

void scenario_partition(const options_t *options) {
  gossip_sim_t sim;
  tracker_t tracker;
  settle(&sim, &tracker, options);
  uint32_t cut = (uint32_t)((uint64_t)options->nodes * options->share / 100);
  size_t first = tracker.count;
  sim_split(&sim, cut);
  message_each_second(&tracker, PARTITION_SECONDS);
  size_t healed = tracker.count;
  sim_overlay_t overlay;
  sim_overlay(&sim, 0, &overlay);
  uint32_t parts = overlay.components;
  sim_split(&sim, 0);
  double merged = INFINITY;
  size_t merged_at = 0;
  for (uint32_t second = 0; second < HEALED_SECONDS; second++) {
    message_each_second(&tracker, 1);
    sim_overlay(&sim, 0, &overlay);
    if (overlay.components == 1 && merged == INFINITY) {
      merged = second + 1;
      merged_at = tracker.count;
    }
  }
  size_t last = tracker.count;
  sim_run(&sim, sim.now + 60 * SIM_S, NULL, NULL);
  scenario_begin();
  print_reach(&tracker, "reach", healed, last);
  scenario_number("mergedSeconds", merged);
  scenario_number("partsBefore", parts);
  scenario_number("missedApart", (double)track_missed(&tracker, first + min_size(60, healed - first), healed));
  scenario_number("missedMerged", merged_at ? (double)track_missed(&tracker, merged_at, last) : NAN);
  scenario_number("duplicates", (double)tracker.duplicates);
  scenario_views(&sim, 0);
  scenario_end();
  tracker_deinit(&tracker);
  sim_deinit(&sim);
}

/* Each second one peer goes, by turns with and without a word, and a new one comes. */
void scenario_churn(const options_t *options) {
  gossip_sim_t sim;
  tracker_t tracker;
  settle(&sim, &tracker, options);
  size_t first = tracker.count;
  tracker.settled = 10 * SIM_S;
  uint64_t dials = sim.counters.dials;
  for (uint32_t second = 0; second < options->rounds; second++) {
    uint32_t going = random_member(&sim, 0);
    track_leave(&tracker, going);
    if (second % 2) {
      sim_crash(&sim, going);
    } else {
      sim_quit(&sim, going, 0);
    }
    uint32_t contact = random_member(&sim, tracker.settled), coming = sim_add(&sim);
    sim_subscribe(&sim, coming, 0);
    sim_join(&sim, coming, 0, contact);
    message_each_second(&tracker, 1);
  }
  uint64_t spent = sim.counters.dials - dials;
  sim_run(&sim, sim.now + 60 * SIM_S, NULL, NULL);
  uint64_t wanted = 0, prompt = 0;
  for (size_t i = first; i < tracker.count; i++) {
    wanted += tracker.messages[i].wanted;
    prompt += tracker.messages[i].prompt;
  }
  scenario_begin();
  scenario_number("deliveries", (double)wanted);
  scenario_number("missed", (double)track_missed(&tracker, first, tracker.count));
  scenario_number("late", (double)(wanted - prompt) - (double)track_missed(&tracker, first, tracker.count));
  scenario_number("waitMs", mean_wait(&tracker, first, tracker.count));
  scenario_number("duplicates", (double)tracker.duplicates);
  scenario_number("dialsASecond", (double)spent / options->rounds);
  scenario_views(&sim, 0);
  scenario_end();
  tracker_deinit(&tracker);
  sim_deinit(&sim);
}

/* A peer crashes and comes back at once with its key, which the others have not noticed: once a joiner, which joins peer
 * 0 again, once peer 0, which joins a former joiner. The others' connections are not silent long enough to be given
 * up. */
void scenario_rejoin(const options_t *options) {
  double seconds[2];
  for (uint32_t back = 0; back < 2; back++) {
    gossip_sim_t sim;
    tracker_t tracker;
    settle(&sim, &tracker, options);
    uint32_t node = back == 0 ? 1 : 0;
    sim_crash(&sim, node);
    sim_run(&sim, sim.now + SIM_S, NULL, NULL);
    sim_restart(&sim, node);
    sim_subscribe(&sim, node, 0);
    sim_join(&sim, node, 0, node ? 0 : 1);
    uint64_t begin = sim.now;
    while (gossip_topic_neighbors(sim.nodes[node].topics[0], NULL, 0) == 0 && sim.now - begin < 60 * SIM_S) {
      sim_run(&sim, sim.now + 10 * SIM_MS, NULL, NULL);
    }
    seconds[back] = (double)(sim.now - begin) / (double)SIM_S;
    tracker_deinit(&tracker);
    sim_deinit(&sim);
  }
  scenario_begin();
  scenario_number("joinerSeconds", seconds[0]);
  scenario_number("contactSeconds", seconds[1]);
  scenario_end();
}

#define SLOW_BYTES_A_SECOND 2000
#define SLOW_MESSAGES_A_SECOND 20

/* A peer that reads a tenth of what is sent: the others do not wait for it. */
void scenario_slow(const options_t *options) {
  gossip_sim_t sim;
  tracker_t tracker;
  settle(&sim, &tracker, options);
  tracker.content = 1000;
  double wait[2];
  size_t first = tracker.count;
  uint32_t slow = 1;
  uint64_t missed = 0, slow_got = 0, slow_due = 0;
  for (int with = 0; with < 2; with++) {
    if (with) sim.nodes[slow].read_rate = SLOW_BYTES_A_SECOND;
    first = tracker.count;
    for (uint32_t i = 0; i < options->rounds * SLOW_MESSAGES_A_SECOND; i++) {
      uint32_t author;
      do author = random_member(&sim, 0);
      while (author == slow);
      size_t number = track_send(&tracker, author, 0);
      tracked_t *message = &tracker.messages[number];
      message->due[slow] = 0; /* it is looked at alone */
      message->wanted--;
      sim_run(&sim, sim.now + SIM_S / SLOW_MESSAGES_A_SECOND, NULL, NULL);
    }
    size_t last = tracker.count;
    if (with) sim.nodes[slow].read_rate = 0;
    sim_run(&sim, sim.now + 60 * SIM_S, NULL, NULL);
    missed += track_missed(&tracker, first, last);
    wait[with] = mean_wait(&tracker, first, last);
    for (size_t i = first; with && i < last; i++) {
      slow_due++;
      slow_got += tracker.messages[i].seen[slow];
    }
  }
  scenario_begin();
  scenario_number("waitMsWithout", wait[0]);
  scenario_number("waitMsWith", wait[1]);
  scenario_number("missedOfOthers", (double)missed);
  scenario_number("slowReceived", (double)slow_got / (double)slow_due);
  scenario_number("duplicates", (double)tracker.duplicates);
  scenario_views(&sim, 0);
  scenario_end();
  tracker_deinit(&tracker);
  sim_deinit(&sim);
}
