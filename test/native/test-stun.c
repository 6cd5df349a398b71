/* SPDX-License-Identifier: MIT */
#include "wire/stun.h"

#include "base/text.h"
#include "test.h"

/* RFC 5769 sections 2.1 to 2.3. The request wants PRIORITY understood, which is ICE's. */
static const char rfc_request[] = "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74"
                                  "002400046e0001ff80290008932ff9b151263b36000600096576746a3a68367659202020"
                                  "000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf";
static const char rfc_ipv4[] =
    "0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220"
    "002000080001a147e112a643000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96";
static const char rfc_ipv6[] =
    "010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220"
    "002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d900080014a382954e4be67bf11784c97c8292c275"
    "bfe3ed4180280004c8fb0b4c";
static const uint8_t rfc_transaction[12] = {0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae};

enum { SUCCESS_IPV4_BYTES = 40, SUCCESS_IPV6_BYTES = 52 };

static size_t from_hex(const char *hex, uint8_t *out) {
  assert_int_equal(text_hex_decode(hex, strlen(hex), out, strlen(hex) / 2), 0);
  return strlen(hex) / 2;
}

static stun_verdict_t decode_hex(const char *hex, stun_message_t *out) {
  uint8_t bytes[256];
  return stun_decode(bytes, from_hex(hex, bytes), out);
}

static address_t address(const char *text) {
  address_t parsed;
  assert_int_equal(address_parse(text, &parsed), 0);
  return parsed;
}

static void assert_address(const address_t *actual, const char *expected) {
  char text[IROH_ADDRESS_MAX];
  address_format(actual, text, sizeof text);
  assert_string_equal(text, expected);
}

static void stun_reads_the_responses_of_rfc5769(void **state) {
  (void)state;
  stun_message_t message;
  assert_int_equal(decode_hex(rfc_ipv4, &message), STUN_OK);
  assert_int_equal(message.kind, STUN_SUCCESS);
  assert_memory_equal(message.transaction, rfc_transaction, sizeof rfc_transaction);
  assert_address(&message.mapped, "192.0.2.1:32853");
  assert_int_equal(decode_hex(rfc_ipv6, &message), STUN_OK);
  assert_address(&message.mapped, "[2001:db8:1234:5678:11:2233:4455:6677]:32853");
}

static void stun_reads_the_request_of_rfc5769(void **state) {
  (void)state;
  stun_message_t message;
  assert_int_equal(decode_hex(rfc_request, &message), STUN_OK);
  assert_int_equal(message.kind, STUN_REQUEST);
  assert_memory_equal(message.transaction, rfc_transaction, sizeof rfc_transaction);
  assert_int_equal(message.unknown_count, 1);
  assert_int_equal(message.unknown[0], 0x0024);
}

static void stun_writes_the_address_of_rfc5769(void **state) {
  (void)state;
  static const char *const addresses[] = {"192.0.2.1:32853", "[2001:db8:1234:5678:11:2233:4455:6677]:32853"};
  static const char *const values[] = {"002000080001a147e112a643", "002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9"};
  for (size_t i = 0; i < 2; i++) {
    uint8_t out[STUN_MESSAGE_MAX], expected[24];
    address_t mapped = address(addresses[i]);
    size_t len = stun_encode_success(rfc_transaction, &mapped, out);
    assert_int_equal(len, i == 0 ? SUCCESS_IPV4_BYTES : SUCCESS_IPV6_BYTES);
    assert_memory_equal(out + 20, expected, from_hex(values[i], expected));
  }
}

static void stun_request_is_read_back(void **state) {
  (void)state;
  uint8_t out[STUN_MESSAGE_MAX];
  stun_message_t message;
  assert_int_equal(stun_encode_request(rfc_transaction, out), STUN_REQUEST_BYTES);
  assert_int_equal(stun_decode(out, STUN_REQUEST_BYTES, &message), STUN_OK);
  assert_int_equal(message.kind, STUN_REQUEST);
  assert_int_equal(message.unknown_count, 0);
  assert_memory_equal(message.transaction, rfc_transaction, sizeof rfc_transaction);
}

