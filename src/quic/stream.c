/* SPDX-License-Identifier: MIT */
#include "quic/stream.h"

#include <stdlib.h>
#include <string.h>

#include "quic/internal.h"

static bool is_bidirectional(int64_t id) { return (id & 2) == 0; }

/* ngtcp2 before 0.14 never says that a unidirectional stream of the peer's is over: we know it ourselves. May free
 * the stream. */
static void close_received_uni(quic_stream_t *stream) {
  if (is_bidirectional(stream->id) || !stream->opened_by_peer || stream->closed) return;
  ngtcp2_conn_set_stream_user_data(stream->conn->q, stream->id, NULL);
  quic_stream_closed(stream);
}

quic_stream_t *quic_stream_new(quic_conn_t *conn, int64_t id, bool by_peer) {
  quic_stream_t *stream = calloc(1, sizeof *stream);
  if (stream == NULL) return NULL;
  stream->conn = conn;
  stream->id = id;
  stream->opened_by_peer = by_peer;
  stream->can_send = is_bidirectional(id) || !by_peer;
  stream->can_receive = is_bidirectional(id) || by_peer;
  stream->readable_wanted = true;
  send_queue_init(&stream->send);
  recv_queue_init(&stream->recv);
  quic_credit_begin(stream);
  list_push_back(&conn->streams, &stream->all_node);
  return stream;
}

static void set_doubt(quic_stream_t *stream, bool doubtful);

static void allow_another(const quic_stream_t *stream) {
  quic_conn_t *conn = stream->conn;
  if (is_bidirectional(stream->id) && conn->streams_ahead > 0)
    conn->streams_ahead--;
  else if (is_bidirectional(stream->id))
    ngtcp2_conn_extend_max_streams_bidi(conn->q, 1);
  else if (conn->uni_paced)
    conn->uni_owed++;
  else
    ngtcp2_conn_extend_max_streams_uni(conn->q, 1);
}

void quic_stream_free(quic_stream_t *stream) {
  quic_conn_t *conn = stream->conn;
  if (stream->opened_by_peer && quic_conn_is_usable(conn) && !stream->refused) allow_another(stream);
  if (stream->reset_wanted) conn->resets_wanted--;
  set_doubt(stream, false);
  list_remove(&stream->all_node);
  list_remove(&stream->send_node);
  list_remove(&stream->event_node);
  list_remove(&stream->credit_node);
  send_queue_deinit(&stream->send);
  quic_stream_weigh_sending(stream);
  recv_queue_deinit(&stream->recv);
  if (stream->reader != NULL) frame_reader_deinit(stream->reader);
  free(stream->reader);
  stream->reader = NULL;
  quic_stream_weigh(stream);
  free(stream);
}

int64_t quic_stream_id(const quic_stream_t *stream) { return stream->id; }
quic_conn_t *quic_stream_conn(const quic_stream_t *stream) { return stream->conn; }
uint64_t quic_stream_handle(const quic_stream_t *stream) { return stream->handle; }
void quic_stream_set_handle(quic_stream_t *stream, uint64_t handle) { stream->handle = handle; }
uint64_t quic_stream_stop_code(const quic_stream_t *stream) { return stream->stop_code; }
uint64_t quic_stream_reset_code(const quic_stream_t *stream) { return stream->reset_code; }

void quic_stream_event(quic_stream_t *stream, unsigned event) {
  if (stream->released) return;
  stream->events |= event;
  if (!list_is_linked(&stream->event_node)) list_push_back(&stream->conn->eventful, &stream->event_node);
}

void *quic_stream_owner(const quic_stream_t *stream) { return stream->owner; }
void quic_stream_set_owner(quic_stream_t *stream, void *owner) { stream->owner = owner; }

void quic_stream_tell_again(quic_stream_t *stream) { quic_stream_event(stream, STREAM_EVENT_OPENED); }

unsigned quic_stream_take_events(quic_stream_t *stream) {
  unsigned events = stream->events;
  stream->events = 0;
  return events;
}

/* ---- sending ------------------------------------------------------------------------------------- */

static bool has_work(const quic_stream_t *stream) {
  if (stream->send_over || !stream->can_send) return false;
  return stream->send.unsent > 0 || stream->announce || (stream->finish_wanted && !stream->finish_sent);
}

/* Among the sendable ones, higher priorities stand first and equals in the order they came. */
static void insert_by_priority(quic_stream_t *stream) {
  list_t *list = &stream->conn->sendable;
  list_node_t *before = list->head.prev;
  while (before != &list->head && container_of(before, quic_stream_t, send_node)->priority < stream->priority)
    before = before->prev;
  list_insert_after(before, &stream->send_node);
}

void quic_stream_schedule(quic_stream_t *stream) {
  if (stream->blocked || list_is_linked(&stream->send_node) || !has_work(stream)) return;
  insert_by_priority(stream);
}

