/* SPDX-License-Identifier: MIT
 * Streams: the functions of iroh.h on them, one each. */
#include <string.h>

#include "call.h"
#include "convert.h"
#include "exports.h"

/* Takes an endpoint, a stream and whatever follows. */
static bool stream_begin(napi_env env, napi_callback_info info, size_t count, call_t *call, iroh_handle_t *stream) {
  return call_begin_endpoint(env, info, count, call) && call_handle(call, 1, stream);
}

/* streamOpen(endpoint, connection, bidirectional) -> [stream, QUIC stream id] or error code */
static napi_value stream_open(napi_env env, napi_callback_info info) {
  call_t call;
  iroh_handle_t conn, stream;
  int64_t id;
  bool bidirectional;
  napi_value pair, handle, number;
  if (!call_begin_endpoint(env, info, 3, &call) || !call_handle(&call, 1, &conn) ||
      !call_bool(&call, 2, &bidirectional))
    return call.early;
  int result = iroh_stream_open(call.core, conn, bidirectional, &stream, &id);
  if (result != 0) return make_number(env, result);
  if ((handle = make_number(env, (double)stream)) == NULL || (number = make_number(env, (double)id)) == NULL ||
      napi_create_array_with_length(env, 2, &pair) != napi_ok || napi_set_element(env, pair, 0, handle) != napi_ok ||
      napi_set_element(env, pair, 1, number) != napi_ok)
    return NULL;
  return pair;
}

/* streamAnnounce(endpoint, stream) -> 0 or error code */
static napi_value stream_announce(napi_env env, napi_callback_info info) {
  call_t call;
  iroh_handle_t stream;
  if (!stream_begin(env, info, 2, &call, &stream)) return call.early;
  return make_number(env, iroh_stream_announce(call.core, stream));
}

/* streamWrite(endpoint, stream, bytes) -> how many were taken, or error code */
static napi_value stream_write(napi_env env, napi_callback_info info) {
  call_t call;
  iroh_handle_t stream;
  const uint8_t *data;
  size_t len;
  if (!stream_begin(env, info, 3, &call, &stream) || !call_bytes(&call, 2, &data, &len)) return call.early;
  return make_number(env, (double)iroh_stream_write(call.core, stream, data, len));
}

/* Room beyond one byte a character by which a text that is not ASCII is found out: what fits then is at least one byte
 * longer than the text has characters, however the last character is cut. */
#define UTF8_SLACK 8

/* Writes a string behind `prefix` bytes of room in the stream's buffer. ASCII, the usual case, is measured and written in
 * one pass. Returns the bytes written, or an error. */
static int64_t write_text(const call_t *call, iroh_handle_t stream, napi_value text, size_t prefix, uint8_t **room) {
  size_t chars, written = 0, len;
  if (napi_get_value_string_latin1(call->env, text, NULL, 0, &chars) != napi_ok) return IROH_ERR_INVALID_ARGUMENT;
  int result = iroh_stream_reserve(call->core, stream, prefix + chars + UTF8_SLACK, room);
  if (result != 0) return result;
  napi_get_value_string_utf8(call->env, text, (char *)*room + prefix, chars + UTF8_SLACK, &written);
  if (written == chars) return (int64_t)written;
  iroh_stream_commit_frames(call->core, stream, 0);
  napi_get_value_string_utf8(call->env, text, NULL, 0, &len);
  result = iroh_stream_reserve(call->core, stream, prefix + len + 1, room);
  if (result != 0) return result;
  napi_get_value_string_utf8(call->env, text, (char *)*room + prefix, len + 1, &written);
  return (int64_t)written;
}

/* streamSendFrames(endpoint, stream, text) -> how many frames were sent, or error code. `text` is "\n\n\n\n" and JSON
 * for each frame. It is written as UTF-8 straight into the stream's buffer; the engine wants room for a NUL. */
static napi_value stream_send_frames(napi_env env, napi_callback_info info) {
  call_t call;
  iroh_handle_t stream;
  uint8_t *room;
  if (!stream_begin(env, info, 3, &call, &stream)) return call.early;
  int64_t len = write_text(&call, stream, call.args[2], 0, &room);
  return make_number(env, (double)(len < 0 ? len : iroh_stream_commit_frames(call.core, stream, (size_t)len)));
}

/* streamSendFrame(endpoint, stream, json) -> 1, or error code. One frame; nothing marks its beginning. */
static napi_value stream_send_frame(napi_env env, napi_callback_info info) {
  call_t call;
  iroh_handle_t stream;
  uint8_t *room;
  if (!stream_begin(env, info, 3, &call, &stream)) return call.early;
  int64_t len = write_text(&call, stream, call.args[2], 4, &room);
  if (len >= 0) memset(room, '\n', 4);
  return make_number(env, (double)(len < 0 ? len : iroh_stream_commit_frames(call.core, stream, (size_t)len + 4)));
}

/* streamSendFramesBytes(endpoint, stream, bytes) -> how many frames were sent, or error code. As streamSendFrames, of UTF-8.
 */
