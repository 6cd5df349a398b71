/* SPDX-License-Identifier: MIT
 * The iroh_stream_ functions: a handle is looked up, the stream told, the connection marked as changed. */
#include "endpoint/flush.h"
#include "endpoint/state.h"
#include "endpoint/turn.h"

static quic_stream_t *stream_of_handle(iroh_endpoint_t *ep, iroh_handle_t handle) {
  return map_get(&ep->streams, handle);
}

static void changed(quic_stream_t *stream) { turn_mark(quic_conn_owner(quic_stream_conn(stream))); }

/* From this many waiting bytes on, packets leave before the turn is over. */
#define EARLY_BYTES (64 * 1024)

static void bytes_added(quic_stream_t *stream) {
  conn_t *conn = quic_conn_owner(quic_stream_conn(stream));
  turn_mark(conn);
  if (quic_stream_unsent(stream) >= EARLY_BYTES) flush_early(conn);
}

int iroh_stream_open(iroh_endpoint_t *ep, iroh_handle_t handle, bool bidirectional, iroh_handle_t *stream_out,
                     int64_t *id_out) {
  *stream_out = 0;
  conn_t *conn = conn_of_handle(ep, handle);
  if (conn == NULL) return IROH_ERR_CLOSED;
  quic_stream_t *stream;
  int rv = quic_conn_open_stream(conn->quic, bidirectional, &stream);
  if (rv != 0) return rv;
  iroh_handle_t stream_handle = turn_new_handle(ep);
  rv = map_put(&ep->streams, stream_handle, stream);
  if (rv != 0) {
    quic_stream_release(stream);
    return rv;
  }
  quic_stream_set_handle(stream, stream_handle);
  *stream_out = stream_handle;
  *id_out = quic_stream_id(stream);
  return 0;
}

int iroh_conn_refuse(iroh_endpoint_t *ep, iroh_handle_t handle, unsigned kinds) {
  conn_t *conn = conn_of_handle(ep, handle);
  if (conn == NULL) return IROH_ERR_CLOSED;
  conn->refuses = kinds;
  if ((kinds & IROH_REFUSE_BIDI) == 0) quic_conn_allow_refused(conn->quic, true);
  if ((kinds & IROH_REFUSE_UNI) == 0) quic_conn_allow_refused(conn->quic, false);
  turn_mark(conn);
  return 0;
}

int iroh_stream_announce(iroh_endpoint_t *ep, iroh_handle_t handle) {
  quic_stream_t *stream = stream_of_handle(ep, handle);
  if (stream == NULL) return IROH_ERR_CLOSED;
  int rv = quic_stream_announce(stream);
  changed(stream);
  return rv;
}

int64_t iroh_stream_write(iroh_endpoint_t *ep, iroh_handle_t handle, const uint8_t *data, size_t len) {
  quic_stream_t *stream = stream_of_handle(ep, handle);
  if (stream == NULL) return IROH_ERR_CLOSED;
  int64_t rv = quic_stream_write(stream, data, len);
  if (rv > 0) bytes_added(stream);
  return rv;
}

int iroh_stream_reserve(iroh_endpoint_t *ep, iroh_handle_t handle, size_t len, uint8_t **room_out) {
  quic_stream_t *stream = stream_of_handle(ep, handle);
  return stream == NULL ? IROH_ERR_CLOSED : quic_stream_reserve(stream, len, room_out);
}

int64_t iroh_stream_commit_frames(iroh_endpoint_t *ep, iroh_handle_t handle, size_t len) {
  quic_stream_t *stream = stream_of_handle(ep, handle);
  if (stream == NULL) return IROH_ERR_CLOSED;
  int64_t count = quic_stream_commit_frames(stream, len);
  if (count > 0) {
    ep->metrics.frames_sent += (uint64_t)count;
    bytes_added(stream);
  }
  return count;
}

int64_t iroh_stream_buffered(iroh_endpoint_t *ep, iroh_handle_t handle) {
  quic_stream_t *stream = stream_of_handle(ep, handle);
  return stream == NULL ? IROH_ERR_CLOSED : (int64_t)quic_stream_unsent(stream);
}

int iroh_stream_finish(iroh_endpoint_t *ep, iroh_handle_t handle) {
  quic_stream_t *stream = stream_of_handle(ep, handle);
  if (stream == NULL) return IROH_ERR_CLOSED;
  int rv = quic_stream_finish(stream);
  changed(stream);
  return rv;
}

int iroh_stream_reset(iroh_endpoint_t *ep, iroh_handle_t handle, uint64_t code) {
  quic_stream_t *stream = stream_of_handle(ep, handle);
  if (stream == NULL) return IROH_ERR_CLOSED;
  int rv = quic_stream_reset(stream, code);
  changed(stream);
  return rv;
}

int iroh_stream_set_priority(iroh_endpoint_t *ep, iroh_handle_t handle, int32_t priority) {
  quic_stream_t *stream = stream_of_handle(ep, handle);
  if (stream == NULL) return IROH_ERR_CLOSED;
  quic_stream_set_priority(stream, priority);
  return 0;
}

int iroh_stream_peek(iroh_endpoint_t *ep, iroh_handle_t handle, const uint8_t **data_out, size_t *len_out) {
  quic_stream_t *stream = stream_of_handle(ep, handle);
  return stream == NULL ? IROH_ERR_CLOSED : quic_stream_peek(stream, data_out, len_out);
}

int iroh_stream_consume(iroh_endpoint_t *ep, iroh_handle_t handle, size_t len) {
  quic_stream_t *stream = stream_of_handle(ep, handle);
  if (stream == NULL) return IROH_ERR_CLOSED;
  int rv = quic_stream_consume(stream, len);
  changed(stream);
  return rv;
}

int iroh_stream_stop(iroh_endpoint_t *ep, iroh_handle_t handle, uint64_t code) {
  quic_stream_t *stream = stream_of_handle(ep, handle);
  if (stream == NULL) return IROH_ERR_CLOSED;
  int rv = quic_stream_stop(stream, code);
  changed(stream);
  return rv;
}

int iroh_stream_set_framed(iroh_endpoint_t *ep, iroh_handle_t handle, uint32_t max_frame_length, uint32_t max_depth) {
  quic_stream_t *stream = stream_of_handle(ep, handle);
  if (stream == NULL) return IROH_ERR_CLOSED;
  int rv = quic_stream_set_framed(stream, max_frame_length, max_depth);
  changed(stream);
  return rv;
}

int iroh_stream_pause(iroh_endpoint_t *ep, iroh_handle_t handle, bool paused) {
  quic_stream_t *stream = stream_of_handle(ep, handle);
  if (stream == NULL) return IROH_ERR_CLOSED;
  int rv = quic_stream_pause(stream, paused);
  changed(stream);
  return rv;
}

int iroh_stream_release(iroh_endpoint_t *ep, iroh_handle_t handle) {
  quic_stream_t *stream = map_remove(&ep->streams, handle);
  if (stream == NULL) return IROH_ERR_CLOSED;
  changed(stream);
  quic_stream_release(stream);
  return 0;
}