void quic_stream_rotate(quic_stream_t *stream) {
  if (!list_is_linked(&stream->send_node) || stream->send_node.next == &stream->conn->sendable.head) return;
  list_remove(&stream->send_node);
  insert_by_priority(stream);
}

static int check_sendable(const quic_stream_t *stream) {
  if (!stream->can_send) return IROH_ERR_INVALID_ARGUMENT;
  if (!quic_conn_is_usable(stream->conn)) return IROH_ERR_CLOSED;
  if (stream->send_over || stream->reset_wanted) return IROH_ERR_STREAM_STOPPED;
  if (stream->finish_wanted) return IROH_ERR_STREAM_FINISHED;
  return 0;
}

static void bytes_queued(quic_stream_t *stream) {
  if (stream->send.unsent > stream->conn->config->low_water) stream->writable_wanted = true;
  quic_stream_schedule(stream);
}

int quic_stream_announce(quic_stream_t *stream) {
  int rv = check_sendable(stream);
  if (rv != 0) return rv;
  stream->announce = stream->send.acked == 0 && stream->send.head == NULL;
  quic_stream_schedule(stream);
  return 0;
}

int64_t quic_stream_write(quic_stream_t *stream, const uint8_t *data, size_t len) {
  int rv = check_sendable(stream);
  if (rv != 0) return rv;
  size_t limit = quic_stream_send_limit(stream);
  size_t room = stream->send.unsent >= limit ? 0 : limit - stream->send.unsent;
  if (len > room) {
    len = room;
    stream->writable_wanted = true;
  }
  if (len == 0) return 0;
  uint8_t *dest = send_queue_reserve(&stream->send, len);
  if (dest == NULL) return IROH_ERR_NO_MEMORY;
  memcpy(dest, data, len);
  send_queue_commit(&stream->send, len);
  quic_stream_weigh_sending(stream);
  bytes_queued(stream);
  return (int64_t)len;
}

int quic_stream_reserve(quic_stream_t *stream, size_t len, uint8_t **room_out) {
  int rv = check_sendable(stream);
  if (rv != 0) return rv;
  size_t limit = quic_stream_send_limit(stream);
  if (len > limit || stream->send.unsent > limit - len) {
    stream->writable_wanted = true;
    return IROH_ERR_BUFFER_FULL;
  }
  stream->room = send_queue_reserve(&stream->send, len);
  if (stream->room == NULL) return IROH_ERR_NO_MEMORY;
  *room_out = stream->room;
  return 0;
}

int64_t quic_stream_commit_frames(quic_stream_t *stream, size_t len) {
  int rv = check_sendable(stream);
  if (rv == 0 && (stream->room == NULL || len > stream->send.reserved)) rv = IROH_ERR_INVALID_ARGUMENT;
  int64_t count = rv != 0 || len == 0 ? rv : frame_patch(stream->room, len);
  stream->room = NULL;
  send_queue_commit(&stream->send, count > 0 ? len : 0);
  quic_stream_weigh_sending(stream);
  if (count > 0) bytes_queued(stream);
  return count;
}

size_t quic_stream_unsent(const quic_stream_t *stream) { return stream->send.unsent; }
size_t quic_stream_unacknowledged(const quic_stream_t *stream) { return send_queue_held(&stream->send); }

int quic_stream_finish(quic_stream_t *stream) {
  int rv = check_sendable(stream);
  if (rv != 0) return rv;
  stream->finish_wanted = true;
  quic_stream_schedule(stream);
  return 0;
}

static void stop_sending(quic_stream_t *stream) {
  stream->send_over = true;
  list_remove(&stream->send_node);
  send_queue_drop_unsent(&stream->send);
}

/* A reset that came first would tell the peer of nothing, and nobody would end the other half: the stream is announced
 * before. */
static void reset_once_known(quic_stream_t *stream, uint64_t code) {
  stream->reset_wanted = true;
  stream->reset_with = code;
  stream->conn->resets_wanted++;
  stream->finish_wanted = false;
  stream->announce = true;
  send_queue_drop_unsent(&stream->send);
  quic_stream_schedule(stream);
}

int quic_stream_reset(quic_stream_t *stream, uint64_t code) {
  if (!stream->can_send) return IROH_ERR_INVALID_ARGUMENT;
  if (stream->send_over || stream->reset_wanted || stream->closed || !quic_conn_is_usable(stream->conn)) return 0;
  if (!stream->opened_by_peer && !stream->any_sent) {
    reset_once_known(stream, code);
    return 0;
  }
  stop_sending(stream);
  ngtcp2_conn_shutdown_stream_write(stream->conn->q, 0, stream->id, code);
  return 0;
}

