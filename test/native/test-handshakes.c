/* SPDX-License-Identifier: MIT */
#include "net/handshakes.h"

#include <stdio.h>

#include "net/answer-limits.h"
#include "test.h"

#define MS UINT64_C(1000000)
#define S (1000 * MS)
#define START (100 * S)

static handshake_source_t source(const char *text) {
  address_t address;
  handshake_source_t source;
  assert_int_equal(address_parse(text, &address), 0);
  handshake_source_of_address(&address, &source);
  return source;
}

/* From 10.<network>.0.<host>. */
static handshake_source_t host(int network, int host_number, int port) {
  char text[IROH_ADDRESS_MAX];
  snprintf(text, sizeof text, "10.%d.0.%d:%d", network, host_number, port);
  return source(text);
}

/* Owners are numbers; NULL is none. */
static void *name(uintptr_t number) { return (void *)number; }

static bool take(handshakes_t *table, handshake_source_t from, bool proved, uintptr_t owner, uint64_t now,
                 handshake_place_t **place, uintptr_t *evicted) {
  void *other;
  handshake_place_t *taken;
  bool room = handshakes_have_room(table, &from, proved, now);
  bool given = handshakes_take(table, &from, proved, name(owner), now, &taken, &other);
  assert_int_equal(room, given);
  if (place != NULL) *place = taken;
  if (evicted != NULL) *evicted = (uintptr_t)other;
  return given;
}

/* `count` proved ones of one source, owned by `first` and those after it. */
static void fill(handshakes_t *table, handshake_source_t from, size_t count, uintptr_t first, uint64_t now,
                 handshake_place_t **places) {
  for (size_t i = 0; i < count; i++) {
    uintptr_t evicted;
    assert_true(take(table, from, true, first + i, now, &places[i], &evicted));
    assert_int_equal(evicted, 0);
  }
}

static void one_source_may_have_all_places(void **state) {
  (void)state;
  handshakes_t table;
  handshake_place_t *places[16];
  assert_int_equal(handshakes_init(&table, 16, 0), 0);
  fill(&table, host(1, 1, 1000), 16, 1, START, places);
  /* Its own seventeenth waits; another port, address or network gets the oldest place. */
  assert_false(take(&table, host(1, 1, 1000), true, 99, START, NULL, NULL));
  handshake_place_t *others[3];
  uintptr_t evicted;
  assert_true(take(&table, host(1, 1, 1001), true, 20, START, &others[0], &evicted));
  assert_int_equal(evicted, 1);
  assert_true(take(&table, host(1, 2, 1000), true, 21, START, &others[1], &evicted));
  assert_int_equal(evicted, 2);
  assert_true(take(&table, host(2, 1, 1000), true, 22, START, &others[2], &evicted));
  assert_int_equal(evicted, 3);
  for (size_t i = 3; i < 16; i++) handshakes_release(&table, places[i], START);
  for (size_t i = 0; i < 3; i++) handshakes_release(&table, others[i], START);
  handshakes_deinit(&table);
}

static void many_sources_share_equally(void **state) {
  (void)state;
  handshakes_t table;
  handshake_place_t *owned[101 * 40] = {NULL};
  size_t held[101] = {0};
  assert_int_equal(handshakes_init(&table, 200, 0), 0);
  /* A hundred addresses of one network ask again and again; one more comes late. */
  for (uint64_t round = 0; round < 40; round++) {
    for (int from = 0; from < 101; from++) {
      if (from == 100 && round < 20) continue;
      uintptr_t owner = 1 + (uintptr_t)from * 40 + round, evicted;
      handshake_place_t *place;
      if (!take(&table, host(1, from, 1000), true, owner, START + round * MS, &place, &evicted)) continue;
      owned[owner - 1] = place;
      held[from]++;
      if (evicted != 0) {
        held[(evicted - 1) / 40]--;
        owned[evicted - 1] = NULL;
      }
    }
    assert_true(table.taken <= 200);
  }
  assert_true(held[100] > 0);
  for (size_t i = 0; i < ARRAY_LEN(owned); i++)
    if (owned[i] != NULL) handshakes_release(&table, owned[i], START);
  assert_int_equal(table.taken, 0);
  handshakes_deinit(&table);
}

