/* SPDX-License-Identifier: MIT
 * Where QUIC and TLS meet: a connection's TLS session, the check of the peer's key inside the handshake, the key log.
 */
#include <gnutls/gnutls.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "quic/internal.h"
#include "tls/tls.h"

/* The most protocols one endpoint serves. */
#define ALPNS_MAX 64

static ngtcp2_conn *conn_of_ref(ngtcp2_crypto_conn_ref *ref) { return ((quic_conn_t *)ref->user_data)->q; }

static quic_conn_t *conn_of_session(gnutls_session_t session) {
  return ((ngtcp2_crypto_conn_ref *)gnutls_session_get_ptr(session))->user_data;
}

/* Asked by GnuTLS once the peer's key and its proof are in. */
int quic_verify_peer(gnutls_session_t session) {
  quic_conn_t *conn = conn_of_session(session);
  uint8_t peer[IROH_KEY_BYTES];
  char alpn[IROH_ALPN_MAX + 1];
  /* RFC 9001 section 8.1: a peer that offers or picks none is no peer. */
  if (tls_session_alpn(session, alpn, sizeof alpn) == 0) {
    conn->refusal = IROH_ERR_ALPN_MISMATCH;
  } else if (tls_session_peer_key(session, peer) != 0) {
    conn->refusal = IROH_ERR_HANDSHAKE;
  } else if (!conn->server) {
    if (memcmp(peer, conn->peer, sizeof peer) != 0) conn->refusal = IROH_ERR_WRONG_PEER;
  } else {
    memcpy(conn->peer, peer, sizeof peer);
    if (!conn->host->authorize(conn->owner, peer)) conn->refusal = IROH_ERR_DENIED;
  }
  return conn->refusal == 0 ? 0 : TLS_REFUSE;
}

/* RFC 9001 section 8.2: a hello without QUIC's transport parameters ends the handshake. ngtcp2 leaves this to its user,
 * and would act on parameters that it never got. */
static int require_transport_params(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
                                    const gnutls_datum_t *message) {
  (void)type, (void)when, (void)incoming, (void)message;
  bool came = ngtcp2_conn_get_remote_transport_params2(conn_of_session(session)->q) != NULL;
  return came ? 0 : GNUTLS_E_MISSING_EXTENSION;
}

/* One line of the NSS key log format. A line is one write, so that several processes can share a file. */
static int log_key(gnutls_session_t session, const char *label, const gnutls_datum_t *secret) {
  quic_conn_t *conn = conn_of_session(session);
  gnutls_datum_t random;
  char line[512], hex[2 * 64 + 1], random_hex[2 * 32 + 1];
  gnutls_session_get_random(session, &random, NULL);
  if (secret->size > 64 || random.size != 32) return 0;
  text_hex_encode(random.data, random.size, random_hex);
  text_hex_encode(secret->data, secret->size, hex);
  int len = snprintf(line, sizeof line, "%s %s %s\n", label, random_hex, hex);
  if (len > 0 && (size_t)len < sizeof line && write(conn->config->key_log_fd, line, (size_t)len) < 0) {
    /* A key log that cannot be written is a debugging aid lost, not a reason to fail. */
  }
  iroh_wipe(line, sizeof line);
  iroh_wipe(hex, sizeof hex);
  return 0;
}

int quic_crypto_init(quic_conn_t *conn, const char *const *alpns, size_t alpn_count) {
  tls_alpn_t list[ALPNS_MAX];
  if (alpn_count == 0 || alpn_count > ALPNS_MAX) return IROH_ERR_INVALID_ARGUMENT;
  for (size_t i = 0; i < alpn_count; i++) list[i] = (tls_alpn_t){(const uint8_t *)alpns[i], strlen(alpns[i])};

  conn->ref = (ngtcp2_crypto_conn_ref){.get_conn = conn_of_ref, .user_data = conn};
  int rv = tls_session_new(conn->config->identity, conn->server, list, alpn_count, &conn->ref, &conn->tls);
  if (rv != 0) return rv;
  if (conn->config->key_log_fd >= 0) gnutls_session_set_keylog_function(conn->tls, log_key);
  /* GnuTLS has read a hello's extensions only when it goes on to its next message. */
  if (conn->server)
    gnutls_handshake_set_hook_function(conn->tls, GNUTLS_HANDSHAKE_SERVER_HELLO, GNUTLS_HOOK_PRE,
                                       require_transport_params);
  else
    gnutls_handshake_set_hook_function(conn->tls, GNUTLS_HANDSHAKE_FINISHED, GNUTLS_HOOK_PRE, require_transport_params);
  rv = conn->server ? ngtcp2_crypto_gnutls_configure_server_session(conn->tls)
                    : ngtcp2_crypto_gnutls_configure_client_session(conn->tls);
  return rv == 0 ? 0 : IROH_ERR_INTERNAL;
}

void quic_crypto_deinit(quic_conn_t *conn) {
  if (conn->q != NULL) ngtcp2_conn_set_tls_native_handle(conn->q, NULL);
  tls_session_free(conn->tls);
  conn->tls = NULL;
}
