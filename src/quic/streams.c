/* SPDX-License-Identifier: MIT
 * The streams of a connection. */
#include "quic/internal.h"

int quic_conn_open_stream(quic_conn_t *conn, bool bidirectional, quic_stream_t **out) {
  *out = NULL;
  if (!quic_conn_is_usable(conn)) return IROH_ERR_CLOSED;
  int64_t id;
  int rv = bidirectional ? ngtcp2_conn_open_bidi_stream(conn->q, &id, NULL)
                         : ngtcp2_conn_open_uni_stream(conn->q, &id, NULL);
  if (rv == NGTCP2_ERR_STREAM_ID_BLOCKED) {
    conn->wanted_streams |= bidirectional ? QUIC_EVENT_STREAMS_BIDI : QUIC_EVENT_STREAMS_UNI;
    return IROH_ERR_STREAM_LIMIT;
  }
  if (rv != 0) return IROH_ERR_NO_MEMORY;
  quic_stream_t *stream = quic_stream_new(conn, id, false);
  if (stream == NULL) {
    ngtcp2_conn_shutdown_stream_write(conn->q, 0, id, 0);
    return IROH_ERR_NO_MEMORY;
  }
  ngtcp2_conn_set_stream_user_data(conn->q, id, stream);
  *out = stream;
  return 0;
}

quic_stream_t *quic_conn_take_stream(quic_conn_t *conn) {
  list_node_t *node = list_pop_front(&conn->eventful);
  return node == NULL ? NULL : container_of(node, quic_stream_t, event_node);
}

void quic_conn_each_stream(quic_conn_t *conn, void (*visit)(quic_stream_t *stream, void *ctx), void *ctx) {
  list_for_each(node, &conn->streams) visit(container_of(node, quic_stream_t, all_node), ctx);
}

void quic_conn_discard(quic_conn_t *conn) {
  list_for_each(node, &conn->streams) quic_stream_discard(container_of(node, quic_stream_t, all_node));
}