static void stun_success_is_read_back(void **state) {
  (void)state;
  static const char *const pairs[][2] = {
      {"203.0.113.77:65535", "203.0.113.77:65535"},
      {"[2001:db8::1]:1", "[2001:db8::1]:1"},
      {"[::ffff:198.51.100.2]:443", "198.51.100.2:443"}, /* what a dual-stack socket says */
  };
  for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
    uint8_t out[STUN_MESSAGE_MAX];
    stun_message_t message;
    address_t mapped = address(pairs[i][0]);
    size_t len = stun_encode_success(rfc_transaction, &mapped, out);
    assert_int_equal(stun_decode(out, len, &message), STUN_OK);
    assert_int_equal(message.kind, STUN_SUCCESS);
    assert_address(&message.mapped, pairs[i][1]);
  }
}

static void stun_unknown_attributes_are_answered_with_420(void **state) {
  (void)state;
  stun_message_t request = {0}, answer;
  uint8_t out[STUN_MESSAGE_MAX], list[4];
  assert_int_equal(decode_hex(rfc_request, &request), STUN_OK);
  size_t len = stun_encode_unknown(&request, out);
  assert_int_equal(stun_decode(out, len, &answer), STUN_OK);
  assert_int_equal(answer.kind, STUN_ERROR);
  assert_int_equal(answer.error_code, STUN_ERROR_UNKNOWN_ATTRIBUTE);
  assert_memory_equal(answer.transaction, rfc_transaction, sizeof rfc_transaction);
  from_hex("000a0002", list);
  assert_memory_equal(out + len - 16, list, 4);
  from_hex("00240000", list);
  assert_memory_equal(out + len - 12, list, 4);
}

/* More than are told: 16 attributes of 4 bytes that must be understood, every length of the answer within bounds. */
static void stun_unknown_attributes_are_bounded(void **state) {
  (void)state;
  uint8_t bytes[20 + 16 * 4] = {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42}, out[STUN_MESSAGE_MAX];
  for (size_t i = 0; i < 16; i++) bytes[20 + 4 * i] = 0x7f;
  for (size_t count = 1; count <= 16; count++) {
    stun_message_t message, answer;
    bytes[3] = (uint8_t)(4 * count);
    assert_int_equal(stun_decode(bytes, 20 + 4 * count, &message), STUN_OK);
    assert_int_equal(message.unknown_count, min_size(count, STUN_UNKNOWN_MAX));
    size_t len = stun_encode_unknown(&message, out);
    assert_true(len <= sizeof out);
    assert_int_equal(stun_decode(out, len, &answer), STUN_OK);
  }
}

