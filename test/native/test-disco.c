/* SPDX-License-Identifier: MIT */
#include "wire/disco.h"

#include "base/text.h"
#include "quic/packet.h"
#include "test.h"
#include "wire/stun.h"

#include <stdio.h>

enum { SENDER_AT = 8, SEALED_AT = 64, TYPE_AT = 32, BODY_AT = 53, PLAIN_MAX = 1200 };

/* Two peers and what they share. */
static uint8_t seeds[2][32], ids[2][32], shared[32];
static const uint8_t nonce[BOX_NONCE_BYTES] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19};

static int make_peers(void **state) {
  (void)state;
  for (int i = 0; i < 2; i++) {
    memset(seeds[i], i == 0 ? 0x2a : 0x07, 32);
    if (iroh_key_public(seeds[i], ids[i]) != 0) return -1;
  }
  return box_shared_key(seeds[0], ids[1], shared);
}

static address_t address(const char *text) {
  address_t parsed;
  assert_int_equal(address_parse(text, &parsed), 0);
  return parsed;
}

static disco_message_t message_of(disco_type_t type) {
  disco_message_t message = {.type = type, .timestamp = UINT64_C(0x0123456789abcdef)};
  for (uint8_t i = 0; i < DISCO_TRANSACTION_BYTES; i++) message.transaction[i] = (uint8_t)(0xf0 + i);
  return message;
}

static size_t seal(const disco_message_t *message, uint8_t out[DISCO_DATAGRAM_MAX]) {
  return disco_seal(message, ids[0], shared, nonce, out);
}

/* Seals any plaintext as a peer with bad intent could, and opens it. */
static disco_verdict_t open_plain(const uint8_t *plain, size_t len, disco_message_t *out) {
  uint8_t datagram[SEALED_AT + BOX_MAC_BYTES + PLAIN_MAX];
  disco_message_t ping = message_of(DISCO_PING);
  seal(&ping, datagram);
  box_seal(shared, nonce, plain, len, datagram + SEALED_AT);
  return disco_open(datagram, SEALED_AT + BOX_MAC_BYTES + len, shared, out);
}

static void disco_ping_is_read_by_the_peer(void **state) {
  (void)state;
  uint8_t datagram[DISCO_DATAGRAM_MAX], peers_key[32];
  const uint8_t *sender;
  disco_message_t ping = message_of(DISCO_PING), read;
  size_t len = seal(&ping, datagram);
  assert_true(disco_is(datagram, len));
  assert_int_equal(disco_sender(datagram, len, &sender), DISCO_OK);
  assert_memory_equal(sender, ids[0], 32);
  assert_int_equal(box_shared_key(seeds[1], sender, peers_key), 0);
  assert_int_equal(disco_open(datagram, len, peers_key, &read), DISCO_OK);
  assert_int_equal(read.type, DISCO_PING);
  assert_true(read.timestamp == ping.timestamp);
  assert_memory_equal(read.transaction, ping.transaction, sizeof ping.transaction);
}

static void disco_pong_tells_the_observed_address(void **state) {
  (void)state;
  static const char *const addresses[] = {"192.0.2.1:4433", "[2001:db8::1]:65535", "0.0.0.0:0"};
  for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
    uint8_t datagram[DISCO_DATAGRAM_MAX];
    disco_message_t pong = message_of(DISCO_PONG), read;
    pong.observed = address(addresses[i]);
    size_t len = seal(&pong, datagram);
    assert_int_equal(disco_open(datagram, len, shared, &read), DISCO_OK);
    assert_int_equal(read.type, DISCO_PONG);
    assert_memory_equal(read.transaction, pong.transaction, sizeof pong.transaction);
    assert_true(address_equal(&read.observed, &pong.observed));
  }
}

static void disco_ping_is_as_long_as_its_pong(void **state) {
  (void)state;
  uint8_t datagram[DISCO_DATAGRAM_MAX];
  disco_message_t ping = message_of(DISCO_PING), pong = message_of(DISCO_PONG);
  pong.observed = address("[2001:db8::1]:65535");
  assert_int_equal(seal(&ping, datagram), DISCO_PING_BYTES);
  assert_int_equal(seal(&pong, datagram), DISCO_PING_BYTES);
}

