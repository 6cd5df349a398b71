/* SPDX-License-Identifier: MIT
 *
 * The text of a reader, with a batch open (']' of the first one in its place already) and a frame in the making:
 *
 *   [f1,f2][f3,f4,f5
 *          ^      ^-- frame_start: behind '[' or ','
 *          `-- batch_start
 */
#include "wire/frame.h"

#include "base/base.h"
#include "iroh.h"
#include "wire/json.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* A segment that is complete; the open batch has none yet. */
struct frame_record {
  int error;
  bool fatal;
  bool ascii;
  uint32_t count;
  size_t start;
  size_t len;
};

enum {
  RECORDS_MIN = 8,
  BATCH_MAX = 60 * 1024,  /* a longer string would be outside the engine's young generation: slow to make and free */
  TEXT_KEPT = 512,        /* an idle reader may keep this much: small talk does not allocate */
  SPARE_MAX = 4096 * 1024 /* larger memory is not worth keeping for the next reader */
};

int frame_reader_init(frame_reader_t *reader, uint32_t max_frame_length, unsigned max_depth) {
  if (max_depth > JSON_DEPTH_MAX) return IROH_ERR_INVALID_ARGUMENT;
  *reader = (frame_reader_t){.max_frame_length = max_frame_length, .max_depth = max_depth};
  return 0;
}

void frame_reader_share(frame_reader_t *reader, buffer_t *spare) { reader->spare = spare; }

void frame_reader_deinit(frame_reader_t *reader) {
  buffer_deinit(&reader->text);
  free(reader->records);
  *reader = (frame_reader_t){.dead = true};
}

/* ---- memory -------------------------------------------------------------------------------------- */

static void swap_buffers(buffer_t *a, buffer_t *b) {
  buffer_t held = *a;
  *a = *b;
  *b = held;
}

/* Moves the text into `home`, which is empty and large enough, and leaves the old memory there instead. */
static void move_text(frame_reader_t *reader, buffer_t *home) {
  if (reader->text.len) memcpy(home->data, reader->text.data, reader->text.len);
  home->len = reader->text.len;
  swap_buffers(&reader->text, home);
  buffer_clear(home);
}

static int reserve_text(frame_reader_t *reader, size_t extra) {
  buffer_t *text = &reader->text;
  size_t need = text->len + extra;
  /* To move no more bytes than have just arrived keeps the work linear. */
  if (need > text->cap && reader->spare && reader->spare->cap >= need && text->len <= extra) {
    move_text(reader, reader->spare);
  }
  return buffer_reserve(text, extra);
}

/* Takes memory off the reader's hands: the largest seen becomes the spare. */
static void give_memory(frame_reader_t *reader, buffer_t *memory) {
  buffer_t *spare = reader->spare;
  if (spare && memory->cap > spare->cap && memory->cap <= SPARE_MAX) swap_buffers(spare, memory);
  buffer_deinit(memory);
}

/* Leaves the text, now at the front, no more memory than a few times its size. */
static void shrink_text(frame_reader_t *reader) {
  buffer_t *text = &reader->text;
  if (text->cap <= TEXT_KEPT || text->cap / 4 <= text->len) return;
  buffer_t *spare = reader->spare;
  buffer_t home;
  buffer_init(&home);
  if (spare && spare->cap >= text->len && spare->cap <= TEXT_KEPT) {
    swap_buffers(&home, spare);
  } else if (text->len && buffer_reserve(&home, text->len)) {
    return;
  }
  move_text(reader, &home);
  give_memory(reader, &home);
}

/* ---- feeding ------------------------------------------------------------------------------------- */

/* Begins a batch behind what is there. Nothing of a frame is. */
static void open_batch(frame_reader_t *reader) {
  buffer_t *text = &reader->text;
  reader->batch_start = text->len;
  reader->batch_count = 0;
  reader->batch_ascii = true;
  text->data[text->len++] = '[';
  reader->frame_start = text->len;
}

