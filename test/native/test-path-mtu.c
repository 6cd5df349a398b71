/* SPDX-License-Identifier: MIT
 * The object alone, on a fake clock, over a path that loses what the test says. */
#include "quic/path-mtu.h"

#include "test.h"

#define MS UINT64_C(1000000)
#define S (1000 * MS)
#define FULL 1444
#define RTT (20 * MS)
#define PTO (80 * MS)

static path_mtu_t mtu;
static uint64_t now, number, seed;

static void begin(void) {
  now = 1000 * S;
  number = 0;
  seed = 1;
  path_mtu_init(&mtu);
}

/* Sends one packet of at most `want` bytes; its size. */
static size_t send_packet(size_t want) {
  bool probe;
  size_t size = path_mtu_next(&mtu, FULL, now, &probe);
  if (!probe && want < size) size = want;
  if (path_mtu_sent(&mtu, number++, size, FULL, now)) path_mtu_expect(&mtu, PTO, now);
  return size;
}

static void acknowledge(uint64_t first, uint64_t last) {
  path_mtu_ack_begin(&mtu, last);
  path_mtu_acked(&mtu, first, last);
  path_mtu_ack_end(&mtu, PTO, now);
}

/* A flight of `count` packets of `want` bytes, of which those above `widest` are lost, and `permille` of the others. The
 * peer acknowledges at the flight's end what it got. How many that were. */
static size_t fly(size_t count, size_t want, size_t widest, unsigned permille) {
  uint64_t first = number;
  bool arrived[64];
  size_t got = 0;
  for (size_t i = 0; i < count; i++) {
    arrived[i] = send_packet(want) <= widest && random_below(&seed, 1000) >= permille;
    got += arrived[i];
  }
  now += RTT;
  for (size_t i = count; i-- > 0;) {
    if (!arrived[i]) continue;
    path_mtu_ack_begin(&mtu, first + i);
    for (size_t k = i + 1; k-- > 0;)
      if (arrived[k]) path_mtu_acked(&mtu, first + k, first + k);
    path_mtu_ack_end(&mtu, PTO, now);
    break;
  }
  return got;
}

static size_t size_now(void) { return path_mtu_size(&mtu, FULL); }

static void a_wide_path_is_used_in_full(void **state) {
  (void)state;
  begin();
  for (int i = 0; i < 1000; i++) assert_int_equal(fly(10, FULL, FULL, 0), 10);
  assert_int_equal(size_now(), FULL);
}

static void bulk_comes_back_after_one_timeout(void **state) {
  (void)state;
  begin();
  fly(10, FULL, FULL, 0);
  assert_int_equal(fly(40, FULL, 1300, 0), 0);
  /* Nobody answers: what the probe timeout sends has the base size, and gets through. */
  now += PTO;
  assert_int_equal(fly(2, FULL, 1300, 0), 2);
  assert_int_equal(size_now(), PATH_MTU_BASE);
  /* One packet of the size before, to be sure; all others pass. */
  assert_int_equal(fly(20, FULL, 1300, 0), 19);
  assert_int_equal(size_now(), PATH_MTU_BASE);
}

static void small_events_behind_large_ones_tell(void **state) {
  (void)state;
  begin();
  int rounds = 0;
  while (size_now() == FULL) {
    assert_int_equal(fly(2, FULL, 1300, 0), 0);
    fly(1, 200, 1300, 0);
    assert_true(++rounds < 6);
  }
}

static void random_loss_is_no_narrow_path(void **state) {
  (void)state;
  for (uint64_t run = 1; run <= 50; run++) {
    begin();
    seed = run;
    for (int i = 0; i < 400; i++) {
      /* Bulk; events that end with a small packet; single large packets. */
      fly(run % 3 == 0 ? 40 : run % 3, FULL, FULL, 100);
      if (run % 3 != 0) fly(1, 200, FULL, 100);
      assert_int_equal(size_now(), FULL);
    }
  }
}

static void a_tail_lost_at_a_full_queue_costs_a_round_trip(void **state) {
  (void)state;
  begin();
  fly(10, FULL, FULL, 0);
  fly(40, FULL, 0, 0);
  now += PTO;
  fly(2, FULL, FULL, 0);
  assert_int_equal(size_now(), PATH_MTU_BASE);
  fly(4, FULL, FULL, 0);
  assert_int_equal(size_now(), FULL);
}

