/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "quic-pair.h"
#include "test.h"

/* Datagrams of which every combination is lost. */
#define LOSSES 8

/* The byte at an offset of a stream: a stream out of order, short or doubled does not look like it. */
static uint8_t byte_at(size_t stream, size_t offset) {
  return (uint8_t)(offset * 31 + (offset >> 8) * 7 + stream * 101);
}

static void write_pattern(side_t *side, size_t i, size_t from, size_t to) {
  uint8_t chunk[4096];
  for (size_t offset = from; offset < to;) {
    size_t len = to - offset < sizeof chunk ? to - offset : sizeof chunk;
    for (size_t k = 0; k < len; k++) chunk[k] = byte_at(i, offset + k);
    assert_int_equal(quic_stream_write(side->streams[i], chunk, len), (int64_t)len);
    offset += len;
  }
}

static void check_pattern(const side_t *side, size_t i, size_t as, size_t len) {
  assert_int_equal(side->received[i].len, len);
  for (size_t k = 0; k < len; k++)
    if (side->received[i].data[k] != byte_at(as, k)) fail_msg("stream %zu is wrong from byte %zu on", i, k);
}

#define BULK (2u * 1024 * 1024)

static bool bulk_arrived(const pair_t *pair) {
  return pair->client.ended[0] && pair->server.ended[0] && pair->client.finished_events == 1 &&
         pair->server.finished_events == 1;
}

/* Both directions of one stream at once, over a network as bad as told. */
static void bulk_both_ways(uint64_t seed, unsigned loss, unsigned duplicates, uint64_t jitter, iroh_cc_t cc) {
  pair_t pair;
  pair_init(&pair, seed);
  pair.client.config.congestion_control = pair.server.config.congestion_control = cc;
  pair.loss_permille = loss;
  pair.duplicate_permille = duplicates;
  pair.jitter = jitter;
  pair_open(&pair);
  size_t i = pair_open_stream(&pair.client, true);
  write_pattern(&pair.client, i, 0, BULK);
  assert_int_equal(quic_stream_finish(pair.client.streams[i]), 0);
  for (int wait = 0; wait < 1000 && pair.server.stream_count == 0; wait++) pair_run(&pair, NULL, 10 * PAIR_MS);
  write_pattern(&pair.server, 0, 0, BULK);
  assert_int_equal(quic_stream_finish(pair.server.streams[0]), 0);
  assert_true(pair_run(&pair, bulk_arrived, 3600 * PAIR_S));
  check_pattern(&pair.server, 0, 0, BULK);
  check_pattern(&pair.client, 0, 0, BULK);
  if (loss > 0) assert_true(pair.lost > 0);
  pair_deinit(&pair);
}

static void a_clean_network_delivers(void **state) {
  (void)state;
  bulk_both_ways(1, 0, 0, 0, IROH_CC_DEFAULT);
}

static void one_percent_loss_loses_nothing(void **state) {
  (void)state;
  for (uint64_t seed = 0; seed < 3; seed++) bulk_both_ways(seed, 10, 5, 3 * PAIR_MS, IROH_CC_DEFAULT);
}

static void five_percent_loss_loses_nothing(void **state) {
  (void)state;
  for (uint64_t seed = 10; seed < 13; seed++) bulk_both_ways(seed, 50, 20, 20 * PAIR_MS, IROH_CC_DEFAULT);
}

static void every_congestion_control_gets_through(void **state) {
  (void)state;
  const iroh_cc_t all[] = {IROH_CC_CUBIC, IROH_CC_RENO, IROH_CC_BBR, IROH_CC_BBR2};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) bulk_both_ways(20 + i, 20, 10, 5 * PAIR_MS, all[i]);
}

