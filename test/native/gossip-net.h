/* SPDX-License-Identifier: MIT
 *
 * A few gossip topics that know each other, and frames to and from one: for tests that say what comes after what. No
 * latency: gossip-sim.h has that.
 */
#ifndef IROH_TEST_NATIVE_GOSSIP_NET_H
#define IROH_TEST_NATIVE_GOSSIP_NET_H

#include "gossip/topic.h"
#include "test.h"

#include <stdlib.h>

#define NET_MAX 64
#define MS UINT64_C(1000000)
#define SEC (1000 * MS)

/* Peer n: its id is a point of the curve. */
static inline const uint8_t *id_of(size_t n) {
  static uint8_t ids[NET_MAX * 16][GOSSIP_ID_BYTES];
  static bool known[NET_MAX * 16];
  assert_true(n < ARRAY_LEN(ids));
  if (!known[n]) {
    uint8_t seed[IROH_KEY_BYTES] = {(uint8_t)n, (uint8_t)(n >> 8), 7};
    assert_int_equal(iroh_key_public(seed, ids[n]), 0);
    known[n] = true;
  }
  return ids[n];
}

/* One topic, peer 0 unless said otherwise, among peers that are only ids. */
typedef struct {
  gossip_topic_t *topic;
  gossip_actions_t out;
  uint64_t now;
} one_t;

static inline void one_begin(one_t *one, const gossip_config_t *wanted) {
  gossip_config_t config = wanted ? *wanted : (gossip_config_t){0};
  memcpy(config.self, id_of(0), GOSSIP_ID_BYTES);
  config.seed = 42;
  one->now = SEC;
  gossip_actions_init(&one->out);
  assert_int_equal(gossip_topic_new(&config, one->now, &one->topic), 0);
}

static inline void one_end(one_t *one) {
  gossip_topic_free(one->topic);
  gossip_actions_deinit(&one->out);
}

/* Forgets the actions of before and feeds one message. */
static inline void feed(one_t *one, size_t from, const gossip_message_t *message) {
  uint8_t bytes[8192];
  assert_true(gossip_size(message) + GOSSIP_LENGTH_BYTES <= sizeof(bytes));
  gossip_encode(message, bytes);
  gossip_actions_clear(&one->out);
  assert_int_equal(gossip_topic_receive(one->topic, id_of(from), 0, bytes + GOSSIP_LENGTH_BYTES, gossip_size(message),
                                        one->now, &one->out),
                   0);
}

static inline void feed_kind(one_t *one, size_t from, gossip_kind_t kind) {
  feed(one, from, &(gossip_message_t){.kind = kind});
}

static inline void feed_neighbor(one_t *one, size_t from, bool high) {
  feed(one, from, &(gossip_message_t){.kind = GOSSIP_NEIGHBOR, .high = high});
}

/* Content of a number; its id to *id. */
static inline void feed_gossip(one_t *one, size_t from, uint32_t number, uint16_t round) {
  uint8_t id[GOSSIP_ID_BYTES];
  iroh_blake3((uint8_t *)&number, sizeof(number), id);
  feed(one, from,
       &(gossip_message_t){.kind = GOSSIP_GOSSIP,
                           .id = id,
                           .content = (uint8_t *)&number,
                           .content_len = sizeof(number),
                           .round = round});
}

static inline void feed_ihave(one_t *one, size_t from, uint32_t number, uint16_t round) {
  uint8_t id[GOSSIP_ID_BYTES];
  iroh_blake3((uint8_t *)&number, sizeof(number), id);
  gossip_have_t have = {id, round};
  feed(one, from, &(gossip_message_t){.kind = GOSSIP_IHAVE, .haves = &have, .count = 1});
}

static inline void feed_graft(one_t *one, size_t from, uint32_t number) {
  uint8_t id[GOSSIP_ID_BYTES];
  iroh_blake3((uint8_t *)&number, sizeof(number), id);
  feed(one, from, &(gossip_message_t){.kind = GOSSIP_GRAFT, .id = id});
}

/* Lets the topic's deadlines pass for `time`; the actions of all that are kept. */
static inline void pass(one_t *one, uint64_t time) {
  uint64_t end = one->now + time;
  gossip_actions_clear(&one->out);
  for (uint64_t due; (due = gossip_topic_deadline(one->topic)) <= end;) {
    if (due > one->now) one->now = due;
    gossip_topic_tick(one->topic, one->now, &one->out);
  }
  one->now = end;
}

