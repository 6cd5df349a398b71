/* SPDX-License-Identifier: MIT
 *
 * What a topic costs and stands: bounds, rates, memory that is short, and its one deadline.
 */
#include "gossip-net.h"

static void a_config_is_checked(void **state) {
  (void)state;
  static const gossip_config_t bad[] = {{.max_message = 511}, {.active_view = 32}, {.passive_view = 257}};
  gossip_topic_t *topic;
  for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
    assert_int_equal(gossip_topic_new(&bad[i], 0, &topic), IROH_ERR_INVALID_ARGUMENT);
    assert_null(topic);
  }
  one_t one;
  one_begin(&one, NULL);
  uint8_t data[GOSSIP_DATA_MAX + 1] = {0};
  assert_int_equal(gossip_topic_set_data(one.topic, data, sizeof(data)), IROH_ERR_TOO_LONG);
  assert_int_equal(gossip_topic_set_data(one.topic, data, GOSSIP_DATA_MAX), 0);
  gossip_topic_join(one.topic, id_of(0), one.now, &one.out);
  assert_int_equal(one.out.count, 0);
  one_end(&one);
}

static void what_is_no_message_is_an_error(void **state) {
  (void)state;
  one_t one;
  uint8_t long_message[513] = {0, 3};
  one_begin(&one, &(gossip_config_t){.max_message = 512});
  assert_int_equal(gossip_topic_receive(one.topic, id_of(1), 0, (const uint8_t *)"\x02", 1, one.now, &one.out),
                   IROH_ERR_GOSSIP);
  assert_int_equal(gossip_topic_receive(one.topic, id_of(1), 0, long_message, 513, one.now, &one.out), IROH_ERR_GOSSIP);
  assert_int_equal(gossip_topic_receive(one.topic, id_of(1), 0, long_message, 512, one.now, &one.out), 0);
  assert_int_equal(gossip_topic_counters(one.topic)->invalid, 2);
  one_end(&one);
}

/* Neighbours 1 to 5, each with so much data, and a full passive view. */
static void begin_idle(one_t *one, size_t data_len) {
  uint8_t data[GOSSIP_DATA_MAX] = {1};
  one_begin(one, NULL);
  for (size_t peer = 1; peer <= 5; peer++)
    feed(one, peer, &(gossip_message_t){.kind = GOSSIP_NEIGHBOR, .data = {data, data_len}});
  for (size_t peer = 6; peer < 60; peer++) {
    gossip_peer_t heard = {id_of(peer), {data, data_len}};
    feed(one, 1, &(gossip_message_t){.kind = GOSSIP_SHUFFLE_REPLY, .peers = &heard, .count = 1});
  }
  assert_int_equal(gossip_topic_neighbors(one->topic, NULL, 0), 5);
  assert_int_equal(gossip_topic_passive(one->topic), 30);
}

static void an_idle_topic_is_small(void **state) {
  (void)state;
  one_t one;
  begin_idle(&one, 52);
  assert_in_range(gossip_topic_memory(one.topic), 1, 8 * 1024);
  size_t before = gossip_topic_memory(one.topic);
  for (uint32_t number = 0; number < 1000; number++) feed_gossip(&one, 1, number, 0);
  assert_true(gossip_topic_memory(one.topic) > before);
  pass(&one, 200 * SEC);
  assert_int_equal(gossip_topic_memory(one.topic), before);
  one_end(&one);
}

static void an_idle_topic_wakes_rarely(void **state) {
  (void)state;
  one_t one;
  begin_idle(&one, 0);
  pass(&one, 60 * SEC);
  gossip_actions_clear(&one.out);
  size_t wakes = 0;
  for (uint64_t end = one.now + 600 * SEC; gossip_topic_deadline(one.topic) < end; wakes++) {
    uint64_t due = gossip_topic_deadline(one.topic);
    assert_true(due > one.now);
    one.now = due;
    gossip_topic_tick(one.topic, one.now, &one.out);
  }
  assert_in_range(wakes, 8, 14);
  one_end(&one);
}

static void a_topic_without_anyone_has_no_deadline(void **state) {
  (void)state;
  one_t one;
  one_begin(&one, NULL);
  assert_true(gossip_topic_deadline(one.topic) == GOSSIP_NEVER);
  one_end(&one);
}