static void a_reader_that_holds_bounds_the_sender(void **state) {
  (void)state;
  pair_t pair;
  pair_init(&pair, 30);
  pair.server.hold = true;
  pair_open(&pair);
  size_t i = pair_open_stream(&pair.client, false);
  write_pattern(&pair.client, i, 0, BULK);
  pair_run(&pair, NULL, 10 * PAIR_S);
  /* What left is what the window allows, and not a byte more. */
  assert_int_equal(quic_stream_unsent(pair.client.streams[i]), BULK - pair.server.config.stream_window);
  pair.server.hold = false;
  quic_stream_finish(pair.client.streams[i]);
  const uint8_t *data;
  size_t len;
  while (quic_stream_peek(pair.server.streams[0], &data, &len) == IROH_DATA) {
    assert_int_equal(buffer_append(&pair.server.received[0], data, len), 0);
    assert_int_equal(quic_stream_consume(pair.server.streams[0], len), 0);
  }
  pair_run(&pair, NULL, 60 * PAIR_S);
  assert_true(pair.server.ended[0]);
  check_pattern(&pair.server, 0, 0, BULK);
  pair_deinit(&pair);
}

static bool one_ended(const pair_t *pair) { return pair->server.ended[0] || pair->server.ended[1]; }

static void higher_priority_goes_first(void **state) {
  (void)state;
  pair_t pair;
  pair_init(&pair, 31);
  pair_open(&pair);
  size_t slow = pair_open_stream(&pair.client, false), fast = pair_open_stream(&pair.client, false);
  write_pattern(&pair.client, slow, 0, 200000);
  write_pattern(&pair.client, fast, 0, 200000);
  quic_stream_finish(pair.client.streams[slow]);
  quic_stream_finish(pair.client.streams[fast]);
  quic_stream_set_priority(pair.client.streams[fast], 5);
  assert_true(pair_run(&pair, one_ended, 60 * PAIR_S));
  /* The one that was written last ended first; the other has hardly begun. */
  size_t first = pair.server.ended[0] ? 0 : 1;
  assert_int_equal(quic_stream_id(pair.server.streams[first]), quic_stream_id(pair.client.streams[fast]));
  assert_true(pair.server.received[1 - first].len < 100000);
  pair_deinit(&pair);
}

static void reset_and_stop_carry_their_codes(void **state) {
  (void)state;
  pair_t pair;
  pair_init(&pair, 32);
  pair_open(&pair);
  size_t i = pair_open_stream(&pair.client, true);
  write_pattern(&pair.client, i, 0, 10);
  pair_run(&pair, NULL, PAIR_S);
  assert_int_equal(quic_stream_reset(pair.client.streams[i], 4000000000), 0);
  assert_int_equal(quic_stream_stop(pair.client.streams[i], 77), 0);
  pair_run(&pair, NULL, PAIR_S);
  assert_int_equal(pair.server.reset_events, 1);
  assert_int_equal(pair.server.reset_code, 4000000000);
  assert_int_equal(pair.server.stop_events, 1);
  assert_int_equal(pair.server.stop_code, 77);
  assert_int_equal(quic_stream_write(pair.server.streams[0], (const uint8_t *)"x", 1), IROH_ERR_STREAM_STOPPED);
  assert_int_equal(quic_stream_write(pair.client.streams[i], (const uint8_t *)"x", 1), IROH_ERR_STREAM_STOPPED);
  pair_deinit(&pair);
}

static void a_reset_before_the_first_byte_is_heard(void **state) {
  (void)state;
  for (int written = 0; written < 2; written++) {
    pair_t pair;
    pair_init(&pair, 36);
    pair_open(&pair);
    size_t i = pair_open_stream(&pair.client, true);
    if (written) write_pattern(&pair.client, i, 0, 10);
    assert_int_equal(quic_stream_reset(pair.client.streams[i], 12), 0);
    assert_int_equal(quic_stream_write(pair.client.streams[i], (const uint8_t *)"x", 1), IROH_ERR_STREAM_STOPPED);
    pair_run(&pair, NULL, PAIR_S);
    assert_int_equal(pair.server.stream_count, 1);
    assert_int_equal(pair.server.reset_events, 1);
    assert_int_equal(pair.server.reset_code, 12);
    assert_int_equal(pair.server.received[0].len, 0);
    pair_deinit(&pair);
  }
}