static void the_unproved_give_way_to_the_proved(void **state) {
  (void)state;
  handshakes_t table;
  handshake_place_t *places[8], *place;
  uintptr_t evicted;
  assert_int_equal(handshakes_init(&table, 9, 0), 0);
  fill(&table, host(1, 1, 1), 8, 1, START, places);
  assert_false(handshakes_want_proof(&table, START));
  assert_true(take(&table, host(2, 1, 1), false, 50, START, &place, NULL));
  /* One of nine is the most that may be unproved; then, and when all places are taken, proof is wanted first. */
  assert_true(handshakes_want_proof(&table, START));
  assert_false(take(&table, host(3, 1, 1), false, 51, START, NULL, NULL));
  assert_true(take(&table, host(1, 1, 1), true, 52, START, &place, &evicted));
  assert_int_equal(evicted, 50);
  assert_true(handshakes_want_proof(&table, START));
  handshakes_release(&table, place, START);
  for (size_t i = 0; i < 8; i++) handshakes_release(&table, places[i], START);
  handshakes_deinit(&table);
}

static void looks_at_the_unproved_are_counted(void **state) {
  (void)state;
  handshakes_t table;
  size_t looks = 0;
  assert_int_equal(handshakes_init(&table, 1024, 0), 0);
  while (!handshakes_want_proof(&table, START)) looks++;
  assert_true(looks > 32 && looks <= 512);
  assert_true(handshakes_want_proof(&table, START + 999 * MS));
  assert_false(handshakes_want_proof(&table, START + S));
  handshakes_deinit(&table);
}

static void who_does_not_answer_gives_way_when_all_are_taken(void **state) {
  (void)state;
  handshakes_t table;
  handshake_place_t *places[2], *place;
  uintptr_t evicted;
  handshake_source_t from = host(1, 1, 1);
  assert_int_equal(handshakes_init(&table, 2, 0), 0);
  fill(&table, from, 2, 1, START, places);
  handshakes_answered(&table, places[0]);
  assert_false(take(&table, from, true, 3, START + HANDSHAKES_PATIENCE - 1, NULL, NULL));
  assert_true(take(&table, from, true, 3, START + HANDSHAKES_PATIENCE, &place, &evicted));
  assert_int_equal(evicted, 2);
  /* What has answered, and what has just begun, stays. */
  assert_false(take(&table, from, true, 4, START + HANDSHAKES_PATIENCE, NULL, NULL));
  handshakes_release(&table, places[0], START);
  handshakes_release(&table, place, START);
  handshakes_deinit(&table);
}

static void what_is_over_gives_way_before_what_goes_on(void **state) {
  (void)state;
  handshakes_t table;
  handshake_place_t *places[4], *place;
  uintptr_t evicted;
  assert_int_equal(handshakes_init(&table, 4, 0), 0);
  fill(&table, host(1, 1, 1), 4, 1, START, places);
  handshakes_over(&table, places[2]);
  assert_true(take(&table, host(2, 1, 1), true, 9, START, &place, &evicted));
  assert_int_equal(evicted, 3);
  handshakes_release(&table, place, START);
  for (size_t i = 0; i < 4; i++)
    if (i != 2) handshakes_release(&table, places[i], START);
  handshakes_deinit(&table);
}

