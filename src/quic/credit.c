/* SPDX-License-Identifier: MIT
 * Credit: how much a peer may send, and what of it is held here. */
#include "quic/internal.h"

/* Windows begin with these, or with the configured ones where those are smaller. */
#define STREAM_WINDOW_START (512 * 1024)
#define CONN_WINDOW_START (1024 * 1024)
/* A window of which half was read within so many round trips, or within that time, was too small and doubles. */
#define GROW_ROUND_TRIPS 4
#define GROW_TIME (25 * NGTCP2_MILLISECONDS)
/* This part of a window is granted at once: more at a time would leave the peer waiting, less is not worth a frame. */
#define GRANT_SHARE 8
/* A connection's window is at most this part of what is free of the budget. */
#define FREE_SHARE 16

static uint64_t min_u64(uint64_t a, uint64_t b) { return a < b ? a : b; }
static uint64_t max_u64(uint64_t a, uint64_t b) { return a > b ? a : b; }

uint64_t quic_stream_window_start(const quic_config_t *config) {
  return min_u64(config->stream_window, STREAM_WINDOW_START);
}

/* ngtcp2 tells the peer of no credit below a quarter of the first window: the least one is half of it. */
static uint64_t most_of(const quic_config_t *config) {
  const quic_budget_t *budget = config->budget;
  if (budget == NULL || budget->limit == 0) return config->connection_window;
  uint64_t free = budget->held < budget->limit ? budget->limit - budget->held : 0;
  uint64_t least = min_u64(config->connection_window, CONN_WINDOW_START) / 2;
  return max_u64(least, min_u64(config->connection_window, free / FREE_SHARE));
}

uint64_t quic_conn_window_start(const quic_config_t *config) { return min_u64(CONN_WINDOW_START, most_of(config)); }

void quic_window_init(quic_window_t *window, uint64_t size, uint64_t now) {
  *window = (quic_window_t){.size = size, .counted_from = now};
}

static bool is_due(const quic_window_t *window) {
  return window->owed > 0 && window->owed >= window->size / GRANT_SHARE;
}

/* What to grant of what is owed, so that the window becomes what it should be. */
static uint64_t take_due(quic_window_t *window, uint64_t most, uint64_t rtt, uint64_t now) {
  window->counted += window->owed;
  bool is_half = window->counted >= window->size / 2;
  bool keeps_up = is_half && now - window->counted_from < max_u64(GROW_TIME, GROW_ROUND_TRIPS * rtt);
  uint64_t size = min_u64(keeps_up ? window->size * 2 : window->size, most);
  uint64_t given = window->owed + size;
  given = given > window->size ? given - window->size : 0;
  window->size = window->size + given - window->owed;
  window->owed = 0;
  if (is_half) {
    window->counted = 0;
    window->counted_from = now;
  }
  return given;
}

/* What the windows of earlier streams have grown to need not be found out again: half of the connection's. */
static uint64_t proved_window(const quic_stream_t *stream) {
  return min_u64(stream->conn->config->stream_window, stream->conn->window.size / 2);
}

static uint64_t catch_up(quic_stream_t *stream) {
  uint64_t size = max_u64(stream->window.size, proved_window(stream));
  uint64_t given = size - stream->window.size;
  stream->window.size = size;
  return given;
}

void quic_credit_begin(quic_stream_t *stream) {
  quic_window_init(&stream->window, quic_stream_window_start(stream->conn->config), stream->conn->now);
  if (stream->can_receive && proved_window(stream) > stream->window.size)
    list_push_back(&stream->conn->creditable, &stream->credit_node);
}

void quic_credit_owe(quic_stream_t *stream, size_t len) {
  quic_conn_t *conn = stream->conn;
  if (len == 0 || !quic_conn_is_usable(conn)) return;
  conn->window.owed += len;
  if (stream->closed || stream->received_end || stream->stopped) return;
  stream->window.owed += len;
  if (is_due(&stream->window) && !list_is_linked(&stream->credit_node))
    list_push_back(&conn->creditable, &stream->credit_node);
}

void quic_credit_give(quic_conn_t *conn, uint64_t now) {
  if (list_empty(&conn->creditable) && !is_due(&conn->window)) return;
  uint64_t rtt = quic_conn_rtt(conn);
  list_node_t *node;
  while ((node = list_pop_front(&conn->creditable)) != NULL) {
    quic_stream_t *stream = container_of(node, quic_stream_t, credit_node);
    uint64_t given = take_due(&stream->window, conn->config->stream_window, rtt, now);
    given += catch_up(stream);
    if (!stream->closed) ngtcp2_conn_extend_max_stream_offset(conn->q, stream->id, given);
  }
  if (!is_due(&conn->window)) return;
  uint64_t given = take_due(&conn->window, most_of(conn->config), rtt, now);
  if (given > 0) ngtcp2_conn_extend_max_offset(conn->q, given);
}

/* ---- what is held -------------------------------------------------------------------------------- */

static void move_held(quic_conn_t *conn, size_t before, size_t after) {
  quic_budget_t *budget = conn->config->budget;
  conn->held += after - before;
  if (budget != NULL) budget->held += after - before;
}

void quic_stream_weigh(quic_stream_t *stream) {
  size_t held = stream->recv.allocated;
  if (stream->reader != NULL) held += frame_reader_held(stream->reader);
  move_held(stream->conn, stream->held, held);
  stream->held = held;
}

void quic_stream_weigh_sending(quic_stream_t *stream) {
  quic_budget_t *sending = stream->conn->config->sending;
  if (sending != NULL) sending->held += stream->send.allocated - stream->send_held;
  stream->send_held = stream->send.allocated;
}

/* As much as is free of what all streams may hold. One of which little is unsent takes more in any case: else nothing
 * would say when it has room. */
size_t quic_stream_send_limit(const quic_stream_t *stream) {
  const quic_config_t *config = stream->conn->config;
  const quic_budget_t *sending = config->sending;
  if (sending == NULL || sending->limit == 0 || stream->send.unsent <= config->low_water)
    return config->max_send_buffer;
  size_t free = sending->held < sending->limit ? sending->limit - sending->held : 0;
  return min_size(config->max_send_buffer, free);
}

void quic_conn_hold(quic_conn_t *conn, size_t before, size_t after) { move_held(conn, before, after); }

void quic_conn_weigh_disorder(quic_conn_t *conn) {
  const quic_meter_t *meter = &conn->meter;
  size_t held = meter->disorder > meter->base ? meter->disorder - meter->base : 0;
  if (held == conn->disorder) return;
  move_held(conn, conn->disorder, held);
  conn->disorder = held;
}

size_t quic_conn_held(const quic_conn_t *conn) { return conn->held; }
