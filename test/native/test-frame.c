/* SPDX-License-Identifier: MIT */
#include "wire/frame.h"

#include "test.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAX_LENGTH = 1000, MAX_DEPTH = 8 };

/* ---- a stream in the making, and what a reader made of one ------------------------------------------ */

static void put_prefix(buffer_t *wire, uint32_t length) {
  uint8_t prefix[4] = {(uint8_t)(length >> 24), (uint8_t)(length >> 16), (uint8_t)(length >> 8), (uint8_t)length};
  assert_int_equal(buffer_append(wire, prefix, 4), 0);
}

static void put_frame(buffer_t *wire, const char *json) {
  put_prefix(wire, (uint32_t)strlen(json));
  assert_int_equal(buffer_append(wire, json, strlen(json)), 0);
}

static void put_text(buffer_t *out, const char *text) { assert_int_equal(buffer_append(out, text, strlen(text)), 0); }

/* Hands everything out and appends it, readable: a batch as its text, an error as <its name xcount>, ! if fatal. */
static void drain(frame_reader_t *reader, buffer_t *out) {
  frame_segment_t segment;
  while (frame_reader_next(reader, &segment)) {
    if (segment.error == 0) {
      assert_true(segment.count > 0);
      assert_false(segment.fatal);
      assert_int_equal(buffer_append(out, segment.text, segment.len), 0);
    } else {
      char text[64];
      snprintf(text, sizeof(text), "<%s x%u>%s", iroh_error_name(segment.error) + strlen("ERR_IROH_"), segment.count,
               segment.fatal ? "!" : "");
      put_text(out, text);
    }
  }
  assert_false(frame_reader_next(reader, &segment));
  frame_reader_recycle(reader);
}

static void assert_text(buffer_t *out, const char *expected) {
  assert_int_equal(buffer_append(out, "", 1), 0);
  assert_string_equal((const char *)out->data, expected);
  buffer_clear(out);
}

/* The frames of a drained text, whatever the batches they came in: "[1,2][3]" and "[1][2,3]" are both "1,2,3,". */
static void flatten(buffer_t *text) {
  size_t kept = 0;
  for (size_t i = 0; i < text->len; i++) {
    if (text->data[i] != '[') text->data[kept++] = text->data[i] == ']' ? ',' : text->data[i];
  }
  text->len = kept;
}

static frame_reader_t reader;
static buffer_t wire, out;

static int setup(void **state) {
  (void)state;
  buffer_init(&wire);
  buffer_init(&out);
  return frame_reader_init(&reader, MAX_LENGTH, MAX_DEPTH);
}

static int teardown(void **state) {
  (void)state;
  alloc_succeed();
  frame_reader_deinit(&reader);
  buffer_deinit(&wire);
  buffer_deinit(&out);
  return 0;
}

static void feed_wire(void) {
  assert_int_equal(frame_reader_feed(&reader, wire.data, wire.len), 0);
  buffer_clear(&wire);
}

/* ---- batches ------------------------------------------------------------------------------------- */

static void frame_hands_out_a_batch_as_one_array(void **state) {
  (void)state;
  put_frame(&wire, "{\"a\":1}");
  put_frame(&wire, "true");
  put_frame(&wire, " [2] ");
  feed_wire();
  frame_segment_t segment;
  assert_true(frame_reader_next(&reader, &segment));
  assert_int_equal(segment.error, 0);
  assert_int_equal(segment.count, 3);
  assert_int_equal(segment.len, strlen("[{\"a\":1},true, [2] ]"));
  assert_memory_equal(segment.text, "[{\"a\":1},true, [2] ]", segment.len);
  assert_false(frame_reader_next(&reader, &segment));
  frame_reader_recycle(&reader);
  assert_false(frame_reader_next(&reader, &segment));
  assert_int_equal(frame_reader_end(&reader), 0);
}

