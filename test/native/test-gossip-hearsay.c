/* SPDX-License-Identifier: MIT
 *
 * What follows from the words of one neighbour: dials, what they may send, and what others are told.
 */
#include "gossip-net.h"

#define FIRST 10
#define NAMED 13
/* What a dial may send: two packets to each of three addresses. */
#define DIAL_BYTES (GOSSIP_HINT_BYTES * GOSSIP_HINT_ADDRESSES)

/* 31 addresses of a victim's. */
static gossip_data_t victims(void) {
  static uint8_t data[3 + 31 * 7];
  uint8_t *at = data;
  *at++ = 0;
  *at++ = 31;
  for (int i = 0; i < 31; i++) {
    const uint8_t address[] = {0, 192, 0, 2, 1, (uint8_t)(0x80 | i), 1};
    memcpy(at, address, sizeof address);
    at += sizeof address;
  }
  return (gossip_data_t){data, (size_t)(at - data)};
}

/* Topic 0 with neighbour 1, who pays for what it says. */
typedef struct {
  one_t one;
  gossip_hints_t hints;
  uint64_t said; /* bytes of neighbour 1 */
  bool dialled[NET_MAX * 16];
} world_t;

static void begin(world_t *world) {
  memset(world, 0, sizeof *world);
  assert_int_equal(gossip_hints_init(&world->hints), 0);
  one_begin(&world->one, &(gossip_config_t){.hints = &world->hints, .needs_data = true});
  feed_neighbor(&world->one, 1, true);
}

static void end(world_t *world) {
  one_end(&world->one);
  gossip_hints_deinit(&world->hints);
}

/* Names peers by a ShuffleReply: NAMED ids from `from` on. */
static void name(world_t *world, size_t from, gossip_data_t data) {
  gossip_peer_t peers[NAMED];
  for (size_t i = 0; i < NAMED; i++) peers[i] = (gossip_peer_t){id_of(FIRST + (from + i) % 1000), data};
  gossip_message_t message = {.kind = GOSSIP_SHUFFLE_REPLY, .peers = peers, .count = NAMED};
  world->said += gossip_size(&message);
  feed(&world->one, 1, &message);
}

/* How many are dialled by the actions there are; each counts once while it is. */
static size_t count_dials(world_t *world) {
  size_t count = 0;
  for (size_t peer = FIRST; peer < FIRST + 1000; peer++) {
    if (world->dialled[peer] || acts(&world->one, GOSSIP_ACTION_SEND, peer) == 0) continue;
    world->dialled[peer] = true;
    count++;
  }
  return count;
}

static void fail_all(world_t *world) {
  gossip_actions_clear(&world->one.out);
  for (size_t peer = FIRST; peer < FIRST + 1000; peer++) {
    if (!world->dialled[peer]) continue;
    world->dialled[peer] = false;
    gossip_topic_closed(world->one.topic, id_of(peer), world->one.now, &world->one.out);
  }
}

static void a_thousand_lists_cost_a_victim_less_than_they_cost_the_neighbour(void **state) {
  (void)state;
  world_t world;
  begin(&world);
  size_t dials = 0;
  for (size_t i = 0; i < 1000; i++) {
    name(&world, i * NAMED, victims());
    dials += count_dials(&world);
    pass(&world.one, 25 * MS);
    dials += count_dials(&world);
    /* None answers. */
    if (i % 160 == 159) fail_all(&world);
    dials += count_dials(&world);
  }
  assert_in_range(dials, 1, 24);
  assert_true(dials * DIAL_BYTES < 3 * world.said);
  end(&world);
}

static void few_words_cause_few_packets(void **state) {
  (void)state;
  world_t world;
  begin(&world);
  name(&world, 0, victims());
  size_t dials = count_dials(&world);
  for (int i = 0; i < 600; i++) {
    pass(&world.one, SEC);
    dials += count_dials(&world);
  }
  assert_int_equal(dials, 1);
  end(&world);
}

