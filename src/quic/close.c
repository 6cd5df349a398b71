/* SPDX-License-Identifier: MIT
 * How a connection ends: by either program, by a broken rule, by silence (RFC 9000 section 10). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quic/internal.h"
#include "tls/tls.h"

#define TRANSPORT_CONNECTION_REFUSED 0x02
#define TRANSPORT_NO_VIABLE_PATH 0x10
#define TRANSPORT_CRYPTO 0x100
#define LINGER_MAX (10 * NGTCP2_SECONDS)

static const char refused_reason[] = "node id not allowed";
static const char no_path_reason[] = "the path carries keep-alives only";
static const char wrong_peer_reason[] = "node id is not the one dialled";

static void set_close(quic_conn_t *conn, iroh_close_kind_t kind, int error, uint64_t code, const char *reason,
                      size_t reason_len) {
  conn->close = (iroh_close_t){.kind = kind, .error = error, .code = code};
  conn->close.reason_len = min_size(reason_len, sizeof conn->close.reason);
  if (conn->close.reason_len > 0) memcpy(conn->close.reason, reason, conn->close.reason_len);
  quic_conn_event(conn, QUIC_EVENT_CLOSED);
}

const iroh_close_t *quic_conn_close_info(const quic_conn_t *conn) {
  return conn->close.kind == 0 ? NULL : &conn->close;
}

/* Three times the probe timeout (RFC 9000 section 10.2), which a peer can make long by acknowledging late. */
static void linger(quic_conn_t *conn) {
  uint64_t pto = ngtcp2_conn_get_pto(conn->q);
  conn->state = QUIC_CLOSING;
  conn->gone_at = conn->now + (pto < LINGER_MAX / 3 ? 3 * pto : LINGER_MAX);
}

/* What a transport code of the peer's says to a program. */
static int error_of_transport_code(const quic_conn_t *conn, uint64_t code) {
  switch (code) {
  case TRANSPORT_NO_VIABLE_PATH:
    return IROH_ERR_NO_VIABLE_PATH;
  case TRANSPORT_CONNECTION_REFUSED:
  case TRANSPORT_CRYPTO + TLS_ALERT_ACCESS_DENIED:
    return IROH_ERR_REFUSED;
  case TRANSPORT_CRYPTO + TLS_ALERT_NO_APPLICATION_PROTOCOL:
    return IROH_ERR_ALPN_MISMATCH;
  default:
    if (code >= TRANSPORT_CRYPTO && code < 2 * TRANSPORT_CRYPTO) return IROH_ERR_HANDSHAKE;
    return conn->state == QUIC_HANDSHAKE && code == 0 ? IROH_ERR_REFUSED : IROH_ERR_PEER_CLOSED;
  }
}

static void peer_closed(quic_conn_t *conn) {
  if (conn->stateless_reset) {
    set_close(conn, IROH_CLOSE_RESET, IROH_ERR_PEER_RESET, 0, NULL, 0);
    linger(conn);
    return;
  }
  const ngtcp2_ccerr *error = ngtcp2_conn_get_ccerr(conn->q);
  bool application = error->type == NGTCP2_CCERR_TYPE_APPLICATION;
  set_close(conn, application ? IROH_CLOSE_APPLICATION : IROH_CLOSE_TRANSPORT,
            application ? IROH_ERR_PEER_CLOSED : error_of_transport_code(conn, error->error_code), error->error_code,
            (const char *)error->reason, error->reasonlen);
  linger(conn);
}

static void tls_failed(quic_conn_t *conn) {
  uint8_t alert = ngtcp2_conn_get_tls_alert(conn->q);
  int error = IROH_ERR_HANDSHAKE;
  const char *reason = "";
  if (conn->refusal == IROH_ERR_DENIED) {
    alert = TLS_ALERT_ACCESS_DENIED;
    error = IROH_ERR_DENIED;
    reason = refused_reason;
  } else if (conn->refusal == IROH_ERR_WRONG_PEER) {
    alert = TLS_ALERT_BAD_CERTIFICATE;
    error = IROH_ERR_WRONG_PEER;
    reason = wrong_peer_reason;
  } else if (conn->refusal == IROH_ERR_ALPN_MISMATCH || alert == TLS_ALERT_NO_APPLICATION_PROTOCOL) {
    alert = TLS_ALERT_NO_APPLICATION_PROTOCOL;
    error = IROH_ERR_ALPN_MISMATCH;
  }
  ngtcp2_ccerr_set_tls_alert(&conn->close_error, alert, (uint8_t *)(uintptr_t)reason, strlen(reason));
  conn->close_wanted = true;
  set_close(conn, IROH_CLOSE_ERROR, error, TRANSPORT_CRYPTO + alert, reason, strlen(reason));
}

/* The gate did not let a packet of the peer's pass. */
static void refused_by_gate(quic_conn_t *conn) {
  const gate_t *gate = &conn->gate;
  size_t reason_len = strlen(gate->reason);
  ngtcp2_ccerr_set_transport_error(&conn->close_error, gate->error_code, (uint8_t *)(uintptr_t)gate->reason,
                                   reason_len);
  conn->close_wanted = true;
  set_close(conn, IROH_CLOSE_ERROR, IROH_ERR_PROTOCOL, gate->error_code, gate->reason, reason_len);
}

