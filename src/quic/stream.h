/* SPDX-License-Identifier: MIT
 * One QUIC stream: bytes to send and bytes received (RFC 9000 sections 2 to 4). */
#ifndef IROH_QUIC_STREAM_H
#define IROH_QUIC_STREAM_H

#include "quic/conn.h"
#include "wire/frame.h"

enum {
  STREAM_EVENT_OPENED = 1,   /* the peer opened it */
  STREAM_EVENT_READABLE = 2, /* bytes or the end, after a peek had found nothing; framed: segments may be ready */
  STREAM_EVENT_WRITABLE = 4, /* unsent bytes fell to the low-water mark */
  STREAM_EVENT_FINISHED = 8, /* all we sent is acknowledged */
  STREAM_EVENT_STOPPED = 16, /* the peer reads no more */
  STREAM_EVENT_RESET = 32    /* the peer sends no more, and not cleanly */
};

int64_t quic_stream_id(const quic_stream_t *stream);
quic_conn_t *quic_stream_conn(const quic_stream_t *stream);
/* The host's name for it; 0 until set. */
uint64_t quic_stream_handle(const quic_stream_t *stream);
void quic_stream_set_handle(quic_stream_t *stream, uint64_t handle);
/* What of the host's own it belongs to; NULL until set. */
void *quic_stream_owner(const quic_stream_t *stream);
void quic_stream_set_owner(quic_stream_t *stream, void *owner);
/* Tells once more that the peer opened it, for another host to take it. */
void quic_stream_tell_again(quic_stream_t *stream);
unsigned quic_stream_take_events(quic_stream_t *stream);
uint64_t quic_stream_stop_code(const quic_stream_t *stream);
uint64_t quic_stream_reset_code(const quic_stream_t *stream);

/* Calls `visit` with every stream of the connection; it must not release them. */
void quic_conn_each_stream(quic_conn_t *conn, void (*visit)(quic_stream_t *stream, void *ctx), void *ctx);

/* Sending; see iroh.h for the meaning of each. */
int quic_stream_announce(quic_stream_t *stream);
int64_t quic_stream_write(quic_stream_t *stream, const uint8_t *data, size_t len);
int quic_stream_reserve(quic_stream_t *stream, size_t len, uint8_t **room_out);
int64_t quic_stream_commit_frames(quic_stream_t *stream, size_t len);
size_t quic_stream_unsent(const quic_stream_t *stream);
/* Bytes that the peer has not acknowledged, more or less. Takes its time. */
size_t quic_stream_unacknowledged(const quic_stream_t *stream);
int quic_stream_finish(quic_stream_t *stream);
int quic_stream_reset(quic_stream_t *stream, uint64_t code);
void quic_stream_set_priority(quic_stream_t *stream, int32_t priority);

/* Receiving. */
int quic_stream_peek(quic_stream_t *stream, const uint8_t **data_out, size_t *len_out);
int quic_stream_consume(quic_stream_t *stream, size_t len);
int quic_stream_stop(quic_stream_t *stream, uint64_t code);
int quic_stream_set_framed(quic_stream_t *stream, uint32_t max_frame_length, unsigned max_depth);
int quic_stream_pause(quic_stream_t *stream, bool paused);
bool quic_stream_is_framed(const quic_stream_t *stream);
/* The reader of a framed stream that is not paused, else NULL. */
frame_reader_t *quic_stream_reader(quic_stream_t *stream);
/* After the reader's segments were used: recycles it and gives the peer credit for what came. */
void quic_stream_delivered(quic_stream_t *stream);
/* Framed, once everything was delivered: true, once, if the peer finished its side; *error_out says whether that was
 * between two frames (0) or inside one (IROH_ERR_FRAME_TRUNCATED). */
bool quic_stream_take_end(quic_stream_t *stream, int *error_out);

/* Nobody wants a stream that the peer opened: both halves are ended with `code`, and the peer gets no credit for another
 * in its place. May free it. */
void quic_stream_refuse(quic_stream_t *stream, uint64_t code);

/* The program is done with it: resets or stops what is still going on. The stream is freed as soon as QUIC is done
 * with it too, perhaps before this returns. */
void quic_stream_release(quic_stream_t *stream);

#endif
