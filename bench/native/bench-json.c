/* SPDX-License-Identifier: MIT
 *
 * How fast json_check and the frame reader are: nanoseconds a document and bytes a second, the best of several rounds.
 */
#include "base/base.h"
#include "wire/frame.h"
#include "wire/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 7, ROUND_BYTES = 64 << 20, BATCH_BYTES = 64 << 10 };

static double now_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void report(const char *what, double seconds, size_t documents, size_t bytes) {
  printf("%-44s %9.1f ns/document %8.2f GB/s\n", what, seconds * 1e9 / (double)documents,
         (double)bytes / seconds * 1e-9);
}

static void must(bool held) {
  if (held) return;
  fputs("bench-json: a document was refused\n", stderr);
  exit(1);
}

static void bench_check(const char *what, const char *text, size_t len) {
  size_t documents = max_size(1, ROUND_BYTES / len);
  double best = 1e9;
  for (int round = 0; round < ROUNDS; round++) {
    double start = now_seconds();
    for (size_t i = 0; i < documents; i++) {
      bool ascii;
      must(json_check((const uint8_t *)text, len, 64, &ascii) == 0);
    }
    double seconds = now_seconds() - start;
    if (seconds < best) best = seconds;
  }
  report(what, best, documents, documents * len);
}

static void bench_string(const char *what, const char *unit, size_t len) {
  size_t unit_len = strlen(unit);
  char *text = malloc(len + 2);
  must(text != NULL);
  text[0] = '"';
  for (size_t i = 0; i < len / unit_len; i++) memcpy(text + 1 + i * unit_len, unit, unit_len);
  size_t end = 1 + len / unit_len * unit_len;
  text[end] = '"';
  bench_check(what, text, end + 1);
  free(text);
}

/* Batches of one document, fed in pieces the size of a packet's payload. */
static void bench_frames(const char *what, const char *text, size_t len, size_t piece) {
  size_t frame_len = FRAME_PREFIX_LEN + len;
  size_t frames = max_size(1, BATCH_BYTES / frame_len);
  uint8_t *batch = malloc(frames * frame_len);
  must(batch != NULL);
  for (size_t i = 0; i < frames; i++) {
    memcpy(batch + i * frame_len, "\n\n\n\n", FRAME_PREFIX_LEN);
    memcpy(batch + i * frame_len + FRAME_PREFIX_LEN, text, len);
  }
  must(frame_patch(batch, frames * frame_len) == (int64_t)frames);
  size_t turns = ROUND_BYTES / (frames * frame_len);
  frame_reader_t reader;
  buffer_t spare;
  buffer_init(&spare);
  must(frame_reader_init(&reader, 1 << 20, 64) == 0);
  frame_reader_share(&reader, &spare);
  double best = 1e9;
  for (int round = 0; round < ROUNDS; round++) {
    double start = now_seconds();
    for (size_t turn = 0; turn < turns; turn++) {
      for (size_t at = 0; at < frames * frame_len; at += piece) {
        must(frame_reader_feed(&reader, batch + at, min_size(piece, frames * frame_len - at)) == 0);
      }
      frame_segment_t segment;
      must(frame_reader_next(&reader, &segment) && segment.count == frames);
      frame_reader_recycle(&reader);
    }
    double seconds = now_seconds() - start;
    if (seconds < best) best = seconds;
  }
  report(what, best, turns * frames, turns * frames * frame_len);
  frame_reader_deinit(&reader);
  buffer_deinit(&spare);
  free(batch);
}

static void bench_patch(const char *what, const char *text, size_t len) {
  size_t frame_len = FRAME_PREFIX_LEN + len;
  size_t frames = BATCH_BYTES / frame_len;
  uint8_t *batch = malloc(frames * frame_len);
  must(batch != NULL);
  for (size_t i = 0; i < frames; i++) memcpy(batch + i * frame_len + FRAME_PREFIX_LEN, text, len);
  size_t turns = ROUND_BYTES / (frames * frame_len);
  double best = 1e9;
  for (int round = 0; round < ROUNDS; round++) {
    double start = now_seconds();
    for (size_t turn = 0; turn < turns; turn++) {
      for (size_t i = 0; i < frames; i++) memcpy(batch + i * frame_len, "\n\n\n\n", FRAME_PREFIX_LEN);
      must(frame_patch(batch, frames * frame_len) == (int64_t)frames);
    }
    double seconds = now_seconds() - start;
    if (seconds < best) best = seconds;
  }
  report(what, best, turns * frames, turns * frames * frame_len);
  free(batch);
}

int main(void) {
  static const char envelope[] = "{\"type\":\"bench.event\",\"id\":\"000000000001\",\"payload\":{\"text\":"
                                 "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}}";
  static const char record[] = "{\"id\":12345,\"active\":true,\"score\":-12.5e3,\"tags\":[\"a\",\"bc\",null],\n  "
                               "\"where\":{\"x\":1.25,\"y\":0}}";
  size_t envelope_len = sizeof(envelope) - 1;
  printf("envelope of %zu bytes\n", envelope_len);
  bench_check("check: envelope", envelope, envelope_len);
  bench_check("check: numbers, words, white space", record, sizeof(record) - 1);
  bench_string("check: 64 KiB string, ASCII", "x", 64 << 10);
  bench_string("check: 1 MiB string, ASCII", "x", 1 << 20);
  bench_string("check: 64 KiB string, words with umlauts",
               "gr\xc3\xb6\xc3\x9f"
               "ere Worte ",
               64 << 10);
  bench_string("check: 64 KiB string, three-byte characters", "\xe4\xbd\xa0\xe5\xa5\xbd", 64 << 10);
  bench_string("check: 64 KiB string, four-byte characters", "\xf0\x9f\x98\x80", 64 << 10);
  bench_string("check: 64 KiB string, an escape in twelve", "eleven char\\n", 64 << 10);
  bench_frames("frames: envelope, pieces of 1200", envelope, envelope_len, 1200);
  bench_frames("frames: envelope, pieces of 16000", envelope, envelope_len, 16000);
  bench_patch("patch: envelope", envelope, envelope_len);
  return 0;
}
