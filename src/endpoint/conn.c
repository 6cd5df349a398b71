/* SPDX-License-Identifier: MIT
 * Connections in the endpoint: their place in it, what QUIC asks its host, and the iroh_conn_ functions. paths.c has the
 * paths they take.
 */
#include "endpoint/conn.h"

#include <stdlib.h>
#include <string.h>

#include "endpoint/admit.h"
#include "endpoint/dial.h"
#include "endpoint/host.h"
#include "endpoint/paths.h"
#include "endpoint/policy.h"
#include "endpoint/route.h"
#include "endpoint/service.h"
#include "endpoint/sockets.h"
#include "endpoint/stall.h"
#include "endpoint/turn.h"

/* First packets to each address that others name; then it must have answered. */
#define HEARSAY_DATAGRAMS 2
#define NS_PER_MS UINT64_C(1000000)

conn_t *conn_new(iroh_endpoint_t *ep) {
  conn_t *conn = calloc(1, sizeof *conn);
  if (conn == NULL) return NULL;
  conn->ep = ep;
  conn->handle = turn_new_handle(ep);
  if (map_put(&ep->conns, conn->handle, conn) != 0) {
    free(conn);
    return NULL;
  }
  list_push_back(&ep->all, &conn->all_node);
  list_init(&conn->reset_tokens);
  conn->in_handshake = true;
  conn->move_at = QUIC_NEVER;
  conn->survey.due_at = QUIC_NEVER;
  ep->metrics.handshakes_in_flight++;
  return conn;
}

void conn_leave_handshake(conn_t *conn) {
  list_remove(&conn->dial_node);
  if (!conn->in_handshake) return;
  conn->in_handshake = false;
  conn->ep->metrics.handshakes_in_flight--;
  if (conn->place != NULL) handshakes_over(&conn->ep->handshakes, conn->place);
}

static void forget_stream(quic_stream_t *stream, void *ep) {
  map_remove(&((iroh_endpoint_t *)ep)->streams, quic_stream_handle(stream));
}

void conn_forget(conn_t *conn) {
  iroh_endpoint_t *ep = conn->ep;
  map_remove(&ep->conns, conn->handle);
  conn->handle = 0;
  admit_uncount(conn);
  if (conn->quic == NULL) return;
  quic_conn_each_stream(conn->quic, forget_stream, ep);
  turn_mark(conn);
}

void conn_free(conn_t *conn) {
  iroh_endpoint_t *ep = conn->ep;
  conn_leave_handshake(conn);
  admit_release_place(conn);
  if (conn->link != NULL) service_closed(conn, true);
  if (conn->handle != 0) conn_forget(conn);
  list_remove(&conn->all_node);
  list_remove(&conn->dirty_node);
  list_remove(&conn->eventful_node);
  list_remove(&conn->blocked_node);
  heap_remove(&ep->timers, &conn->timer);
  dial_free(conn);
  quic_conn_free(conn->quic);
  host_forget_cids(conn);
  reset_tokens_clear(&ep->reset_tokens, &conn->reset_tokens);
  paths_deinit(conn);
  free(conn);
}

void conn_received(conn_t *conn, socket_t *socket, const udp_message_t *message, const uint8_t *data, size_t len,
                   uint64_t now) {
  if (conn->dial != NULL) {
    dial_received(conn, message, data, len, now);
    return;
  }
  quic_path_t path = paths_received(conn, socket, message);
  bool opened = quic_conn_read(conn->quic, &path, message->ecn, data, len, now);
  paths_read(conn, &message->remote, opened, now);
  if (opened && quic_conn_state(conn->quic) == QUIC_OPEN) stall_check(conn, now);
  turn_mark(conn);
}

/* ---- time and end -------------------------------------------------------------------------------- */

uint64_t conn_deadline(const conn_t *conn) {
  if (conn->dial != NULL) return dial_deadline(conn);
  uint64_t next = quic_conn_deadline(conn->quic), paths = paths_deadline(conn), stall = stall_deadline(conn);
  if (paths < next) next = paths;
  return stall < next ? stall : next;
}

void conn_tick(conn_t *conn, uint64_t now) {
  if (conn->dial != NULL) {
    dial_tick(conn, now);
    return;
  }
  if (quic_conn_deadline(conn->quic) <= now) quic_conn_expire(conn->quic, now);
  paths_tick(conn, now);
  if (stall_deadline(conn) <= now) stall_check(conn, now);
  turn_mark(conn);
}

void conn_end(conn_t *conn, const goodbye_t *goodbye, uint64_t now) {
  if (conn->dial != NULL)
    dial_stop(conn, goodbye, now);
  else if (goodbye->denied)
    quic_conn_deny(conn->quic, goodbye->reason, now);
  else
    quic_conn_close(conn->quic, goodbye->code, goodbye->reason, goodbye->reason_len, now);
  turn_mark(conn);
}

/* ---- the iroh_conn_ functions -------------------------------------------------------------------- */