static void frame_takes_pieces_of_any_size(void **state) {
  (void)state;
  buffer_t stream;
  buffer_init(&stream);
  put_frame(&stream, "{\"a\":\"some text\"}");
  put_frame(&stream, "nope");
  put_frame(&stream, "");
  put_frame(&stream, "[1,2,3]");
  put_frame(&stream, "4");
  for (size_t piece = 1; piece <= stream.len; piece++) {
    for (size_t at = 0; at < stream.len; at += piece) {
      assert_int_equal(frame_reader_feed(&reader, stream.data + at, min_size(piece, stream.len - at)), 0);
    }
    drain(&reader, &out);
    assert_text(&out, "[{\"a\":\"some text\"}]<NOT_JSON x2>[[1,2,3],4]");
    assert_int_equal(frame_reader_end(&reader), 0);
  }
  buffer_deinit(&stream);
}

static void frame_keeps_the_frame_in_the_making(void **state) {
  (void)state;
  put_frame(&wire, "1");
  put_frame(&wire, "\"second\"");
  size_t cut = wire.len - 4;
  assert_int_equal(frame_reader_feed(&reader, wire.data, cut), 0);
  drain(&reader, &out);
  assert_text(&out, "[1]");
  drain(&reader, &out);
  assert_text(&out, "");
  assert_int_equal(frame_reader_feed(&reader, wire.data + cut, 1), 0);
  drain(&reader, &out);
  assert_int_equal(frame_reader_feed(&reader, wire.data + cut + 1, 3), 0);
  drain(&reader, &out);
  assert_text(&out, "[\"second\"]");
}

static void frame_takes_frames_of_the_full_length(void **state) {
  (void)state;
  char json[MAX_LENGTH + 1];
  memset(json, 'x', MAX_LENGTH);
  json[0] = json[MAX_LENGTH - 1] = '"';
  json[MAX_LENGTH] = '\0';
  put_frame(&wire, json);
  feed_wire();
  frame_segment_t segment;
  assert_true(frame_reader_next(&reader, &segment));
  assert_int_equal(segment.len, MAX_LENGTH + 2);
}

static void frame_tells_whether_a_batch_is_ascii(void **state) {
  (void)state;
  put_frame(&wire, "\"plain\"");
  put_frame(&wire, "bad");
  put_frame(&wire, "\"gr\xc3\xbc\xc3\x9f"
                   "e\"");
  put_frame(&wire, "\"plain\"");
  put_frame(&wire, "bad \xc3\xbc");
  put_frame(&wire, "\"plain\"");
  feed_wire();
  static const bool expected[] = {true, false, true};
  size_t batches = 0;
  frame_segment_t segment;
  while (frame_reader_next(&reader, &segment)) {
    if (segment.error == 0) assert_int_equal(segment.ascii, expected[batches++]);
  }
  assert_int_equal(batches, 3);
}

/* ---- refused frames ------------------------------------------------------------------------------ */

static void frame_skips_bad_frames_in_their_place(void **state) {
  (void)state;
  put_frame(&wire, "1");
  put_frame(&wire, "{");
  put_frame(&wire, "2");
  put_frame(&wire, "{\"__proto__\":1}");
  put_frame(&wire, "[[[[[[[[[]]]]]]]]]");
  put_frame(&wire, "3");
  put_frame(&wire, "4");
  feed_wire();
  drain(&reader, &out);
  assert_text(&out, "[1]<NOT_JSON x1>[2]<FORBIDDEN_KEY x1><TOO_DEEP x1>[3,4]");
}

static void frame_counts_equal_errors_in_a_row(void **state) {
  (void)state;
  for (int i = 0; i < 1000; i++) put_frame(&wire, "?");
  put_frame(&wire, "1");
  put_frame(&wire, "?");
  feed_wire();
  drain(&reader, &out);
  assert_text(&out, "<NOT_JSON x1000>[1]<NOT_JSON x1>");
}

static void frame_empty_is_not_json(void **state) {
  (void)state;
  put_frame(&wire, "");
  feed_wire();
  drain(&reader, &out);
  assert_text(&out, "<NOT_JSON x1>");
  assert_int_equal(frame_reader_end(&reader), 0);
}

/* Texts that would change the meaning of the array around them. */
static void frame_cannot_reach_beyond_itself(void **state) {
  (void)state;
  static const char *const attempts[] = {"1,2", "1],[2", "]", ",", "\"", "\\", "{\"a\":", "1}", "/*", "\"a", "", " "};
  for (size_t i = 0; i < ARRAY_LEN(attempts); i++) {
    put_frame(&wire, "0");
    put_frame(&wire, attempts[i]);
    put_frame(&wire, "9");
    feed_wire();
    drain(&reader, &out);
    assert_text(&out, "[0]<NOT_JSON x1>[9]");
  }
}

