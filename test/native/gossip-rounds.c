/* SPDX-License-Identifier: MIT */
#include "gossip-rounds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUND_LIMIT (5 * SIM_S)
#define CONTENT_MAX 4096

static void *must(void *memory) {
  if (memory) return memory;
  fputs("gossip-rounds: out of memory\n", stderr);
  abort();
}

static void on_received(void *ctx, uint32_t node, uint32_t topic, const gossip_action_t *action) {
  tracker_t *tracker = ctx;
  uint64_t head[2];
  if (action->content_len < sizeof head) return;
  memcpy(head, action->content, sizeof head);
  uint64_t number = head[1];
  if (head[0] != tracker->salt) return; /* an earlier tracker's */
  tracked_t *message = &tracker->messages[number];
  if (node >= message->peers) return; /* it came later, and heard of it */
  if (message->topic != topic || node == message->author || message->seen[node]) {
    tracker->duplicates++;
    return;
  }
  message->seen[node] = 1;
  if (!message->due[node]) return;
  message->got++;
  if (tracker->sim->now - message->sent <= TRACK_PROMPT) message->prompt++;
  message->last = tracker->sim->now;
  if (action->round > message->hops) message->hops = action->round;
  if (number >= tracker->from) tracker->missing--;
}

void tracker_init(tracker_t *tracker, gossip_sim_t *sim, size_t content) {
  *tracker = (tracker_t){.sim = sim, .content = content, .salt = sim_random(sim)};
  sim->on_received = on_received;
  sim->ctx = tracker;
}

void tracker_deinit(tracker_t *tracker) {
  for (size_t i = 0; i < tracker->count; i++) {
    free(tracker->messages[i].due);
    free(tracker->messages[i].seen);
  }
  free(tracker->messages);
  tracker->sim->on_received = NULL;
}

size_t track_send(tracker_t *tracker, uint32_t author, uint32_t topic) {
  gossip_sim_t *sim = tracker->sim;
  if (tracker->count == tracker->capacity) {
    tracker->capacity = tracker->capacity ? 2 * tracker->capacity : 64;
    tracker->messages = must(realloc(tracker->messages, tracker->capacity * sizeof *tracker->messages));
  }
  uint64_t number = tracker->count++;
  tracked_t *message = &tracker->messages[number];
  *message = (tracked_t){.author = author, .topic = topic, .sent = sim->now, .peers = sim->node_count};
  message->due = must(calloc(sim->node_count, 1));
  message->seen = must(calloc(sim->node_count, 1));
  for (uint32_t i = 0; i < sim->node_count; i++) {
    const sim_node_t *node = &sim->nodes[i];
    message->due[i] = i != author && sim_in(sim, i, topic) && node->group == sim->nodes[author].group &&
                      sim->now - node->since >= tracker->settled;
    message->wanted += message->due[i];
  }
  tracker->missing += message->wanted;
  uint8_t content[CONTENT_MAX] = {0};
  memcpy(content, (uint64_t[]){tracker->salt, number}, 16);
  if (sim_broadcast(sim, author, topic, content, tracker->content) != 0) must(NULL);
  return number;
}

void track_leave(tracker_t *tracker, uint32_t node) {
  for (size_t i = 0; i < tracker->count; i++) {
    tracked_t *message = &tracker->messages[i];
    if (node >= message->peers || !message->due[node] || message->seen[node]) continue;
    message->due[node] = 0;
    message->wanted--;
    if (i >= tracker->from) tracker->missing--;
  }
}

uint64_t track_missed(const tracker_t *tracker, size_t first, size_t last) {
  uint64_t missed = 0;
  for (size_t i = first; i < last; i++) missed += tracker->messages[i].wanted - tracker->messages[i].got;
  return missed;
}

void rounds_bootstrap(gossip_sim_t *sim, uint32_t topic, uint32_t contacts) {
  uint64_t latency = sim->config.latency_max;
  uint32_t first = contacts ? contacts : sim->node_count;
  for (uint32_t i = 0; i < sim->node_count; i++) sim_subscribe(sim, i, topic);
  for (uint32_t i = 1; i < first; i++) sim_join(sim, i, topic, 0);
  if (contacts) {
    sim_run(sim, sim->now + 7 * latency, NULL, NULL);
    for (uint32_t i = contacts; i < sim->node_count; i++) sim_join(sim, i, topic, sim_below(sim, contacts));
  }
  sim_run(sim, sim->now + 20 * latency, NULL, NULL);
}

static bool all_received(void *ctx) { return ((const tracker_t *)ctx)->missing == 0; }

void rounds_run(gossip_sim_t *sim, rounds_kind_t kind, unsigned rounds, rounds_t *out) {
  tracker_t tracker;
  tracker_init(&tracker, sim, 64);
  *out = (rounds_t){0};
  uint32_t sender = sim_below(sim, sim->node_count);
  for (unsigned round = 0; round < rounds; round++) {
    uint64_t begin = sim->now, deliveries = 0;
    uint32_t hops = 0;
    sim->counters = (sim_counters_t){0};
    tracker.from = tracker.count;
    tracker.missing = 0;
    if (kind == ROUNDS_ALL) {
      for (uint32_t i = 0; i < sim->node_count; i++) track_send(&tracker, i, 0);
    } else {
      if (kind == ROUNDS_MULTI) sender = sim_below(sim, sim->node_count);
      track_send(&tracker, sender, 0);
    }
    sim_run(sim, begin + ROUND_LIMIT, all_received, &tracker);
    for (size_t i = tracker.from; i < tracker.count; i++) {
      deliveries += tracker.messages[i].got;
      if (tracker.messages[i].hops > hops) hops = tracker.messages[i].hops;
    }
    out->rmr += (double)sim->counters.payloads / (double)(deliveries - 1) - 1;
    out->rmr_paper += (double)sim->counters.payloads / (double)deliveries - 1;
    out->ldh += hops;
    if (hops > out->ldh_max) out->ldh_max = hops;
    out->duration_ms += (double)(sim->now - begin) / (double)SIM_MS;
    out->controls += (double)sim->counters.controls;
    out->missed += tracker.missing;
  }
  out->rmr /= rounds;
  out->rmr_paper /= rounds;
  out->ldh /= rounds;
  out->duration_ms /= rounds;
  out->controls /= rounds;
  out->duplicates = tracker.duplicates;
  tracker_deinit(&tracker);
}
