/* SPDX-License-Identifier: MIT */
#include "gossip-sim.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "iroh.h"

#define NO_NODE UINT32_MAX

typedef enum { DELIVER, TICK, CLOSED, CLOSED_BY_PEER, DIAL_FAILED, REAP } event_kind_t;

/* What the two sides of a pair of peers share. Side 0 is the peer with the lower number. */
typedef struct {
  uint32_t node[2];
  uint64_t latency;
  uint32_t generation; /* of the connection; what an earlier one still had under way is lost */
  bool reaping;        /* an event for it is under way */
  bool idle;           /* nothing was sent since that began */
  struct {
    uint64_t ready;   /* from when it can send; GOSSIP_NEVER: it has no connection */
    bool dead;        /* the connection is lost, which this side has not noticed */
    bool failing;     /* it dials in vain */
    bool named;       /* its user said where the other is */
    uint64_t arrival; /* of the last frame it sent */
    uint64_t drained; /* when the other side will have read what it sent */
    uint32_t streams;
  } side[2];
  uint8_t open[]; /* for each topic, bit 0: side 0 has a stream; bit 1: side 1 */
} pair_t;

typedef struct sim_event {
  uint64_t at, sequence;
  event_kind_t kind;
  uint32_t generation;
  uint32_t node, topic;
  pair_t *pair;
  gossip_frame_t *frame;
} sim_event_t;

/* What a topic gives back with its questions. */
typedef struct sim_self {
  gossip_sim_t *sim;
  uint32_t number;
} sim_self_t;

static void *must(void *memory) {
  if (memory) return memory;
  fputs("gossip-sim: out of memory\n", stderr);
  abort();
}

/* Peers meet the same ids again and again. Each is checked once, and the core is none the wiser (ld --wrap). */
bool __real_iroh_node_id_is_valid(const uint8_t id[GOSSIP_ID_BYTES]);
bool __wrap_iroh_node_id_is_valid(const uint8_t id[GOSSIP_ID_BYTES]);

bool __wrap_iroh_node_id_is_valid(const uint8_t id[GOSSIP_ID_BYTES]) {
  static struct {
    uint8_t id[GOSSIP_ID_BYTES];
    bool is_known, is_valid;
  } checked[1 << 16];
  uint16_t at;
  memcpy(&at, id, sizeof at);
  if (!checked[at].is_known || memcmp(checked[at].id, id, GOSSIP_ID_BYTES) != 0) {
    memcpy(checked[at].id, id, GOSSIP_ID_BYTES);
    checked[at].is_valid = __real_iroh_node_id_is_valid(id);
    checked[at].is_known = true;
  }
  return checked[at].is_valid;
}

uint64_t sim_random(gossip_sim_t *sim) {
  uint64_t *state = &sim->random;
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  return *state * UINT64_C(0x2545f4914f6cdd1d);
}

uint32_t sim_below(gossip_sim_t *sim, uint32_t bound) { return (uint32_t)((sim_random(sim) >> 11) % bound); }

/* --- The queue: by time, and in the order they were put in where that is equal. --- */

static bool earlier(const sim_event_t *a, const sim_event_t *b) {
  return a->at != b->at ? a->at < b->at : a->sequence < b->sequence;
}

static void put_event(gossip_sim_t *sim, sim_event_t event) {
  if (sim->event_count == sim->event_capacity) {
    sim->event_capacity = sim->event_capacity ? 2 * sim->event_capacity : 1024;
    sim->events = must(realloc(sim->events, sim->event_capacity * sizeof *sim->events));
  }
  event.sequence = sim->sequence++;
  size_t i = sim->event_count++;
  for (; i > 0 && earlier(&event, &sim->events[(i - 1) / 2]); i = (i - 1) / 2) {
    sim->events[i] = sim->events[(i - 1) / 2];
  }
  sim->events[i] = event;
}

