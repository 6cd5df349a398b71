/* SPDX-License-Identifier: MIT */
#include "wire/quic-frames.h"

#include "base/base.h"
#include "test.h"

/* One frame of every kind of RFC 9000 section 19 and RFC 9221, the one that has no end last. */
static const uint8_t every_frame[] = {
    0x00, 0x00,                                     /* PADDING */
    0x01,                                           /* PING */
    0x02, 0x0a, 0x01, 0x01, 0x02, 0x00, 0x03,       /* ACK with one more range */
    0x03, 0x0a, 0x01, 0x00, 0x02, 0x01, 0x02, 0x03, /* ACK with ECN counts */
    0x04, 0x04, 0x40, 0x99, 0x05,                   /* RESET_STREAM */
    0x05, 0x08, 0x40, 0x4d,                         /* STOP_SENDING */
    0x06, 0x00, 0x02, 0x05, 0x05,                   /* CRYPTO */
    0x07, 0x01, 0x05,                               /* NEW_TOKEN */
    0x0e, 0x04, 0x80, 0x00, 0x10, 0x00, 0x01, 0x05, /* STREAM with offset and length */
    0x0b, 0x04, 0x01, 0x05,                         /* STREAM with length and end */
    0x10, 0x05,                                     /* MAX_DATA */
    0x11, 0x05, 0x06,                               /* MAX_STREAM_DATA */
    0x12, 0x05, 0x13, 0x05,                         /* MAX_STREAMS */
    0x14, 0x05, 0x15, 0x05, 0x06, 0x16, 0x05, 0x17, 0x05, 0x18, 0x02, 0x01, 0x01, 0x05, 0,
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0, /* NEW_CONNECTION_ID */
    0x19, 0x05,                                                                            /* RETIRE_CONNECTION_ID */
    0x1a, 5,    5,    5,    5,    5,    5,    5,    5,                                     /* PATH_CHALLENGE */
    0x1b, 6,    6,    6,    6,    6,    6,    6,    6,                                     /* PATH_RESPONSE */
    0x1c, 0x0a, 0x06, 0x01, 'x',                                                           /* CONNECTION_CLOSE */
    0x1d, 0x0b, 0x00,                                                                      /* the application's */
    0x1e,                                                                                  /* HANDSHAKE_DONE */
    0x31, 0x01, 0x05,                                                                      /* DATAGRAM with length */
    0x30, 0x05, 0x04,                                                                      /* DATAGRAM to the end */
};

static void every_frame_is_read(void **state) {
  (void)state;
  static const struct {
    uint8_t type;
    uint64_t first, second;
  } expected[] = {{0x00, 0, 0}, {0x01, 0, 0}, {0x02, 0, 0}, {0x03, 0, 0}, {0x04, 4, 0x99}, {0x05, 8, 77},
                  {0x06, 0, 0}, {0x07, 0, 0}, {0x0e, 0, 0}, {0x0b, 0, 0}, {0x10, 5, 0},    {0x11, 5, 6},
                  {0x12, 5, 0}, {0x13, 5, 0}, {0x14, 5, 0}, {0x15, 5, 6}, {0x16, 5, 0},    {0x17, 5, 0},
                  {0x18, 2, 1}, {0x19, 5, 0}, {0x1a, 0, 0}, {0x1b, 0, 0}, {0x1c, 10, 6},   {0x1d, 11, 0},
                  {0x1e, 0, 0}, {0x31, 0, 0}, {0x30, 0, 0}};
  quic_frames_t walk = {every_frame, every_frame + sizeof every_frame};
  const uint8_t *behind = every_frame;
  for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
    quic_frame_t frame = {0};
    assert_int_equal(quic_frames_next(&walk, &frame), QUIC_FRAMES_FRAME);
    assert_ptr_equal(frame.start, behind);
    assert_int_equal(frame.type, expected[i].type);
    assert_int_equal(frame.first, expected[i].first);
    assert_int_equal(frame.second, expected[i].second);
    if (frame.type == QUIC_FRAME_PATH_RESPONSE) assert_int_equal(frame.data[7], 6);
    behind = walk.at;
  }
  quic_frame_t frame;
  assert_int_equal(quic_frames_next(&walk, &frame), QUIC_FRAMES_END);
}

static quic_frames_result_t last_result(const uint8_t *payload, size_t len) {
  quic_frames_t walk = {payload, payload + len};
  quic_frame_t frame;
  quic_frames_result_t result;
  while ((result = quic_frames_next(&walk, &frame)) == QUIC_FRAMES_FRAME)
    assert_true(walk.at > frame.start && walk.at <= walk.end);
  return result;
}