static inline bool is_to(const gossip_action_t *action, size_t peer) {
  return memcmp(action->peer, id_of(peer), GOSSIP_ID_BYTES) == 0;
}

/* How many actions of a kind there are for a peer; for anyone if `peer` is SIZE_MAX. */
static inline size_t acts(const one_t *one, gossip_action_kind_t kind, size_t peer) {
  size_t count = 0;
  for (size_t i = 0; i < one->out.count; i++)
    if (one->out.items[i].kind == kind && (peer == SIZE_MAX || is_to(&one->out.items[i], peer))) count++;
  return count;
}

#define ANYONE SIZE_MAX

/* The message of the n-th frame of a kind to a peer; *out is valid until the actions go. */
static inline bool sent(const one_t *one, gossip_kind_t kind, size_t peer, size_t n, gossip_message_t *out) {
  for (size_t i = 0; i < one->out.count; i++) {
    const gossip_action_t *action = &one->out.items[i];
    if (action->kind != GOSSIP_ACTION_SEND || action->frame->kind != kind) continue;
    if ((peer != ANYONE && !is_to(action, peer)) || n-- > 0) continue;
    size_t len = action->frame->len - GOSSIP_LENGTH_BYTES;
    assert_int_equal(gossip_decode(action->frame->bytes + GOSSIP_LENGTH_BYTES, len, out), 0);
    return true;
  }
  return false;
}

static inline size_t sends(const one_t *one, gossip_kind_t kind, size_t peer) {
  gossip_message_t message;
  size_t count = 0;
  while (sent(one, kind, peer, count, &message)) count++;
  return count;
}

static inline gossip_down_t down_reason(const one_t *one, size_t peer) {
  for (size_t i = 0; i < one->out.count; i++)
    if (one->out.items[i].kind == GOSSIP_ACTION_DOWN && is_to(&one->out.items[i], peer))
      return one->out.items[i].reason;
  return 0;
}

static inline bool is_neighbor(const gossip_topic_t *topic, size_t peer) {
  uint8_t ids[32][GOSSIP_ID_BYTES];
  size_t count = gossip_topic_neighbors(topic, ids, ARRAY_LEN(ids));
  for (size_t i = 0; i < count; i++)
    if (memcmp(ids[i], id_of(peer), GOSSIP_ID_BYTES) == 0) return true;
  return false;
}

static inline bool is_eager(const gossip_topic_t *topic, size_t peer) {
  uint8_t ids[32][GOSSIP_ID_BYTES];
  size_t count = gossip_topic_eager(topic, ids, ARRAY_LEN(ids));
  for (size_t i = 0; i < count; i++)
    if (memcmp(ids[i], id_of(peer), GOSSIP_ID_BYTES) == 0) return true;
  return false;
}

/* Makes peers `first` to `last` neighbours, by their requests. */
static inline void befriend(one_t *one, size_t first, size_t last) {
  for (size_t peer = first; peer <= last; peer++) feed_neighbor(one, peer, false);
  for (size_t peer = first; peer <= last; peer++) assert_true(is_neighbor(one->topic, peer));
}

/* Many topics; frames arrive at once and in order. */
typedef struct {
  size_t from, to;
  gossip_frame_t *frame;
} net_mail_t;

typedef struct {
  gossip_topic_t *topics[NET_MAX]; /* NULL: crashed, or never there */
  size_t count, ups[NET_MAX], downs[NET_MAX], received[NET_MAX];
  gossip_down_t last_down[NET_MAX];
  uint64_t now;
  net_mail_t *mail;
  size_t head, tail, cap;
} net_t;

static inline void net_start(net_t *net, size_t n, uint32_t active_view) {
  gossip_config_t config = {.seed = 1000 + n, .active_view = active_view};
  memcpy(config.self, id_of(n), GOSSIP_ID_BYTES);
  assert_int_equal(gossip_topic_new(&config, net->now, &net->topics[n]), 0);
}

static inline void net_begin(net_t *net, size_t count, uint32_t active_view) {
  *net = (net_t){.count = count, .now = SEC};
  for (size_t i = 0; i < count; i++) net_start(net, i, active_view);
}