static void topics_share_what_a_neighbour_has(void **state) {
  (void)state;
  gossip_hints_t hints;
  assert_int_equal(gossip_hints_init(&hints), 0);
  size_t dials = 0;
  one_t topics[20];
  for (size_t i = 0; i < ARRAY_LEN(topics); i++) {
    one_begin(&topics[i], &(gossip_config_t){.hints = &hints, .needs_data = true});
    feed_neighbor(&topics[i], 1, true);
    gossip_peer_t peer = {id_of(FIRST + i), victims()};
    feed(&topics[i], 1, &(gossip_message_t){.kind = GOSSIP_SHUFFLE_REPLY, .peers = &peer, .count = 1});
    dials += acts(&topics[i], GOSSIP_ACTION_SEND, FIRST + i);
  }
  assert_in_range(dials, 1, 2);
  for (size_t i = 0; i < ARRAY_LEN(topics); i++) one_end(&topics[i]);
  gossip_hints_deinit(&hints);
}

static void who_names_the_dead_again_and_again_is_not_listened_to_for_a_minute(void **state) {
  (void)state;
  world_t world;
  begin(&world);
  const uint8_t one[] = {0, 1, 0, 192, 0, 2, 1, 9};
  size_t dials = 0, i = 0;
  for (; gossip_hints_trusts(&world.hints, id_of(1), world.one.now); i++) {
    assert_true(i < 100);
    name(&world, i * NAMED, (gossip_data_t){one, sizeof one});
    dials += count_dials(&world);
    fail_all(&world);
    dials += count_dials(&world);
    pass(&world.one, SEC);
    dials += count_dials(&world);
  }
  assert_in_range(dials, 8, 40);
  fail_all(&world);
  name(&world, i * NAMED, (gossip_data_t){one, sizeof one});
  assert_int_equal(count_dials(&world), 0);
  assert_true(is_neighbor(world.one.topic, 1));
  pass(&world.one, 61 * SEC);
  gossip_actions_clear(&world.one.out);
  name(&world, i * NAMED, (gossip_data_t){one, sizeof one});
  assert_true(count_dials(&world) > 0);
  end(&world);
}

static void who_names_the_living_may_be_wrong_as_often(void **state) {
  (void)state;
  world_t world;
  begin(&world);
  const uint8_t one[] = {0, 1, 0, 192, 0, 2, 1, 9};
  for (size_t i = 0; i < 40; i++) {
    name(&world, i * NAMED, (gossip_data_t){one, sizeof one});
    count_dials(&world);
    bool answers = true;
    for (size_t peer = FIRST; peer < FIRST + 1000; peer++, answers = !answers) {
      if (!world.dialled[peer] || !answers) continue;
      world.dialled[peer] = false;
      feed(&world.one, peer, &(gossip_message_t){.kind = GOSSIP_DISCONNECT, .alive = true});
      count_dials(&world);
    }
    fail_all(&world);
    count_dials(&world);
    pass(&world.one, SEC);
    count_dials(&world);
    assert_true(gossip_hints_trusts(&world.hints, id_of(1), world.one.now));
  }
  end(&world);
}

/* The data that goes with an id in what is sent to a peer; NULL: none, or it is not sent. */
static const uint8_t *told(const one_t *one, size_t to, const uint8_t *id, size_t *len) {
  for (size_t i = 0; i < one->out.count; i++) {
    const gossip_action_t *action = &one->out.items[i];
    if (action->kind != GOSSIP_ACTION_SEND || !is_to(action, to)) continue;
    static gossip_message_t message;
    assert_int_equal(
        gossip_decode(action->frame->bytes + GOSSIP_LENGTH_BYTES, action->frame->len - GOSSIP_LENGTH_BYTES, &message),
        0);
    gossip_peer_t entry;
    if (message.kind == GOSSIP_FORWARD_JOIN && memcmp(message.peer.id, id, GOSSIP_ID_BYTES) == 0) {
      *len = message.peer.data.len;
      return message.peer.data.bytes;
    }
    if (message.kind != GOSSIP_SHUFFLE && message.kind != GOSSIP_SHUFFLE_REPLY) continue;
    while (gossip_next_peer(&message.list, &entry))
      if (memcmp(entry.id, id, GOSSIP_ID_BYTES) == 0 && entry.data.bytes) {
        *len = entry.data.len;
        return entry.data.bytes;
      }
  }
  return NULL;
}

static size_t vouch(void *ctx, const uint8_t peer[GOSSIP_ID_BYTES], const uint8_t *data, size_t len, uint8_t *out) {
  (void)ctx, (void)data, (void)len;
  const uint8_t seen[] = {0, 1, 0, 10, 0, 0, peer[0], 9};
  memcpy(out, seen, sizeof seen);
  return sizeof seen;
}