static void probes_climb_to_what_the_path_takes(void **state) {
  (void)state;
  begin();
  path_mtu_too_large(&mtu, FULL, now);
  assert_int_equal(size_now(), PATH_MTU_BASE);
  size_t sizes[10], count = 0;
  for (uint64_t end = now + 3 * S; now < end;) {
    size_t before = size_now();
    fly(10, FULL, 1400, 0);
    if (size_now() != before) sizes[count++] = size_now();
  }
  assert_int_equal(count, 4);
  assert_int_equal(sizes[0], 1232);
  assert_int_equal(sizes[3], 1372);
  /* The path is whole again. */
  for (uint64_t end = now + 10 * S; now < end;) fly(10, FULL, FULL, 0);
  assert_int_equal(size_now(), FULL);
}

static void probes_become_rare(void **state) {
  (void)state;
  begin();
  path_mtu_too_large(&mtu, FULL, now);
  uint64_t lost = 0, end = now + 3600 * S;
  while (now < end) {
    lost += 4 - fly(4, FULL, PATH_MTU_BASE, 0);
    now += S;
  }
  /* 1 + 2 + 4 + … + 512 s, then every 600 s. */
  assert_in_range(lost, 12, 16);
}

static void a_small_packet_is_padded_to_probe(void **state) {
  (void)state;
  begin();
  path_mtu_too_large(&mtu, FULL, now);
  now += 2 * S;
  bool probe;
  assert_int_equal(path_mtu_next(&mtu, FULL, now, &probe), 1232);
  assert_true(probe);
  assert_int_equal(send_packet(60), 1232);
  /* One at a time. */
  path_mtu_next(&mtu, FULL, now, &probe);
  assert_false(probe);
  acknowledge(0, 0);
  assert_int_equal(size_now(), 1232);
}

static void what_the_host_refuses_is_lowered_at_once(void **state) {
  (void)state;
  begin();
  fly(10, FULL, FULL, 0);
  path_mtu_too_large(&mtu, PATH_MTU_BASE, now);
  assert_int_equal(size_now(), FULL);
  path_mtu_too_large(&mtu, FULL, now);
  assert_int_equal(size_now(), PATH_MTU_BASE);
  /* A refused probe is a lost one. */
  now += 2 * S;
  size_t size = send_packet(FULL);
  assert_true(size > PATH_MTU_BASE);
  path_mtu_too_large(&mtu, size, now);
  bool probe;
  assert_int_equal(path_mtu_next(&mtu, FULL, now, &probe), PATH_MTU_BASE);
  assert_false(probe);
}

static void another_path_begins_anew(void **state) {
  (void)state;
  begin();
  path_mtu_too_large(&mtu, FULL, now);
  fly(20, FULL, 0, 0);
  path_mtu_moved(&mtu);
  assert_int_equal(size_now(), FULL);
  /* What was sent by the path before proves nothing. */
  acknowledge(0, 3);
  assert_int_equal(size_now(), FULL);
}

static void late_acknowledgements_are_no_loss(void **state) {
  (void)state;
  begin();
  /* A small packet overtakes two large ones, again and again. */
  for (int i = 0; i < 100; i++) {
    uint64_t first = number;
    send_packet(FULL);
    send_packet(FULL);
    send_packet(200);
    now += RTT;
    acknowledge(first + 2, first + 2);
    acknowledge(first, first + 2);
    assert_int_equal(size_now(), FULL);
  }
}

static void silence_tells_nothing(void **state) {
  (void)state;
  begin();
  for (int i = 0; i < 100; i++) {
    fly(10, FULL, 0, 0);
    now += S;
  }
  assert_int_equal(size_now(), FULL);
  assert_false(path_mtu_is_stalled(&mtu, PTO, now));
}

static void keep_alives_alone_are_a_stall(void **state) {
  (void)state;
  begin();
  uint64_t since = now;
  while (!path_mtu_is_stalled(&mtu, PTO, now)) {
    fly(2, FULL, 300, 0);
    fly(1, 50, 300, 0);
    path_mtu_heard(&mtu, now);
    now += 500 * MS;
  }
  assert_in_range(now - since, 5 * S, 6 * S);
  assert_int_equal(size_now(), PATH_MTU_BASE);
  /* Anything larger that arrives is an end of it. */
  fly(1, 1000, 1200, 0);
  assert_false(path_mtu_is_stalled(&mtu, PTO, now));
}

