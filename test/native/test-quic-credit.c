/* SPDX-License-Identifier: MIT
 * How much a peer may send ahead of the reader, and what all connections hold together.
 */
#include "quic-pair.h"
#include "test.h"

#define KIB 1024
#define MIB (1024 * KIB)
/* Before anything was read. */
#define STREAM_START (512 * KIB)
#define CONN_START (1024 * KIB)

static quic_budget_t budget;
static struct quic_pool *pool;

/* Windows of the endpoint's defaults, at the server, which counts into `budget`. */
static void open_pair(pair_t *pair, size_t limit) {
  pair_init(pair, 7);
  budget = (quic_budget_t){.limit = limit};
  pool = quic_pool_new();
  assert_non_null(pool);
  pair->server.config.stream_window = 2 * MIB;
  pair->server.config.connection_window = 16 * MIB;
  pair->server.config.budget = &budget;
  pair->server.config.pool = pool;
  pair_open(pair);
}

static void close_pair(pair_t *pair) {
  pair_deinit(pair);
  assert_int_equal(budget.held, 0);
  quic_pool_free(pool);
}

static void write_zeros(quic_stream_t *stream, size_t len) {
  static const uint8_t zeros[64 * KIB];
  for (size_t n; len > 0; len -= n) {
    n = len < sizeof zeros ? len : sizeof zeros;
    assert_int_equal(quic_stream_write(stream, zeros, n), (int64_t)n);
  }
}

static size_t open_and_write(pair_t *pair, size_t len) {
  size_t i = pair_open_stream(&pair->client, false);
  write_zeros(pair->client.streams[i], len);
  return i;
}

/* How far the client gets ahead of a server that stops reading now. */
static size_t ahead(pair_t *pair, size_t i) {
  pair->server.hold = true;
  write_zeros(pair->client.streams[i], 20 * MIB);
  size_t before = quic_stream_unsent(pair->client.streams[i]);
  pair_run(pair, NULL, 20 * PAIR_S);
  return before - quic_stream_unsent(pair->client.streams[i]);
}

static void a_stranger_gets_little(void **state) {
  (void)state;
  pair_t pair;
  open_pair(&pair, 0);
  pair.server.hold = true;
  size_t streams[] = {open_and_write(&pair, MIB), open_and_write(&pair, MIB), open_and_write(&pair, MIB)};
  pair_run(&pair, NULL, 20 * PAIR_S);
  size_t unsent = 0;
  for (size_t i = 0; i < 3; i++) {
    size_t left = quic_stream_unsent(pair.client.streams[streams[i]]);
    assert_true(left >= MIB - STREAM_START);
    unsent += left;
  }
  assert_int_equal(unsent, 3 * MIB - CONN_START);
  close_pair(&pair);
}

static void windows_grow_for_a_reader_that_keeps_up(void **state) {
  (void)state;
  const uint64_t delays[] = {PAIR_MS, 10 * PAIR_MS, 50 * PAIR_MS, 150 * PAIR_MS};
  for (size_t k = 0; k < sizeof delays / sizeof *delays; k++) {
    pair_t pair;
    open_pair(&pair, 0);
    pair.delay = delays[k];
    size_t i = open_and_write(&pair, 16 * MIB);
    pair_run(&pair, NULL, 60 * PAIR_S);
    assert_int_equal(quic_stream_unsent(pair.client.streams[i]), 0);
    /* Up to half a window that was read is not granted again yet. */
    assert_in_range(ahead(&pair, i), MIB, 2 * MIB);
    close_pair(&pair);
  }
}

static void windows_stay_small_for_one_that_does_not(void **state) {
  (void)state;
  pair_t pair;
  open_pair(&pair, 0);
  pair.server.hold = true;
  size_t i = open_and_write(&pair, 4 * MIB);
  /* 64 KiB a second: a window takes several round trips. */
  for (int second = 0; second < 30; second++) {
    pair_run(&pair, NULL, PAIR_S);
    const uint8_t *data;
    size_t len, left = 64 * KIB;
    while (left > 0 && quic_stream_peek(pair.server.streams[0], &data, &len) == IROH_DATA) {
      if (len > left) len = left;
      assert_int_equal(quic_stream_consume(pair.server.streams[0], len), 0);
      left -= len;
    }
  }
  assert_true(quic_stream_unsent(pair.client.streams[i]) >= 4 * MIB - 30 * 64 * KIB - STREAM_START);
  close_pair(&pair);
}

static void windows_shrink_while_much_is_held(void **state) {
  (void)state;
  pair_t pair;
  open_pair(&pair, 64 * MIB);
  size_t i = open_and_write(&pair, 16 * MIB);
  pair_run(&pair, NULL, 60 * PAIR_S);
  budget.held += 63 * MIB; /* by others */
  write_zeros(pair.client.streams[i], 16 * MIB);
  pair_run(&pair, NULL, 60 * PAIR_S);
  assert_int_equal(quic_stream_unsent(pair.client.streams[i]), 0);
  assert_true(ahead(&pair, i) <= CONN_START / 2);
  budget.held -= 63 * MIB;
  close_pair(&pair);
}

static void what_is_unread_is_counted(void **state) {
  (void)state;
  pair_t pair;
  open_pair(&pair, 0);
  pair.server.hold = true;
  open_and_write(&pair, 100 * KIB);
  pair_run(&pair, NULL, 5 * PAIR_S);
  assert_in_range(budget.held, 100 * KIB, 260 * KIB);
  assert_int_equal(quic_conn_held(pair.server.conn), budget.held);
  quic_stream_stop(pair.server.streams[0], 0);
  assert_int_equal(budget.held, 0);
  close_pair(&pair);
}