static sim_event_t take_event(gossip_sim_t *sim) {
  sim_event_t top = sim->events[0], last = sim->events[--sim->event_count];
  size_t i = 0;
  for (size_t child = 1; child < sim->event_count; child = 2 * i + 1) {
    if (child + 1 < sim->event_count && earlier(&sim->events[child + 1], &sim->events[child])) child++;
    if (!earlier(&sim->events[child], &last)) break;
    sim->events[i] = sim->events[child];
    i = child;
  }
  if (sim->event_count > 0) sim->events[i] = last;
  return top;
}

/* --- Peers and pairs. --- */

static uint64_t id_key(const uint8_t id[GOSSIP_ID_BYTES]) {
  uint64_t key;
  memcpy(&key, id, sizeof key);
  return key;
}

uint32_t sim_find(const gossip_sim_t *sim, const uint8_t id[GOSSIP_ID_BYTES]) {
  return (uint32_t)((uintptr_t)map_get(&sim->by_id, id_key(id)) - 1);
}

bool sim_in(const gossip_sim_t *sim, uint32_t node, uint32_t topic) {
  return sim->nodes[node].up && sim->nodes[node].topics[topic];
}

static uint32_t add_node(gossip_sim_t *sim, const uint8_t *id) {
  if (sim->node_count == sim->node_capacity) {
    sim->node_capacity = sim->node_capacity ? 2 * sim->node_capacity : 64;
    sim->nodes = must(realloc(sim->nodes, sim->node_capacity * sizeof *sim->nodes));
  }
  uint32_t number = sim->node_count++;
  sim_node_t *node = &sim->nodes[number];
  *node = (sim_node_t){.up = !id};
  node->topics = must(calloc(sim->config.topics, sizeof *node->topics));
  node->tick_at = must(calloc(sim->config.topics, sizeof *node->tick_at));
  node->self = must(malloc(sizeof *node->self));
  *node->self = (sim_self_t){sim, number};
  node->hints = must(malloc(sizeof *node->hints));
  if (gossip_hints_init(node->hints) != 0) must(NULL);
  if (id) {
    memcpy(node->id, id, GOSSIP_ID_BYTES);
  } else {
    uint8_t seed[crypto_sign_SEEDBYTES] = {0}, secret[crypto_sign_SECRETKEYBYTES];
    memcpy(seed, &(uint64_t){sim->config.seed}, 8);
    memcpy(seed + 8, &number, 4);
    crypto_sign_seed_keypair(node->id, secret, seed);
  }
  if (map_put(&sim->by_id, id_key(node->id), (void *)(uintptr_t)(number + 1)) != 0) must(NULL);
  return number;
}

uint32_t sim_add(gossip_sim_t *sim) { return add_node(sim, NULL); }

static int side_of(const pair_t *pair, uint32_t node) { return pair->node[1] == node; }

static uint64_t pair_key(uint32_t a, uint32_t b) { return a < b ? (uint64_t)a << 32 | b : (uint64_t)b << 32 | a; }