static void a_hold_bounds_how_many_begin_in_a_time(void **state) {
  (void)state;
  handshakes_t table;
  size_t begun = 0;
  uintptr_t evicted;
  handshake_place_t *place;
  handshake_source_t from = host(1, 1, 1);
  assert_int_equal(handshakes_init(&table, 10, S), 0);
  for (uint64_t now = START; now < START + 3 * S; now += MS) {
    if (!take(&table, from, true, 1, now, &place, NULL)) continue;
    handshakes_release(&table, place, now);
    begun++;
  }
  assert_int_equal(begun, 30);
  /* Others still begin, but not without end: or new sources without number would undo the bound. */
  begun = 0;
  for (int network = 1; network < 200; network++) {
    if (!take(&table, host(network, 1, 1), true, 1, START + 3 * S - 1, &place, &evicted)) continue;
    assert_int_equal(evicted, 0);
    handshakes_release(&table, place, START + 3 * S - 1);
    begun++;
  }
  assert_true(begun > 0 && begun <= 6);
  handshakes_deinit(&table);
  assert_int_equal(table.taken, 0);
}

static bool same_share(const char *a, const char *b, int level) {
  handshake_source_t one = source(a), other = source(b);
  return one.len[level] == other.len[level] && memcmp(one.key[level], other.key[level], one.len[level]) == 0;
}

static void networks_and_addresses_are_prefixes(void **state) {
  (void)state;
  assert_true(same_share("192.0.2.1:1", "192.0.2.200:2", HANDSHAKE_NETWORK));
  assert_false(same_share("192.0.2.1:1", "192.0.3.1:1", HANDSHAKE_NETWORK));
  assert_true(same_share("192.0.2.1:1", "192.0.2.1:2", HANDSHAKE_ADDRESS));
  assert_false(same_share("192.0.2.1:1", "192.0.2.2:1", HANDSHAKE_ADDRESS));
  assert_false(same_share("192.0.2.1:1", "192.0.2.1:2", HANDSHAKE_PORT));
  assert_true(same_share("[2001:db8:1::1]:1", "[2001:db8:1:ff::1]:1", HANDSHAKE_NETWORK));
  assert_false(same_share("[2001:db8:1::1]:1", "[2001:db8:2::1]:1", HANDSHAKE_NETWORK));
  assert_true(same_share("[2001:db8:1::1]:1", "[2001:db8:1::2]:1", HANDSHAKE_ADDRESS));
  assert_false(same_share("[2001:db8:1::1]:1", "[2001:db8:1:1::1]:1", HANDSHAKE_ADDRESS));
  assert_false(same_share("[2001:db8:1::1]:1", "[2001:db8:1::2]:1", HANDSHAKE_PORT));
  for (int level = 0; level < HANDSHAKES_LEVELS; level++)
    assert_true(same_share("192.0.2.1:1", "[::ffff:192.0.2.1]:1", level));

  uint8_t one[IROH_KEY_BYTES] = {1}, other[IROH_KEY_BYTES] = {2};
  handshake_source_t a, b, c;
  handshake_source_of_relay(3, one, &a);
  handshake_source_of_relay(3, other, &b);
  handshake_source_of_relay(4, one, &c);
  assert_memory_equal(a.key[HANDSHAKE_NETWORK], b.key[HANDSHAKE_NETWORK], a.len[HANDSHAKE_NETWORK]);
  assert_memory_not_equal(a.key[HANDSHAKE_ADDRESS], b.key[HANDSHAKE_ADDRESS], a.len[HANDSHAKE_ADDRESS]);
  assert_memory_not_equal(a.key[HANDSHAKE_NETWORK], c.key[HANDSHAKE_NETWORK], a.len[HANDSHAKE_NETWORK]);
  assert_memory_not_equal(a.key[HANDSHAKE_ADDRESS], c.key[HANDSHAKE_ADDRESS], a.len[HANDSHAKE_ADDRESS]);
}

static void without_memory_there_is_no_place(void **state) {
  (void)state;
  for (size_t allocations = 0;; allocations++) {
    handshakes_t table;
    handshake_place_t *place;
    void *evicted;
    handshake_source_t from = host(1, 1, 1);
    assert_int_equal(handshakes_init(&table, 4, 0), 0);
    size_t live = alloc_live();
    alloc_fail_after(allocations);
    bool given = handshakes_take(&table, &from, true, name(1), START, &place, &evicted);
    alloc_succeed();
    if (!given) assert_int_equal(table.taken, 0);
    if (given) handshakes_release(&table, place, START);
    handshakes_deinit(&table);
    assert_int_equal(alloc_live(), live);
    if (given) break;
  }
}

