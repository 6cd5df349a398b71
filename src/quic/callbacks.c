/* SPDX-License-Identifier: MIT
 * ngtcp2's questions and notes during a read or a write. Each is turned into state and events; none calls upwards. */
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "quic/internal.h"
#include "tls/tls.h"

#define CIDS_BORNE 2

/* ngtcp2's callbacks for encryption name no connection: the read and the write in progress are remembered here. */
static _Thread_local quic_reading_t *reading;
static _Thread_local quic_conn_t *writing;

void quic_callbacks_begin_read(quic_reading_t *this_read, quic_conn_t *conn) {
  this_read->outer = reading;
  this_read->conn = conn;
  this_read->found.count = 0;
  reading = this_read;
}

/* ngtcp2 before 1.24 obeys a STOP_SENDING of the peer's and tells nobody. */
void quic_callbacks_end_read(quic_reading_t *this_read, bool accepted) {
  reading = this_read->outer;
  for (size_t i = 0; accepted && i < this_read->found.count; i++) {
    const gate_stop_t *stop = &this_read->found.stops[i];
    quic_stream_t *stream = ngtcp2_conn_get_stream_user_data(this_read->conn->q, stop->stream_id);
    if (stream != NULL && stream->can_send) quic_stream_stop_received(stream, stop->code);
  }
}

void quic_callbacks_begin_write(quic_conn_t *conn) { writing = conn; }
void quic_callbacks_end_write(void) { writing = NULL; }

/* The number of a packet stands in its header only, and there its low bytes (RFC 9000 section 17.1). */
static int encrypt(uint8_t *dest, const ngtcp2_crypto_aead *aead, const ngtcp2_crypto_aead_ctx *aead_ctx,
                   const uint8_t *plaintext, size_t plaintext_len, const uint8_t *nonce, size_t nonce_len,
                   const uint8_t *aad, size_t aad_len) {
  bool is_1rtt = aad_len > 0 && (aad[0] & 0x80) == 0;
  if (writing != NULL && is_1rtt) {
    size_t len = (size_t)(aad[0] & 3) + 1;
    writing->sent_1rtt = true;
    writing->sent_number = path_mtu_number(&writing->mtu, aad + aad_len - len, len);
  }
  return ngtcp2_crypto_encrypt_cb(dest, aead, aead_ctx, plaintext, plaintext_len, nonce, nonce_len, aad, aad_len);
}

static void note_acknowledged(quic_conn_t *conn, const gate_found_t *found) {
  quic_ack_t ack;
  if (found->ack == NULL || !quic_ack_begin(&ack, found->ack, found->ack_end)) return;
  path_mtu_ack_begin(&conn->mtu, ack.last);
  while (path_mtu_acked(&conn->mtu, ack.first, ack.last) && quic_ack_next(&ack)) continue;
  path_mtu_ack_end(&conn->mtu, ngtcp2_conn_get_pto(conn->q), conn->now);
}

static int decrypt(uint8_t *dest, const ngtcp2_crypto_aead *aead, const ngtcp2_crypto_aead_ctx *aead_ctx,
                   const uint8_t *ciphertext, size_t ciphertext_len, const uint8_t *nonce, size_t nonce_len,
                   const uint8_t *aad, size_t aad_len) {
  int rv = ngtcp2_crypto_decrypt_cb(dest, aead, aead_ctx, ciphertext, ciphertext_len, nonce, nonce_len, aad, aad_len);
  if (rv != 0) return rv;
  quic_conn_t *conn = reading->conn;
  conn->packets_opened++;
  switch (gate_check(&conn->gate, aad, aad_len, dest, ciphertext_len - aead->max_overhead, &reading->found)) {
  case GATE_PASS:
    note_acknowledged(conn, &reading->found);
    break;
  case GATE_DROP:
    return NGTCP2_ERR_DECRYPT;
  case GATE_CLOSE:
    return NGTCP2_ERR_CALLBACK_FAILURE;
  }
  return 0;
}