static void a_cut_is_seen_anywhere_but_between_frames(void **state) {
  (void)state;
  quic_frames_t walk = {every_frame, every_frame + sizeof every_frame};
  quic_frame_t frame;
  while (quic_frames_next(&walk, &frame) == QUIC_FRAMES_FRAME) {
    for (const uint8_t *cut = frame.start + 1; cut < walk.at; cut++) {
      bool without_end = frame.type == QUIC_FRAME_PADDING || frame.type == QUIC_FRAME_DATAGRAM;
      assert_int_equal(last_result(every_frame, (size_t)(cut - every_frame)),
                       without_end ? QUIC_FRAMES_END : QUIC_FRAMES_MALFORMED);
    }
    assert_int_equal(last_result(every_frame, (size_t)(walk.at - every_frame)), QUIC_FRAMES_END);
  }
}

static void data_is_no_frame(void **state) {
  (void)state;
  const uint8_t to_the_end[] = {0x08, 0x04, 0x1e, 0x1e, 0x1e};
  assert_int_equal(last_result(to_the_end, sizeof to_the_end), QUIC_FRAMES_END);
}

static void unknown_types_and_lengths_are_malformed(void **state) {
  (void)state;
  const uint8_t unknown[] = {0x2a, 0x00};
  const uint8_t two_byte_ping[] = {0x40, 0x01};
  const uint8_t no_id[30] = {0x18, 0x01, 0x00, 0x00};
  const uint8_t long_id[60] = {0x18, 0x01, 0x00, 21};
  const uint8_t many_ranges[] = {0x02, 0x05, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00};
  assert_int_equal(last_result(unknown, sizeof unknown), QUIC_FRAMES_MALFORMED);
  assert_int_equal(last_result(two_byte_ping, sizeof two_byte_ping), QUIC_FRAMES_MALFORMED);
  assert_int_equal(last_result(no_id, sizeof no_id), QUIC_FRAMES_MALFORMED);
  assert_int_equal(last_result(long_id, sizeof long_id), QUIC_FRAMES_MALFORMED);
  assert_int_equal(last_result(many_ranges, sizeof many_ranges), QUIC_FRAMES_MALFORMED);
}

static bool begins(const char *payload, size_t len) {
  return quic_frames_begin_handshake((const uint8_t *)payload, len);
}

static void acknowledged_ranges_are_read(void **state) {
  (void)state;
  /* Largest 1000, two ranges behind the first: 990 to 1000, 980, 0 to 5. */
  const uint8_t bytes[] = {QUIC_FRAME_ACK, 0x43, 0xe8, 0x00, 0x02, 0x0a, 0x08, 0x00, 0x43, 0xcd, 0x05};
  quic_frames_t walk = {bytes, bytes + sizeof bytes};
  quic_frame_t frame;
  quic_ack_t ack;
  assert_int_equal(quic_frames_next(&walk, &frame), QUIC_FRAMES_FRAME);
  assert_true(quic_ack_begin(&ack, frame.data, walk.at));
  assert_true(ack.first == 990 && ack.last == 1000);
  assert_true(quic_ack_next(&ack));
  assert_true(ack.first == 980 && ack.last == 980);
  assert_true(quic_ack_next(&ack));
  assert_true(ack.first == 0 && ack.last == 5);
  assert_false(quic_ack_next(&ack));
}

static void acknowledged_ranges_below_zero_are_none(void **state) {
  (void)state;
  quic_ack_t ack;
  const uint8_t first[] = {0x05, 0x00, 0x00, 0x06}, second[] = {0x05, 0x00, 0x02, 0x01, 0x03, 0x00, 0x00, 0x00};
  assert_false(quic_ack_begin(&ack, first, first + sizeof first));
  assert_true(quic_ack_begin(&ack, second, second + sizeof second));
  assert_false(quic_ack_next(&ack));
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
      cmocka_unit_test(every_frame_is_read),
      cmocka_unit_test(a_cut_is_seen_anywhere_but_between_frames),
      cmocka_unit_test(data_is_no_frame),
      cmocka_unit_test(unknown_types_and_lengths_are_malformed),
      cmocka_unit_test(acknowledged_ranges_are_read),
      cmocka_unit_test(acknowledged_ranges_below_zero_are_none),
      cmocka_unit_test(a_first_packet_begins_a_handshake_with_crypto),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