static void a_joiner_is_made_known_at_the_address_it_came_from(void **state) {
  (void)state;
  gossip_hints_t hints;
  assert_int_equal(gossip_hints_init(&hints), 0);
  one_t one;
  one_begin(&one, &(gossip_config_t){.hints = &hints, .vouch = vouch});
  feed_neighbor(&one, 1, true);
  feed_neighbor(&one, 2, true);
  feed(&one, 3, &(gossip_message_t){.kind = GOSSIP_JOIN, .data = victims()});
  size_t len;
  for (size_t to = 1; to <= 2; to++) {
    const uint8_t *data = told(&one, to, id_of(3), &len);
    assert_non_null(data);
    assert_int_equal(len, 8);
    assert_int_equal(data[6], id_of(3)[0]);
  }
  one_end(&one);
  gossip_hints_deinit(&hints);
}

static void what_is_passed_on_for_a_neighbour_is_at_its_cost(void **state) {
  (void)state;
  gossip_hints_t hints;
  assert_int_equal(gossip_hints_init(&hints), 0);
  one_t one;
  one_begin(&one, &(gossip_config_t){.hints = &hints, .needs_data = true});
  for (size_t peer = 1; peer <= 3; peer++) feed_neighbor(&one, peer, true);
  uint64_t said = 0;
  size_t passed = 0, len;
  for (size_t i = 0; i < 400; i++) {
    gossip_message_t message = {.kind = GOSSIP_FORWARD_JOIN, .ttl = 5, .peer = {id_of(FIRST + i), victims()}};
    said += gossip_size(&message);
    feed(&one, 1, &message);
    passed += told(&one, 2, id_of(FIRST + i), &len) != NULL || told(&one, 3, id_of(FIRST + i), &len) != NULL;
    one.now += 100 * MS;
  }
  assert_in_range(passed, 1, (8700 + 2 * said) / DIAL_BYTES);
  one_end(&one);
  gossip_hints_deinit(&hints);
}

static void a_shuffle_goes_on_with_where_to_answer_alone(void **state) {
  (void)state;
  gossip_hints_t hints;
  assert_int_equal(gossip_hints_init(&hints), 0);
  one_t one;
  one_begin(&one, &(gossip_config_t){.hints = &hints});
  feed_neighbor(&one, 1, true);
  feed_neighbor(&one, 2, true);
  const uint8_t where[] = {0, 1, 0, 192, 0, 2, 1, 9};
  const gossip_data_t data = {where, sizeof where};
  gossip_peer_t peers[] = {{id_of(20), data}, {id_of(21), data}};
  feed(&one, 1, &(gossip_message_t){.kind = GOSSIP_SHUFFLE, .id = id_of(20), .peers = peers, .count = 2, .ttl = 4});
  size_t len;
  assert_non_null(told(&one, 2, id_of(20), &len));
  assert_null(told(&one, 2, id_of(21), &len));
  one_end(&one);
  gossip_hints_deinit(&hints);
}

static void those_who_said_something_are_bounded(void **state) {
  (void)state;
  gossip_hints_t hints;
  assert_int_equal(gossip_hints_init(&hints), 0);
  for (int i = 0; i < 8; i++) gossip_hints_judge(&hints, id_of(1), false, SEC);
  assert_false(gossip_hints_trusts(&hints, id_of(1), SEC));
  for (uint32_t i = 0; i < 5000; i++) {
    uint8_t id[GOSSIP_ID_BYTES] = {0};
    memcpy(id, &i, sizeof i);
    gossip_hints_earn(&hints, id, 100, SEC);
  }
  assert_int_equal(gossip_hints_tellers(&hints), GOSSIP_TELLERS_MAX);
  assert_false(gossip_hints_trusts(&hints, id_of(1), SEC));
  gossip_hints_deinit(&hints);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_thousand_lists_cost_a_victim_less_than_they_cost_the_neighbour),
      cmocka_unit_test(few_words_cause_few_packets),
      cmocka_unit_test(topics_share_what_a_neighbour_has),
      cmocka_unit_test(who_names_the_dead_again_and_again_is_not_listened_to_for_a_minute),
      cmocka_unit_test(who_names_the_living_may_be_wrong_as_often),
      cmocka_unit_test(a_joiner_is_made_known_at_the_address_it_came_from),
      cmocka_unit_test(what_is_passed_on_for_a_neighbour_is_at_its_cost),
      cmocka_unit_test(a_shuffle_goes_on_with_where_to_answer_alone),
      cmocka_unit_test(those_who_said_something_are_bounded),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
