/* SPDX-License-Identifier: MIT */
#include "net/punch.h"

#include "iroh.h"
#include "test.h"

#define MS UINT64_C(1000000)
#define WALL UINT64_C(1700000000000)

/* Two peers behind NATs that let in only what answers something they let out to the same address and port. */
typedef struct {
  uint8_t seed[32], id[32];
  punch_t punch;
  address_t public_address;
  address_t let_out[64]; /* where datagrams went: answers may come from there */
  size_t let_out_count;
  unsigned sent, answered;
  address_t answered_by;
} side_t;

typedef struct {
  side_t a, b;
  uint64_t now;
  uint8_t last[DISCO_DATAGRAM_MAX]; /* the last direct datagram of a's */
  size_t last_len;
} world_t;

static address_t address(const char *text) {
  address_t parsed;
  assert_int_equal(address_parse(text, &parsed), 0);
  return parsed;
}

static void world_init(world_t *world) {
  memset(world, 0, sizeof *world);
  world->a.seed[0] = 1;
  world->b.seed[0] = 2;
  assert_int_equal(iroh_key_public(world->a.seed, world->a.id), 0);
  assert_int_equal(iroh_key_public(world->b.seed, world->b.id), 0);
  assert_int_equal(punch_init(&world->a.punch, world->a.seed, world->a.id, world->b.id), 0);
  assert_int_equal(punch_init(&world->b.punch, world->b.seed, world->b.id, world->a.id), 0);
  world->a.public_address = address("192.0.2.1:1111");
  world->b.public_address = address("198.51.100.2:2222");
  world->now = 1000 * MS;
}

static bool lets_in(const side_t *side, const address_t *from) {
  for (size_t i = 0; i < side->let_out_count; i++)
    if (address_equal(&side->let_out[i], from)) return true;
  return false;
}

static void give(world_t *world, side_t *to, const punch_datagram_t *datagram, const address_t *from) {
  punch_news_t news;
  if (!punch_received(&to->punch, datagram->data, datagram->len, from, world->now, &news) || !news.answered) return;
  to->answered++;
  to->answered_by = news.address;
}

static void send_due(world_t *world, side_t *from, side_t *to) {
  static const address_t by_relay = {.len = 0};
  const disco_candidate_t own = {.kind = DISCO_OBSERVED, .address = from->public_address};
  punch_datagram_t datagram;
  while (punch_next(&from->punch, &own, 1, world->now, WALL + world->now / MS, &datagram)) {
    from->sent++;
    if (datagram.to.len == 0) {
      give(world, to, &datagram, &by_relay);
      continue;
    }
    if (from == &world->a) {
      memcpy(world->last, datagram.data, datagram.len);
      world->last_len = datagram.len;
    }
    if (from->let_out_count < 64) from->let_out[from->let_out_count++] = datagram.to;
    if (address_equal(&datagram.to, &to->public_address) && lets_in(to, &from->public_address))
      give(world, to, &datagram, &from->public_address);
  }
}

static void run(world_t *world, uint64_t ms) {
  for (uint64_t end = world->now + ms * MS; world->now < end; world->now += 5 * MS) {
    send_due(world, &world->a, &world->b);
    send_due(world, &world->b, &world->a);
  }
}

static void both_get_through_two_strict_nats(void **state) {
  (void)state;
  world_t world;
  world_init(&world);
  punch_start(&world.a.punch, world.now);
  run(&world, 500);
  assert_int_not_equal(world.a.answered, 0);
  assert_int_not_equal(world.b.answered, 0);
  assert_true(address_equal(&world.a.answered_by, &world.b.public_address));
  assert_true(address_equal(&world.b.answered_by, &world.a.public_address));
}

static void pings_end_by_themselves(void **state) {
  (void)state;
  world_t world;
  world_init(&world);
  address_t nobody = address("203.0.113.9:9");
  punch_add(&world.a.punch, &nobody, world.now);
  run(&world, 60000);
  assert_int_equal(world.a.sent, PUNCH_PINGS);
  assert_int_equal(punch_deadline(&world.a.punch), PUNCH_NEVER);
  punch_start(&world.a.punch, world.now);
  punch_stop(&world.a.punch);
  assert_int_equal(punch_deadline(&world.a.punch), PUNCH_NEVER);
}

static void two_that_reach_each_other_come_to_rest(void **state) {
  (void)state;
  world_t world;
  world_init(&world);
  punch_start(&world.a.punch, world.now);
  run(&world, 10000);
  unsigned sent = world.a.sent + world.b.sent;
  assert_in_range(sent, 4, 60);
  run(&world, 60000);
  assert_int_equal(world.a.sent + world.b.sent, sent);
}

static void no_more_addresses_than_there_is_room_for(void **state) {
  (void)state;
  world_t world;
  world_init(&world);
  for (uint16_t port = 1; port < 1000; port++) {
    address_t one = address("203.0.113.9:9");
    one.in.sin_port = htons(port);
    punch_add(&world.a.punch, &one, world.now);
  }
  run(&world, 60000);
  assert_int_equal(world.a.sent, PUNCH_PINGS * DISCO_CANDIDATES_MAX);
}

static void a_ping_counts_once(void **state) {
  (void)state;
  world_t world;
  punch_news_t news;
  world_init(&world);
  punch_add(&world.a.punch, &world.b.public_address, world.now);
  send_due(&world, &world.a, &world.b);
  assert_true(world.last_len > 0);
  const address_t *from = &world.a.public_address;
  assert_true(punch_received(&world.b.punch, world.last, world.last_len, from, world.now, &news));
  assert_false(punch_received(&world.b.punch, world.last, world.last_len, from, world.now, &news));
}

static void strangers_and_reflections_are_not_heard(void **state) {
  (void)state;
  world_t world;
  punch_news_t news;
  world_init(&world);
  punch_add(&world.a.punch, &world.b.public_address, world.now);
  send_due(&world, &world.a, &world.b);
  const address_t *from = &world.a.public_address;
  assert_false(punch_received(&world.a.punch, world.last, world.last_len, from, world.now, &news));
  world.last[world.last_len - 1] ^= 1;
  assert_false(punch_received(&world.b.punch, world.last, world.last_len, from, world.now, &news));
}

static void pongs_are_bounded(void **state) {
  (void)state;
  world_t world;
  world_init(&world);
  unsigned pongs = 0;
  for (int i = 0; i < 1000; i++) {
    punch_t fresh;
    punch_news_t news;
    punch_datagram_t datagram;
    assert_int_equal(punch_init(&fresh, world.a.seed, world.a.id, world.b.id), 0);
    punch_add(&fresh, &world.b.public_address, world.now);
    assert_true(punch_next(&fresh, NULL, 0, world.now, WALL, &datagram));
    assert_true(punch_received(&world.b.punch, datagram.data, datagram.len, &world.a.public_address, world.now, &news));
    size_t asked = datagram.len;
    if (world.b.punch.pong_due) {
      assert_true(punch_next(&world.b.punch, NULL, 0, world.now, WALL, &datagram));
      assert_true(datagram.len <= asked);
      pongs++;
    }
  }
  assert_in_range(pongs, 1, 100);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(both_get_through_two_strict_nats),
      cmocka_unit_test(pings_end_by_themselves),
      cmocka_unit_test(two_that_reach_each_other_come_to_rest),
      cmocka_unit_test(no_more_addresses_than_there_is_room_for),
      cmocka_unit_test(a_ping_counts_once),
      cmocka_unit_test(strangers_and_reflections_are_not_heard),
      cmocka_unit_test(pongs_are_bounded),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
