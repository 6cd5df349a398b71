/* SPDX-License-Identifier: MIT */
#include "wire/quic-frames.h"

#include "base/base.h"
#include "test.h"

static size_t find(const uint8_t *payload, size_t len, quic_stop_sending_t *out) {
  return quic_frames_stop_sending(payload, len, out, 4);
}

static void stop_sending_is_found_alone(void **state) {
  (void)state;
  const uint8_t payload[] = {0x05, 0x04, 0x40, 0x4d};
  quic_stop_sending_t found[4];
  assert_int_equal(find(payload, sizeof payload, found), 1);
  assert_int_equal(found[0].stream_id, 4);
  assert_int_equal(found[0].code, 77);
}

/* One frame of every kind of RFC 9000 section 19 and RFC 9221, then the one that is looked for. */
static void stop_sending_is_found_behind_every_other_frame(void **state) {
  (void)state;
  const uint8_t payload[] = {
      0x00, 0x00,                                     /* PADDING */
      0x01,                                           /* PING */
      0x02, 0x0a, 0x01, 0x01, 0x02, 0x00, 0x03,       /* ACK with one more range */
      0x03, 0x0a, 0x01, 0x00, 0x02, 0x01, 0x02, 0x03, /* ACK with ECN counts */
      0x04, 0x04, 0x40, 0x99, 0x05,                   /* RESET_STREAM */
      0x06, 0x00, 0x02, 0x05, 0x05,                   /* CRYPTO */
      0x07, 0x01, 0x05,                               /* NEW_TOKEN */
      0x0e, 0x04, 0x80, 0x00, 0x10, 0x00, 0x01, 0x05, /* STREAM with offset and length */
      0x0b, 0x04, 0x01, 0x05,                         /* STREAM with length and end */
      0x10, 0x05,                                     /* MAX_DATA */
      0x11, 0x05, 0x05,                               /* MAX_STREAM_DATA */
      0x12, 0x05, 0x13, 0x05,                         /* MAX_STREAMS */
      0x14, 0x05, 0x15, 0x05, 0x05, 0x16, 0x05, 0x17, 0x05, 0x18, 0x01, 0x00, 0x01, 0x05, 0,
      0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0, /* NEW_CONNECTION_ID */
      0x19, 0x05,                                                                            /* RETIRE_CONNECTION_ID */
      0x1a, 5,    5,    5,    5,    5,    5,    5,    5,                                     /* PATH_CHALLENGE */
      0x1b, 5,    5,    5,    5,    5,    5,    5,    5,                                     /* PATH_RESPONSE */
      0x1e,                                                                                  /* HANDSHAKE_DONE */
      0x31, 0x01, 0x05,                                                                      /* DATAGRAM */
      0x05, 0x08, 0x09};
  quic_stop_sending_t found[4];
  assert_int_equal(find(payload, sizeof payload, found), 1);
  assert_int_equal(found[0].stream_id, 8);
  assert_int_equal(found[0].code, 9);
}

static void data_that_looks_like_it_is_not_found(void **state) {
  (void)state;
  const uint8_t to_the_end[] = {0x08, 0x04, 0x05, 0x04, 0x07};
  const uint8_t unknown[] = {0x2a, 0x05, 0x04, 0x07};
  quic_stop_sending_t found[4];
  assert_int_equal(find(to_the_end, sizeof to_the_end, found), 0);
  assert_int_equal(find(unknown, sizeof unknown, found), 0);
}

static void truncation_anywhere_finds_only_what_is_whole(void **state) {
  (void)state;
  const uint8_t payload[] = {0x05, 0x04, 0x07, 0x02, 0x01, 0x00, 0x00, 0x00, 0x05, 0x40, 0x44, 0x80, 0, 0, 1};
  quic_stop_sending_t found[4];
  for (size_t len = 0; len <= sizeof payload; len++) {
    size_t whole = len < 3 ? 0 : len < sizeof payload ? 1 : 2;
    assert_int_equal(find(payload, len, found), whole);
  }
}

static bool begins(const char *payload, size_t len) {
  return quic_frames_begin_handshake((const uint8_t *)payload, len);
}

static void a_first_packet_begins_a_handshake_with_crypto(void **state) {
  (void)state;
  assert_true(begins("\x06\x00\x04\x01\x00\x01\x00", 7));
  assert_true(begins("\x00\x01\x00\x06\x40\x05\x02\x01\x00", 9)); /* PADDING, PING, and not the first bytes */
  assert_false(begins("", 0));
  assert_false(begins("\x00\x01\x00", 3));
  assert_false(begins("\x06\x00\x04\x01\x00\x01", 6));             /* shorter than it says */
  assert_false(begins("\x02\x00\x00\x00\x00\x06\x00\x01\x01", 9)); /* ACK: of what? */
  assert_false(begins("\x08\x00\x01\x06\x00\x01\x01", 7));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_first_packet_begins_a_handshake_with_crypto),
      cmocka_unit_test(stop_sending_is_found_alone),
      cmocka_unit_test(stop_sending_is_found_behind_every_other_frame),
      cmocka_unit_test(data_that_looks_like_it_is_not_found),
      cmocka_unit_test(truncation_anywhere_finds_only_what_is_whole),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
