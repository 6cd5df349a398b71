/* SPDX-License-Identifier: MIT */
#include "wire/frame.h"

#include "test.h"

static void put_text(buffer_t *out, const char *text) { assert_int_equal(buffer_append(out, text, strlen(text)), 0); }

static void frame_patch_writes_the_lengths(void **state) {
  (void)state;
  static const char patched[] = "\0\0\0\x07{\"a\":1}\0\0\0\x01"
                                "2\0\0\0\x07\"three\"";
  buffer_t wire;
  buffer_init(&wire);
  put_text(&wire, "\n\n\n\n{\"a\":1}\n\n\n\n2\n\n\n\n\"three\"");
  assert_int_equal(frame_patch(wire.data, wire.len), 3);
  assert_int_equal(wire.len, sizeof(patched) - 1);
  assert_memory_equal(wire.data, patched, wire.len);
  assert_int_equal(frame_patch(wire.data, 0), 0);
  buffer_deinit(&wire);
}

static void frame_patch_writes_what_the_reader_reads(void **state) {
  (void)state;
  buffer_t wire;
  buffer_init(&wire);
  put_text(&wire, "\n\n\n\n{\"a\":1}\n\n\n\n2\n\n\n\n\"three\"");
  assert_int_equal(frame_patch(wire.data, wire.len), 3);
  frame_reader_t reader;
  frame_segment_t segment;
  assert_int_equal(frame_reader_init(&reader, 100, 8), 0);
  assert_int_equal(frame_reader_feed(&reader, wire.data, wire.len), 0);
  assert_true(frame_reader_next(&reader, &segment));
  assert_int_equal(segment.len, strlen("[{\"a\":1},2,\"three\"]"));
  assert_memory_equal(segment.text, "[{\"a\":1},2,\"three\"]", segment.len);
  frame_reader_deinit(&reader);
  buffer_deinit(&wire);
}

static void frame_patch_writes_lengths_of_every_size(void **state) {
  (void)state;
  /* 10 and 2570 have the byte '\n' in them. */
  static const size_t lengths[] = {1, 10, 255, 256, 2570, 65535, 65536, 1000000};
  buffer_t wire;
  buffer_init(&wire);
  for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
    buffer_clear(&wire);
    put_text(&wire, "\n\n\n\n");
    assert_int_equal(buffer_reserve(&wire, lengths[i]), 0);
    memset(wire.data + 4, '1', lengths[i]);
    wire.len += lengths[i];
    put_text(&wire, "\n\n\n\n2");
    assert_int_equal(frame_patch(wire.data, wire.len), 2);
    const uint8_t *prefix = wire.data;
    assert_int_equal((size_t)prefix[0] << 24 | (size_t)prefix[1] << 16 | (size_t)prefix[2] << 8 | prefix[3],
                     lengths[i]);
  }
  buffer_deinit(&wire);
}

static void frame_patch_refuses_what_is_not_frames(void **state) {
  (void)state;
  static const char *const bad[] = {
      "1",
      "\n",
      "\n\n\n",
      "\n\n\n\n",
      "\n\n\n1",
      "x\n\n\n\n1",
      "\n\n\n\n1\n",
      "\n\n\n\n1\n\n\n\n",
      "\n\n\n\n1\n2",
      "\n\n\n\n1\n\n\n2",
      "\n\n\n\n\n\n\n\n1",
      "\n\n\n\n1\n\n\n\n\n2",
  };
  buffer_t wire;
  buffer_init(&wire);
  for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
    buffer_clear(&wire);
    put_text(&wire, bad[i]);
    assert_int_equal(frame_patch(wire.data, wire.len), IROH_ERR_INVALID_ARGUMENT);
  }
  buffer_deinit(&wire);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(frame_patch_writes_the_lengths),
      cmocka_unit_test(frame_patch_writes_what_the_reader_reads),
      cmocka_unit_test(frame_patch_writes_lengths_of_every_size),
      cmocka_unit_test(frame_patch_refuses_what_is_not_frames),
  };
  return cmocka_run_group_tests_name("frame_patch", tests, NULL, NULL);
}