static void messages_stay_within_their_budget(void **state) {
  (void)state;
  static uint8_t content[4000];
  enum { BUDGET = 1 << 20, IDS = 6000 };
  one_t one;
  one_begin(&one, &(gossip_config_t){.max_payload_bytes = BUDGET, .max_ids = IDS});
  befriend(&one, 1, 5);
  size_t idle = gossip_topic_memory(one.topic), most = 0;
  for (uint32_t number = 0; number < 20000; number++) {
    memcpy(content, &number, sizeof(number));
    gossip_actions_clear(&one.out);
    assert_int_equal(gossip_topic_broadcast(one.topic, content, sizeof(content), false, one.now, &one.out), 0);
    most = max_size(most, gossip_topic_memory(one.topic));
    if (number % 10 == 0) pass(&one, 10 * MS);
  }
  /* Six tables of a sixth of the ids each, up to twice and a third as large; the last announcements. */
  assert_in_range(most, BUDGET / 2, idle + BUDGET + IDS * 16 * 8 / 3 + 16 * 1024);
  one_end(&one);
}

static void announcements_of_nothing_are_bounded(void **state) {
  (void)state;
  one_t one;
  one_begin(&one, NULL);
  befriend(&one, 1, 5);
  size_t most = 0;
  uint64_t random = 1;
  for (int round = 0; round < 400; round++) {
    uint8_t ids[100][GOSSIP_ID_BYTES];
    gossip_have_t haves[100];
    for (size_t i = 0; i < ARRAY_LEN(haves); i++) {
      for (size_t k = 0; k < GOSSIP_ID_BYTES; k++) ids[i][k] = (uint8_t)random_next(&random);
      haves[i] = (gossip_have_t){ids[i], 0};
    }
    feed(&one, 5, &(gossip_message_t){.kind = GOSSIP_IHAVE, .haves = haves, .count = ARRAY_LEN(haves)});
    most = max_size(most, gossip_topic_memory(one.topic));
    pass(&one, 100 * MS);
  }
  assert_in_range(most, 1, 800 * 1024);
  /* It kept a tenth of the 40,000, and asked for few: 2 each 2 seconds. */
  assert_in_range(gossip_topic_counters(one.topic)->grafts_sent, 10, 100);
  assert_true(gossip_topic_counters(one.topic)->limited > 30000);
  /* Another is heard all the same. */
  feed_ihave(&one, 4, 7, 0);
  pass(&one, SEC);
  assert_int_equal(sends(&one, GOSSIP_GRAFT, 4), 1);
  pass(&one, 40 * SEC);
  assert_in_range(gossip_topic_memory(one.topic), 1, 8 * 1024);
  one_end(&one);
}

static void a_storm_of_joins_leaves_the_neighbours(void **state) {
  (void)state;
  one_t one;
  one_begin(&one, NULL);
  befriend(&one, 1, 5);
  /* Three of them have had messages, as neighbours in a topic do. */
  for (uint32_t peer = 1; peer <= 3; peer++) feed_gossip(&one, peer, peer, 0);
  size_t walks = 0, dials = 0;
  for (size_t stranger = 10; stranger < 900; stranger++) {
    feed_kind(&one, stranger, GOSSIP_JOIN);
    walks += sends(&one, GOSSIP_FORWARD_JOIN, ANYONE);
    dials += sends(&one, GOSSIP_NEIGHBOR, ANYONE) - sends(&one, GOSSIP_NEIGHBOR, stranger);
    /* Let in or not, each is told of others it may ask. */
    assert_int_equal(sends(&one, GOSSIP_NEIGHBOR, stranger) + sends(&one, GOSSIP_DISCONNECT, stranger), 1);
    assert_int_equal(sends(&one, GOSSIP_SHUFFLE_REPLY, stranger), 1);
    one.now += 10 * MS;
  }
  for (size_t peer = 1; peer <= 3; peer++) assert_true(is_neighbor(one.topic, peer));
  assert_in_range(walks, 1, 5 * 220);
  assert_in_range(dials, 0, 64);
  assert_in_range(gossip_topic_counters(one.topic)->neighbors_down, 1, 64 + 9 + 8);
  assert_in_range(gossip_topic_memory(one.topic), 1, 16 * 1024);
  one_end(&one);
}