/* Puts the ']' in the place of the last ','. */
static frame_record_t close_batch(frame_reader_t *reader) {
  frame_record_t record = {.ascii = reader->batch_ascii,
                           .count = reader->batch_count,
                           .start = reader->batch_start,
                           .len = reader->frame_start - reader->batch_start};
  reader->text.data[reader->frame_start - 1] = ']';
  reader->batch_count = 0;
  return record;
}

static int reserve_records(frame_reader_t *reader, size_t extra) {
  if (reader->record_capacity - reader->record_count >= extra) return 0;
  size_t capacity = max_size(RECORDS_MIN, reader->record_capacity * 2);
  frame_record_t *records = realloc(reader->records, capacity * sizeof(*records));
  if (!records) return IROH_ERR_NO_MEMORY;
  reader->records = records;
  reader->record_capacity = capacity;
  return 0;
}

/* Notes a refused frame, of which nothing is in the text (any more), behind the frames before it. */
static int note_error(frame_reader_t *reader, int error, bool fatal) {
  frame_record_t *last = reader->record_count ? &reader->records[reader->record_count - 1] : NULL;
  if (reader->batch_count == 0 && last && last->error == error) {
    last->count++;
    return 0;
  }
  int rv = reserve_records(reader, 2);
  if (rv) return rv;
  if (reader->batch_count > 0) {
    reader->records[reader->record_count++] = close_batch(reader);
    open_batch(reader);
  }
  reader->records[reader->record_count++] = (frame_record_t){.error = error, .fatal = fatal, .count = 1};
  return 0;
}

/* Nothing more is taken; what is complete can still be handed out. */
static void die(frame_reader_t *reader) {
  reader->dead = true;
  reader->prefix_len = 0;
  reader->text.len = reader->frame_start;
}

static uint32_t read_u32(const uint8_t bytes[4]) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static int begin_frame(frame_reader_t *reader) {
  uint32_t length = read_u32(reader->prefix);
  if (length > reader->max_frame_length) {
    int rv = note_error(reader, IROH_ERR_FRAME_TOO_LONG, true);
    die(reader);
    return rv;
  }
  reader->frame_left = length;
  return 0;
}

static int end_frame(frame_reader_t *reader) {
  buffer_t *text = &reader->text;
  bool ascii;
  int error = json_check(text->data + reader->frame_start, text->len - reader->frame_start, reader->max_depth, &ascii);
  reader->prefix_len = 0;
  if (error) {
    text->len = reader->frame_start;
    return note_error(reader, error, false);
  }
  text->data[text->len++] = ',';
  reader->frame_start = text->len;
  reader->batch_ascii &= ascii;
  reader->batch_count++;
  if (text->len - reader->batch_start < BATCH_MAX) return 0;
  int rv = reserve_records(reader, 2);
  if (rv) return rv;
  reader->records[reader->record_count++] = close_batch(reader);
  open_batch(reader);
  return 0;
}

/* Takes bytes up to the end of a prefix or a frame. Returns how many, or an error. */
static int64_t feed_step(frame_reader_t *reader, const uint8_t *data, size_t len) {
  size_t taken = 0;
  if (reader->prefix_len < FRAME_PREFIX_LEN) {
    taken = min_size(len, FRAME_PREFIX_LEN - reader->prefix_len);
    memcpy(reader->prefix + reader->prefix_len, data, taken);
    reader->prefix_len += (uint32_t)taken;
    if (reader->prefix_len < FRAME_PREFIX_LEN) return (int64_t)taken;
    int rv = begin_frame(reader);
    if (rv || reader->dead) return rv ? rv : (int64_t)taken;
  }
  size_t payload = min_size(len - taken, reader->frame_left);
  if (payload) memcpy(reader->text.data + reader->text.len, data + taken, payload);
  reader->text.len += payload;
  reader->frame_left -= (uint32_t)payload;
  int rv = reader->frame_left == 0 ? end_frame(reader) : 0;
  return rv ? rv : (int64_t)(taken + payload);
}