static void half_a_frame_is_counted(void **state) {
  (void)state;
  pair_t pair;
  open_pair(&pair, 0);
  pair.server.hold = true;
  size_t i = pair_open_stream(&pair.client, false);
  const uint8_t prefix[] = {0, 0, 200, 0}; /* 51,200 bytes */
  assert_int_equal(quic_stream_write(pair.client.streams[i], prefix, sizeof prefix), 4);
  write_zeros(pair.client.streams[i], 50000);
  pair_run(&pair, NULL, 5 * PAIR_S);
  assert_int_equal(quic_stream_set_framed(pair.server.streams[0], MIB, 8), 0);
  frame_segment_t segment;
  assert_false(frame_reader_next(quic_stream_reader(pair.server.streams[0]), &segment));
  quic_stream_delivered(pair.server.streams[0]);
  assert_in_range(budget.held, 50000, 51000);
  close_pair(&pair);
}

static void what_came_out_of_order_is_counted(void **state) {
  (void)state;
  pair_t pair;
  open_pair(&pair, 0);
  pair.loss_permille = 50;
  open_and_write(&pair, 4 * MIB);
  size_t most = 0;
  for (int step = 0; step < 2000; step++) {
    pair_run(&pair, NULL, 2 * PAIR_MS);
    if (budget.held > most) most = budget.held;
  }
  pair.loss_permille = 0;
  pair_run(&pair, NULL, 60 * PAIR_S);
  assert_int_equal(pair.server.received[0].len, 4 * MIB);
  assert_true(most >= 12 * KIB);
  assert_int_equal(budget.held, 0);
  close_pair(&pair);
}

static void what_is_thrown_away_is_missed(void **state) {
  (void)state;
  pair_t pair;
  open_pair(&pair, 0);
  pair.server.hold = true;
  size_t i = open_and_write(&pair, 1000);
  quic_stream_finish(pair.client.streams[i]);
  pair_run(&pair, NULL, PAIR_S);
  quic_conn_discard(pair.server.conn);
  const uint8_t *data;
  size_t len;
  assert_int_equal(quic_stream_peek(pair.server.streams[0], &data, &len), IROH_ERR_CLOSED);
  assert_int_equal(budget.held, 0);
  close_pair(&pair);
}

static size_t open_many(pair_t *pair) {
  size_t count = 0;
  quic_stream_t *stream;
  for (; quic_conn_open_stream(pair->client.conn, false, &stream) == 0; count++) {
    assert_int_equal(quic_stream_finish(stream), 0);
  }
  pair_run(pair, NULL, PAIR_S);
  return count;
}

static void a_refused_stream_makes_no_room(void **state) {
  (void)state;
  pair_t pair;
  open_pair(&pair, 0);
  pair.server.hold = true;
  size_t i = pair_open_stream(&pair.client, true);
  write_zeros(pair.client.streams[i], 10);
  pair_run(&pair, NULL, PAIR_S);
  quic_stream_refuse(pair.server.streams[0], 12);
  pair_run(&pair, NULL, PAIR_S);
  assert_int_equal(pair.client.stop_code, 12);
  assert_int_equal(pair.client.reset_code, 12);
  quic_stream_t *stream;
  for (int k = 0; k < 3; k++) assert_int_equal(quic_conn_open_stream(pair.client.conn, true, &stream), 0);
  assert_int_equal(quic_conn_open_stream(pair.client.conn, true, &stream), IROH_ERR_STREAM_LIMIT);
  quic_conn_allow_refused(pair.server.conn, true);
  pair_run(&pair, NULL, PAIR_S);
  assert_int_equal(quic_conn_open_stream(pair.client.conn, true, &stream), 0);
  assert_int_equal(quic_conn_open_stream(pair.client.conn, true, &stream), IROH_ERR_STREAM_LIMIT);
  close_pair(&pair);
}

static void paced_streams_make_room_when_told(void **state) {
  (void)state;
  pair_t pair;
  open_pair(&pair, 0);
  pair.server.hold = true;
  quic_conn_pace_uni_streams(pair.server.conn);
  assert_int_equal(open_many(&pair), 4);
  for (size_t i = 0; i < 4; i++) quic_stream_release(pair.server.streams[i]);
  pair.server.stream_count = 0;
  pair_run(&pair, NULL, PAIR_S);
  assert_int_equal(open_many(&pair), 0);
  assert_int_equal(quic_conn_give_uni_streams(pair.server.conn, 3), 1);
  pair_run(&pair, NULL, PAIR_S);
  assert_int_equal(open_many(&pair), 3);
  assert_int_equal(quic_conn_give_uni_streams(pair.server.conn, 3), 0);
  close_pair(&pair);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_stranger_gets_little),
      cmocka_unit_test(windows_grow_for_a_reader_that_keeps_up),
      cmocka_unit_test(windows_stay_small_for_one_that_does_not),
      cmocka_unit_test(windows_shrink_while_much_is_held),
      cmocka_unit_test(what_is_unread_is_counted),
      cmocka_unit_test(half_a_frame_is_counted),
      cmocka_unit_test(what_came_out_of_order_is_counted),
      cmocka_unit_test(what_is_thrown_away_is_missed),
      cmocka_unit_test(a_refused_stream_makes_no_room),
      cmocka_unit_test(paced_streams_make_room_when_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