static inline void net_end(net_t *net) {
  while (net->head < net->tail) gossip_frame_unref(net->mail[net->head++].frame);
  free(net->mail);
  for (size_t i = 0; i < net->count; i++) gossip_topic_free(net->topics[i]);
}

static inline size_t net_find(const net_t *net, const uint8_t id[GOSSIP_ID_BYTES]) {
  size_t n = 0;
  while (n < net->count && memcmp(id_of(n), id, GOSSIP_ID_BYTES) != 0) n++;
  return n;
}

/* Does what a topic wants done, and forgets it. */
static inline void net_act(net_t *net, size_t self, gossip_actions_t *out) {
  for (size_t i = 0; i < out->count; i++) {
    gossip_action_t *action = &out->items[i];
    if (action->kind == GOSSIP_ACTION_UP) net->ups[self]++;
    if (action->kind == GOSSIP_ACTION_RECEIVED) net->received[self]++;
    if (action->kind == GOSSIP_ACTION_DOWN) {
      net->downs[self]++;
      net->last_down[self] = action->reason;
    }
    if (action->kind != GOSSIP_ACTION_SEND) continue;
    if (net->tail == net->cap) {
      net->cap = net->cap ? net->cap * 2 : 64;
      net->mail = realloc(net->mail, net->cap * sizeof(*net->mail));
      assert_non_null(net->mail);
    }
    gossip_frame_ref(action->frame);
    net->mail[net->tail++] = (net_mail_t){self, net_find(net, action->peer), action->frame};
  }
  gossip_actions_deinit(out);
}

static inline void net_deliver(net_t *net) {
  while (net->head < net->tail) {
    net_mail_t mail = net->mail[net->head++];
    gossip_actions_t out;
    gossip_actions_init(&out);
    if (mail.to < net->count && net->topics[mail.to]) {
      assert_int_equal(gossip_topic_receive(net->topics[mail.to], id_of(mail.from), 0,
                                            mail.frame->bytes + GOSSIP_LENGTH_BYTES,
                                            mail.frame->len - GOSSIP_LENGTH_BYTES, net->now, &out),
                       0);
      net_act(net, mail.to, &out);
    } else if (net->topics[mail.from]) {
      gossip_topic_closed(net->topics[mail.from], id_of(mail.to), net->now, &out);
      net_act(net, mail.from, &out);
    }
    gossip_frame_unref(mail.frame);
  }
  net->head = net->tail = 0;
}

static inline void net_join(net_t *net, size_t self, size_t contact) {
  gossip_actions_t out;
  gossip_actions_init(&out);
  gossip_topic_join(net->topics[self], id_of(contact), net->now, &out);
  net_act(net, self, &out);
  net_deliver(net);
}

/* Time passes, in steps of 10 ms. */
static inline void net_run(net_t *net, uint64_t time) {
  for (uint64_t end = net->now + time; net->now < end; net->now += 10 * MS) {
    for (size_t i = 0; i < net->count; i++) {
      if (!net->topics[i] || gossip_topic_deadline(net->topics[i]) > net->now) continue;
      gossip_actions_t out;
      gossip_actions_init(&out);
      gossip_topic_tick(net->topics[i], net->now, &out);
      net_act(net, i, &out);
    }
    net_deliver(net);
  }
}

static inline void net_broadcast(net_t *net, size_t self, uint32_t number) {
  gossip_actions_t out;
  gossip_actions_init(&out);
  assert_int_equal(gossip_topic_broadcast(net->topics[self], (uint8_t *)&number, sizeof(number), false, net->now, &out),
                   0);
  net_act(net, self, &out);
  net_deliver(net);
}

static inline void net_quit(net_t *net, size_t self) {
  gossip_actions_t out;
  gossip_actions_init(&out);
  gossip_topic_quit(net->topics[self], net->now, &out);
  net_act(net, self, &out);
  net_deliver(net);
}

/* The peer is gone at once, and the others notice. */
static inline void net_crash(net_t *net, size_t self) {
  gossip_topic_free(net->topics[self]);
  net->topics[self] = NULL;
  for (size_t i = 0; i < net->count; i++) {
    if (!net->topics[i]) continue;
    gossip_actions_t out;
    gossip_actions_init(&out);
    gossip_topic_closed(net->topics[i], id_of(self), net->now, &out);
    net_act(net, i, &out);
  }
  net_deliver(net);
}

#endif
