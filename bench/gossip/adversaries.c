/* SPDX-License-Identifier: MIT
 *
 * Peers that do as they like, in a topic of honest ones. Said of each: whether the honest ones still get each other's
 * messages, and what the attack costs them beside a run without it.
 */
#include "scenarios.h"

#include <string.h>

#include "base/base.h"

#define ATTACKERS 5
#define ATTACK_SECONDS 60
#define STEP (50 * SIM_MS)
#define STEPS (ATTACK_SECONDS * SIM_S / STEP)

typedef struct {
  gossip_sim_t sim;
  tracker_t tracker;
  uint32_t honest, first; /* peers below `honest` are; attackers from `first` on */
} attack_t;

typedef void attack_fn(attack_t *attack, uint32_t attacker, uint64_t step);

static void be_silent(gossip_sim_t *sim, uint32_t node, uint32_t from, const gossip_message_t *message) {
  (void)sim, (void)node, (void)from, (void)message;
}

static uint32_t add_hostile(attack_t *attack, sim_frame_fn *hostile) {
  uint32_t node = sim_add(&attack->sim);
  attack->sim.nodes[node].hostile = hostile;
  return node;
}

static uint32_t any_honest(attack_t *attack) { return sim_below(&attack->sim, attack->honest); }

static void random_id(attack_t *attack, uint8_t id[GOSSIP_ID_BYTES]) {
  for (int i = 0; i < GOSSIP_ID_BYTES; i += 8) memcpy(id + i, (uint64_t[]){sim_random(&attack->sim)}, 8);
}

static void join(attack_t *attack, uint32_t attacker, uint32_t target, const uint8_t *data, size_t len) {
  gossip_message_t message = {.kind = GOSSIP_JOIN, .data = {data, len}};
  sim_send(&attack->sim, attacker, target, 0, &message);
}

/* The share of honest peers' neighbours that are attackers, and how many honest peers have no honest neighbour. */
static double hostile_share(const attack_t *attack, uint32_t *eclipsed) {
  uint32_t hostile = 0, all = 0;
  *eclipsed = 0;
  for (uint32_t i = 0; i < attack->honest; i++) {
    uint8_t ids[16][GOSSIP_ID_BYTES];
    size_t count =
        min_size(gossip_topic_neighbors(attack->sim.nodes[i].topics[0], ids, ARRAY_LEN(ids)), ARRAY_LEN(ids));
    uint32_t bad = 0;
    for (size_t k = 0; k < count; k++) bad += sim_find(&attack->sim, ids[k]) >= attack->first;
    hostile += bad;
    all += (uint32_t)count;
    *eclipsed += bad == count;
  }
  return all ? (double)hostile / all : 0;
}

static uint64_t honest_sum(const attack_t *attack, uint64_t (*figure)(const sim_node_t *node)) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < attack->honest; i++) sum += figure(&attack->sim.nodes[i]);
  return sum;
}

static uint64_t dialled(const sim_node_t *node) { return node->dialled; }

static uint64_t limited(const sim_node_t *node) { return gossip_topic_counters(node->topics[0])->limited; }

static uint64_t controls_sent(const sim_node_t *node) { return gossip_topic_counters(node->topics[0])->control_sent; }

static uint64_t payloads_sent(const sim_node_t *node) { return gossip_topic_counters(node->topics[0])->payloads_sent; }