int iroh_conn_open(iroh_endpoint_t *ep, const uint8_t node_id[IROH_KEY_BYTES], const char *const *addresses,
                   size_t count, const char *alpn, size_t alpn_len, uint32_t timeout_ms, bool on_hearsay,
                   iroh_handle_t *conn_out) {
  *conn_out = 0;
  if (ep->closing) return IROH_ERR_CLOSED;
  if (memcmp(node_id, key_pair_public(ep->key), IROH_KEY_BYTES) == 0) return IROH_ERR_SELF_CONNECT;
  if (!iroh_node_id_is_valid(node_id)) return IROH_ERR_INVALID_NODE_ID;
  if (map_count(&ep->conns) >= (size_t)ep->config.max_connections + ep->config.max_handshakes) return IROH_ERR_LIMIT;

  conn_t *conn = conn_new(ep);
  if (conn == NULL) return IROH_ERR_NO_MEMORY;
  int rv = paths_add_dialled(conn, node_id, addresses, count);
  if (rv != 0) goto fail;
  conn->on_hearsay = on_hearsay;
  for (size_t i = 0; i < conn->candidate_count; i++)
    if (conn->candidates[i].relay == NULL) conn->hearsay_left += HEARSAY_DATAGRAMS;
  uint64_t timeout = timeout_ms != 0 ? timeout_ms * NS_PER_MS : ep->quic_config.handshake_timeout;
  rv = dial_begin(conn, node_id, alpn, alpn_len, timeout, uv_hrtime());
  if (rv != 0) goto fail;
  *conn_out = conn->handle;
  list_push_back(&ep->dials, &conn->dial_node);
  turn_mark(conn);
  return 0;
fail:
  conn_free(conn);
  return rv;
}

int iroh_conn_close(iroh_endpoint_t *ep, iroh_handle_t handle, uint64_t code, const char *reason, size_t reason_len) {
  conn_t *conn = conn_of_handle(ep, handle);
  if (conn == NULL) return IROH_ERR_CLOSED;
  if (code > (UINT64_C(1) << 62) - 1) return IROH_ERR_INVALID_ARGUMENT;
  const goodbye_t goodbye = {.code = code, .reason = reason, .reason_len = reason_len};
  conn_end(conn, &goodbye, uv_hrtime());
  return 0;
}

int iroh_conn_system_error(iroh_endpoint_t *ep, iroh_handle_t handle, iroh_system_error_t *out) {
  const conn_t *conn = conn_of_handle(ep, handle);
  if (conn == NULL) return IROH_ERR_CLOSED;
  *out = conn->trouble;
  return 0;
}

int iroh_conn_info(iroh_endpoint_t *ep, iroh_handle_t handle, iroh_conn_info_t *out) {
  conn_t *conn = conn_of_handle(ep, handle);
  if (conn == NULL) return IROH_ERR_CLOSED;
  memset(out, 0, sizeof *out);
  quic_conn_info(conn->quic, out);
  quic_path_t route = route_now(conn);
  uint64_t number;
  out->is_relayed = relay_address_read(&route.remote, &out->relay, &number);
  address_format(&route.remote, out->remote_address, sizeof out->remote_address);
  address_t local = route.local;
  bool named = address_is_made_up(&local) || conn->path_names != NULL;
  const socket_t *socket = !out->is_relayed && named ? sockets_live(ep, &route) : NULL;
  if (socket != NULL) local = udp_source_address(&socket->udp, &route.remote);
  address_format(&local, out->local_address, sizeof out->local_address);
  return 0;
}

int64_t iroh_conn_silence(iroh_endpoint_t *ep, iroh_handle_t handle, bool asks) {
  conn_t *conn = conn_of_handle(ep, handle);
  if (conn == NULL) return IROH_ERR_CLOSED;
  if (asks) {
    quic_conn_nudge(conn->quic);
    turn_mark(conn);
  }
  return (int64_t)(uv_hrtime() - conn->heard_at);
}

int iroh_conn_send_datagram(iroh_endpoint_t *ep, iroh_handle_t handle, const uint8_t *data, size_t len) {
  conn_t *conn = conn_of_handle(ep, handle);
  if (conn == NULL) return IROH_ERR_CLOSED;
  int rv = quic_conn_send_datagram(conn->quic, data, len);
  if (rv == 0) turn_mark(conn);
  return rv;
}

int iroh_conn_update_key(iroh_endpoint_t *ep, iroh_handle_t handle) {
  conn_t *conn = conn_of_handle(ep, handle);
  if (conn == NULL) return IROH_ERR_CLOSED;
  int rv = quic_conn_update_key(conn->quic, uv_hrtime());
  turn_mark(conn);
  return rv;
}

/* Ends the connections that the NodeId has. */
int iroh_endpoint_deny(iroh_endpoint_t *ep, const uint8_t node_id[IROH_KEY_BYTES]) {
  int rv = policy_deny(ep, node_id);
  uint64_t now = uv_hrtime();
  const goodbye_t goodbye = {.denied = true, .reason = "node id denied"};
  list_for_each(node, &ep->all) {
    conn_t *conn = container_of(node, conn_t, all_node);
    if (memcmp(quic_conn_peer(conn->quic), node_id, IROH_KEY_BYTES) != 0) continue;
    conn_end(conn, &goodbye, now);
  }
  return rv;
}