static pair_t *pair_of(gossip_sim_t *sim, uint32_t a, uint32_t b) {
  uint64_t key = pair_key(a, b);
  pair_t *pair = map_get(&sim->pairs, key);
  if (pair) return pair;
  pair = must(calloc(1, sizeof *pair + sim->config.topics));
  pair->node[0] = a < b ? a : b;
  pair->node[1] = a < b ? b : a;
  /* Of the pair alone, so that it is the same in whatever order the pairs meet. */
  uint64_t state = (key + 1) * UINT64_C(0x9e3779b97f4a7c15) ^ (sim->config.seed + 1) * UINT64_C(0xd1b54a32d192ed03);
  for (int i = 0; i < 3; i++) state = (state ^ state >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
  uint64_t span = sim->config.latency_max - sim->config.latency_min;
  pair->latency = sim->config.latency_min + (span ? (state >> 8) % span : 0);
  pair->side[0].ready = pair->side[1].ready = GOSSIP_NEVER;
  if (map_put(&sim->pairs, key, pair) != 0) must(NULL);
  return pair;
}

static bool reachable(const gossip_sim_t *sim, uint32_t a, uint32_t b) {
  return sim->nodes[a].up && sim->nodes[b].up && sim->nodes[a].group == sim->nodes[b].group;
}

/* --- Connections. --- */

static void act(gossip_sim_t *sim, uint32_t node, uint32_t topic);

static void tell_closed(gossip_sim_t *sim, uint32_t node, uint32_t peer) {
  for (uint32_t topic = 0; topic < sim->config.topics; topic++) {
    if (!sim_in(sim, node, topic)) continue;
    gossip_topic_closed(sim->nodes[node].topics[topic], sim->nodes[peer].id, sim->now, &sim->actions);
    act(sim, node, topic);
  }
}

static void forget_side(const gossip_sim_t *sim, pair_t *pair, int side) {
  pair->side[side].ready = GOSSIP_NEVER;
  pair->side[side].dead = false;
  pair->side[side].drained = 0;
  pair->side[side].streams = 0;
  for (uint32_t topic = 0; topic < sim->config.topics; topic++) pair->open[topic] &= (uint8_t) ~(1u << side);
}

/* The connection is lost: each side that is still there notices by silence. */
static void lose(gossip_sim_t *sim, pair_t *pair) {
  bool alive = false;
  for (int side = 0; side < 2; side++) alive |= pair->side[side].ready != GOSSIP_NEVER && !pair->side[side].dead;
  if (alive) pair->generation++;
  for (int side = 0; side < 2; side++) {
    if (!sim->nodes[pair->node[side]].up) {
      forget_side(sim, pair, side);
    } else if (alive && pair->side[side].ready != GOSSIP_NEVER) {
      pair->side[side].dead = true;
      put_event(sim, (sim_event_t){.at = sim->now + sim->config.silence,
                                   .kind = CLOSED,
                                   .generation = pair->generation,
                                   .node = pair->node[side],
                                   .pair = pair});
    }
  }
}

static void fail(gossip_sim_t *sim, pair_t *pair, int side, uint64_t after) {
  pair->side[side].failing = true;
  put_event(sim, (sim_event_t){.at = sim->now + after, .kind = DIAL_FAILED, .node = pair->node[side], .pair = pair});
}

/* Makes the side able to send: false if it cannot be. */
static bool connect(gossip_sim_t *sim, pair_t *pair, int side) {
  uint64_t ready = sim->now + 2 * pair->latency;
  uint32_t node = pair->node[side], peer = pair->node[!side];
  bool connected = pair->side[side].ready != GOSSIP_NEVER;
  if (connected && pair->side[side].ready <= ready) return true;
  sim->counters.dials++;
  sim->nodes[node].dialled++;
  if (!reachable(sim, node, peer)) {
    sim->counters.dial_failures++;
    fail(sim, pair, side, sim->config.dial_timeout);
    return false;
  }
  if (!connected) {
    pair->generation++;
    forget_side(sim, pair, 0);
    forget_side(sim, pair, 1);
    pair->side[0].arrival = pair->side[1].arrival = 0;
  }
  pair->side[side].ready = ready;
  if (pair->side[!side].ready > ready + pair->latency) pair->side[!side].ready = ready + pair->latency;
  return true;
}

static uint64_t idle_until(const gossip_sim_t *sim, const pair_t *pair) {
  uint64_t last = sim->now;
  for (int side = 0; side < 2; side++) {
    if (pair->side[side].arrival > last) last = pair->side[side].arrival;
  }
  return last + sim->config.linger;
}

static void consider_reaping(gossip_sim_t *sim, pair_t *pair) {
  if (pair->reaping || pair->side[0].streams + pair->side[1].streams > 0) return;
  pair->idle = pair->reaping = true;
  put_event(sim, (sim_event_t){.at = idle_until(sim, pair), .kind = REAP, .pair = pair});
}

static void reap(gossip_sim_t *sim, pair_t *pair) {
  pair->reaping = false;
  if (pair->side[0].ready == GOSSIP_NEVER && pair->side[1].ready == GOSSIP_NEVER) return;
  if (!pair->idle) {
    consider_reaping(sim, pair);
    return;
  }
  bool had[2];
  pair->generation++;
  sim->counters.closes++;
  for (int side = 0; side < 2; side++) {
    had[side] = pair->side[side].ready != GOSSIP_NEVER;
    forget_side(sim, pair, side);
  }
  for (int side = 0; side < 2; side++) {
    if (had[side]) tell_closed(sim, pair->node[side], pair->node[!side]);
  }
}

/* --- What a topic wants. --- */

static void deliver_later(gossip_sim_t *sim, pair_t *pair, int side, uint32_t topic, gossip_frame_t *frame) {
  uint64_t at = pair->side[side].ready > sim->now ? pair->side[side].ready : sim->now;
  uint64_t rate = sim->nodes[pair->node[!side]].read_rate;
  if (rate) {
    if (at < pair->side[side].drained) at = pair->side[side].drained;
    at += frame->len * SIM_S / rate;
    pair->side[side].drained = at;
  }
  at += pair->latency;
  if (at < pair->side[side].arrival) at = pair->side[side].arrival;
  pair->side[side].arrival = at;
  gossip_frame_ref(frame);
  put_event(sim, (sim_event_t){.at = at,
                               .kind = DELIVER,
                               .generation = pair->generation,
                               .node = pair->node[!side],
                               .topic = topic,
                               .pair = pair,
                               .frame = frame});
}

/* Whether a peer knows where another is, or need not, as there is a connection. */
static bool can_reach(const gossip_sim_t *sim, const pair_t *pair, int side, uint32_t topic) {
  const sim_node_t *node = &sim->nodes[pair->node[side]];
  size_t len = 0;
  if (pair->side[side].ready != GOSSIP_NEVER || pair->side[side].named || node->hostile) return true;
  return node->topics[topic] && gossip_topic_data(node->topics[topic], sim->nodes[pair->node[!side]].id, &len) &&
         len > 0;
}

/* False: too much waits for that peer. */
static bool send_frame(gossip_sim_t *sim, uint32_t from, uint32_t to, uint32_t topic, gossip_frame_t *frame) {
  pair_t *pair = pair_of(sim, from, to);
  int side = side_of(pair, from);
  if (pair->side[side].failing) return true;
  if (!can_reach(sim, pair, side, topic)) {
    sim->counters.lost++;
    fail(sim, pair, side, SIM_MS);
    return true;
  }
  if (!connect(sim, pair, side)) return true;
  uint64_t rate = sim->nodes[to].read_rate, drained = pair->side[side].drained;
  if (rate && drained > sim->now && (drained - sim->now) / (SIM_S / rate) + frame->len > sim->config.outbox) {
    sim->counters.refused++;
    return false;
  }
  pair->idle = false;
  if (!(pair->open[topic] & 1u << side)) {
    pair->open[topic] |= (uint8_t)(1u << side);
    pair->side[side].streams++;
  }
  if (!pair->side[side].dead) deliver_later(sim, pair, side, topic, frame);
  return true;
}

static void release(gossip_sim_t *sim, uint32_t from, uint32_t to, uint32_t topic) {
  pair_t *pair = pair_of(sim, from, to);
  int side = side_of(pair, from);
  if (!(pair->open[topic] & 1u << side)) return;
  pair->open[topic] &= (uint8_t) ~(1u << side);
  pair->side[side].streams--;
  consider_reaping(sim, pair);
}

static bool neighbors_somewhere(const gossip_sim_t *sim, uint32_t a, uint32_t b);

/* The connection is closed, and the peer hears of it. */
static void renew(gossip_sim_t *sim, uint32_t from, uint32_t to) {
  pair_t *pair = pair_of(sim, from, to);
  int side = side_of(pair, from);
  if (pair->side[side].ready == GOSSIP_NEVER || neighbors_somewhere(sim, from, to)) return;
  bool is_lost = pair->side[side].dead;
  pair->generation++;
  forget_side(sim, pair, side);
  if (is_lost || pair->side[!side].ready == GOSSIP_NEVER) return;
  forget_side(sim, pair, !side);
  put_event(sim, (sim_event_t){.at = sim->now + pair->latency, .kind = CLOSED_BY_PEER, .node = to, .pair = pair});
}

static uint32_t peer_number(gossip_sim_t *sim, const uint8_t id[GOSSIP_ID_BYTES]) {
  uint32_t number = sim_find(sim, id);
  return number != NO_NODE ? number : add_node(sim, id); /* nobody has this id: it can only be dialled in vain */
}

static void watch_deadline(gossip_sim_t *sim, uint32_t number, uint32_t topic) {
  sim_node_t *node = &sim->nodes[number];
  uint64_t deadline = gossip_topic_deadline(node->topics[topic]);
  if (deadline >= node->tick_at[topic]) return;
  if (deadline < sim->now) deadline = sim->now;
  node->tick_at[topic] = deadline;
  put_event(sim, (sim_event_t){.at = deadline, .kind = TICK, .node = number, .topic = topic});
}

static void act(gossip_sim_t *sim, uint32_t number, uint32_t topic) {
  for (size_t i = 0; i < sim->actions.count; i++) {
    gossip_action_t action = sim->actions.items[i]; /* a copy: what is refused adds to the list */
    switch (action.kind) {
    case GOSSIP_ACTION_SEND: {
      uint32_t peer = peer_number(sim, action.peer);
      if (peer != number && !send_frame(sim, number, peer, topic, action.frame) && sim_in(sim, number, topic)) {
        gossip_topic_refused(sim->nodes[number].topics[topic], action.peer, action.frame, sim->now, &sim->actions);
      }
      break;
    }
    case GOSSIP_ACTION_RELEASE:
      release(sim, number, peer_number(sim, action.peer), topic);
      break;
    case GOSSIP_ACTION_RENEW:
      renew(sim, number, peer_number(sim, action.peer));
      break;
    case GOSSIP_ACTION_RECEIVED:
      sim->nodes[number].received++;
      if (sim->on_received) sim->on_received(sim->ctx, number, topic, &action);
      break;
    case GOSSIP_ACTION_UP:
      sim->counters.ups++;
      break;
    case GOSSIP_ACTION_DOWN:
      sim->counters.downs++;
      break;
    case GOSSIP_ACTION_JOIN_FAILED:
      break;
    }
  }
  gossip_actions_clear(&sim->actions);
  if (sim_in(sim, number, topic)) watch_deadline(sim, number, topic);
}

/* --- What happens. --- */

static void receive(gossip_sim_t *sim, const sim_event_t *event) {
  pair_t *pair = event->pair;
  uint32_t number = event->node, from = pair->node[!side_of(pair, number)];
  sim_node_t *node = &sim->nodes[number];
  if (pair->generation != event->generation || !node->up) return;
  const uint8_t *bytes = event->frame->bytes + GOSSIP_LENGTH_BYTES;
  size_t len = event->frame->len - GOSSIP_LENGTH_BYTES;
  if (event->frame->kind == GOSSIP_GOSSIP) node->payload_frames++;
  if (node->hostile) {
    gossip_message_t message;
    if (gossip_decode(bytes, len, &message) == 0) node->hostile(sim, number, from, &message);
    return;
  }
  if (!sim_in(sim, number, event->topic)) return;
  if (event->frame->kind == GOSSIP_GOSSIP) {
    sim->counters.payloads++;
    sim->counters.payload_bytes += len;
  } else {
    sim->counters.controls++;
    sim->counters.control_bytes += len;
  }
  if (!sim->nodes[from].hostile && len > sim->counters.largest_frame) sim->counters.largest_frame = len;
  int status = gossip_topic_receive(node->topics[event->topic], sim->nodes[from].id, 2 * pair->latency, bytes, len,
                                    sim->now, &sim->actions);
  if (status != 0) sim->counters.invalid++;
  act(sim, number, event->topic);
}

static void tick(gossip_sim_t *sim, const sim_event_t *event) {
  sim_node_t *node = &sim->nodes[event->node];
  if (!sim_in(sim, event->node, event->topic) || node->tick_at[event->topic] != event->at) return;
  node->tick_at[event->topic] = GOSSIP_NEVER;
  if (gossip_topic_deadline(node->topics[event->topic]) <= sim->now) {
    gossip_topic_tick(node->topics[event->topic], sim->now, &sim->actions);
  }
  act(sim, event->node, event->topic);
}

static void handle(gossip_sim_t *sim, const sim_event_t *event) {
  pair_t *pair = event->pair;
  int side = pair ? side_of(pair, event->node) : 0;
  switch (event->kind) {
  case DELIVER:
    receive(sim, event);
    gossip_frame_unref(event->frame);
    break;
  case TICK:
    tick(sim, event);
    break;
  case CLOSED:
    if (pair->generation != event->generation || !pair->side[side].dead) break;
    forget_side(sim, pair, side);
    tell_closed(sim, event->node, pair->node[!side]);
    break;
  case CLOSED_BY_PEER:
    if (pair->side[side].ready > sim->now) tell_closed(sim, event->node, pair->node[!side]);
    break;
  case DIAL_FAILED:
    pair->side[side].failing = false;
    if (pair->side[side].ready == GOSSIP_NEVER) tell_closed(sim, event->node, pair->node[!side]);
    break;
  case REAP:
    reap(sim, pair);
    break;
  }
}

/* What comes while a process is stopped waits, in its order. */
static void put_off(gossip_sim_t *sim, sim_event_t event) {
  sim_node_t *node = &sim->nodes[event.node];
  if (event.kind == TICK && node->tick_at[event.topic] == event.at) node->tick_at[event.topic] = node->paused_until;
  event.at = node->paused_until;
  put_event(sim, event);
}

bool sim_run(gossip_sim_t *sim, uint64_t time, bool (*done)(void *ctx), void *ctx) {
  if (done && done(ctx)) return true;
  while (sim->event_count > 0 && sim->events[0].at <= time) {
    sim_event_t event = take_event(sim);
    sim->now = event.at;
    if (sim->nodes[event.node].paused_until > sim->now && event.kind != REAP) {
      put_off(sim, event);
      continue;
    }
    handle(sim, &event);
    if (done && done(ctx)) return true;
  }
  if (sim->now < time) sim->now = time;
  return done && done(ctx);
}

/* --- What peers do. --- */

void sim_init(gossip_sim_t *sim, const sim_config_t *config) {
  *sim = (gossip_sim_t){.config = *config};
  sim_config_t *c = &sim->config;
  if (c->latency_max == 0) {
    c->latency_min = 10 * SIM_MS;
    c->latency_max = 50 * SIM_MS;
  }
  if (c->silence == 0) c->silence = 30 * SIM_S;
  if (c->dial_timeout == 0) c->dial_timeout = 5 * SIM_S;
  if (c->linger == 0) c->linger = SIM_S;
  if (c->outbox == 0) c->outbox = 64 * 1024;
  if (c->topics == 0) c->topics = 1;
  sim->random = (c->seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
  map_init(&sim->by_id);
  map_init(&sim->pairs);
  gossip_actions_init(&sim->actions);
  for (uint32_t i = 0; i < c->nodes; i++) sim_add(sim);
}

static void free_topics(gossip_sim_t *sim, uint32_t number) {
  for (uint32_t topic = 0; topic < sim->config.topics; topic++) {
    gossip_topic_free(sim->nodes[number].topics[topic]);
    sim->nodes[number].topics[topic] = NULL;
  }
}

void sim_deinit(gossip_sim_t *sim) {
  for (size_t i = 0; i < sim->event_count; i++) gossip_frame_unref(sim->events[i].frame);
  free(sim->events);
  for (uint32_t i = 0; i < sim->node_count; i++) {
    free_topics(sim, i);
    free(sim->nodes[i].topics);
    free(sim->nodes[i].tick_at);
    gossip_hints_deinit(sim->nodes[i].hints);
    free(sim->nodes[i].hints);
    free(sim->nodes[i].self);
  }
  free(sim->nodes);
  size_t cursor = 0;
  void *pair;
  while (map_next(&sim->pairs, &cursor, NULL, &pair)) free(pair);
  map_deinit(&sim->pairs);
  map_deinit(&sim->by_id);
  gossip_actions_deinit(&sim->actions);
}

static bool is_connected(void *ctx, const uint8_t peer[GOSSIP_ID_BYTES]) {
  const sim_self_t *self = ctx;
  uint32_t other = sim_find(self->sim, peer);
  const pair_t *pair = other != NO_NODE ? map_get(&self->sim->pairs, pair_key(self->number, other)) : NULL;
  return pair != NULL && pair->side[side_of(pair, self->number)].ready <= self->sim->now;
}

void sim_subscribe(gossip_sim_t *sim, uint32_t number, uint32_t topic) {
  gossip_config_t config = sim->config.topic;
  memcpy(config.self, sim->nodes[number].id, GOSSIP_ID_BYTES);
  config.seed = sim_random(sim);
  config.hints = sim->nodes[number].hints;
  config.needs_data = true;
  config.connected = is_connected;
  config.ctx = sim->nodes[number].self;
  const uint8_t data[SIM_DATA_BYTES] = {
      0, 1, 0, 10, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number, 0xd1, 0x22};
  if (gossip_topic_new(&config, sim->now, &sim->nodes[number].topics[topic]) != 0 ||
      gossip_topic_set_data(sim->nodes[number].topics[topic], data, sizeof data) != 0)
    must(NULL);
  sim->nodes[number].tick_at[topic] = GOSSIP_NEVER;
  sim->nodes[number].since = sim->now;
  watch_deadline(sim, number, topic);
}

void sim_join(gossip_sim_t *sim, uint32_t number, uint32_t topic, uint32_t contact) {
  pair_t *pair = pair_of(sim, number, contact);
  pair->side[side_of(pair, number)].named = true;
  gossip_topic_join(sim->nodes[number].topics[topic], sim->nodes[contact].id, sim->now, &sim->actions);
  act(sim, number, topic);
}

int sim_broadcast(gossip_sim_t *sim, uint32_t number, uint32_t topic, const uint8_t *content, size_t len) {
  int status = gossip_topic_broadcast(sim->nodes[number].topics[topic], content, len, false, sim->now, &sim->actions);
  act(sim, number, topic);
  return status;
}

void sim_quit(gossip_sim_t *sim, uint32_t number, uint32_t topic) {
  gossip_topic_t *left = sim->nodes[number].topics[topic];
  gossip_topic_quit(left, sim->now, &sim->actions);
  sim->nodes[number].topics[topic] = NULL;
  act(sim, number, topic);
  gossip_topic_free(left);
}

static void lose_unreachable(gossip_sim_t *sim) {
  size_t cursor = 0;
  void *value;
  while (map_next(&sim->pairs, &cursor, NULL, &value)) {
    pair_t *pair = value;
    if (!reachable(sim, pair->node[0], pair->node[1])) lose(sim, pair);
  }
}

void sim_crash(gossip_sim_t *sim, uint32_t number) {
  sim->nodes[number].up = false;
  for (uint32_t peer = 0; peer < sim->node_count; peer++) {
    pair_t *pair = peer == number ? NULL : map_get(&sim->pairs, pair_key(number, peer));
    if (pair) lose(sim, pair);
  }
  free_topics(sim, number);
}

void sim_restart(gossip_sim_t *sim, uint32_t number) { sim->nodes[number].up = true; }

void sim_split(gossip_sim_t *sim, uint32_t below) {
  for (uint32_t i = 0; i < sim->node_count; i++) sim->nodes[i].group = i < below;
  lose_unreachable(sim);
}

void sim_send(gossip_sim_t *sim, uint32_t from, uint32_t to, uint32_t topic, const gossip_message_t *message) {
  size_t len = GOSSIP_LENGTH_BYTES + gossip_size(message);
  gossip_frame_t *frame = must(calloc(1, sizeof *frame + len));
  frame->refs = 1;
  frame->kind = message->kind;
  frame->len = len;
  gossip_encode(message, frame->bytes);
  send_frame(sim, from, to, topic, frame);
  gossip_frame_unref(frame);
}

/* --- What can be seen from above. --- */

#define NEIGHBORS_MAX 64

static size_t live_neighbors(const gossip_sim_t *sim, uint32_t number, uint32_t topic, uint32_t out[NEIGHBORS_MAX]) {
  uint8_t ids[NEIGHBORS_MAX][GOSSIP_ID_BYTES];
  size_t all = gossip_topic_neighbors(sim->nodes[number].topics[topic], ids, NEIGHBORS_MAX), live = 0;
  for (size_t i = 0; i < min_size(all, NEIGHBORS_MAX); i++) {
    uint32_t peer = sim_find(sim, ids[i]);
    if (peer != NO_NODE && sim_in(sim, peer, topic) && reachable(sim, number, peer)) out[live++] = peer;
  }
  return live;
}

static uint32_t root_of(uint32_t *parents, uint32_t node) {
  while (parents[node] != node) node = parents[node] = parents[parents[node]];
  return node;
}

void sim_overlay(const gossip_sim_t *sim, uint32_t topic, sim_overlay_t *out) {
  *out = (sim_overlay_t){0};
  uint32_t *parents = must(malloc(sim->node_count * sizeof *parents));
  for (uint32_t i = 0; i < sim->node_count; i++) parents[i] = i;
  for (uint32_t i = 0; i < sim->node_count; i++) {
    if (!sim_in(sim, i, topic)) continue;
    uint32_t live[NEIGHBORS_MAX];
    size_t count = live_neighbors(sim, i, topic, live);
    size_t memory = gossip_topic_memory(sim->nodes[i].topics[topic]);
    out->members++;
    out->memory_sum += memory;
    out->memory_max = max_size(out->memory_max, memory);
    out->views[min_size(count, ARRAY_LEN(out->views) - 1)]++;
    if (count == 0) out->isolated++;
    for (size_t k = 0; k < count; k++) {
      uint32_t back[NEIGHBORS_MAX];
      size_t backs = live_neighbors(sim, live[k], topic, back), at = 0;
      while (at < backs && back[at] != i) at++;
      if (at == backs) out->one_sided++;
      parents[root_of(parents, i)] = root_of(parents, live[k]);
    }
  }
  for (uint32_t i = 0; i < sim->node_count; i++) out->components += sim_in(sim, i, topic) && parents[i] == i;
  free(parents);
}

static bool neighbors_somewhere(const gossip_sim_t *sim, uint32_t a, uint32_t b) {
  for (uint32_t topic = 0; topic < sim->config.topics; topic++) {
    uint32_t live[NEIGHBORS_MAX];
    size_t count = sim_in(sim, a, topic) ? live_neighbors(sim, a, topic, live) : 0;
    for (size_t i = 0; i < count; i++) {
      if (live[i] == b) return true;
    }
  }
  return false;
}

void sim_connections(const gossip_sim_t *sim, uint64_t *open, uint64_t *needed) {
  *open = *needed = 0;
  size_t cursor = 0;
  void *value;
  while (map_next(&sim->pairs, &cursor, NULL, &value)) {
    const pair_t *pair = value;
    if (pair->side[0].ready == GOSSIP_NEVER && pair->side[1].ready == GOSSIP_NEVER) continue;
    ++*open;
    uint32_t a = pair->node[0], b = pair->node[1];
    *needed += neighbors_somewhere(sim, a, b) || neighbors_somewhere(sim, b, a);
  }
}