static void released_streams_make_room_for_new_ones(void **state) {
  (void)state;
  pair_t pair;
  pair_init(&pair, 33);
  pair_open(&pair);
  quic_stream_t *stream;
  for (int round = 0; round < 100; round++) {
    size_t i = pair_open_stream(&pair.client, false);
    write_pattern(&pair.client, i, 0, 5);
    assert_int_equal(quic_stream_finish(pair.client.streams[i]), 0);
    pair_run(&pair, NULL, PAIR_S);
    assert_true(pair.server.ended[0]);
    quic_stream_release(pair.server.streams[0]);
    quic_stream_release(pair.client.streams[i]);
    pair.server.stream_count = pair.client.stream_count = 0;
    pair.server.ended[0] = false;
    pair_run(&pair, NULL, PAIR_S);
  }
  for (int i = 0; i < 4; i++) assert_int_equal(quic_conn_open_stream(pair.client.conn, false, &stream), 0);
  assert_int_equal(quic_conn_open_stream(pair.client.conn, false, &stream), IROH_ERR_STREAM_LIMIT);
  pair_deinit(&pair);
}

/* Streams that the peer was let ahead by are taken off again. */
static void a_nudge_leaves_at_once_and_gives_no_streams_away(void **state) {
  (void)state;
  pair_t pair;
  pair_init(&pair, 36);
  pair_open(&pair);
  pair_run(&pair, NULL, PAIR_S);
  for (int i = 0; i < 3; i++) {
    uint64_t sent = pair.sent;
    quic_conn_nudge(pair.server.conn);
    pair_run(&pair, NULL, pair.delay + PAIR_MS);
    assert_true(pair.sent > sent);
    pair_run(&pair, NULL, PAIR_S);
    assert_true(quic_conn_is_quiet(pair.server.conn));
  }
  quic_stream_t *stream;
  for (int i = 0; i < 3; i++) {
    size_t at = pair_open_stream(&pair.client, true);
    write_pattern(&pair.client, at, 0, 5);
    assert_int_equal(quic_stream_finish(pair.client.streams[at]), 0);
    pair_run(&pair, NULL, PAIR_S);
    assert_int_equal(quic_stream_finish(pair.server.streams[0]), 0);
    pair_run(&pair, NULL, PAIR_S);
    quic_stream_release(pair.server.streams[0]);
    quic_stream_release(pair.client.streams[at]);
    pair.server.stream_count = pair.client.stream_count = 0;
    pair.server.ended[0] = pair.client.ended[0] = false;
    pair_run(&pair, NULL, PAIR_S);
  }
  for (int i = 0; i < 4; i++) assert_int_equal(quic_conn_open_stream(pair.client.conn, true, &stream), 0);
  assert_int_equal(quic_conn_open_stream(pair.client.conn, true, &stream), IROH_ERR_STREAM_LIMIT);
  pair_deinit(&pair);
}

static void an_announced_stream_is_seen_empty(void **state) {
  (void)state;
  pair_t pair;
  pair_init(&pair, 34);
  pair_open(&pair);
  size_t silent = pair_open_stream(&pair.client, true);
  pair_run(&pair, NULL, PAIR_S);
  assert_int_equal(pair.server.stream_count, 0);
  assert_int_equal(quic_stream_announce(pair.client.streams[silent]), 0);
  pair_run(&pair, NULL, PAIR_S);
  assert_int_equal(pair.server.stream_count, 1);
  assert_int_equal(pair.server.received[0].len, 0);
  assert_false(pair.server.ended[0]);
  pair_deinit(&pair);
}

static bool both_ended(const pair_t *pair) { return pair->server.ended[0] && pair->client.finished_events > 0; }

/* Two STREAM frames without bytes at the same offset, the announcement and the end, and any of the datagrams behind them
 * lost: what one ngtcp2 could not bear. */