/* One run: the attack at each step, a message a second from an honest peer. */
static void run_attack(const options_t *options, sim_frame_fn *hostile, attack_fn *begin, attack_fn *step) {
  attack_t attack = {.honest = options->nodes, .first = options->nodes};
  gossip_sim_t *sim = &attack.sim;
  scenario_init(sim, options);
  rounds_bootstrap(sim, 0, options->contacts);
  sim_run(sim, 10 * SIM_S, NULL, NULL);
  tracker_init(&attack.tracker, sim, 1000);
  sim_overlay_t before, after;
  sim_overlay(sim, 0, &before);
  for (uint32_t i = 0; i < ATTACKERS; i++) add_hostile(&attack, hostile);
  for (uint32_t i = 0; begin && i < ATTACKERS; i++) begin(&attack, attack.first + i, 0);
  sim_run(sim, sim->now + SIM_S, NULL, NULL);
  uint64_t dials = honest_sum(&attack, dialled), controls = honest_sum(&attack, controls_sent),
           payloads = honest_sum(&attack, payloads_sent), turned = honest_sum(&attack, limited);
  sim->counters = (sim_counters_t){0};
  for (uint64_t i = 0; i < STEPS; i++) {
    if (i % (SIM_S / STEP) == 0) track_send(&attack.tracker, any_honest(&attack), 0);
    for (uint32_t k = 0; k < ATTACKERS; k++) step(&attack, attack.first + k, i);
    sim_run(sim, sim->now + STEP, NULL, NULL);
  }
  sim_overlay(sim, 0, &after);
  uint32_t eclipsed;
  double share = hostile_share(&attack, &eclipsed);
  dials = honest_sum(&attack, dialled) - dials;
  controls = honest_sum(&attack, controls_sent) - controls;
  payloads = honest_sum(&attack, payloads_sent) - payloads;
  turned = honest_sum(&attack, limited) - turned;
  uint64_t hostile_payloads = 0, prompt = 0, wanted = 0;
  for (uint32_t i = attack.first; i < sim->node_count; i++) hostile_payloads += sim->nodes[i].payload_frames;
  uint64_t largest = sim->counters.largest_frame;
  sim_run(sim, sim->now + 35 * SIM_S, NULL, NULL);
  for (size_t i = 0; i < attack.tracker.count; i++) {
    prompt += attack.tracker.messages[i].prompt;
    wanted += attack.tracker.messages[i].wanted;
  }
  uint64_t missed = track_missed(&attack.tracker, 0, attack.tracker.count);
  scenario_begin();
  scenario_number("missed", (double)missed);
  scenario_number("late", (double)(wanted - prompt - missed));
  scenario_number("duplicates", (double)attack.tracker.duplicates);
  scenario_number("hostileShare", share);
  scenario_number("eclipsed", eclipsed);
  scenario_number("dials", (double)dials / options->nodes / ATTACK_SECONDS);
  scenario_number("controls", (double)controls / options->nodes / ATTACK_SECONDS);
  scenario_number("payloads", (double)payloads / options->nodes / ATTACK_SECONDS);
  scenario_number("limited", (double)turned / options->nodes / ATTACK_SECONDS);
  scenario_number("hostilePayloads", (double)hostile_payloads / ATTACK_SECONDS);
  scenario_number("largestFrame", (double)largest);
  scenario_number("memoryBefore", (double)before.memory_max);
  scenario_number("memoryAttacked", (double)after.memory_max);
  scenario_views(sim, 0);
  scenario_end();
  tracker_deinit(&attack.tracker);
  sim_deinit(sim);
}

static void do_nothing(attack_t *attack, uint32_t attacker, uint64_t step) { (void)attack, (void)attacker, (void)step; }

/* The attackers stay away: what the others are measured by. */
void scenario_calm(const options_t *options) { run_attack(options, be_silent, NULL, do_nothing); }

/* Joins of fresh ids, 10 a second from each attacker; each then sits there in silence. */
static void storm(attack_t *attack, uint32_t attacker, uint64_t step) {
  (void)attacker;
  if (step % 2) return;
  uint32_t fresh = add_hostile(attack, be_silent);
  join(attack, fresh, any_honest(attack), NULL, 0);
}

void scenario_join_storm(const options_t *options) { run_attack(options, be_silent, NULL, storm); }

#define TARGETS 10

static void join_targets(attack_t *attack, uint32_t attacker, uint64_t step) {
  (void)step;
  for (uint32_t i = 0; i < TARGETS; i++) join(attack, attacker, (attacker * TARGETS + i) % attack->honest, NULL, 0);
}

#define HAVES 116

