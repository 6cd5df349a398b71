/* SPDX-License-Identifier: MIT
 *
 * The frame reader: however the stream is cut, and whenever segments are handed out, the same frames come out. Every
 * text handed out is a JSON array of as many values as it says.
 *
 * The first byte of the input says how the stream, the rest of it, is cut.
 */
#include "base/base.h"
#include "fuzz.h"
#include "iroh.h"
#include "wire/frame.h"
#include "wire/json.h"

#include <string.h>

enum { MAX_LENGTH = 300, MAX_DEPTH = 4 };

/* What came out, whatever batches it came in. */
typedef struct {
  buffer_t values; /* the values, each followed by a comma, and errors, each as '<', its number negated, '>' */
  size_t count;    /* good frames */
  int end;
} outcome_t;

/* The values of a JSON array: one more than the commas that are outside of strings and of inner containers. */
static size_t count_values(const uint8_t *text, size_t len) {
  size_t count = 1;
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < len; i++) {
    uint8_t c = text[i];
    if (in_string) {
      if (c == '\\') i++;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      depth++;
    } else if (c == ']' || c == '}') {
      depth--;
    } else if (c == ',' && depth == 1) {
      count++;
    }
  }
  return count;
}

static void note_batch(outcome_t *outcome, const frame_segment_t *segment) {
  bool ascii;
  CLAIM(json_check(segment->text, segment->len, MAX_DEPTH + 1, &ascii) == 0);
  CLAIM(ascii == segment->ascii);
  CLAIM(segment->text[0] == '[' && segment->text[segment->len - 1] == ']');
  CLAIM(count_values(segment->text, segment->len) == segment->count);
  outcome->count += segment->count;
  CLAIM(buffer_append(&outcome->values, segment->text + 1, segment->len - 2) == 0);
  CLAIM(buffer_append(&outcome->values, ",", 1) == 0);
}

static void note_error(outcome_t *outcome, const frame_segment_t *segment) {
  CLAIM(segment->fatal == (segment->error == IROH_ERR_FRAME_TOO_LONG));
  CLAIM(!segment->fatal || segment->count == 1);
  uint8_t mark[3] = {'<', (uint8_t)-segment->error, '>'};
  for (uint32_t i = 0; i < segment->count; i++) CLAIM(buffer_append(&outcome->values, mark, sizeof(mark)) == 0);
}

static void drain(frame_reader_t *reader, outcome_t *outcome) {
  frame_segment_t segment;
  while (frame_reader_next(reader, &segment)) {
    CLAIM(segment.count > 0);
    if (segment.error) {
      note_error(outcome, &segment);
    } else {
      note_batch(outcome, &segment);
    }
  }
  frame_reader_recycle(reader);
}

static uint32_t next_random(uint32_t *state) {
  *state = *state * 1664525 + 1013904223;
  return *state >> 16;
}

/* Feeds `data` in pieces of up to `max_piece` bytes (0: at once), and drains after about one in `drain_every` of them.
 */
static outcome_t read_stream(const uint8_t *data, size_t size, size_t max_piece, uint32_t drain_every,
                             buffer_t *spare) {
  outcome_t outcome = {0};
  uint32_t random = (uint32_t)max_piece;
  frame_reader_t reader;
  CLAIM(frame_reader_init(&reader, MAX_LENGTH, MAX_DEPTH) == 0);
  if (spare) frame_reader_share(&reader, spare);
  while (size > 0) {
    size_t piece = max_piece ? min_size(size, 1 + next_random(&random) % max_piece) : size;
    CLAIM(frame_reader_feed(&reader, data, piece) == 0);
    data += piece;
    size -= piece;
    if (next_random(&random) % drain_every == 0) drain(&reader, &outcome);
  }
  drain(&reader, &outcome);
  CLAIM(reader.text.cap <= 512 || reader.text.cap / 4 <= reader.text.len);
  outcome.end = frame_reader_end(&reader);
  CLAIM(frame_reader_held(&reader) <= MAX_LENGTH + 1);
  frame_reader_deinit(&reader);
  return outcome;
}

static void claim_same(const outcome_t *a, const outcome_t *b) {
  CLAIM(a->values.len == b->values.len);
  CLAIM(a->values.len == 0 || memcmp(a->values.data, b->values.data, a->values.len) == 0);
  CLAIM(a->count == b->count);
  CLAIM(a->end == b->end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) return 0;
  size_t max_piece = 1 + (data[0] & 0x3f);
  uint32_t drain_every = 1 + (data[0] >> 6);
  data++;
  size--;
  buffer_t spare;
  buffer_init(&spare);
  outcome_t whole = read_stream(data, size, 0, 1, NULL);
  outcome_t in_pieces = read_stream(data, size, max_piece, drain_every, NULL);
  outcome_t with_spare = read_stream(data, size, max_piece * 4, drain_every, &spare);
  claim_same(&whole, &in_pieces);
  claim_same(&whole, &with_spare);
  buffer_deinit(&whole.values);
  buffer_deinit(&in_pieces.values);
  buffer_deinit(&with_spare.values);
  buffer_deinit(&spare);
  return 0;
}