static void disco_call_me_maybe_tells_every_candidate(void **state) {
  (void)state;
  for (size_t count = 0; count <= DISCO_CANDIDATES_MAX; count++) {
    uint8_t datagram[DISCO_DATAGRAM_MAX];
    disco_message_t call = message_of(DISCO_CALL_ME_MAYBE), read;
    call.candidate_count = count;
    for (size_t i = 0; i < count; i++) {
      char text[IROH_ADDRESS_MAX];
      snprintf(text, sizeof text, i % 2 == 0 ? "10.0.0.%zu:%zu" : "[fd00::%zu]:%zu", i + 1, 1000 + i);
      call.candidates[i] = (disco_candidate_t){(disco_kind_t)(i % (DISCO_VARYING + 1)), address(text)};
    }
    size_t len = seal(&call, datagram);
    assert_int_equal(disco_open(datagram, len, shared, &read), DISCO_OK);
    assert_int_equal(read.type, DISCO_CALL_ME_MAYBE);
    assert_int_equal(read.candidate_count, count);
    for (size_t i = 0; i < count; i++) {
      assert_int_equal(read.candidates[i].kind, call.candidates[i].kind);
      assert_true(address_equal(&read.candidates[i].address, &call.candidates[i].address));
    }
    if (count == DISCO_CANDIDATES_MAX) assert_int_equal(len, DISCO_DATAGRAM_MAX);
  }
}

static void disco_candidates_nobody_has_are_left_out(void **state) {
  (void)state;
  static const char *const nobodys[] = {"192.0.2.1:0", "0.0.0.0:1",   "0.1.2.3:1",          "224.0.0.251:5353",
                                        "[::]:1",      "[ff02::1]:1", "255.255.255.255:99", "239.255.255.255:1"};
  uint8_t datagram[DISCO_DATAGRAM_MAX];
  disco_message_t call = message_of(DISCO_CALL_ME_MAYBE), read;
  for (size_t i = 0; i < ARRAY_LEN(nobodys); i++)
    call.candidates[call.candidate_count++] = (disco_candidate_t){DISCO_LOCAL, address(nobodys[i])};
  call.candidates[call.candidate_count++] = (disco_candidate_t){DISCO_OBSERVED, address("192.0.2.7:7")};
  size_t len = seal(&call, datagram);
  assert_int_equal(disco_open(datagram, len, shared, &read), DISCO_OK);
  assert_int_equal(read.candidate_count, 1);
  assert_int_equal(read.candidates[0].kind, DISCO_OBSERVED);
}

static void disco_kind_of_a_later_version_reads_as_other(void **state) {
  (void)state;
  uint8_t plain[PLAIN_MAX] = {0};
  disco_message_t read;
  memcpy(plain, ids[0], 32);
  plain[TYPE_AT] = DISCO_CALL_ME_MAYBE;
  plain[BODY_AT] = 1;
  plain[BODY_AT + 1] = 200;
  plain[BODY_AT + 2] = 0x20;
  plain[BODY_AT + 19] = 9;
  assert_int_equal(open_plain(plain, BODY_AT + 20, &read), DISCO_OK);
  assert_int_equal(read.candidate_count, 1);
  assert_int_equal(read.candidates[0].kind, DISCO_OTHER);
}

/* What two versions of this package must agree on. */
static void disco_layout_stays_as_it_is(void **state) {
  (void)state;
  static const char head[] = "a900000000ff6401" /* magic, then the sender */
                             "197f6b23e16c8532c6abc838facd5ea789be0c76b2920334039bfa8b3d368d61"
                             "000102030405060708090a0b0c0d0e0f1011121300000000";
  static const char inside[] = "197f6b23e16c8532c6abc838facd5ea789be0c76b2920334039bfa8b3d368d61" /* sender */
                               "02"                                                               /* a pong */
                               "0123456789abcdef"                                                 /* timestamp */
                               "f0f1f2f3f4f5f6f7f8f9fafb"                                         /* transaction */
                               "00000000000000000000ffffc00002011151";                            /* 192.0.2.1:4433 */
  uint8_t datagram[DISCO_DATAGRAM_MAX], plain[DISCO_DATAGRAM_MAX];
  char hex[2 * DISCO_DATAGRAM_MAX + 1];
  disco_message_t pong = message_of(DISCO_PONG);
  pong.observed = address("192.0.2.1:4433");
  size_t len = seal(&pong, datagram);
  text_hex_encode(datagram, SEALED_AT, hex);
  assert_string_equal(hex, head);
  assert_int_equal(box_open(shared, nonce, datagram + SEALED_AT, len - SEALED_AT, plain), 0);
  text_hex_encode(plain, len - SEALED_AT - BOX_MAC_BYTES, hex);
  assert_string_equal(hex, inside);
}

static void disco_truncation_anywhere_is_refused(void **state) {
  (void)state;
  uint8_t datagram[DISCO_DATAGRAM_MAX];
  disco_message_t ping = message_of(DISCO_PING), read;
  size_t whole = seal(&ping, datagram);
  for (size_t len = 0; len < whole; len++) {
    uint8_t *part = test_malloc(len + 1);
    memcpy(part, datagram, len);
    disco_verdict_t expected = len < 8 ? DISCO_NOT_DISCO : len < SEALED_AT + 16 + 53 ? DISCO_TRUNCATED : DISCO_SEALED;
    assert_int_equal(disco_open(part, len, shared, &read), expected);
    test_free(part);
  }
}