static void frame_rejects_oversized_length(void **state) {
  (void)state;
  put_frame(&wire, "1");
  put_frame(&wire, "?");
  put_frame(&wire, "2");
  put_prefix(&wire, MAX_LENGTH + 1);
  put_frame(&wire, "3");
  feed_wire();
  put_frame(&wire, "4");
  feed_wire();
  drain(&reader, &out);
  assert_text(&out, "[1]<NOT_JSON x1>[2]<FRAME_TOO_LONG x1>!");
  put_frame(&wire, "5");
  feed_wire();
  drain(&reader, &out);
  assert_text(&out, "");
  assert_int_equal(frame_reader_end(&reader), 0);
}

static void frame_promise_of_4_gib_takes_no_memory(void **state) {
  (void)state;
  frame_reader_t greedy;
  assert_int_equal(frame_reader_init(&greedy, UINT32_MAX, MAX_DEPTH), 0);
  put_prefix(&wire, UINT32_MAX);
  put_text(&wire, "\"abc");
  assert_int_equal(frame_reader_feed(&greedy, wire.data, wire.len), 0);
  drain(&greedy, &out);
  assert_true(greedy.text.cap < 1024);
  assert_int_equal(frame_reader_end(&greedy), IROH_ERR_FRAME_TRUNCATED);
  frame_reader_deinit(&greedy);
}

static void frame_end_inside_a_frame_is_truncation(void **state) {
  (void)state;
  put_frame(&wire, "12");
  put_frame(&wire, "34");
  for (size_t cut = 0; cut <= wire.len; cut++) {
    frame_reader_t cut_off;
    assert_int_equal(frame_reader_init(&cut_off, MAX_LENGTH, MAX_DEPTH), 0);
    assert_int_equal(frame_reader_feed(&cut_off, wire.data, cut), 0);
    assert_int_equal(frame_reader_end(&cut_off), cut % 6 == 0 ? 0 : IROH_ERR_FRAME_TRUNCATED);
    frame_reader_deinit(&cut_off);
  }
}

static void frame_reader_refuses_impossible_depth(void **state) {
  (void)state;
  frame_reader_t deep;
  assert_int_equal(frame_reader_init(&deep, MAX_LENGTH, 1025), IROH_ERR_INVALID_ARGUMENT);
}

/* ---- memory -------------------------------------------------------------------------------------- */

static void frame_idle_reader_holds_next_to_nothing(void **state) {
  (void)state;
  size_t live = alloc_live();
  frame_reader_t idle;
  assert_int_equal(frame_reader_init(&idle, MAX_LENGTH, MAX_DEPTH), 0);
  assert_int_equal(alloc_live(), live);
  for (int i = 0; i < 10000; i++) put_frame(&wire, i % 100 ? "{\"a\":1}" : "?");
  size_t whole = wire.len;
  put_frame(&wire, "\"half\"");
  static const size_t rests[] = {0, 2, 7};
  for (size_t i = 0; i < ARRAY_LEN(rests); i++) {
    assert_int_equal(frame_reader_feed(&idle, wire.data, whole + rests[i]), 0);
    assert_true(frame_reader_held(&idle) > 10000);
    drain(&idle, &out);
    assert_true(idle.text.cap <= 512);
    assert_null(idle.records);
    assert_int_equal(frame_reader_held(&idle), rests[i] > 4 ? 1 + rests[i] - 4 : 0);
    assert_int_equal(frame_reader_feed(&idle, wire.data + whole + rests[i], wire.len - whole - rests[i]), 0);
    drain(&idle, &out);
  }
  frame_reader_deinit(&idle);
}

/* Turns that end inside a frame, as they do when packets are cut without regard to frames. */
static void busy_turns(frame_reader_t *busy, size_t *at, size_t turns, size_t turn_bytes) {
  for (size_t turn = 0; turn < turns; turn++) {
    for (size_t left = turn_bytes; left > 0;) {
      size_t piece = min_size(left, wire.len - *at);
      assert_int_equal(frame_reader_feed(busy, wire.data + *at, piece), 0);
      *at = (*at + piece) % wire.len;
      left -= piece;
    }
    frame_segment_t segment;
    while (frame_reader_next(busy, &segment)) assert_int_equal(segment.error, 0);
    frame_reader_recycle(busy);
  }
}