static int get_path_challenge_data(ngtcp2_conn *q, uint8_t *data, void *user_data) {
  quic_conn_t *conn = user_data;
  (void)q;
  secret_random(data, NGTCP2_PATH_CHALLENGE_DATALEN);
  gate_challenge_sent(&conn->gate, data);
  return 0;
}

static int recv_crypto_data(ngtcp2_conn *q, ngtcp2_encryption_level level, uint64_t offset, const uint8_t *data,
                            size_t len, void *user_data) {
  quic_conn_t *conn = user_data;
  if (level == NGTCP2_ENCRYPTION_LEVEL_HANDSHAKE) conn->answered = true;
  if (conn->tls == NULL) return 0; /* the handshake is over */
  return ngtcp2_crypto_recv_crypto_data_cb(q, level, offset, data, len, user_data);
}

/* A server's ngtcp2 counts the id of the path before a NAT rebinding as in use after it has retired it, when the client
 * moves soon afterwards, and would close the connection for one id too many. So we bear more ids than we have said that
 * we take. ngtcp2 has no setting for it; the parameters lie in its own memory, and it reads them each time. */
static void bear_more_cids(ngtcp2_conn *q) {
  ngtcp2_transport_params *ours = (ngtcp2_transport_params *)(uintptr_t)ngtcp2_conn_get_local_transport_params(q);
  ours->active_connection_id_limit += CIDS_BORNE;
}

static int handshake_completed(ngtcp2_conn *q, void *user_data) {
  quic_conn_t *conn = user_data;
  bear_more_cids(q);
  char alpn[IROH_ALPN_MAX + 1];
  conn->alpn_len = tls_session_alpn(conn->tls, alpn, sizeof alpn);
  conn->alpn = strndup(alpn, conn->alpn_len);
  if (conn->alpn == NULL) return NGTCP2_ERR_CALLBACK_FAILURE;
  if (!conn->server) return 0;

  uint8_t token[NGTCP2_CRYPTO_MAX_REGULAR_TOKENLEN];
  const ngtcp2_path *path = ngtcp2_conn_get_path(q);
  ngtcp2_ssize len =
      ngtcp2_crypto_generate_regular_token(token, conn->config->static_secret, sizeof conn->config->static_secret,
                                           path->remote.addr, path->remote.addrlen, conn->now);
  if (len > 0) ngtcp2_conn_submit_new_token(q, token, (size_t)len);
  conn->tls_done = true;
  conn->state = QUIC_OPEN;
  quic_conn_event(conn, QUIC_EVENT_OPEN);
  return 0;
}

/* The server has accepted our key too: only now does the connection exist for the program. */
static int handshake_confirmed(ngtcp2_conn *q, void *user_data) {
  quic_conn_t *conn = user_data;
  (void)q;
  if (conn->server) return 0;
  conn->tls_done = true;
  conn->state = QUIC_OPEN;
  quic_conn_event(conn, QUIC_EVENT_OPEN);
  return 0;
}

static int recv_stream_data(ngtcp2_conn *q, uint32_t flags, int64_t id, uint64_t offset, const uint8_t *data,
                            size_t len, void *user_data, void *stream_user_data) {
  quic_stream_t *stream = stream_user_data;
  (void)offset;
  if (stream == NULL) {
    ngtcp2_conn_extend_max_stream_offset(q, id, len);
    ngtcp2_conn_extend_max_offset(q, len);
    return 0;
  }
  (void)user_data;
  int rv = quic_stream_received(stream, data, len, (flags & NGTCP2_STREAM_DATA_FLAG_FIN) != 0);
  return rv == 0 ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
}

static int acked_stream_data_offset(ngtcp2_conn *q, int64_t id, uint64_t offset, uint64_t len, void *user_data,
                                    void *stream_user_data) {
  (void)q, (void)id, (void)user_data;
  if (stream_user_data != NULL) quic_stream_acked(stream_user_data, offset, len);
  return 0;
}

