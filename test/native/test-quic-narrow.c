/* SPDX-License-Identifier: MIT
 * Two connections whose path gets narrower, and wide again. */
#include <sodium/randombytes.h>
#include <stdlib.h>

#include "quic-pair.h"
#include "quic/path-mtu.h"
#include "test.h"

#define MB ((size_t)1024 * 1024)
#define NARROW 1300
#define BACK_WITHIN (2 * PAIR_S)

/* ---- randomness that repeats -----------------------------------------------------------------------
 * When BBR probes, and which packet numbers are skipped, is random, and about one run in fifty takes longer than the bounds
 * here. Each pair has the same numbers in each run. */

static uint64_t random_state;

/* SplitMix64. */
static uint64_t next_random(void) {
  uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

static const char *random_name(void) { return "repeating"; }

static uint32_t random_word(void) { return (uint32_t)next_random(); }

static void random_fill(void *const out, const size_t len) {
  for (size_t i = 0; i < len; i++) ((uint8_t *)out)[i] = (uint8_t)next_random();
}

static randombytes_implementation repeating = {
    .implementation_name = random_name, .random = random_word, .buf = random_fill};

/* ---- pairs on a path ----------------------------------------------------------------------------- */

static size_t size_of(const side_t *side) {
  iroh_conn_info_t info;
  memset(&info, 0, sizeof info);
  quic_conn_info(side->conn, &info);
  return (size_t)info.max_udp_payload;
}

static void write_bytes(side_t *side, size_t i, size_t len) {
  static const uint8_t chunk[16384];
  for (size_t done = 0; done < len;) {
    size_t part = len - done < sizeof chunk ? len - done : sizeof chunk;
    assert_int_equal(quic_stream_write(side->streams[i], chunk, part), (int64_t)part);
    done += part;
  }
}

/* An open pair with the sizes of both directions found, and a stream of the client's that both know. */
static void open_wide(pair_t *pair, uint64_t seed, uint64_t delay, iroh_cc_t cc) {
  random_state = seed;
  pair_init(pair, seed);
  pair->client.config.congestion_control = pair->server.config.congestion_control = cc;
  pair->delay = delay;
  pair->client.config.stream_window = pair->server.config.stream_window = 16 * MB;
  pair->client.config.connection_window = pair->server.config.connection_window = 16 * MB;
  pair_open(pair);
  pair_open_stream(&pair->client, true);
  write_bytes(&pair->client, 0, 1);
  pair_run(pair, NULL, 10 * PAIR_S);
  assert_int_equal(size_of(&pair->client), 1444);
  assert_int_equal(size_of(&pair->server), 1444);
}

/* How long after now `side` has received `len` bytes more. */
static uint64_t time_for(pair_t *pair, const side_t *side, size_t len) {
  uint64_t start = pair->now;
  size_t goal = side->received[0].len + len;
  while (side->received[0].len < goal) {
    pair_run(pair, NULL, 5 * PAIR_MS);
    assert_true(pair->now - start < 120 * PAIR_S);
  }
  return pair->now - start;
}

static void set_widest(pair_t *pair, bool up, bool down, size_t widest) {
  pair->widest_up = up ? widest : 0;
  pair->widest_down = down ? widest : 0;
}

/* Bulk from one side while the path gets narrow: it flows again within two seconds, and as quick as before. */
static void narrow_under_bulk(uint64_t delay, iroh_cc_t cc, bool from_client, bool both) {
  pair_t pair;
  open_wide(&pair, delay / PAIR_MS, delay, cc);
  side_t *sender = from_client ? &pair.client : &pair.server, *receiver = from_client ? &pair.server : &pair.client;
  write_bytes(sender, 0, 12 * MB);
  time_for(&pair, receiver, MB);
  set_widest(&pair, from_client || both, !from_client || both, NARROW);
  /* Behind what is on its way already. */
  assert_true(time_for(&pair, receiver, MB) <= BACK_WITHIN);
  assert_true(time_for(&pair, receiver, MB) <= BACK_WITHIN);
  assert_in_range(size_of(sender), PATH_MTU_BASE, NARROW);
  time_for(&pair, receiver, 12 * MB - receiver->received[0].len);
  pair_deinit(&pair);
}

static void bulk_comes_back(void **state) {
  (void)state;
  for (uint64_t delay = 1; delay <= 256; delay *= 4) {
    narrow_under_bulk(delay * PAIR_MS, IROH_CC_BBR, true, false);
    narrow_under_bulk(delay * PAIR_MS, IROH_CC_BBR, false, false);
    narrow_under_bulk(delay * PAIR_MS, IROH_CC_BBR, true, true);
  }
  narrow_under_bulk(20 * PAIR_MS, IROH_CC_CUBIC, true, true);
  narrow_under_bulk(20 * PAIR_MS, IROH_CC_RENO, false, true);
}

/* An event every 100 ms. The longest that one is under way, of those sent after the path got narrow. */
static uint64_t longest_event(pair_t *pair, side_t *sender, side_t *receiver, size_t event, unsigned count) {
  uint64_t longest = 0;
  size_t goal = receiver->received[0].len;
  for (unsigned n = 0; n < count; n++) {
    uint64_t sent = pair->now;
    goal += event;
    write_bytes(sender, 0, event);
    pair_run(pair, NULL, 100 * PAIR_MS);
    while (receiver->received[0].len < goal && pair->now - sent < 60 * PAIR_S) pair_run(pair, NULL, 5 * PAIR_MS);
    if (pair->now - sent > longest) longest = pair->now - sent;
  }
  return longest;
}

static void events_come_back(void **state) {
  (void)state;
  const size_t events[] = {1250, 1350, 2700, 3000, 10000};
  for (size_t i = 0; i < ARRAY_LEN(events); i++) {
    for (int from_client = 0; from_client < 2; from_client++) {
      pair_t pair;
      open_wide(&pair, 50 + i, 20 * PAIR_MS, IROH_CC_DEFAULT);
      side_t *sender = from_client ? &pair.client : &pair.server;
      side_t *receiver = from_client ? &pair.server : &pair.client;
      set_widest(&pair, from_client, !from_client, NARROW);
      assert_true(longest_event(&pair, sender, receiver, events[i], 40) < 1 * PAIR_S);
      /* Once it is known, nothing waits for a loss. */
      assert_true(events[i] <= NARROW - 50 || longest_event(&pair, sender, receiver, events[i], 5) <= 105 * PAIR_MS);
      pair_deinit(&pair);
    }
  }
}

static void loss_is_no_narrow_path(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= 10; seed++) {
    pair_t pair;
    open_wide(&pair, seed, 20 * PAIR_MS, IROH_CC_DEFAULT);
    pair.loss_permille = 100;
    for (int n = 0; n < 100; n++) {
      write_bytes(&pair.client, 0, seed % 2 == 0 ? 60000 : 3000);
      write_bytes(&pair.server, 0, 1350);
      pair_run(&pair, NULL, 100 * PAIR_MS);
      assert_int_equal(size_of(&pair.client), 1444);
      assert_int_equal(size_of(&pair.server), 1444);
    }
    pair_deinit(&pair);
  }
}

