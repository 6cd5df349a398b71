/* SPDX-License-Identifier: MIT
 *
 * Frames: [u32 big-endian N][N bytes of JSON in UTF-8], nothing else on the stream.
 *
 * The reader keeps the payload of consecutive frames as the text of one JSON array in the making, so that a whole batch
 * is parsed at once:
 *
 *   wire   00 00 00 02 {}  00 00 00 04 true  00 00 00 09 {"a"...
 *   text   [{},true,{"a"          handed out as [{},true] while {"a" waits for its rest
 *
 * This is safe only because each frame is first checked to be exactly one JSON value; one that is not is taken out of
 * the text again and noted as an error in its place.
 */
#ifndef IROH_WIRE_FRAME_H
#define IROH_WIRE_FRAME_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_PREFIX_LEN 4

/* What came in, in order: a batch of good frames, or refused ones. */
typedef struct {
  int error;      /* 0: a batch; else IROH_ERR_NOT_JSON, _TOO_DEEP, _FORBIDDEN_KEY or _FRAME_TOO_LONG */
  bool fatal;     /* error: the stream cannot go on; else the frames were skipped */
  bool ascii;     /* batch: every byte is below 0x80 */
  uint32_t count; /* frames in the batch, or frames in a row refused for the same reason */
  const uint8_t
      *text; /* batch: a JSON array of `count` values, borrowed until frame_reader_recycle; not NUL-terminated */
  size_t len;
} frame_segment_t;

typedef struct frame_record frame_record_t;

/* Everything is private. Feed, hand out until there is no more, recycle; and again. */
typedef struct {
  uint32_t max_frame_length;
  unsigned max_depth;
  buffer_t *spare; /* borrowed, or NULL */

  uint8_t prefix[FRAME_PREFIX_LEN];
  uint32_t prefix_len; /* bytes of the prefix seen; FRAME_PREFIX_LEN: inside a frame */
  uint32_t frame_left; /* bytes of the frame's payload still to come */
  size_t frame_start;  /* offset in text of the frame in the making */
  bool dead;           /* after a fatal error: what comes is dropped */

  buffer_t text;
  size_t batch_start; /* offset in text of the open batch's '[' */
  uint32_t batch_count;
  bool batch_ascii;

  frame_record_t *records; /* segments complete before the open batch; NULL as long as every frame is good */
  size_t record_count;
  size_t record_capacity;
  size_t records_given;
  bool handing_out;
} frame_reader_t;

/* A reader at the start of a stream, without heap memory. IROH_ERR_INVALID_ARGUMENT when max_depth is above
 * JSON_DEPTH_MAX. */
int frame_reader_init(frame_reader_t *reader, uint32_t max_frame_length, unsigned max_depth);
/* Lets readers of one thread take turns with one piece of memory: an idle reader puts its large buffer there, the next
 * busy one finds it there, and neither allocates. Optional. Borrows `spare` (initialised, owned and freed by the
 * caller) for the life of the reader. */
void frame_reader_share(frame_reader_t *reader, buffer_t *spare);
/* Frees everything. */
void frame_reader_deinit(frame_reader_t *reader);
/* Takes the next bytes of the stream, cut anywhere; borrows them for the call. Not between a segment handed out and
 * frame_reader_recycle. 0, also after a fatal error, when bytes are dropped; IROH_ERR_NO_MEMORY, after which the reader
 * is dead: it hands out what was complete, and drops what comes. Memory grows with the bytes that came, not with the
 * lengths they promise. */
int frame_reader_feed(frame_reader_t *reader, const uint8_t *data, size_t len);
/* Hands out the next segment; false when there is no more for now. Every complete frame fed so far comes out. */
bool frame_reader_next(frame_reader_t *reader, frame_segment_t *out);
/* Whether segments were handed out and not recycled yet. */
bool frame_reader_is_handing_out(const frame_reader_t *reader);
/* To be called after the last segment was handed out and used: forgets what was handed out, keeps the frame in the
 * making, and gives large memory back when little of it is in use. */
void frame_reader_recycle(frame_reader_t *reader);
/* The stream ended: 0 between two frames or after a fatal error, IROH_ERR_FRAME_TRUNCATED inside one, its prefix
 * included. */
int frame_reader_end(const frame_reader_t *reader);
/* Bytes of text held: what was not handed out and recycled yet, and the frame in the making. */
size_t frame_reader_held(const frame_reader_t *reader);

/* Makes wire frames out of frames written as four '\n' bytes followed by JSON text without '\n': replaces each four by
 * the length of the text, in place. Returns the number of frames. IROH_ERR_INVALID_ARGUMENT, with the bytes undefined,
 * when they do not start so or a frame is empty. */
int64_t frame_patch(uint8_t *bytes, size_t len);

#endif