static int stream_open(ngtcp2_conn *q, int64_t id, void *user_data) {
  quic_stream_t *stream = quic_stream_new(user_data, id, true);
  if (stream == NULL) return NGTCP2_ERR_CALLBACK_FAILURE;
  if (ngtcp2_conn_set_stream_user_data(q, id, stream) != 0) return NGTCP2_ERR_CALLBACK_FAILURE;
  quic_stream_event(stream, STREAM_EVENT_OPENED);
  return 0;
}

static int stream_close(ngtcp2_conn *q, uint32_t flags, int64_t id, uint64_t code, void *user_data,
                        void *stream_user_data) {
  (void)q, (void)flags, (void)id, (void)code, (void)user_data;
  if (stream_user_data != NULL) quic_stream_closed(stream_user_data);
  return 0;
}

static int stream_reset(ngtcp2_conn *q, int64_t id, uint64_t final_size, uint64_t code, void *user_data,
                        void *stream_user_data) {
  (void)q, (void)id, (void)final_size, (void)user_data;
  if (stream_user_data != NULL) quic_stream_reset_received(stream_user_data, code);
  return 0;
}

static int extend_max_stream_data(ngtcp2_conn *q, int64_t id, uint64_t max_data, void *user_data,
                                  void *stream_user_data) {
  quic_stream_t *stream = stream_user_data;
  (void)q, (void)id, (void)max_data, (void)user_data;
  if (stream != NULL && stream->blocked) {
    stream->blocked = false;
    quic_stream_schedule(stream);
  }
  return 0;
}

static int extend_max_streams_bidi(ngtcp2_conn *q, uint64_t max_streams, void *user_data) {
  (void)q, (void)max_streams;
  quic_conn_t *conn = user_data;
  quic_conn_event(conn, conn->wanted_streams & QUIC_EVENT_STREAMS_BIDI);
  conn->wanted_streams &= ~(unsigned)QUIC_EVENT_STREAMS_BIDI;
  return 0;
}

static int extend_max_streams_uni(ngtcp2_conn *q, uint64_t max_streams, void *user_data) {
  (void)q, (void)max_streams;
  quic_conn_t *conn = user_data;
  quic_conn_event(conn, conn->wanted_streams & QUIC_EVENT_STREAMS_UNI);
  conn->wanted_streams &= ~(unsigned)QUIC_EVENT_STREAMS_UNI;
  return 0;
}

static int recv_datagram(ngtcp2_conn *q, uint32_t flags, const uint8_t *data, size_t len, void *user_data) {
  quic_conn_t *conn = user_data;
  (void)q, (void)flags;
  /* The oldest goes: a reader that lags wants the newest. */
  bool full = conn->datagrams_in.count >= conn->config->max_datagrams;
  if (full) conn->datagrams_dropped++;
  if ((full ? quic_datagram_queue_replace : quic_datagram_queue_push)(&conn->datagrams_in, data, len) != 0)
    conn->datagrams_dropped++;
  quic_conn_event(conn, QUIC_EVENT_DATAGRAM);
  return 0;
}

static int recv_stateless_reset(ngtcp2_conn *q, const ngtcp2_pkt_stateless_reset *reset, void *user_data) {
  (void)q, (void)reset;
  ((quic_conn_t *)user_data)->stateless_reset = true;
  return 0;
}

static int recv_new_token(ngtcp2_conn *q, const uint8_t *token, size_t len, void *user_data) {
  quic_conn_t *conn = user_data;
  (void)q;
  conn->host->token_received(conn->owner, token, len);
  return 0;
}