static void a_path_that_is_whole_again_is_used_in_full(void **state) {
  (void)state;
  pair_t pair;
  open_wide(&pair, 70, 20 * PAIR_MS, IROH_CC_DEFAULT);
  set_widest(&pair, true, true, NARROW);
  longest_event(&pair, &pair.client, &pair.server, 3000, 100);
  longest_event(&pair, &pair.server, &pair.client, 3000, 100);
  assert_in_range(size_of(&pair.client), 1280, NARROW);
  set_widest(&pair, false, false, 0);
  longest_event(&pair, &pair.client, &pair.server, 3000, 350);
  longest_event(&pair, &pair.server, &pair.client, 3000, 350);
  assert_int_equal(size_of(&pair.client), 1444);
  assert_int_equal(size_of(&pair.server), 1444);
  pair_deinit(&pair);
}

static void datagrams_follow(void **state) {
  (void)state;
  pair_t pair;
  uint8_t data[1412] = {0};
  open_wide(&pair, 80, 20 * PAIR_MS, IROH_CC_DEFAULT);
  set_widest(&pair, true, false, NARROW);
  for (int n = 0; n < 20; n++) {
    size_t len = min_size(quic_conn_max_datagram(pair.client.conn), sizeof data);
    assert_int_equal(quic_conn_send_datagram(pair.client.conn, data, len), 0);
    pair_run(&pair, NULL, 100 * PAIR_MS);
  }
  assert_in_range(quic_conn_max_datagram(pair.client.conn), 1150, NARROW);
  assert_int_equal(quic_conn_send_datagram(pair.client.conn, data, sizeof data), IROH_ERR_DATAGRAM_TOO_LARGE);
  assert_true(pair.server.datagrams > 5);
  pair_deinit(&pair);
}