static void dials_that_others_cause_have_a_rate(void **state) {
  (void)state;
  one_t one;
  one_begin(&one, NULL);
  befriend(&one, 1, 5);
  size_t dials = 0;
  for (size_t n = 10; n < 900; n++) {
    gossip_peer_t peer = {id_of(n), {NULL, 0}};
    if (n % 2)
      feed(&one, 1, &(gossip_message_t){.kind = GOSSIP_FORWARD_JOIN, .peer = peer, .ttl = 0});
    else
      feed(&one, 2, &(gossip_message_t){.kind = GOSSIP_SHUFFLE, .id = id_of(n), .peers = &peer, .count = 1});
    dials += sends(&one, n % 2 ? GOSSIP_NEIGHBOR : GOSSIP_SHUFFLE_REPLY, n);
    pass(&one, 10 * MS);
  }
  /* 64 at once and 8 a second, in 9 seconds. */
  assert_in_range(dials, 64, 64 + 8 * 9 + 1);
  /* Strangers pass nothing on. */
  feed(&one, 950, &(gossip_message_t){.kind = GOSSIP_FORWARD_JOIN, .peer = {id_of(951), {NULL, 0}}, .ttl = 0});
  assert_int_equal(one.out.count, 0);
  one_end(&one);
}

static void data_of_others_is_bounded_and_own_data_wins(void **state) {
  (void)state;
  static uint8_t data[3000];
  one_t one;
  one_begin(&one, NULL);
  befriend(&one, 1, 5);
  size_t len;
  feed(&one, 1, &(gossip_message_t){.kind = GOSSIP_JOIN, .data = {data, sizeof(data)}});
  assert_null(gossip_topic_data(one.topic, id_of(1), &len));
  feed(&one, 1, &(gossip_message_t){.kind = GOSSIP_JOIN, .data = {(const uint8_t *)"own", 3}});
  gossip_peer_t heard[] = {{id_of(1), {(const uint8_t *)"hearsay", 7}}, {id_of(9), {data, sizeof(data)}}};
  feed(&one, 2, &(gossip_message_t){.kind = GOSSIP_SHUFFLE_REPLY, .peers = heard, .count = 2});
  assert_memory_equal(gossip_topic_data(one.topic, id_of(1), &len), "own", 3);
  assert_int_equal(len, 3);
  assert_null(gossip_topic_data(one.topic, id_of(9), &len));
  assert_int_equal(gossip_topic_passive(one.topic), 1);
  one_end(&one);
}

/* Sends out of a topic whose peers all have much data: no frame is longer than a peer takes. */
static void frames_fit(void **state) {
  (void)state;
  static const size_t limits[] = {512, 1024, 4096};
  uint8_t data[GOSSIP_DATA_MAX] = {1};
  for (size_t k = 0; k < ARRAY_LEN(limits); k++) {
    one_t one;
    one_begin(&one, &(gossip_config_t){.max_message = limits[k]});
    for (size_t peer = 1; peer <= 35; peer++) {
      gossip_peer_t heard = {id_of(peer + 5), {data, 150}};
      feed(&one, peer, &(gossip_message_t){.kind = GOSSIP_NEIGHBOR, .data = {data, 200}});
      feed(&one, 1, &(gossip_message_t){.kind = GOSSIP_SHUFFLE_REPLY, .peers = &heard, .count = 1});
    }
    pass(&one, 100 * SEC);
    gossip_topic_quit(one.topic, one.now, &one.out);
    assert_true(sends(&one, GOSSIP_SHUFFLE, ANYONE) >= 3);
    assert_true(sends(&one, GOSSIP_SHUFFLE_REPLY, ANYONE) >= 5);
    for (size_t i = 0; i < one.out.count; i++)
      if (one.out.items[i].kind == GOSSIP_ACTION_SEND)
        assert_in_range(one.out.items[i].frame->len, 1, GOSSIP_LENGTH_BYTES + limits[k] - 1);
    one_end(&one);
  }
}