static int path_validation(ngtcp2_conn *q, uint32_t flags, const ngtcp2_path *path, const ngtcp2_path *fallback_path,
                           ngtcp2_path_validation_result res, void *user_data) {
  (void)fallback_path;
  (void)q, (void)flags, (void)path;
  /* One given up for another says nothing. */
  if (res == NGTCP2_PATH_VALIDATION_RESULT_ABORTED) return 0;
  quic_conn_event(user_data, res == NGTCP2_PATH_VALIDATION_RESULT_SUCCESS ? QUIC_EVENT_PATH : QUIC_EVENT_PATH_FAILED);
  return 0;
}

static void random_bytes(uint8_t *dest, size_t len, const ngtcp2_rand_ctx *ctx) {
  (void)ctx;
  secret_random(dest, len);
}

static int get_new_connection_id(ngtcp2_conn *q, ngtcp2_cid *cid, uint8_t *token, size_t len, void *user_data) {
  quic_conn_t *conn = user_data;
  uint8_t data[QUIC_CID_MAX];
  (void)q;
  secret_random(data, len);
  ngtcp2_cid_init(cid, data, len);
  if (ngtcp2_crypto_generate_stateless_reset_token(token, conn->config->static_secret,
                                                   sizeof conn->config->static_secret, cid) != 0)
    return NGTCP2_ERR_CALLBACK_FAILURE;
  return conn->host->cid_added(conn->owner, data, len) ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
}

static int remove_connection_id(ngtcp2_conn *q, const ngtcp2_cid *cid, void *user_data) {
  quic_conn_t *conn = user_data;
  (void)q;
  conn->host->cid_removed(conn->owner, cid->data, cid->datalen);
  return 0;
}

static int dcid_status(ngtcp2_conn *q, ngtcp2_connection_id_status_type type, uint64_t seq, const ngtcp2_cid *cid,
                       const ngtcp2_stateless_reset_token *token, void *user_data) {
  quic_conn_t *conn = user_data;
  (void)q, (void)seq, (void)cid;
  if (token != NULL && conn->host->reset_token != NULL)
    conn->host->reset_token(conn->owner, token->data, type == NGTCP2_CONNECTION_ID_STATUS_TYPE_ACTIVATE);
  return 0;
}

#define COMMON_CALLBACKS                                                                                            \
  .recv_crypto_data = recv_crypto_data, .handshake_completed = handshake_completed,                                 \
  .handshake_confirmed = handshake_confirmed, .encrypt = encrypt, .decrypt = decrypt,                               \
  .hp_mask = ngtcp2_crypto_hp_mask_cb, .recv_stream_data = recv_stream_data,                                        \
  .acked_stream_data_offset = acked_stream_data_offset, .stream_open = stream_open, .stream_close = stream_close,   \
  .stream_reset = stream_reset, .extend_max_stream_data = extend_max_stream_data,                                   \
  .extend_max_local_streams_bidi = extend_max_streams_bidi, .extend_max_local_streams_uni = extend_max_streams_uni, \
  .recv_datagram = recv_datagram, .recv_stateless_reset = recv_stateless_reset, .rand = random_bytes,               \
  .get_new_connection_id = get_new_connection_id, .remove_connection_id = remove_connection_id,                     \
  .update_key = ngtcp2_crypto_update_key_cb, .path_validation = path_validation,                                    \
  .delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb,                                                \
  .delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb,                                            \
  .get_path_challenge_data = get_path_challenge_data, .version_negotiation = ngtcp2_crypto_version_negotiation_cb,  \
  .dcid_status2 = dcid_status

const ngtcp2_callbacks quic_client_callbacks = {
    COMMON_CALLBACKS,
    .client_initial = ngtcp2_crypto_client_initial_cb,
    .recv_retry = ngtcp2_crypto_recv_retry_cb,
    .recv_new_token = recv_new_token,
};

const ngtcp2_callbacks quic_server_callbacks = {
    COMMON_CALLBACKS,
    .recv_client_initial = ngtcp2_crypto_recv_client_initial_cb,
};