void quic_stream_reset_wanted(quic_conn_t *conn) {
  if (conn->resets_wanted == 0) return;
  list_for_each(node, &conn->streams) {
    quic_stream_t *stream = container_of(node, quic_stream_t, all_node);
    if (!stream->reset_wanted || !stream->any_sent) continue;
    stream->reset_wanted = false;
    conn->resets_wanted--;
    stop_sending(stream);
    ngtcp2_conn_shutdown_stream_write(conn->q, 0, stream->id, stream->reset_with);
  }
}

void quic_stream_set_priority(quic_stream_t *stream, int32_t priority) {
  stream->priority = priority;
  if (!list_is_linked(&stream->send_node)) return;
  list_remove(&stream->send_node);
  insert_by_priority(stream);
}

void quic_stream_sent(quic_stream_t *stream, size_t len, bool end) {
  stream->announce = false;
  stream->any_sent = true;
  send_queue_sent(&stream->send, len);
  if (end) {
    stream->finish_sent = true;
    stream->finish_alone = len == 0;
  }
  if (!has_work(stream)) list_remove(&stream->send_node);
  if (stream->writable_wanted && stream->send.unsent <= stream->conn->config->low_water) {
    stream->writable_wanted = false;
    quic_stream_event(stream, STREAM_EVENT_WRITABLE);
  }
}

static void set_doubt(quic_stream_t *stream, bool doubtful) {
  if (stream->end_doubtful == doubtful) return;
  stream->end_doubtful = doubtful;
  stream->conn->doubtful_ends += doubtful ? 1 : -1;
}

static void all_acknowledged(quic_stream_t *stream) {
  set_doubt(stream, false);
  stream->send_over = true;
  quic_stream_event(stream, STREAM_EVENT_FINISHED);
}

/* ngtcp2 tells of the end's acknowledgement by a note of no bytes, unless bytes travelled with it. An end that was sent
 * alone is told of so, but if it was sent again together with bytes that were lost too, there is no such note. */
void quic_stream_acked(quic_stream_t *stream, uint64_t offset, uint64_t len) {
  send_queue_acked(&stream->send, offset + len);
  quic_stream_weigh_sending(stream);
  if (!stream->finish_sent || stream->send_over || stream->send.head != NULL) return;
  if (len == 0 || !stream->finish_alone)
    all_acknowledged(stream);
  else
    set_doubt(stream, true);
}

void quic_stream_doubts_over(quic_conn_t *conn) {
  list_for_each(node, &conn->streams) {
    quic_stream_t *stream = container_of(node, quic_stream_t, all_node);
    if (stream->end_doubtful && !stream->send_over) all_acknowledged(stream);
    set_doubt(stream, false);
  }
}

void quic_stream_stop_received(quic_stream_t *stream, uint64_t code) {
  if (stream->send_over) return;
  stop_sending(stream);
  stream->stop_code = code;
  quic_stream_event(stream, STREAM_EVENT_STOPPED);
}

/* ---- receiving ----------------------------------------------------------------------------------- */

static void note_readable(quic_stream_t *stream) {
  if (stream->reader != NULL ? stream->paused : !stream->readable_wanted) return;
  stream->readable_wanted = false;
  quic_stream_event(stream, STREAM_EVENT_READABLE);
}

int quic_stream_received(quic_stream_t *stream, const uint8_t *data, size_t len, bool end) {
  if (end) stream->received_end = true;
  if (stream->stopped || stream->released) {
    quic_credit_owe(stream, len);
    if (end) close_received_uni(stream);
    return 0;
  }
  if (len > 0) {
    int rv = stream->reader != NULL ? frame_reader_feed(stream->reader, data, len)
                                    : recv_queue_push(&stream->recv, data, len);
    if (rv != 0) return rv;
    if (stream->reader != NULL) stream->uncredited += len;
    quic_stream_weigh(stream);
  }
  note_readable(stream);
  if (end) close_received_uni(stream);
  return 0;
}

void quic_stream_reset_received(quic_stream_t *stream, uint64_t code) {
  if (!stream->stopped && !stream->reset_by_peer) {
    stream->reset_by_peer = true;
    stream->reset_code = code;
    quic_stream_event(stream, STREAM_EVENT_RESET);
  }
  close_received_uni(stream);
}

/* What was received and will not be read any more. */
static void drop_received(quic_stream_t *stream) {
  quic_credit_owe(stream, stream->recv.len + stream->uncredited);
  recv_queue_deinit(&stream->recv);
  stream->uncredited = 0;
  quic_stream_weigh(stream);
}

void quic_stream_discard(quic_stream_t *stream) {
  if (!stream->can_receive) return;
  stream->stopped = stream->discarded = true;
  if (stream->reader != NULL) frame_reader_deinit(stream->reader);
  drop_received(stream);
}