static void who_has_nothing_to_send_is_not_stalled(void **state) {
  (void)state;
  begin();
  for (int i = 0; i < 100; i++) {
    fly(1, 50, 0, 0);
    path_mtu_heard(&mtu, now);
    now += S;
    assert_false(path_mtu_is_stalled(&mtu, PTO, now));
  }
}

static void a_peer_that_was_busy_is_not_stalled(void **state) {
  (void)state;
  begin();
  fly(10, FULL, 0, 0);
  now += 20 * S;
  /* All that it sent comes at once, the acknowledgement behind the rest. */
  for (int i = 0; i < 10; i++) path_mtu_heard(&mtu, now);
  assert_false(path_mtu_is_stalled(&mtu, PTO, now));
}

static void numbers_are_read_from_their_low_bytes(void **state) {
  (void)state;
  begin();
  assert_int_equal(path_mtu_number(&mtu, (const uint8_t[]){0}, 1), 0);
  path_mtu_skipped(&mtu, 254);
  assert_int_equal(path_mtu_number(&mtu, (const uint8_t[]){255}, 1), 255);
  assert_int_equal(path_mtu_number(&mtu, (const uint8_t[]){3}, 1), 259);
  path_mtu_skipped(&mtu, UINT64_C(0x1fffffffe));
  assert_int_equal(path_mtu_number(&mtu, (const uint8_t[]){0xff, 0xff, 0xff, 0xff}, 4), UINT64_C(0x1ffffffff));
  assert_int_equal(path_mtu_number(&mtu, (const uint8_t[]){0, 0, 0, 1}, 4), UINT64_C(0x200000001));
}

/* Any acknowledgements of anything, at any time. */
static void nonsense_is_borne(void **state) {
  (void)state;
  begin();
  for (int i = 0; i < 200000; i++) {
    now += random_below(&seed, 100) * MS;
    uint64_t last = random_next(&seed) >> (random_below(&seed, 62) + 2), len = random_below(&seed, 50);
    switch (random_below(&seed, 6)) {
    case 0:
      path_mtu_ack_begin(&mtu, last);
      for (int k = 0; k < 20 && path_mtu_acked(&mtu, last > len ? last - len : 0, last) && last > 100; k++)
        last -= random_below(&seed, 100);
      path_mtu_ack_end(&mtu, PTO, now);
      break;
    case 1:
      acknowledge(number > 5 ? number - 5 : 0, number > 0 ? number - 1 : 0);
      break;
    case 2:
      path_mtu_too_large(&mtu, random_below(&seed, 2000), now);
      break;
    case 3:
      path_mtu_heard(&mtu, now);
      path_mtu_is_stalled(&mtu, PTO, now);
      break;
    default:
      send_packet(random_below(&seed, 1500) + 1);
    }
    assert_in_range(size_now(), PATH_MTU_BASE, FULL);
    assert_true(mtu.count <= PATH_MTU_RUNS);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_wide_path_is_used_in_full),
      cmocka_unit_test(bulk_comes_back_after_one_timeout),
      cmocka_unit_test(small_events_behind_large_ones_tell),
      cmocka_unit_test(random_loss_is_no_narrow_path),
      cmocka_unit_test(a_tail_lost_at_a_full_queue_costs_a_round_trip),
      cmocka_unit_test(probes_climb_to_what_the_path_takes),
      cmocka_unit_test(probes_become_rare),
      cmocka_unit_test(a_small_packet_is_padded_to_probe),
      cmocka_unit_test(what_the_host_refuses_is_lowered_at_once),
      cmocka_unit_test(another_path_begins_anew),
      cmocka_unit_test(late_acknowledgements_are_no_loss),
      cmocka_unit_test(silence_tells_nothing),
      cmocka_unit_test(keep_alives_alone_are_a_stall),
      cmocka_unit_test(who_has_nothing_to_send_is_not_stalled),
      cmocka_unit_test(a_peer_that_was_busy_is_not_stalled),
      cmocka_unit_test(numbers_are_read_from_their_low_bytes),
      cmocka_unit_test(nonsense_is_borne),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
