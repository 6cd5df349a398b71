/* SPDX-License-Identifier: MIT */
#include "quic/packet.h"

#include "quic/initial.h"
#include "quic-pair.h"
#include "test.h"

static const uint8_t secret[32] = {1, 2, 3};

/* The first datagram of a client. */
static size_t first_flight(pair_t *pair, uint8_t *buf, size_t size) {
  quic_path_t path;
  uint8_t ecn;
  pair_dial(pair, pair->server.public_key, "test/1");
  return quic_conn_write(pair->client.conn, buf, size, &path, &ecn, pair->now);
}

static address_t address(const char *text) {
  address_t parsed;
  assert_int_equal(address_parse(text, &parsed), 0);
  return parsed;
}

static void a_first_flight_is_an_initial(void **state) {
  (void)state;
  pair_t pair;
  uint8_t buf[QUIC_MAX_UDP_PAYLOAD];
  quic_packet_t packet;
  quic_initial_t initial;
  pair_init(&pair, 1);
  size_t len = first_flight(&pair, buf, sizeof buf);
  assert_true(len >= 1200);
  assert_true(quic_packet_parse(buf, len, &packet));
  assert_true(packet.long_header);
  assert_false(packet.unknown_version);
  assert_true(quic_packet_is_initial(buf, len, &initial));
  assert_int_equal(initial.dcid_len, packet.dcid_len);
  assert_memory_equal(initial.dcid, packet.dcid, packet.dcid_len);
  assert_int_equal(initial.token_len, 0);
  /* RFC 9000 section 14.1: a small one gets nothing. */
  assert_false(quic_packet_is_initial(buf, 1199, &initial));
  pair_deinit(&pair);
}

static void a_first_flight_opens_with_the_keys_of_its_id(void **state) {
  (void)state;
  pair_t pair;
  uint8_t buf[QUIC_MAX_UDP_PAYLOAD];
  quic_initial_t initial;
  pair_init(&pair, 9);
  size_t len = first_flight(&pair, buf, sizeof buf);
  assert_true(quic_packet_is_initial(buf, len, &initial));
  assert_true(quic_initial_opens(&initial, buf, len));
  /* A bit of the header, of what is sealed, of the tag, of the keys. */
  for (size_t at = len - 1; at > 100; at -= 97) {
    buf[at] ^= 1;
    assert_false(quic_initial_opens(&initial, buf, len));
    buf[at] ^= 1;
  }
  buf[0] ^= 1;
  assert_false(quic_initial_opens(&initial, buf, len));
  buf[0] ^= 1;
  initial.dcid[0] ^= 1;
  assert_false(quic_initial_opens(&initial, buf, len));
  initial.dcid[0] ^= 1;
  for (size_t cut = 0; cut < len; cut++) assert_false(quic_initial_opens(&initial, buf, cut));
  pair_deinit(&pair);
}

static void an_unknown_version_gets_the_list(void **state) {
  (void)state;
  pair_t pair;
  uint8_t buf[QUIC_MAX_UDP_PAYLOAD], answer[256];
  quic_packet_t packet;
  pair_init(&pair, 2);
  size_t len = first_flight(&pair, buf, sizeof buf);
  buf[1] = 0xde;
  assert_true(quic_packet_parse(buf, len, &packet));
  assert_true(packet.unknown_version);
  size_t n = quic_packet_version_negotiation(&packet, answer, sizeof answer);
  assert_true(n > 7 && n < len);
  const uint8_t version_zero[4] = {0};
  assert_memory_equal(answer + 1, version_zero, 4);
  assert_memory_equal(answer + n - 4, ((const uint8_t[]){0, 0, 0, 1}), 4);
  pair_deinit(&pair);
}