int quic_stream_peek(quic_stream_t *stream, const uint8_t **data_out, size_t *len_out) {
  if (!stream->can_receive || stream->reader != NULL) return IROH_ERR_INVALID_ARGUMENT;
  *len_out = recv_queue_peek(&stream->recv, data_out);
  if (*len_out > 0) return IROH_DATA;
  if (stream->discarded) return IROH_ERR_CLOSED;
  if (stream->reset_by_peer) return IROH_ERR_STREAM_RESET;
  if (stream->received_end || stream->stopped) return IROH_END;
  stream->readable_wanted = true;
  return IROH_EMPTY;
}

int quic_stream_consume(quic_stream_t *stream, size_t len) {
  if (len > stream->recv.len) return IROH_ERR_INVALID_ARGUMENT;
  recv_queue_consume(&stream->recv, len);
  quic_credit_owe(stream, len);
  quic_stream_weigh(stream);
  return 0;
}

int quic_stream_stop(quic_stream_t *stream, uint64_t code) {
  if (!stream->can_receive) return IROH_ERR_INVALID_ARGUMENT;
  if (stream->stopped) return 0;
  stream->stopped = true;
  drop_received(stream);
  if (!stream->received_end && !stream->reset_by_peer && !stream->closed && quic_conn_is_usable(stream->conn))
    ngtcp2_conn_shutdown_stream_read(stream->conn->q, 0, stream->id, code);
  return 0;
}

int quic_stream_set_framed(quic_stream_t *stream, uint32_t max_frame_length, unsigned max_depth) {
  if (!stream->can_receive || stream->reader != NULL) return IROH_ERR_INVALID_ARGUMENT;
  frame_reader_t *reader = malloc(sizeof *reader);
  if (reader == NULL) return IROH_ERR_NO_MEMORY;
  int rv = frame_reader_init(reader, max_frame_length, max_depth);
  if (rv != 0) {
    free(reader);
    return rv;
  }
  frame_reader_share(reader, stream->conn->config->spare_text);
  stream->reader = reader;

  const uint8_t *data;
  size_t len;
  while ((len = recv_queue_peek(&stream->recv, &data)) > 0) {
    rv = frame_reader_feed(reader, data, len);
    if (rv != 0) return rv;
    stream->uncredited += len;
    recv_queue_consume(&stream->recv, len);
  }
  quic_stream_weigh(stream);
  if (stream->uncredited > 0 || stream->received_end) note_readable(stream);
  return 0;
}

int quic_stream_pause(quic_stream_t *stream, bool paused) {
  if (!stream->can_receive) return IROH_ERR_INVALID_ARGUMENT;
  stream->paused = paused;
  if (stream->reader != NULL && !paused && (stream->uncredited > 0 || stream->received_end)) note_readable(stream);
  return 0;
}

bool quic_stream_is_framed(const quic_stream_t *stream) { return stream->reader != NULL; }
frame_reader_t *quic_stream_reader(quic_stream_t *stream) { return stream->paused ? NULL : stream->reader; }

void quic_stream_delivered(quic_stream_t *stream) {
  frame_reader_recycle(stream->reader);
  quic_credit_owe(stream, stream->uncredited);
  stream->uncredited = 0;
  quic_stream_weigh(stream);
}

bool quic_stream_take_end(quic_stream_t *stream, int *error_out) {
  if (!stream->received_end || stream->end_taken || stream->stopped) return false;
  stream->end_taken = true;
  *error_out = frame_reader_end(stream->reader);
  return true;
}

/* ---- the end ------------------------------------------------------------------------------------- */

void quic_stream_closed(quic_stream_t *stream) {
  stream->closed = true;
  list_remove(&stream->send_node);
  if (stream->finish_sent && !stream->send_over) all_acknowledged(stream);
  if (stream->released) {
    quic_stream_free(stream);
  } else {
    send_queue_deinit(&stream->send);
    quic_stream_weigh_sending(stream);
  }
}

void quic_stream_release(quic_stream_t *stream) {
  if (stream->can_send && !stream->finish_wanted) quic_stream_reset(stream, 0);
  if (stream->can_receive) quic_stream_stop(stream, 0);
  stream->released = true;
  stream->events = 0;
  list_remove(&stream->event_node);
  if (stream->closed)
    quic_stream_free(stream);
  else if (quic_conn_is_usable(stream->conn))
    close_received_uni(stream);
}

void quic_stream_refuse(quic_stream_t *stream, uint64_t code) {
  stream->refused = true;
  if (is_bidirectional(stream->id))
    stream->conn->refused_bidi++;
  else
    stream->conn->refused_uni++;
  if (stream->can_send) quic_stream_reset(stream, code);
  quic_stream_stop(stream, code);
  quic_stream_release(stream);
}