static void disco_every_bit_counts(void **state) {
  (void)state;
  uint8_t datagram[DISCO_DATAGRAM_MAX];
  disco_message_t ping = message_of(DISCO_PING), read;
  size_t len = seal(&ping, datagram);
  for (size_t bit = 0; bit < 8 * len; bit++) {
    datagram[bit / 8] ^= (uint8_t)(1 << bit % 8);
    disco_verdict_t expected = bit / 8 < SENDER_AT ? DISCO_NOT_DISCO : DISCO_SEALED;
    assert_int_equal(disco_open(datagram, len, shared, &read), expected);
    datagram[bit / 8] ^= (uint8_t)(1 << bit % 8);
  }
}

static void disco_of_a_stranger_is_not_opened(void **state) {
  (void)state;
  uint8_t stranger[32] = {5}, strangers_key[32], datagram[DISCO_DATAGRAM_MAX];
  disco_message_t ping = message_of(DISCO_PING), read;
  /* Somebody claims to be the first peer, towards the second. */
  assert_int_equal(box_shared_key(stranger, ids[1], strangers_key), 0);
  size_t len = disco_seal(&ping, ids[0], strangers_key, nonce, datagram);
  assert_int_equal(disco_open(datagram, len, shared, &read), DISCO_SEALED);
}

/* The key is the same both ways: whoever throws a message back under the other's name must not be believed. */
static void disco_thrown_back_is_not_opened(void **state) {
  (void)state;
  uint8_t datagram[DISCO_DATAGRAM_MAX];
  disco_message_t ping = message_of(DISCO_PING), read;
  size_t len = seal(&ping, datagram);
  memcpy(datagram + SENDER_AT, ids[1], 32);
  assert_int_equal(disco_open(datagram, len, shared, &read), DISCO_SEALED);
}

static void disco_bad_bodies_are_told_apart(void **state) {
  (void)state;
  uint8_t plain[PLAIN_MAX] = {0};
  disco_message_t read;
  memcpy(plain, ids[0], 32);
  for (unsigned type = 0; type < 256; type++) {
    plain[TYPE_AT] = (uint8_t)type;
    for (size_t body_len = 0; body_len < 40; body_len++) {
      disco_verdict_t expected = DISCO_UNKNOWN_TYPE;
      if (type == DISCO_PING || type == DISCO_PONG) expected = body_len == 18 ? DISCO_OK : DISCO_MALFORMED;
      if (type == DISCO_CALL_ME_MAYBE) expected = body_len == 1 ? DISCO_OK : DISCO_MALFORMED;
      assert_int_equal(open_plain(plain, BODY_AT + body_len, &read), expected);
    }
  }
  plain[TYPE_AT] = DISCO_CALL_ME_MAYBE;
  for (unsigned count = 0; count < 256; count++) {
    plain[BODY_AT] = (uint8_t)count;
    size_t len = min_size(BODY_AT + 1 + 19 * count, PLAIN_MAX);
    assert_int_equal(open_plain(plain, len, &read), count <= DISCO_CANDIDATES_MAX ? DISCO_OK : DISCO_MALFORMED);
    assert_int_equal(open_plain(plain, len - 1, &read), DISCO_MALFORMED);
  }
}

static void disco_is_taken_for_nothing_else(void **state) {
  (void)state;
  for (size_t count = 0; count <= DISCO_CANDIDATES_MAX; count++) {
    uint8_t datagram[DISCO_DATAGRAM_MAX];
    quic_packet_t packet;
    disco_message_t call = message_of(DISCO_CALL_ME_MAYBE);
    call.candidate_count = count;
    for (size_t i = 0; i < count; i++) call.candidates[i].address = address("192.0.2.1:1");
    size_t len = seal(&call, datagram);
    assert_false(stun_is(datagram, len));
    assert_int_equal(datagram[0] & 0xc0, 0x80);
    assert_false(quic_packet_parse(datagram, len, &packet));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(disco_ping_is_read_by_the_peer),
      cmocka_unit_test(disco_pong_tells_the_observed_address),
      cmocka_unit_test(disco_ping_is_as_long_as_its_pong),
      cmocka_unit_test(disco_call_me_maybe_tells_every_candidate),
      cmocka_unit_test(disco_candidates_nobody_has_are_left_out),
      cmocka_unit_test(disco_kind_of_a_later_version_reads_as_other),
      cmocka_unit_test(disco_layout_stays_as_it_is),
      cmocka_unit_test(disco_truncation_anywhere_is_refused),
      cmocka_unit_test(disco_every_bit_counts),
      cmocka_unit_test(disco_of_a_stranger_is_not_opened),
      cmocka_unit_test(disco_thrown_back_is_not_opened),
      cmocka_unit_test(disco_bad_bodies_are_told_apart),
      cmocka_unit_test(disco_is_taken_for_nothing_else),
  };
  return cmocka_run_group_tests_name("disco", tests, make_peers, NULL);
}