static void frame_busy_reader_does_not_allocate(void **state) {
  (void)state;
  for (int i = 0; i < 100; i++) put_frame(&wire, "{\"type\":\"bench.event\",\"id\":\"1\",\"payload\":{}}");
  static const size_t turn_sizes[] = {37, 400, 1201, 16000, 100003};
  for (size_t i = 0; i < ARRAY_LEN(turn_sizes); i++) {
    buffer_t spare;
    buffer_init(&spare);
    frame_reader_t busy;
    assert_int_equal(frame_reader_init(&busy, MAX_LENGTH, MAX_DEPTH), 0);
    frame_reader_share(&busy, &spare);
    size_t at = 0;
    busy_turns(&busy, &at, 20, turn_sizes[i]);
    size_t calls = alloc_calls();
    busy_turns(&busy, &at, 100, turn_sizes[i] - turn_sizes[i] / 10);
    assert_int_equal(alloc_calls(), calls);
    frame_reader_deinit(&busy);
    buffer_deinit(&spare);
  }
}

static void frame_readers_take_turns_with_one_spare(void **state) {
  (void)state;
  buffer_t spare;
  buffer_init(&spare);
  frame_reader_t readers[3];
  for (size_t i = 0; i < ARRAY_LEN(readers); i++) {
    assert_int_equal(frame_reader_init(&readers[i], MAX_LENGTH, MAX_DEPTH), 0);
    frame_reader_share(&readers[i], &spare);
  }
  for (int i = 0; i < 500; i++) put_frame(&wire, "\"a batch of some size\"");
  for (int turn = 0; turn < 10; turn++) {
    for (size_t i = 0; i < ARRAY_LEN(readers); i++) {
      assert_int_equal(frame_reader_feed(&readers[i], wire.data, wire.len), 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(readers); i++) {
      frame_segment_t segment;
      assert_true(frame_reader_next(&readers[i], &segment));
      assert_int_equal(segment.count, 500);
      frame_reader_recycle(&readers[i]);
      assert_true(readers[i].text.cap <= 512);
    }
    assert_true(spare.cap >= wire.len - 1500);
    assert_int_equal(spare.len, 0);
  }
  for (size_t i = 0; i < ARRAY_LEN(readers); i++) frame_reader_deinit(&readers[i]);
  buffer_deinit(&spare);
}

/* A frame of a megabyte in small pieces, a turn each: neither copied nor allocated anew every time. */
static void frame_large_frame_grows_geometrically(void **state) {
  (void)state;
  frame_reader_t large;
  assert_int_equal(frame_reader_init(&large, 1 << 20, MAX_DEPTH), 0);
  put_prefix(&wire, 1 << 20);
  assert_int_equal(frame_reader_feed(&large, wire.data, wire.len), 0);
  uint8_t piece[1024];
  memset(piece, ' ', sizeof(piece));
  size_t calls = alloc_calls();
  for (size_t i = 0; i < 1024; i++) {
    piece[0] = i == 700 ? '7' : ' ';
    assert_int_equal(frame_reader_feed(&large, piece, sizeof(piece)), 0);
    if (i < 1023) frame_reader_recycle(&large);
  }
  assert_true(alloc_calls() - calls < 40);
  frame_segment_t segment;
  assert_true(frame_reader_next(&large, &segment));
  assert_int_equal(segment.len, (1 << 20) + 2);
  assert_int_equal(segment.text[1 + 700 * 1024], '7');
  frame_reader_deinit(&large);
}

static void frame_without_memory_hands_out_what_was_complete(void **state) {
  (void)state;
  put_frame(&wire, "1");
  put_frame(&wire, "?");
  put_frame(&wire, "\"a frame that needs more room than there was at first, and then it needs still some more\"");
  put_frame(&wire, "2");
  assert_int_equal(frame_reader_feed(&reader, wire.data, wire.len), 0);
  buffer_t all;
  buffer_init(&all);
  drain(&reader, &all);
  flatten(&all);
  int rv = IROH_ERR_NO_MEMORY;
  for (size_t allowed = 0; rv; allowed++) {
    frame_reader_t poor;
    assert_int_equal(frame_reader_init(&poor, MAX_LENGTH, MAX_DEPTH), 0);
    alloc_fail_after(allowed);
    rv = 0;
    for (size_t i = 0; i < wire.len && rv == 0; i++) rv = frame_reader_feed(&poor, wire.data + i, 1);
    alloc_succeed();
    assert_true(rv == 0 || rv == IROH_ERR_NO_MEMORY);
    /* Dead: what comes is dropped. */
    if (rv) assert_int_equal(frame_reader_feed(&poor, wire.data, wire.len), 0);
    buffer_clear(&out);
    drain(&poor, &out);
    flatten(&out);
    assert_true(rv ? out.len < all.len : out.len == all.len);
    if (out.len) assert_memory_equal(out.data, all.data, out.len);
    assert_int_equal(frame_reader_end(&poor), 0);
    frame_reader_deinit(&poor);
  }
  buffer_deinit(&all);
}

/* ---- any stream ---------------------------------------------------------------------------------- */

static void frame_random_streams_come_out_whole_and_in_order(void **state) {
  (void)state;
  static const char *const jsons[] = {"1", "\"two\"", "{\"three\":3}", "null", "\"\xc3\xbc\""};
  uint64_t seed = 48;
  buffer_t expected, spare;
  buffer_init(&expected);
  buffer_init(&spare);
  for (int round = 0; round < 300; round++) {
    frame_reader_t any;
    assert_int_equal(frame_reader_init(&any, MAX_LENGTH, MAX_DEPTH), 0);
    if (round % 2) frame_reader_share(&any, &spare);
    buffer_clear(&wire);
    buffer_clear(&expected);
    buffer_clear(&out);
    for (size_t frames = random_below(&seed, 300); frames > 0; frames--) {
      if (random_below(&seed, 10) == 0) {
        put_frame(&wire, "bad");
        put_frame(&wire, "{\"__proto__\":0}");
        put_text(&expected, "<NOT_JSON x1><FORBIDDEN_KEY x1>");
      } else {
        const char *json = jsons[random_below(&seed, ARRAY_LEN(jsons))];
        put_frame(&wire, json);
        put_text(&expected, json);
        put_text(&expected, ",");
      }
    }
    for (size_t at = 0, piece; at < wire.len; at += piece) {
      piece = min_size(1 + random_below(&seed, round % 3 ? 40 : 2000), wire.len - at);
      assert_int_equal(frame_reader_feed(&any, wire.data + at, piece), 0);
      if (random_below(&seed, 4) == 0) drain(&any, &out);
    }
    drain(&any, &out);
    flatten(&out);
    assert_int_equal(out.len, expected.len);
    if (out.len) assert_memory_equal(out.data, expected.data, out.len);
    assert_int_equal(frame_reader_end(&any), 0);
    frame_reader_deinit(&any);
  }
  buffer_deinit(&expected);
  buffer_deinit(&spare);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(frame_hands_out_a_batch_as_one_array),
      TEST(frame_takes_pieces_of_any_size),
      TEST(frame_keeps_the_frame_in_the_making),
      TEST(frame_takes_frames_of_the_full_length),
      TEST(frame_tells_whether_a_batch_is_ascii),
      TEST(frame_skips_bad_frames_in_their_place),
      TEST(frame_counts_equal_errors_in_a_row),
      TEST(frame_empty_is_not_json),
      TEST(frame_cannot_reach_beyond_itself),
      TEST(frame_rejects_oversized_length),
      TEST(frame_promise_of_4_gib_takes_no_memory),
      TEST(frame_end_inside_a_frame_is_truncation),
      TEST(frame_reader_refuses_impossible_depth),
      TEST(frame_idle_reader_holds_next_to_nothing),
      TEST(frame_busy_reader_does_not_allocate),
      TEST(frame_readers_take_turns_with_one_spare),
      TEST(frame_large_frame_grows_geometrically),
      TEST(frame_without_memory_hands_out_what_was_complete),
      TEST(frame_random_streams_come_out_whole_and_in_order),
  };
  return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