/* All that happens to a topic, in short. */
static void live(one_t *one) {
  gossip_actions_clear(&one->out);
  gossip_topic_set_data(one->topic, (const uint8_t *)"me", 2);
  gossip_topic_join(one->topic, id_of(1), one->now, &one->out);
  for (size_t peer = 1; peer <= 7; peer++) feed_neighbor(one, peer, peer == 7);
  gossip_peer_t peers[] = {{id_of(9), {(const uint8_t *)"nine", 4}}, {id_of(10), {NULL, 0}}};
  feed(one, 1, &(gossip_message_t){.kind = GOSSIP_SHUFFLE_REPLY, .peers = peers, .count = 2});
  feed(one, 1, &(gossip_message_t){.kind = GOSSIP_SHUFFLE, .id = id_of(9), .peers = peers, .count = 2, .ttl = 3});
  feed(one, 2, &(gossip_message_t){.kind = GOSSIP_FORWARD_JOIN, .peer = peers[0], .ttl = 3});
  feed_kind(one, 11, GOSSIP_JOIN);
  for (uint32_t number = 0; number < 40; number++) feed_gossip(one, 1 + number % 3, number, 1);
  feed_ihave(one, 1, 50, 0);
  feed_graft(one, 2, 3);
  (void)gossip_topic_broadcast(one->topic, (const uint8_t *)"mine", 4, false, one->now, &one->out);
  pass(one, SEC);
  gossip_topic_closed(one->topic, id_of(1), one->now, &one->out);
  gossip_topic_evict(one->topic, id_of(2), one->now, &one->out);
  pass(one, 20 * SEC);
}

static void short_memory_breaks_nothing(void **state) {
  (void)state;
  /* Forward to when all allocations succeed; a topic that had too little works again after it. */
  for (size_t allowed = 0;; allowed++) {
    one_t one;
    one_begin(&one, NULL);
    size_t calls = alloc_calls();
    alloc_fail_after(allowed);
    live(&one);
    alloc_succeed();
    bool is_enough = alloc_calls() - calls < allowed;
    pass(&one, 100 * SEC);
    assert_false(is_neighbor(one.topic, 1));
    befriend(&one, 20, 20);
    feed_gossip(&one, 20, 1000, 0);
    assert_int_equal(acts(&one, GOSSIP_ACTION_RECEIVED, 20), 1);
    gossip_actions_clear(&one.out);
    one_end(&one);
    if (is_enough) break;
    assert_in_range(allowed, 0, 5000);
  }
}

static void ups_and_downs_match_whatever_is_short(void **state) {
  (void)state;
  uint64_t random = 3;
  for (int turn = 0; turn < 300; turn++) {
    one_t one;
    bool up[8] = {false};
    one_begin(&one, NULL);
    for (int step = 0; step < 60; step++) {
      size_t peer = 1 + random_below(&random, 7);
      if (random_below(&random, 3) == 0) alloc_fail_after(random_below(&random, 6));
      gossip_actions_clear(&one.out);
      if (random_below(&random, 3) == 0)
        gossip_topic_closed(one.topic, id_of(peer), one.now, &one.out);
      else
        feed_neighbor(&one, peer, random_below(&random, 2));
      for (int again = 0; again < 2; again++) {
        for (size_t i = 0; i < one.out.count; i++) {
          const gossip_action_t *action = &one.out.items[i];
          for (size_t k = 1; k < 8; k++) {
            if (!is_to(action, k)) continue;
            if (action->kind == GOSSIP_ACTION_UP) assert_false(up[k]);
            if (action->kind == GOSSIP_ACTION_DOWN) assert_true(up[k]);
            if (action->kind == GOSSIP_ACTION_UP) up[k] = true;
            if (action->kind == GOSSIP_ACTION_DOWN) up[k] = false;
          }
        }
        alloc_succeed();
        pass(&one, 10 * MS);
      }
      for (size_t k = 1; k < 8; k++) assert_int_equal(is_neighbor(one.topic, k), up[k]);
    }
    one_end(&one);
  }
}

/* A random message of `kind`, which may be nonsense but not unreadable. */
static void feed_random(one_t *one, uint64_t *random) {
  uint8_t ids[24][GOSSIP_ID_BYTES], data[300] = {0};
  gossip_peer_t peers[24];
  gossip_have_t haves[24];
  uint32_t number = (uint32_t)random_below(random, 300);
  for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
    uint32_t other = (uint32_t)random_below(random, 300);
    iroh_blake3((uint8_t *)&other, sizeof(other), ids[i]);
    size_t len = random_below(random, 8) ? random_below(random, 40) : random_below(random, sizeof(data));
    peers[i] = (gossip_peer_t){id_of(random_below(random, 60)), {random_below(random, 3) ? data : NULL, len}};
    haves[i] = (gossip_have_t){ids[i], (uint16_t)random_below(random, 12)};
  }
  iroh_blake3((uint8_t *)&number, sizeof(number), ids[0]);
  gossip_message_t message = {.kind = GOSSIP_JOIN + random_below(random, 10),
                              .high = random_below(random, 2),
                              .alive = random_below(random, 2),
                              .neighbors = random_below(random, 10) == 0,
                              .ttl = (uint16_t)random_below(random, 9),
                              .round = (uint16_t)random_below(random, 12),
                              .data = peers[0].data,
                              .peer = peers[1],
                              .content = (uint8_t *)&number,
                              .content_len = sizeof(number),
                              .peers = peers,
                              .haves = haves,
                              .count = random_below(random, ARRAY_LEN(ids))};
  message.id = message.kind == GOSSIP_SHUFFLE ? peers[0].id : ids[0];
  if (message.kind == GOSSIP_GRAFT && random_below(random, 3) == 0) message.id = NULL;
  feed(one, random_below(random, 40), &message);
}

