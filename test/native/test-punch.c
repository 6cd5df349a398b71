/* SPDX-License-Identifier: MIT */
#include "net/punch.h"

#include "iroh.h"
#include "net/relay-address.h"
#include "test.h"

#define MS UINT64_C(1000000)
#define WALL UINT64_C(1700000000000)

#define LET_OUT_MAX 8192

/* Two peers behind NATs that let in only what answers something they let out to the same address and port. */
typedef struct {
  uint8_t seed[32], id[32];
  punch_t punch;
  address_t public_address;
  bool
      varies; /* its NAT gives each of its sockets a random port towards the other; `public_address` is what STUN saw */
  uint16_t ports[PORT_SEARCH_SOCKETS + 1];
  address_t let_out[LET_OUT_MAX]; /* where datagrams went: answers may come from there */
  unsigned let_out_via[LET_OUT_MAX];
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

/* What the other side sees of one of its sockets. */
static address_t outside(const side_t *side, unsigned via) {
  address_t seen = side->public_address;
  if (side->varies) address_set_port(&seen, side->ports[via]);
  return seen;
}

/* Whether a datagram gets in, and to which socket. */
static bool lets_in(const side_t *side, const address_t *from, const address_t *to, unsigned *via) {
  for (size_t i = 0; i < side->let_out_count; i++) {
    address_t seen = outside(side, side->let_out_via[i]);
    *via = side->let_out_via[i];
    if (address_equal(&side->let_out[i], from) && address_equal(&seen, to)) return true;
  }
  return false;
}

static void give(world_t *world, side_t *to, const punch_datagram_t *datagram, const address_t *from, unsigned via) {
  punch_news_t news;
  if (!punch_received(&to->punch, datagram->data, datagram->len, from, via, world->now, &news) || !news.answered)
    return;
  to->answered++;
  to->answered_by = news.address;
}

static void send_due(world_t *world, side_t *from, side_t *to) {
  static const address_t by_relay = {.len = 0};
  const disco_candidate_t own = {.kind = from->varies ? DISCO_VARYING : DISCO_OBSERVED,
                                 .address = from->public_address};
  punch_datagram_t datagram;
  if (punch_wants_search(&from->punch, world->now)) {
    if (punch_search_helps(&from->punch, &own, 1))
      punch_search(&from->punch, &own, 1, world->now);
    else
      punch_postpone_search(&from->punch, PUNCH_NEVER);
  }
  while (punch_next(&from->punch, &own, 1, world->now, WALL + world->now / MS, &datagram)) {
    unsigned via;
    from->sent++;
    if (datagram.to.len == 0) {
      give(world, to, &datagram, &by_relay, 0);
      continue;
    }
    if (from == &world->a) {
      memcpy(world->last, datagram.data, datagram.len);
      world->last_len = datagram.len;
    }
    assert_true(from->let_out_count < LET_OUT_MAX);
    from->let_out_via[from->let_out_count] = datagram.via;
    from->let_out[from->let_out_count++] = datagram.to;
    address_t seen = outside(from, datagram.via);
    if (lets_in(to, &seen, &datagram.to, &via)) give(world, to, &datagram, &seen, via);
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

static void a_survey_takes_nothing_from_later_rounds(void **state) {
  (void)state;
  world_t world;
  world_init(&world);
  address_t nobody = address("203.0.113.9:9");
  punch_know(&world.a.punch, &nobody, world.now);
  punch_survey(&world.a.punch, world.now);
  run(&world, 10000);
  assert_int_equal(world.a.sent, 2);
  punch_add(&world.a.punch, &nobody, world.now);
  run(&world, 10000);
  assert_int_equal(world.a.sent, 2 + PUNCH_PINGS);
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

/* Calls that name 32 addresses of one host from this port on, at the given pace, for a minute. */
static void call_for_a_minute(world_t *world, uint64_t every_ms, bool other_ports) {
  unsigned calls = (unsigned)(60000 / every_ms);
  for (unsigned n = 0; n < calls; n++) {
    disco_message_t call = {.type = DISCO_CALL_ME_MAYBE, .candidate_count = DISCO_CANDIDATES_MAX};
    for (size_t i = 0; i < DISCO_CANDIDATES_MAX; i++) {
      call.candidates[i] = (disco_candidate_t){DISCO_PREDICTED, address("203.0.113.9:9")};
      address_set_port(&call.candidates[i].address, (uint16_t)(1 + (other_ports ? n * DISCO_CANDIDATES_MAX : 0) + i));
    }
    uint8_t nonce[BOX_NONCE_BYTES] = {(uint8_t)n}, datagram[DISCO_DATAGRAM_MAX];
    call.transaction[0] = (uint8_t)(n + 1);
    call.timestamp = WALL + n;
    size_t len = disco_seal(&call, world->b.id, world->b.punch.shared, nonce, datagram);
    punch_news_t news;
    assert_true(punch_received(&world->a.punch, datagram, len, &(address_t){.len = 0}, 0, world->now, &news));
    punch_datagram_t out;
    for (unsigned ms = 0; ms < every_ms; ms += 10, world->now += 10 * MS)
      while (punch_next(&world->a.punch, NULL, 0, world->now, WALL, &out)) world->a.sent++;
  }
}

static void addresses_in_place_of_others_are_bounded(void **state) {
  (void)state;
  world_t world;
  world_init(&world);
  call_for_a_minute(&world, 1000, true);
  assert_in_range(world.a.sent, DISCO_CANDIDATES_MAX * 4, (DISCO_CANDIDATES_MAX + 64) * 4 + 120);
}

static void addresses_named_again_and_again_are_bounded(void **state) {
  (void)state;
  world_t world;
  world_init(&world);
  call_for_a_minute(&world, 500, false);
  assert_in_range(world.a.sent, DISCO_CANDIDATES_MAX * 4, (DISCO_CANDIDATES_MAX + 512) * 4 + 120);
}

/* They stand for relays within an endpoint, and never reach a socket. */
static void made_up_addresses_are_not_pinged(void **state) {
  (void)state;
  world_t world;
  punch_datagram_t datagram;
  world_init(&world);
  address_t made_up = relay_address(3, 4);
  punch_add(&world.a.punch, &made_up, world.now);
  punch_know(&world.a.punch, &made_up, world.now);
  punch_survey(&world.a.punch, world.now);
  assert_false(punch_next(&world.a.punch, NULL, 0, world.now, WALL, &datagram));
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
  assert_true(punch_received(&world.b.punch, world.last, world.last_len, from, 0, world.now, &news));
  assert_false(punch_received(&world.b.punch, world.last, world.last_len, from, 0, world.now, &news));
}

static void strangers_and_reflections_are_not_heard(void **state) {
  (void)state;
  world_t world;
  punch_news_t news;
  world_init(&world);
  punch_add(&world.a.punch, &world.b.public_address, world.now);
  send_due(&world, &world.a, &world.b);
  const address_t *from = &world.a.public_address;
  assert_false(punch_received(&world.a.punch, world.last, world.last_len, from, 0, world.now, &news));
  world.last[world.last_len - 1] ^= 1;
  assert_false(punch_received(&world.b.punch, world.last, world.last_len, from, 0, world.now, &news));
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
    assert_true(
        punch_received(&world.b.punch, datagram.data, datagram.len, &world.a.public_address, 0, world.now, &news));
    size_t asked = datagram.len;
    if (world.b.punch.pong_due) {
      assert_true(punch_next(&world.b.punch, NULL, 0, world.now, WALL, &datagram));
      assert_true(datagram.len <= asked);
      pongs++;
    }
  }
  assert_in_range(pongs, 1, 100);
}

static void vary(side_t *side, unsigned seed) {
  side->varies = true;
  for (size_t i = 0; i < ARRAY_LEN(side->ports); i++)
    side->ports[i] = (uint16_t)(1024 + (seed = seed * 1103515245 + 12345) / 3 % 64512);
}

static void a_random_port_is_found(void **state) {
  (void)state;
  unsigned found = 0;
  for (unsigned i = 0; i < 20; i++) {
    world_t world;
    world_init(&world);
    vary(i % 2 == 0 ? &world.a : &world.b, i);
    punch_start(&world.a.punch, world.now);
    run(&world, 3000);
    if (world.a.answered > 0 && world.b.answered > 0) found++;
  }
  assert_in_range(found, 16, 20);
}

static void two_random_ports_are_not_searched_for(void **state) {
  (void)state;
  world_t world;
  world_init(&world);
  vary(&world.a, 1);
  vary(&world.b, 2);
  punch_start(&world.a.punch, world.now);
  run(&world, 5000);
  assert_in_range(world.a.sent + world.b.sent, 2, 40);
}

/* With rounds that never end: what a peer can make us send. */
static void searches_are_bounded(void **state) {
  (void)state;
  world_t world;
  world_init(&world);
  vary(&world.b, 3);
  address_t nowhere = address("203.0.113.77:7");
  world.b.public_address = nowhere;
  for (int second = 0; second < 300; second++) {
    unsigned before = world.a.sent;
    punch_start(&world.b.punch, world.now);
    memset(world.b.ports, 0, sizeof world.b.ports);
    run(&world, 1000);
    assert_in_range(world.a.sent - before, 0, 540);
    world.a.let_out_count = world.b.let_out_count = 0;
  }
  assert_in_range(world.a.sent, PORT_SEARCHES_MAX * PORT_SEARCH_GUESSES,
                  PORT_SEARCHES_MAX * PORT_SEARCH_GUESSES + 4000);
}

static void no_port_is_guessed_twice(void **state) {
  (void)state;
  static bool guessed[65536];
  port_search_t search;
  address_t peer = address("192.0.2.1:1"), to;
  unsigned via;
  port_search_init(&search);
  for (uint64_t now = 1; port_search_may_begin(&search); now += 60000 * MS) {
    unsigned count = 0;
    port_search_begin(&search, PORT_SEARCH_GUESS, &peer, 0xfedcba98, now);
    for (uint64_t at = now; search.next_at != PORT_SEARCH_NEVER; at = search.next_at)
      while (port_search_next(&search, at, &to, &via)) {
        assert_int_equal(via, 0);
        assert_in_range(address_port(&to), 1024, 65535);
        assert_false(guessed[address_port(&to)]);
        guessed[address_port(&to)] = true;
        count++;
      }
    assert_int_equal(count, PORT_SEARCH_GUESSES);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(both_get_through_two_strict_nats),
      cmocka_unit_test(pings_end_by_themselves),
      cmocka_unit_test(a_survey_takes_nothing_from_later_rounds),
      cmocka_unit_test(two_that_reach_each_other_come_to_rest),
      cmocka_unit_test(no_more_addresses_than_there_is_room_for),
      cmocka_unit_test(addresses_in_place_of_others_are_bounded),
      cmocka_unit_test(addresses_named_again_and_again_are_bounded),
      cmocka_unit_test(made_up_addresses_are_not_pinged),
      cmocka_unit_test(a_ping_counts_once),
      cmocka_unit_test(strangers_and_reflections_are_not_heard),
      cmocka_unit_test(pongs_are_bounded),
      cmocka_unit_test(a_random_port_is_found),
      cmocka_unit_test(two_random_ports_are_not_searched_for),
      cmocka_unit_test(searches_are_bounded),
      cmocka_unit_test(no_port_is_guessed_twice),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