void quic_conn_fail(quic_conn_t *conn, int ngtcp2_error) {
  if (conn->close.kind != 0) return;
  if (conn->gate.reason != NULL) {
    refused_by_gate(conn);
    return;
  }
  switch (ngtcp2_error) {
  case NGTCP2_ERR_DRAINING:
    peer_closed(conn);
    return;
  case NGTCP2_ERR_IDLE_CLOSE:
    quic_conn_drop(conn, IROH_ERR_IDLE_TIMEOUT);
    return;
  case NGTCP2_ERR_HANDSHAKE_TIMEOUT:
    quic_conn_drop(conn, IROH_ERR_TIMEOUT);
    return;
  case NGTCP2_ERR_RECV_VERSION_NEGOTIATION:
    quic_conn_drop(conn, IROH_ERR_VERSION);
    return;
  case NGTCP2_ERR_DROP_CONN:
  case NGTCP2_ERR_RETRY:
    quic_conn_drop(conn, IROH_ERR_HANDSHAKE);
    return;
  case NGTCP2_ERR_CRYPTO:
    tls_failed(conn);
    return;
  case NGTCP2_ERR_NOMEM:
  case NGTCP2_ERR_CALLBACK_FAILURE:
    ngtcp2_ccerr_set_liberr(&conn->close_error, ngtcp2_error, NULL, 0);
    conn->close_wanted = true;
    set_close(conn, IROH_CLOSE_ERROR, IROH_ERR_NO_MEMORY, conn->close_error.error_code, NULL, 0);
    return;
  default: {
    const char *reason = ngtcp2_strerror(ngtcp2_error);
    ngtcp2_ccerr_set_liberr(&conn->close_error, ngtcp2_error, NULL, 0);
    conn->close_wanted = true;
    set_close(conn, IROH_CLOSE_ERROR, IROH_ERR_PROTOCOL, conn->close_error.error_code, reason, strlen(reason));
  }
  }
}

void quic_conn_close(quic_conn_t *conn, uint64_t code, const char *reason, size_t reason_len, uint64_t now) {
  if (conn->close.kind != 0) return;
  conn->now = now;
  set_close(conn, IROH_CLOSE_LOCAL, IROH_ERR_LOCALLY_CLOSED, code, reason, reason_len);
  ngtcp2_ccerr_set_application_error(&conn->close_error, code, (uint8_t *)conn->close.reason, conn->close.reason_len);
  conn->close_wanted = true;
}

void quic_conn_deny(quic_conn_t *conn, const char *reason, uint64_t now) {
  if (conn->close.kind != 0) return;
  conn->now = now;
  set_close(conn, IROH_CLOSE_LOCAL, IROH_ERR_DENIED, TRANSPORT_CRYPTO + TLS_ALERT_ACCESS_DENIED, reason,
            strlen(reason));
  ngtcp2_ccerr_set_tls_alert(&conn->close_error, TLS_ALERT_ACCESS_DENIED, (uint8_t *)conn->close.reason,
                             conn->close.reason_len);
  conn->close_wanted = true;
}

void quic_conn_give_up(quic_conn_t *conn, uint64_t now) {
  if (conn->close.kind != 0) return;
  conn->now = now;
  set_close(conn, IROH_CLOSE_ERROR, IROH_ERR_NO_VIABLE_PATH, TRANSPORT_NO_VIABLE_PATH, no_path_reason,
            strlen(no_path_reason));
  ngtcp2_ccerr_set_transport_error(&conn->close_error, TRANSPORT_NO_VIABLE_PATH, (uint8_t *)conn->close.reason,
                                   conn->close.reason_len);
  conn->close_wanted = true;
}

void quic_conn_drop(quic_conn_t *conn, int error) {
  if (conn->close.kind == 0) {
    bool silence = error == IROH_ERR_IDLE_TIMEOUT || error == IROH_ERR_TIMEOUT;
    set_close(conn, silence ? IROH_CLOSE_TIMED_OUT : IROH_CLOSE_ERROR, error, 0, NULL, 0);
  }
  conn->close_wanted = false;
  conn->state = QUIC_GONE;
}

void quic_conn_end_as(quic_conn_t *conn, const iroh_close_t *close) { conn->close = *close; }

size_t quic_close_write(quic_conn_t *conn, uint8_t *buf, size_t size, quic_path_t *path_out, uint8_t *ecn_out,
                        uint64_t now) {
  if (conn->close_wanted) {
    conn->close_wanted = false;
    ngtcp2_path_storage storage;
    ngtcp2_pkt_info info = {0};
    ngtcp2_path_storage_zero(&storage);
    ngtcp2_ssize n =
        ngtcp2_conn_write_connection_close(conn->q, &storage.path, &info, buf, size, &conn->close_error, now);
    if (n <= 0) {
      /* No keys to say it with: the peer learns by its own timeout. */
      conn->state = QUIC_GONE;
      return 0;
    }
    quic_path_from_ngtcp2(&conn->close_path, &storage.path);
    linger(conn);
    conn->close_packet = malloc((size_t)n);
    if (conn->close_packet != NULL) {
      memcpy(conn->close_packet, buf, (size_t)n);
      conn->close_packet_len = (size_t)n;
    }
    *path_out = conn->close_path;
    *ecn_out = (uint8_t)info.ecn;
    return (size_t)n;
  }
  if (conn->close_again && conn->close_packet != NULL && conn->close_packet_len <= size) {
    conn->close_again = false;
    memcpy(buf, conn->close_packet, conn->close_packet_len);
    *path_out = conn->close_path;
    *ecn_out = 0;
    return conn->close_packet_len;
  }
  return 0;
}