static void a_client_told_of_no_common_version_gives_up(void **state) {
  (void)state;
  pair_t pair;
  uint8_t buf[QUIC_MAX_UDP_PAYLOAD], answer[256];
  quic_packet_t packet;
  pair_init(&pair, 3);
  size_t len = first_flight(&pair, buf, sizeof buf);
  assert_true(quic_packet_parse(buf, len, &packet));
  size_t n = quic_packet_version_negotiation(&packet, answer, sizeof answer);
  /* Only versions that nobody speaks. */
  memset(answer + n - 4, 0xfa, 4);
  quic_conn_read(pair.client.conn, &pair.client.path, 0, answer, n, pair.now);
  assert_non_null(quic_conn_close_info(pair.client.conn));
  assert_int_equal(quic_conn_close_info(pair.client.conn)->error, IROH_ERR_VERSION);
  pair_deinit(&pair);
}

static void a_retry_token_proves_one_address_for_a_while(void **state) {
  (void)state;
  pair_t pair;
  uint8_t buf[QUIC_MAX_UDP_PAYLOAD], retry[512], ecn;
  quic_initial_t initial;
  quic_path_t path;
  address_t here = address("192.0.2.1:1000"), there = address("192.0.2.1:1001");
  pair_init(&pair, 4);
  size_t len = first_flight(&pair, buf, sizeof buf);
  assert_true(quic_packet_is_initial(buf, len, &initial));
  quic_initial_t first = initial;
  quic_retry_t *retry_tokens = quic_retry_new(secret);
  size_t n = quic_retry_write(retry_tokens, &initial, &here, pair.now, retry, sizeof retry);
  assert_true(n > 0);
  assert_true(quic_conn_read(pair.client.conn, &pair.client.path, 0, retry, n, pair.now));
  len = quic_conn_write(pair.client.conn, buf, sizeof buf, &path, &ecn, pair.now);
  assert_true(quic_packet_is_initial(buf, len, &initial));
  assert_true(initial.token_len > 0);

  quic_initial_t judged = initial;
  assert_true(quic_retry_is_token(&judged));
  assert_true(quic_packet_check_token(&judged, retry_tokens, secret, &here, pair.now));
  assert_true(judged.token_verified && judged.from_retry);
  assert_int_equal(judged.original_dcid_len, first.dcid_len);
  assert_memory_equal(judged.original_dcid, first.dcid, first.dcid_len);
  judged = initial;
  assert_false(quic_packet_check_token(&judged, retry_tokens, secret, &there, pair.now));
  assert_false(quic_packet_check_token(&judged, retry_tokens, secret, &here, pair.now + 11 * PAIR_S));
  assert_false(quic_packet_check_token(&judged, retry_tokens, secret, &here, pair.now - 1));
  judged.dcid[0] ^= 1;
  assert_false(quic_packet_check_token(&judged, retry_tokens, secret, &here, pair.now));
  assert_false(judged.token_verified || judged.from_retry);
  const uint8_t other_secret[32] = {9};
  quic_retry_t *others = quic_retry_new(other_secret);
  assert_false(quic_packet_check_token(&initial, others, secret, &here, pair.now));
  quic_retry_free(others);
  quic_retry_free(retry_tokens);
  pair_deinit(&pair);
}

static void a_retry_is_small_and_allocates_nothing(void **state) {
  (void)state;
  pair_t pair;
  uint8_t buf[QUIC_MAX_UDP_PAYLOAD], retry[512];
  quic_initial_t initial;
  address_t v4 = address("192.0.2.1:1000"), v6 = address("[2001:db8::1]:1000");
  quic_retry_t *retries = quic_retry_new(secret);
  pair_init(&pair, 8);
  size_t len = first_flight(&pair, buf, sizeof buf);
  assert_true(quic_packet_is_initial(buf, len, &initial));
  size_t before = alloc_calls();
  size_t n = quic_retry_write(retries, &initial, &v4, pair.now, retry, sizeof retry);
  assert_true(n > 0 && n < 200);
  assert_int_equal(quic_retry_write(retries, &initial, &v6, pair.now, retry, sizeof retry), n);
  assert_int_equal(alloc_calls(), before);
  assert_int_equal(quic_retry_write(retries, &initial, &v4, pair.now, retry, n - 1), 0);
  quic_retry_free(retries);
  pair_deinit(&pair);
}