/* Whatever happens, counts, lists and heaps agree, and nothing is lost. */
static void random_handshakes_leave_nothing(void **state) {
  (void)state;
  enum { MAX = 32, OWNERS = 4096 };
  static handshake_place_t *owned[OWNERS];
  uint64_t random = 7, now = START;
  handshakes_t table;
  size_t live = alloc_live();
  memset(owned, 0, sizeof owned);
  assert_int_equal(handshakes_init(&table, MAX, 20 * MS), 0);
  for (uintptr_t owner = 1; owner < OWNERS; owner++) {
    now += random_below(&random, 3 * MS);
    handshake_source_t from =
        host((int)random_below(&random, 3), (int)random_below(&random, 4), (int)random_below(&random, 3));
    bool proved = random_below(&random, 4) > 0;
    uintptr_t evicted;
    if (proved || !handshakes_want_proof(&table, now)) {
      if (take(&table, from, proved, owner, now, &owned[owner], &evicted) && evicted != 0) {
        assert_non_null(owned[evicted]);
        owned[evicted] = NULL;
      }
    }
    uintptr_t other = 1 + random_below(&random, owner);
    if (owned[other] == NULL) continue;
    size_t what = random_below(&random, 3);
    if (what == 0) handshakes_answered(&table, owned[other]);
    if (what == 1) handshakes_over(&table, owned[other]);
    if (what == 2) {
      handshakes_release(&table, owned[other], now);
      owned[other] = NULL;
    }
    assert_true(table.taken <= MAX);
  }
  for (uintptr_t owner = 1; owner < OWNERS; owner++)
    if (owned[owner] != NULL) handshakes_release(&table, owned[owner], now);
  handshakes_deinit(&table);
  assert_int_equal(table.taken, 0);
  assert_int_equal(alloc_live(), live);
}

/* ---- stateless answers --------------------------------------------------------------------------- */

static size_t drain(answer_limits_t *limits, answer_kind_t kind, const handshake_source_t *from, uint64_t now) {
  size_t count = 0;
  while (count < 100000 && answer_limits_take(limits, kind, from, now)) count++;
  return count;
}

static void answers_of_a_kind_and_a_source_take_nothing_from_others(void **state) {
  (void)state;
  answer_limits_t limits;
  handshake_source_t hostile = host(1, 1, 1), honest = host(2, 1, 1);
  answer_limits_init(&limits);
  for (int kind = 0; kind < ANSWER_KINDS; kind++) {
    size_t got = drain(&limits, (answer_kind_t)kind, &hostile, START);
    assert_true(got > 4 && got < 5000);
    /* But for one in as many addresses as there are shares, which falls into the same. */
    size_t hosts = 0;
    for (int number = 0; number < 200; number++) {
      handshake_source_t from = host(3, number, 1);
      hosts += answer_limits_take(&limits, (answer_kind_t)kind, &from, START);
    }
    assert_true(hosts > 180);
  }
  assert_true(answer_limits_take(&limits, ANSWER_RESET, &honest, START + 100 * MS));
  assert_true(answer_limits_take(&limits, ANSWER_RESET, &hostile, START + 100 * MS));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_source_may_have_all_places),
      cmocka_unit_test(many_sources_share_equally),
      cmocka_unit_test(the_unproved_give_way_to_the_proved),
      cmocka_unit_test(looks_at_the_unproved_are_counted),
      cmocka_unit_test(who_does_not_answer_gives_way_when_all_are_taken),
      cmocka_unit_test(what_is_over_gives_way_before_what_goes_on),
      cmocka_unit_test(a_hold_bounds_how_many_begin_in_a_time),
      cmocka_unit_test(networks_and_addresses_are_prefixes),
      cmocka_unit_test(without_memory_there_is_no_place),
      cmocka_unit_test(random_handshakes_leave_nothing),
      cmocka_unit_test(answers_of_a_kind_and_a_source_take_nothing_from_others),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