/* What was queued and fits no more is dropped and counted, and holds nothing up. */
static void queued_datagrams_are_dropped(void **state) {
  (void)state;
  pair_t pair;
  uint8_t data[1412] = {0};
  open_wide(&pair, 81, 20 * PAIR_MS, IROH_CC_DEFAULT);
  for (int n = 0; n < 3; n++) assert_int_equal(quic_conn_send_datagram(pair.client.conn, data, sizeof data), 0);
  quic_conn_too_large(pair.client.conn, 1452); /* that was a probe */
  assert_int_equal(size_of(&pair.client), 1444);
  quic_conn_too_large(pair.client.conn, 1444);
  write_bytes(&pair.client, 0, 5000);
  assert_true(time_for(&pair, &pair.server, 5000) < 100 * PAIR_MS);
  assert_int_equal(quic_conn_take_dropped(pair.client.conn), 3);
  assert_int_equal(pair.server.datagrams, 0);
  pair_deinit(&pair);
}

/* Without discovery: this host's own 16,000 bytes, and a size that the program has fixed. */
static void fixed_sizes_come_down_too(void **state) {
  (void)state;
  for (int loopback = 0; loopback < 2; loopback++) {
    pair_t pair;
    pair_init(&pair, 90);
    pair.widest_up = pair.widest_down = NARROW;
    if (loopback) {
      assert_int_equal(address_parse("127.0.0.1:1000", &pair.client.path.local), 0);
      assert_int_equal(address_parse("127.0.0.1:2000", &pair.client.path.remote), 0);
      pair.server.path = (quic_path_t){.local = pair.client.path.remote, .remote = pair.client.path.local};
    } else {
      pair.client.config.max_udp_payload = pair.server.config.max_udp_payload = 1452;
    }
    pair_open(&pair);
    assert_int_equal(size_of(&pair.client), loopback ? 16000 : 1452);
    pair_open_stream(&pair.client, true);
    write_bytes(&pair.client, 0, MB);
    assert_true(time_for(&pair, &pair.server, MB) < BACK_WITHIN);
    assert_in_range(size_of(&pair.client), PATH_MTU_BASE, NARROW);
    write_bytes(&pair.server, 0, MB);
    assert_true(time_for(&pair, &pair.client, MB) < BACK_WITHIN);
    pair_deinit(&pair);
  }
}

static bool client_stalled(const pair_t *pair) { return quic_conn_is_stalled(pair->client.conn, pair->now); }

static void a_path_below_the_base_size_is_told(void **state) {
  (void)state;
  pair_t pair;
  open_wide(&pair, 95, 20 * PAIR_MS, IROH_CC_DEFAULT);
  set_widest(&pair, true, false, 1000);
  write_bytes(&pair.client, 0, MB);
  uint64_t start = pair.now;
  assert_true(pair_run(&pair, client_stalled, 60 * PAIR_S));
  assert_in_range(pair.now - start, 5 * PAIR_S, 15 * PAIR_S);
  quic_conn_give_up(pair.client.conn, pair.now);
  pair_run(&pair, NULL, PAIR_S);
  assert_int_equal(pair.client.close.error, IROH_ERR_NO_VIABLE_PATH);
  assert_int_equal(pair.server.close.error, IROH_ERR_NO_VIABLE_PATH);
  pair_deinit(&pair);
}

/* Neither a peer that does not read, nor one that is busy, nor a path that is cut for a while. */
static void slow_peers_are_not_stalled(void **state) {
  (void)state;
  pair_t pair;
  open_wide(&pair, 96, 20 * PAIR_MS, IROH_CC_DEFAULT);
  pair.server.hold = true;
  write_bytes(&pair.client, 0, 20 * MB);
  assert_false(pair_run(&pair, client_stalled, 60 * PAIR_S));
  assert_int_equal(size_of(&pair.client), 1444);
  pair.blackhole = true;
  assert_false(pair_run(&pair, client_stalled, 20 * PAIR_S));
  pair.blackhole = false;
  assert_false(pair_run(&pair, client_stalled, 20 * PAIR_S));
  pair_deinit(&pair);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bulk_comes_back),
      cmocka_unit_test(events_come_back),
      cmocka_unit_test(loss_is_no_narrow_path),
      cmocka_unit_test(a_path_that_is_whole_again_is_used_in_full),
      cmocka_unit_test(datagrams_follow),
      cmocka_unit_test(queued_datagrams_are_dropped),
      cmocka_unit_test(fixed_sizes_come_down_too),
      cmocka_unit_test(a_path_below_the_base_size_is_told),
      cmocka_unit_test(slow_peers_are_not_stalled),
  };
  randombytes_set_implementation(&repeating);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