static void a_strangers_token_counts_for_nothing(void **state) {
  (void)state;
  uint8_t token[60] = {0x77};
  address_t here = address("192.0.2.1:1000");
  quic_initial_t initial = {.version = 1, .dcid_len = 8, .token = token, .token_len = sizeof token};
  assert_true(quic_packet_check_token(&initial, NULL, secret, &here, PAIR_S));
  assert_false(initial.token_verified || initial.from_retry);
}

static void a_refusal_ends_the_dial(void **state) {
  (void)state;
  pair_t pair;
  uint8_t buf[QUIC_MAX_UDP_PAYLOAD], answer[QUIC_MAX_UDP_PAYLOAD];
  quic_initial_t initial;
  pair_init(&pair, 5);
  size_t len = first_flight(&pair, buf, sizeof buf);
  assert_true(quic_packet_is_initial(buf, len, &initial));
  size_t n = quic_packet_refuse(&initial, false, answer, sizeof answer);
  assert_true(n > 0 && n <= len);
  quic_conn_read(pair.client.conn, &pair.client.path, 0, answer, n, pair.now);
  assert_non_null(quic_conn_close_info(pair.client.conn));
  assert_int_equal(quic_conn_close_info(pair.client.conn)->error, IROH_ERR_REFUSED);
  pair_deinit(&pair);
}

static void a_stateless_reset_is_known_and_shorter_than_its_cause(void **state) {
  (void)state;
  pair_t pair;
  uint8_t buf[QUIC_MAX_UDP_PAYLOAD], reset[256], ecn;
  quic_path_t path;
  quic_packet_t packet;
  pair_init(&pair, 6);
  pair_open(&pair);
  pair_run(&pair, NULL, PAIR_S);
  size_t i = pair_open_stream(&pair.client, true);
  assert_int_equal(quic_stream_write(pair.client.streams[i], (const uint8_t *)"are you there?", 14), 14);
  size_t len = quic_conn_write(pair.client.conn, buf, sizeof buf, &path, &ecn, pair.now);
  assert_true(quic_packet_parse(buf, len, &packet));
  assert_false(packet.long_header);

  for (size_t received = 0; received < 60; received++) {
    size_t n = quic_packet_stateless_reset(packet.dcid, packet.dcid_len, received, pair.server.config.static_secret,
                                           reset, sizeof reset);
    assert_true(n == 0 || n < received);
  }
  size_t n = quic_packet_stateless_reset(packet.dcid, packet.dcid_len, len, pair.server.config.static_secret, reset,
                                         sizeof reset);
  assert_int_equal(pair.client.reset_tokens, 1);
  assert_memory_equal(reset + n - 16, pair.client.reset_token, 16);
  quic_conn_read(pair.client.conn, &pair.client.path, 0, reset, n, pair.now);
  assert_non_null(quic_conn_close_info(pair.client.conn));
  assert_int_equal(quic_conn_close_info(pair.client.conn)->kind, IROH_CLOSE_RESET);
  assert_int_equal(quic_conn_close_info(pair.client.conn)->error, IROH_ERR_PEER_RESET);
  pair_deinit(&pair);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_first_flight_is_an_initial),
      cmocka_unit_test(a_first_flight_opens_with_the_keys_of_its_id),
      cmocka_unit_test(an_unknown_version_gets_the_list),
      cmocka_unit_test(a_client_told_of_no_common_version_gives_up),
      cmocka_unit_test(a_retry_token_proves_one_address_for_a_while),
      cmocka_unit_test(a_retry_is_small_and_allocates_nothing),
      cmocka_unit_test(a_strangers_token_counts_for_nothing),
      cmocka_unit_test(a_refusal_ends_the_dial),
      cmocka_unit_test(a_stateless_reset_is_known_and_shorter_than_its_cause),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