int frame_reader_feed(frame_reader_t *reader, const uint8_t *data, size_t len) {
  assert(!reader->handing_out);
  if (reader->dead || len == 0) return 0;
  /* Four bytes of prefix more than pay for a frame's ',' or the '[' after a refused one; beyond that come the first '['
   * and the ',' of a frame whose prefix came earlier. */
  int rv = reserve_text(reader, len + 2);
  if (rv == 0 && reader->text.len == 0) open_batch(reader);
  while (rv == 0 && len > 0 && !reader->dead) {
    int64_t taken = feed_step(reader, data, len);
    if (taken < 0) {
      rv = (int)taken;
    } else {
      data += taken;
      len -= (size_t)taken;
    }
  }
  if (rv) die(reader);
  return rv;
}

/* ---- handing out --------------------------------------------------------------------------------- */

static void fill_segment(const frame_reader_t *reader, const frame_record_t *record, frame_segment_t *out) {
  *out =
      (frame_segment_t){.error = record->error, .fatal = record->fatal, .ascii = record->ascii, .count = record->count};
  if (record->error) return;
  out->text = reader->text.data + record->start;
  out->len = record->len;
}

bool frame_reader_next(frame_reader_t *reader, frame_segment_t *out) {
  if (reader->records_given < reader->record_count) {
    fill_segment(reader, &reader->records[reader->records_given++], out);
  } else if (reader->batch_count > 0) {
    /* The frame in the making now follows a ']'; recycling puts that right. */
    frame_record_t record = close_batch(reader);
    fill_segment(reader, &record, out);
  } else {
    return false;
  }
  reader->handing_out = true;
  return true;
}

bool frame_reader_is_handing_out(const frame_reader_t *reader) { return reader->handing_out; }

void frame_reader_recycle(frame_reader_t *reader) {
  assert(reader->records_given == reader->record_count && reader->batch_count == 0);
  buffer_t *text = &reader->text;
  size_t partial = text->len - reader->frame_start;
  if (partial == 0) {
    text->len = 0;
    reader->frame_start = 0;
  } else if (reader->frame_start > 1) {
    memmove(text->data + 1, text->data + reader->frame_start, partial);
    text->len = 0;
    open_batch(reader);
    text->len += partial;
  }
  shrink_text(reader);
  if (reader->record_capacity > RECORDS_MIN) {
    free(reader->records);
    reader->records = NULL;
    reader->record_capacity = 0;
  }
  reader->record_count = reader->records_given = 0;
  reader->handing_out = false;
}

int frame_reader_end(const frame_reader_t *reader) { return reader->prefix_len == 0 ? 0 : IROH_ERR_FRAME_TRUNCATED; }

size_t frame_reader_held(const frame_reader_t *reader) { return reader->text.len; }

/* ---- sending ------------------------------------------------------------------------------------- */

int64_t frame_patch(uint8_t *bytes, size_t len) {
  static const uint8_t placeholder[FRAME_PREFIX_LEN] = {'\n', '\n', '\n', '\n'};
  uint8_t *end = bytes + len;
  int64_t count = 0;
  while (bytes < end) {
    if (end - bytes <= FRAME_PREFIX_LEN || memcmp(bytes, placeholder, FRAME_PREFIX_LEN) != 0) {
      return IROH_ERR_INVALID_ARGUMENT;
    }
    uint8_t *json = bytes + FRAME_PREFIX_LEN;
    uint8_t *next = memchr(json, '\n', (size_t)(end - json));
    if (!next) next = end;
    size_t json_len = (size_t)(next - json);
    if (json_len == 0 || json_len > UINT32_MAX) return IROH_ERR_INVALID_ARGUMENT;
    bytes[0] = (uint8_t)(json_len >> 24);
    bytes[1] = (uint8_t)(json_len >> 16);
    bytes[2] = (uint8_t)(json_len >> 8);
    bytes[3] = (uint8_t)json_len;
    bytes = next;
    count++;
  }
  return count;
}