/* 20 messages a second to each of ten peers, each with 116 ids that nobody has. */
static void flood(attack_t *attack, uint32_t attacker, uint64_t step) {
  (void)step;
  static uint8_t ids[HAVES][GOSSIP_ID_BYTES];
  gossip_have_t haves[HAVES];
  for (uint32_t target = 0; target < TARGETS; target++) {
    for (size_t i = 0; i < HAVES; i++) {
      random_id(attack, ids[i]);
      haves[i] = (gossip_have_t){ids[i], 1};
    }
    gossip_message_t message = {.kind = GOSSIP_IHAVE, .haves = haves, .count = HAVES};
    sim_send(&attack->sim, attacker, (attacker * TARGETS + target) % attack->honest, 0, &message);
  }
}

void scenario_ihave_flood(const options_t *options) { run_attack(options, be_silent, join_targets, flood); }

/* Asks 50 times for each message that it gets or hears of. */
static void ask_again(gossip_sim_t *sim, uint32_t node, uint32_t from, const gossip_message_t *message) {
  gossip_message_t graft = {.kind = GOSSIP_GRAFT};
  if (message->kind == GOSSIP_GOSSIP) {
    graft.id = message->id;
    for (int i = 0; i < 50; i++) sim_send(sim, node, from, 0, &graft);
  } else if (message->kind == GOSSIP_IHAVE) {
    gossip_list_t list = message->list;
    gossip_have_t have;
    while (gossip_next_have(&list, &have)) {
      graft.id = have.id;
      for (int i = 0; i < 50; i++) sim_send(sim, node, from, 0, &graft);
    }
  }
}

static void stay_in(attack_t *attack, uint32_t attacker, uint64_t step) {
  if (step % 20 == 0) join_targets(attack, attacker, step);
}

void scenario_graft_replay(const options_t *options) { run_attack(options, ask_again, join_targets, stay_in); }

/* Peer data as long as a message allows, of itself and of others. */
static void stuff(attack_t *attack, uint32_t attacker, uint64_t step) {
  static const uint8_t data[3900];
  uint8_t id[GOSSIP_ID_BYTES];
  uint32_t target = any_honest(attack);
  if (step % 20 == 0) join(attack, attacker, target, data, sizeof data);
  random_id(attack, id);
  gossip_peer_t peers[8];
  for (size_t i = 0; i < ARRAY_LEN(peers); i++) {
    peers[i] = (gossip_peer_t){attack->sim.nodes[any_honest(attack)].id, {data, 450}};
  }
  gossip_message_t forward = {.kind = GOSSIP_FORWARD_JOIN, .ttl = 6, .peer = {id, {data, 2000}}};
  gossip_message_t reply = {.kind = GOSSIP_SHUFFLE_REPLY, .peers = peers, .count = ARRAY_LEN(peers)};
  sim_send(&attack->sim, attacker, target, 0, &forward);
  sim_send(&attack->sim, attacker, target, 0, &reply);
}

void scenario_peer_data(const options_t *options) { run_attack(options, be_silent, join_targets, stuff); }

/* Shuffles and forwarded joins in the name of peers that do not exist, so that honest ones dial them. */
static void reflect(attack_t *attack, uint32_t attacker, uint64_t step) {
  uint8_t id[GOSSIP_ID_BYTES];
  random_id(attack, id);
  gossip_peer_t peer = {id, {NULL, 0}};
  gossip_message_t shuffle = {.kind = GOSSIP_SHUFFLE, .id = id, .ttl = 0, .peers = &peer, .count = 1};
  gossip_message_t forward = {.kind = GOSSIP_FORWARD_JOIN, .ttl = 0, .peer = peer};
  uint32_t target = (attacker * TARGETS + (uint32_t)step % TARGETS) % attack->honest;
  sim_send(&attack->sim, attacker, target, 0, &shuffle);
  sim_send(&attack->sim, attacker, target, 0, &forward);
}

void scenario_shuffle_reflection(const options_t *options) { run_attack(options, be_silent, join_targets, reflect); }