static napi_value stream_send_frames_bytes(napi_env env, napi_callback_info info) {
  call_t call;
  iroh_handle_t stream;
  const uint8_t *data;
  size_t len;
  uint8_t *room;
  if (!stream_begin(env, info, 3, &call, &stream) || !call_bytes(&call, 2, &data, &len)) return call.early;
  int result = iroh_stream_reserve(call.core, stream, len, &room);
  if (result != 0) return make_number(env, result);
  memcpy(room, data, len);
  return make_number(env, (double)iroh_stream_commit_frames(call.core, stream, len));
}

/* streamBuffered(endpoint, stream) -> unsent bytes, or error code */
static napi_value stream_buffered(napi_env env, napi_callback_info info) {
  call_t call;
  iroh_handle_t stream;
  if (!stream_begin(env, info, 2, &call, &stream)) return call.early;
  return make_number(env, (double)iroh_stream_buffered(call.core, stream));
}

/* streamFinish(endpoint, stream) -> 0 or error code */
static napi_value stream_finish(napi_env env, napi_callback_info info) {
  call_t call;
  iroh_handle_t stream;
  if (!stream_begin(env, info, 2, &call, &stream)) return call.early;
  return make_number(env, iroh_stream_finish(call.core, stream));
}

/* streamReset(endpoint, stream, code) -> 0 or error code */
static napi_value stream_reset(napi_env env, napi_callback_info info) {
  call_t call;
  iroh_handle_t stream;
  uint64_t code;
  if (!stream_begin(env, info, 3, &call, &stream) || !call_u64(&call, 2, &code)) return call.early;
  return make_number(env, iroh_stream_reset(call.core, stream, code));
}

/* streamSetPriority(endpoint, stream, priority) -> 0 or error code */
static napi_value stream_set_priority(napi_env env, napi_callback_info info) {
  call_t call;
  iroh_handle_t stream;
  int32_t priority;
  if (!stream_begin(env, info, 3, &call, &stream) || !call_i32(&call, 2, &priority)) return call.early;
  return make_number(env, iroh_stream_set_priority(call.core, stream, priority));
}

/* streamRead(endpoint, stream, max) -> a Buffer of at most `max` bytes, or 2 nothing for now, 3 the end, or error code
 */
static napi_value stream_read(napi_env env, napi_callback_info info) {
  call_t call;
  iroh_handle_t stream;
  uint64_t max;
  const uint8_t *data;
  size_t len;
  if (!stream_begin(env, info, 3, &call, &stream) || !call_u64(&call, 2, &max)) return call.early;
  int result = iroh_stream_peek(call.core, stream, &data, &len);
  if (result != IROH_DATA) return make_number(env, result);
  if (len > max) len = (size_t)max;
  napi_value bytes = make_bytes(env, data, len);
  if (bytes != NULL) iroh_stream_consume(call.core, stream, len);
  return bytes;
}

/* streamStop(endpoint, stream, code) -> 0 or error code */
static napi_value stream_stop(napi_env env, napi_callback_info info) {
  call_t call;
  iroh_handle_t stream;
  uint64_t code;
  if (!stream_begin(env, info, 3, &call, &stream) || !call_u64(&call, 2, &code)) return call.early;
  return make_number(env, iroh_stream_stop(call.core, stream, code));
}

/* streamSetFramed(endpoint, stream, maxFrameLength, maxDepth) -> 0 or error code */
static napi_value stream_set_framed(napi_env env, napi_callback_info info) {
  call_t call;
  iroh_handle_t stream;
  uint32_t max_frame_length, max_depth;
  if (!stream_begin(env, info, 4, &call, &stream) || !call_u32(&call, 2, &max_frame_length) ||
      !call_u32(&call, 3, &max_depth))
    return call.early;
  return make_number(env, iroh_stream_set_framed(call.core, stream, max_frame_length, max_depth));
}

/* streamPause(endpoint, stream, paused) -> 0 or error code */
static napi_value stream_pause(napi_env env, napi_callback_info info) {
  call_t call;
  iroh_handle_t stream;
  bool paused;
  if (!stream_begin(env, info, 3, &call, &stream) || !call_bool(&call, 2, &paused)) return call.early;
  return make_number(env, iroh_stream_pause(call.core, stream, paused));
}

/* streamRelease(endpoint, stream) -> 0 or error code */
static napi_value stream_release(napi_env env, napi_callback_info info) {
  call_t call;
  iroh_handle_t stream;
  if (!stream_begin(env, info, 2, &call, &stream)) return call.early;
  return make_number(env, iroh_stream_release(call.core, stream));
}

napi_status stream_export(napi_env env, napi_value exports) {
  static const export_t functions[] = {
      {"streamOpen", stream_open},
      {"streamAnnounce", stream_announce},
      {"streamWrite", stream_write},
      {"streamSendFrames", stream_send_frames},
      {"streamSendFrame", stream_send_frame},
      {"streamSendFramesBytes", stream_send_frames_bytes},
      {"streamBuffered", stream_buffered},
      {"streamFinish", stream_finish},
      {"streamReset", stream_reset},
      {"streamSetPriority", stream_set_priority},
      {"streamRead", stream_read},
      {"streamStop", stream_stop},
      {"streamSetFramed", stream_set_framed},
      {"streamPause", stream_pause},
      {"streamRelease", stream_release},
  };
  return export_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