/* The header, the address and the FINGERPRINT itself; elsewhere a bit may hide the FINGERPRINT. */
static void stun_every_bit_counts(void **state) {
  (void)state;
  static const struct { size_t from, to; } ranges[] = {{0, 20}, {40, 60}, {88, 92}};
  uint8_t bytes[128];
  stun_message_t message;
  size_t len = from_hex(rfc_ipv6, bytes);
  for (size_t i = 0; i < ARRAY_LEN(ranges); i++) {
    for (size_t bit = 8 * ranges[i].from; bit < 8 * ranges[i].to; bit++) {
      bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
      assert_int_not_equal(stun_decode(bytes, len, &message), STUN_OK);
      bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
  }
  bytes[len - 1] ^= 1;
  assert_int_equal(stun_decode(bytes, len, &message), STUN_BAD_FINGERPRINT);
}

/* A shorter message is one only between two attributes. */
static void stun_truncation_anywhere_is_refused(void **state) {
  (void)state;
  uint8_t bytes[128];
  stun_message_t message;
  size_t whole = from_hex(rfc_request, bytes);
  for (size_t len = 0; len < whole; len++) {
    uint8_t *part = test_malloc(len + 1);
    memcpy(part, bytes, len);
    assert_int_equal(stun_decode(part, len, &message), len < 20 ? STUN_NOT_STUN : STUN_MALFORMED);
    if (len >= 20) { /* and the header agreeing with what is left */
      part[2] = (uint8_t)((len - 20) >> 8);
      part[3] = (uint8_t)(len - 20);
      bool between = len == 20 || len == 40 || len == 48 || len == 60 || len == 76 || len == 100;
      assert_int_equal(stun_decode(part, len, &message), between ? STUN_OK : STUN_MALFORMED);
    }
    test_free(part);
  }
}

#define HEADER(type, len) type len "2112a442000102030405060708090a0b"

static void stun_bad_messages_are_refused(void **state) {
  (void)state;
  static const struct {
    const char *hex;
    stun_verdict_t verdict;
  } cases[] = {
      {HEADER("0001", "0000"), STUN_OK},
      {HEADER("0001", "0004"), STUN_MALFORMED},                            /* says more than there is */
      {HEADER("0001", "0000") "80220000", STUN_MALFORMED},                 /* bytes behind the message */
      {HEADER("0001", "0003") "802200", STUN_MALFORMED},                   /* not a multiple of four */
      {HEADER("0001", "0004") "80220001", STUN_MALFORMED},                 /* an attribute without its value */
      {HEADER("0001", "0004") "8022ffff", STUN_MALFORMED},                 /* a length that padding would wrap */
      {HEADER("0001", "0008") "8022000100000000", STUN_OK},                /* SOFTWARE, padded */
      {HEADER("0001", "0008") "7fff000000000000", STUN_OK},                /* unknown, to be answered */
      {HEADER("0001", "000c") "802800000000000000000000", STUN_MALFORMED}, /* FINGERPRINT of the wrong length */
      {HEADER("0001", "000c") "802800040000000080220000", STUN_MALFORMED}, /* FINGERPRINT not the last */
      {HEADER("0001", "0008") "8028000400000000", STUN_BAD_FINGERPRINT},
      {HEADER("0011", "0000"), STUN_UNSUPPORTED}, /* an indication */
      {HEADER("0003", "0000"), STUN_UNSUPPORTED}, /* TURN's Allocate */
      {HEADER("0101", "0000"), STUN_MALFORMED},   /* success without an address */
      {HEADER("0101", "0008") "0001000800010000", STUN_MALFORMED},
      {HEADER("0101", "000c") "000100080001000001020304", STUN_MALFORMED}, /* only one that is not masked */
      {HEADER("0101", "000c") "002000080001a147e112a643", STUN_OK},
      {HEADER("0101", "000c") "002000080002a147e112a643", STUN_MALFORMED}, /* IPv6 in four bytes */
      {HEADER("0101", "000c") "002000080003a147e112a643", STUN_MALFORMED}, /* neither */
      {HEADER("0101", "0008") "002000040001a147", STUN_MALFORMED},
      {HEADER("0101", "0004") "00200000", STUN_MALFORMED},
      {HEADER("0101", "0010") "002000080001a147e112a6437fff0000", STUN_UNSUPPORTED},
      {HEADER("0111", "0000"), STUN_OK},
      {HEADER("0111", "0008") "0009000400000414", STUN_OK},
      {HEADER("0111", "0008") "0009000400000714", STUN_MALFORMED}, /* class 7 */
      {HEADER("0111", "0008") "0009000400000464", STUN_MALFORMED}, /* number 100 */
      {HEADER("0111", "0008") "0009000300000400", STUN_MALFORMED},
      {HEADER("4001", "0000"), STUN_NOT_STUN},
      {HEADER("8001", "0000"), STUN_NOT_STUN},
      {"000100002112a443000102030405060708090a0b", STUN_NOT_STUN}, /* another cookie */
  };
  for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
    stun_message_t message;
    if (decode_hex(cases[i].hex, &message) != cases[i].verdict) fail_msg("%s", cases[i].hex);
  }
}

static void stun_of_two_addresses_the_first_counts(void **state) {
  (void)state;
  stun_message_t message;
  const char *hex = HEADER("0101", "0018") "002000080001a147e112a643002000080001a147e112a644";
  assert_int_equal(decode_hex(hex, &message), STUN_OK);
  assert_address(&message.mapped, "192.0.2.1:32853");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(stun_reads_the_responses_of_rfc5769),
      cmocka_unit_test(stun_reads_the_request_of_rfc5769),
      cmocka_unit_test(stun_writes_the_address_of_rfc5769),
      cmocka_unit_test(stun_request_is_read_back),
      cmocka_unit_test(stun_success_is_read_back),
      cmocka_unit_test(stun_unknown_attributes_are_answered_with_420),
      cmocka_unit_test(stun_unknown_attributes_are_bounded),
      cmocka_unit_test(stun_every_bit_counts),
      cmocka_unit_test(stun_truncation_anywhere_is_refused),
      cmocka_unit_test(stun_bad_messages_are_refused),
      cmocka_unit_test(stun_of_two_addresses_the_first_counts),
  };
  return cmocka_run_group_tests_name("stun", tests, NULL, NULL);
}