static void anything_may_come_in_any_order(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= 8; seed++) {
    uint64_t random = seed;
    one_t one;
    one_begin(&one, &(gossip_config_t){.active_view = 1 + (uint32_t)seed, .max_payload_bytes = 20000, .max_ids = 100});
    for (int step = 0; step < 5000; step++) {
      size_t peer = random_below(&random, 40), what = random_below(&random, 24);
      uint32_t number = (uint32_t)random_below(&random, 300);
      if (random_below(&random, 20) == 0) alloc_fail_after(random_below(&random, 4));
      if (what >= 8) feed_random(&one, &random);
      if (what == 0) gossip_topic_join(one.topic, id_of(peer), one.now, &one.out);
      if (what == 1) gossip_topic_closed(one.topic, id_of(peer), one.now, &one.out);
      if (what == 2 && random_below(&random, 8) == 0) gossip_topic_evict(one.topic, id_of(peer), one.now, &one.out);
      if (what == 3) (void)gossip_topic_broadcast(one.topic, (uint8_t *)&number, 4, false, one.now, &one.out);
      size_t at = random_below(&random, one.out.count + 1);
      if (what == 4 && at < one.out.count && one.out.items[at].kind == GOSSIP_ACTION_SEND) {
        gossip_action_t refused = one.out.items[at];
        gossip_topic_refused(one.topic, refused.peer, refused.frame, one.now, &one.out);
      }
      alloc_succeed();
      if (what == 5) pass(&one, random_below(&random, 500) * MS);
      if (what == 6 && random_below(&random, 20) == 0) pass(&one, random_below(&random, 100) * SEC);
      assert_true(gossip_topic_neighbors(one.topic, NULL, 0) <= 1 + seed);
      assert_true(gossip_topic_passive(one.topic) <= 30);
      assert_true(gossip_topic_memory(one.topic) < 200 * 1024);
    }
    const gossip_counters_t *counters = gossip_topic_counters(one.topic);
    assert_int_equal(counters->neighbors_up - counters->neighbors_down, gossip_topic_neighbors(one.topic, NULL, 0));
    one_end(&one);
  }
}

static void the_same_seed_does_the_same(void **state) {
  (void)state;
  gossip_counters_t counters[2];
  size_t memory[2];
  for (int i = 0; i < 2; i++) {
    one_t one;
    one_begin(&one, NULL);
    live(&one);
    counters[i] = *gossip_topic_counters(one.topic);
    memory[i] = gossip_topic_memory(one.topic);
    one_end(&one);
  }
  assert_memory_equal(&counters[0], &counters[1], sizeof(counters[0]));
  assert_int_equal(memory[0], memory[1]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_config_is_checked),
      cmocka_unit_test(what_is_no_message_is_an_error),
      cmocka_unit_test(an_idle_topic_is_small),
      cmocka_unit_test(an_idle_topic_wakes_rarely),
      cmocka_unit_test(a_topic_without_anyone_has_no_deadline),
      cmocka_unit_test(messages_stay_within_their_budget),
      cmocka_unit_test(announcements_of_nothing_are_bounded),
      cmocka_unit_test(a_storm_of_joins_leaves_the_neighbours),
      cmocka_unit_test(dials_that_others_cause_have_a_rate),
      cmocka_unit_test(data_of_others_is_bounded_and_own_data_wins),
      cmocka_unit_test(frames_fit),
      cmocka_unit_test(short_memory_breaks_nothing),
      cmocka_unit_test(ups_and_downs_match_whatever_is_short),
      cmocka_unit_test(anything_may_come_in_any_order),
      cmocka_unit_test(the_same_seed_does_the_same),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