static void a_silent_stream_survives_loss_anywhere(void **state) {
  (void)state;
  for (uint64_t lost = 0; lost < 1 << LOSSES; lost++) {
    pair_t pair;
    pair_init(&pair, 40 + lost);
    pair_open(&pair);
    pair_run(&pair, NULL, PAIR_S);
    pair.lose = lost;
    size_t i = pair_open_stream(&pair.client, true);
    assert_int_equal(quic_stream_announce(pair.client.streams[i]), 0);
    pair_run(&pair, NULL, (lost % 3) * 15 * PAIR_MS);
    assert_int_equal(quic_stream_finish(pair.client.streams[i]), 0);
    pair_run(&pair, NULL, (lost % 2) * 5 * PAIR_MS);
    quic_conn_nudge(pair.client.conn);
    assert_true(pair_run(&pair, both_ended, 60 * PAIR_S));
    assert_int_equal(pair.server.stream_count, 1);
    assert_int_equal(pair.server.received[0].len, 0);
    assert_int_equal(pair.client.finished_events, 1);
    assert_false(pair.client.closed || pair.server.closed);
    pair_deinit(&pair);
  }
}

static bool finished(const pair_t *pair) { return pair->client.finished_events > 0; }

/* The end travels alone, after all bytes were sent; many packets are lost on the way. */
static void finished_means_that_the_peer_has_the_end(void **state) {
  (void)state;
  /* Seed 2898: the end is lost and waits for the pace while nothing is on its way. */
  for (uint64_t seed = 2750; seed <= 2950; seed++) {
    pair_t pair;
    pair_init(&pair, seed);
    pair_open(&pair);
    pair.loss_permille = 300;
    size_t i = pair_open_stream(&pair.client, true);
    write_pattern(&pair.client, i, 0, 5000);
    pair_run(&pair, NULL, PAIR_MS);
    write_pattern(&pair.client, i, 5000, 6000);
    pair_run(&pair, NULL, PAIR_MS);
    assert_int_equal(quic_stream_finish(pair.client.streams[i]), 0);
    assert_true(pair_run(&pair, finished, 60 * PAIR_S));
    assert_true(pair.server.ended[0]);
    assert_int_equal(pair.server.received[0].len, 6000);
    pair_deinit(&pair);
  }
}

static void a_finished_stream_takes_no_more(void **state) {
  (void)state;
  pair_t pair;
  pair_init(&pair, 35);
  pair_open(&pair);
  size_t i = pair_open_stream(&pair.client, false);
  const uint8_t *data;
  size_t len;
  assert_int_equal(quic_stream_finish(pair.client.streams[i]), 0);
  assert_int_equal(quic_stream_write(pair.client.streams[i], (const uint8_t *)"x", 1), IROH_ERR_STREAM_FINISHED);
  assert_int_equal(quic_stream_peek(pair.client.streams[i], &data, &len), IROH_ERR_INVALID_ARGUMENT);
  pair_run(&pair, NULL, PAIR_S);
  assert_int_equal(pair.client.finished_events, 1);
  assert_true(pair.server.ended[0]);
  pair_deinit(&pair);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_clean_network_delivers),
      cmocka_unit_test(one_percent_loss_loses_nothing),
      cmocka_unit_test(five_percent_loss_loses_nothing),
      cmocka_unit_test(every_congestion_control_gets_through),
      cmocka_unit_test(a_reader_that_holds_bounds_the_sender),
      cmocka_unit_test(higher_priority_goes_first),
      cmocka_unit_test(reset_and_stop_carry_their_codes),
      cmocka_unit_test(a_reset_before_the_first_byte_is_heard),
      cmocka_unit_test(released_streams_make_room_for_new_ones),
      cmocka_unit_test(a_nudge_leaves_at_once_and_gives_no_streams_away),
      cmocka_unit_test(an_announced_stream_is_seen_empty),
      cmocka_unit_test(a_silent_stream_survives_loss_anywhere),
      cmocka_unit_test(finished_means_that_the_peer_has_the_end),
      cmocka_unit_test(a_finished_stream_takes_no_more),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
