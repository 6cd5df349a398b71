/* SPDX-License-Identifier: MIT
 * A connection's life: birth in either role, packets in and out, timers. Its end is in close.c, facts and commands in
 * control.c. */
#include "quic/conn.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "quic/internal.h"
#include "quic/pool.h"

#define LOOPBACK_UDP_PAYLOAD 16000
#define DEFAULT_UDP_PAYLOAD 1452
#define DATAGRAM_FRAME_MAX 65535
/* Connection ids we take of the peer: one in use, the others for new paths. Each costs both sides some 500 bytes. */
#define CID_LIMIT 6
/* Vectors handed to ngtcp2 for one packet. */
#define VECS_MAX 16

static ngtcp2_cc_algo congestion_control(iroh_cc_t choice) {
  switch (choice) {
  case IROH_CC_RENO:
    return NGTCP2_CC_ALGO_RENO;
  case IROH_CC_CUBIC:
    return NGTCP2_CC_ALGO_CUBIC;
  case IROH_CC_BBR:
  case IROH_CC_BBR2: /* another name of the same since ngtcp2 1.0 */
  case IROH_CC_DEFAULT:
    break;
  }
  /* Fifteen times cubic's throughput at 1 % loss, and the same without: docs/measured/performance.md. */
  return NGTCP2_CC_ALGO_BBR;
}

static void fill_settings(const quic_conn_t *conn, ngtcp2_settings *settings, uint64_t handshake_timeout,
                          uint64_t now) {
  const quic_config_t *config = conn->config;
  ngtcp2_settings_default(settings);
  settings->initial_ts = now;
  settings->handshake_timeout = handshake_timeout;
  settings->cc_algo = congestion_control(config->congestion_control);
  if (conn->loopback || config->max_udp_payload != 0) {
    /* On this host every size up to the interface's arrives; elsewhere the caller said so. */
    settings->max_tx_udp_payload_size = config->max_udp_payload != 0 ? config->max_udp_payload : LOOPBACK_UDP_PAYLOAD;
    settings->no_tx_udp_payload_size_shaping = 1;
  } else {
    settings->max_tx_udp_payload_size = DEFAULT_UDP_PAYLOAD;
  }
  /* Until measured, a round trip on this host is taken as 10 ms, not as a third of a second: a peer that is busy for
   * less is not sent everything again. */
  if (conn->loopback) settings->initial_rtt = 10 * NGTCP2_MILLISECONDS;
  if (conn->qlog != NULL) settings->qlog_write = qlog_write;
}

static void fill_transport_params(const quic_conn_t *conn, ngtcp2_transport_params *params) {
  const quic_config_t *config = conn->config;
  ngtcp2_transport_params_default(params);
  params->initial_max_stream_data_bidi_local = quic_stream_window_start(config);
  params->initial_max_stream_data_bidi_remote = quic_stream_window_start(config);
  params->initial_max_stream_data_uni = quic_stream_window_start(config);
  params->initial_max_data = conn->window.size;
  params->initial_max_streams_bidi = config->max_streams_bidi;
  params->initial_max_streams_uni = config->max_streams_uni;
  params->max_idle_timeout = config->idle_timeout;
  params->active_connection_id_limit = CID_LIMIT;
  params->max_datagram_frame_size = DATAGRAM_FRAME_MAX;
}

static void random_cid(ngtcp2_cid *cid, size_t len) {
  uint8_t data[QUIC_CID_MAX];
  secret_random(data, len);
  ngtcp2_cid_init(cid, data, len);
}

static quic_conn_t *new_conn(const quic_config_t *config, const quic_host_t *host, void *owner, bool server,
                             const quic_path_t *path, uint64_t now) {
  quic_conn_t *conn = calloc(1, sizeof *conn);
  if (conn == NULL) return NULL;
  conn->config = config;
  conn->host = host;
  conn->owner = owner;
  conn->server = server;
  conn->born = conn->now = now;
  conn->loopback = address_is_loopback(&path->remote);
  gate_init(&conn->gate, server, CID_LIMIT);
  list_init(&conn->streams);
  list_init(&conn->sendable);
  list_init(&conn->eventful);
  list_init(&conn->creditable);
  quic_window_init(&conn->window, quic_conn_window_start(config), now);
  quic_meter_init(&conn->meter, config->pool);
  quic_datagram_queue_init(&conn->datagrams_out);
  quic_datagram_queue_init(&conn->datagrams_in);
  path_mtu_init(&conn->mtu);
  conn->mtu_path = *path;
  ngtcp2_ccerr_default(&conn->close_error);
  return conn;
}

static int start(quic_conn_t *conn, const uint8_t *cid, size_t cid_len) {
  conn->meter.base = conn->meter.disorder;
  ngtcp2_conn_set_tls_native_handle(conn->q, conn->tls);
  if (conn->config->keep_alive != 0) ngtcp2_conn_set_keep_alive_timeout(conn->q, conn->config->keep_alive);
  return conn->host->cid_added(conn->owner, cid, cid_len) ? 0 : IROH_ERR_NO_MEMORY;
}

int quic_conn_new_client(const quic_config_t *config, const quic_host_t *host, void *owner,
                         const uint8_t expected[IROH_KEY_BYTES], const char *alpn, size_t alpn_len,
                         const uint8_t *token, size_t token_len, uint64_t handshake_timeout, const quic_path_t *path,
                         uint64_t now, quic_conn_t **out) {
  *out = NULL;
  if (alpn_len == 0 || alpn_len > IROH_ALPN_MAX) return IROH_ERR_INVALID_ARGUMENT;
  quic_conn_t *conn = new_conn(config, host, owner, false, path, now);
  if (conn == NULL) return IROH_ERR_NO_MEMORY;
  memcpy(conn->peer, expected, sizeof conn->peer);

  char name[IROH_ALPN_MAX + 1];
  memcpy(name, alpn, alpn_len);
  name[alpn_len] = '\0';

  ngtcp2_cid dcid, scid;
  random_cid(&dcid, QUIC_CID_MAX);
  random_cid(&scid, QUIC_CID_LEN);
  conn->address_proved = true; /* the program named it */
  if (config->qlog_dir_fd >= 0) conn->qlog = qlog_new(config->qlog_dir_fd, false, true, &dcid);

  ngtcp2_settings settings;
  fill_settings(conn, &settings, handshake_timeout, now);
  settings.token = token;
  settings.tokenlen = token_len;
  ngtcp2_transport_params params;
  fill_transport_params(conn, &params);

  int rv = quic_crypto_init(conn, &(const char *){name}, 1);
  if (rv != 0) goto fail_conn;
  ngtcp2_path q_path = quic_path_to_ngtcp2(path);
  if (ngtcp2_conn_client_new(&conn->q, &dcid, &scid, &q_path, NGTCP2_PROTO_VER_V1, &quic_client_callbacks, &settings,
                             &params, &conn->meter.mem, conn) != 0) {
    rv = IROH_ERR_NO_MEMORY;
    goto fail_conn;
  }
  rv = start(conn, scid.data, scid.datalen);
  if (rv != 0) goto fail_conn;
  *out = conn;
  return 0;

fail_conn:
  quic_conn_free(conn);
  return rv;
}

int quic_conn_new_server(const quic_config_t *config, const quic_host_t *host, void *owner, const char *const *alpns,
                         size_t alpn_count, const quic_initial_t *initial, const quic_path_t *path, uint64_t now,
                         quic_conn_t **out) {
  *out = NULL;
  quic_conn_t *conn = new_conn(config, host, owner, true, path, now);
  if (conn == NULL) return IROH_ERR_NO_MEMORY;

  ngtcp2_cid client_dcid, client_scid, scid;
  ngtcp2_cid_init(&client_dcid, initial->dcid, initial->dcid_len);
  ngtcp2_cid_init(&client_scid, initial->scid, initial->scid_len);
  random_cid(&scid, QUIC_CID_LEN);

  ngtcp2_transport_params params;
  fill_transport_params(conn, &params);
  params.original_dcid = client_dcid;
  if (initial->from_retry) {
    ngtcp2_cid_init(&params.original_dcid, initial->original_dcid, initial->original_dcid_len);
    params.retry_scid = client_dcid;
    params.retry_scid_present = 1;
  }
  params.original_dcid_present = 1;
  params.stateless_reset_token_present = 1;
  int rv = IROH_ERR_INTERNAL;
  if (ngtcp2_crypto_generate_stateless_reset_token(params.stateless_reset_token, config->static_secret,
                                                   sizeof config->static_secret, &scid) != 0)
    goto fail_conn;

  conn->address_proved = initial->token_verified;
  if (config->qlog_dir_fd >= 0)
    conn->qlog = qlog_new(config->qlog_dir_fd, true, conn->address_proved, &params.original_dcid);
  ngtcp2_settings settings;
  fill_settings(conn, &settings, config->handshake_timeout, now);
  if (initial->token_verified) {
    settings.token = initial->token;
    settings.tokenlen = initial->token_len;
    settings.token_type = initial->from_retry ? NGTCP2_TOKEN_TYPE_RETRY : NGTCP2_TOKEN_TYPE_NEW_TOKEN;
  }

  rv = quic_crypto_init(conn, alpns, alpn_count);
  if (rv != 0) goto fail_conn;
  ngtcp2_path q_path = quic_path_to_ngtcp2(path);
  if (ngtcp2_conn_server_new(&conn->q, &client_scid, &scid, &q_path, initial->version, &quic_server_callbacks,
                             &settings, &params, &conn->meter.mem, conn) != 0) {
    rv = IROH_ERR_NO_MEMORY;
    goto fail_conn;
  }
  rv = start(conn, scid.data, scid.datalen);
  if (rv != 0) goto fail_conn;
  /* The client goes on using the id it made up until it has heard ours. */
  conn->first_dcid = client_dcid;
  if (!host->cid_added(owner, initial->dcid, initial->dcid_len)) {
    rv = IROH_ERR_NO_MEMORY;
    goto fail_conn;
  }
  *out = conn;
  return 0;

fail_conn:
  quic_conn_free(conn);
  return rv;
}

static void forget_cids(quic_conn_t *conn) {
  ngtcp2_cid cids[CIDS_MAX];
  if (ngtcp2_conn_get_scid(conn->q, NULL) <= ARRAY_LEN(cids)) {
    size_t count = ngtcp2_conn_get_scid(conn->q, cids);
    for (size_t i = 0; i < count; i++) conn->host->cid_removed(conn->owner, cids[i].data, cids[i].datalen);
  }
  /* Our own copy: ngtcp2 knows it only once it has taken the client's first packet. */
  const ngtcp2_cid *first = &conn->first_dcid;
  if (first->datalen > 0) conn->host->cid_removed(conn->owner, first->data, first->datalen);
}

void quic_conn_free(quic_conn_t *conn) {
  if (conn == NULL) return;
  conn->state = QUIC_GONE;
  list_for_each(node, &conn->streams) quic_stream_free(container_of(node, quic_stream_t, all_node));
  if (conn->q != NULL) {
    forget_cids(conn);
    ngtcp2_conn_del(conn->q);
    conn->q = NULL;
  }
  quic_conn_hold(conn, conn->held, 0);
  quic_crypto_deinit(conn);
  quic_datagram_queue_deinit(&conn->datagrams_out);
  quic_datagram_queue_deinit(&conn->datagrams_in);
  qlog_free(conn->qlog);
  free(conn->close_packet);
  free(conn->alpn);
  free(conn);
}

/* ---- in ------------------------------------------------------------------------------------------ */

/* The session is 10 KB that nobody needs after the handshake. Not from inside its own callbacks. */
static void drop_tls_if_done(quic_conn_t *conn) {
  if (conn->tls_done && conn->tls != NULL) quic_crypto_deinit(conn);
}

/* ngtcp2 keeps a client's early 1-RTT packets until its handshake is over, and lets them acknowledge what was sent after
 * they came: the round trip ends before it began, and lasts for centuries in unsigned numbers. */
static bool acknowledges_the_future(const quic_conn_t *conn) {
  ngtcp2_conn_info stat;
  ngtcp2_conn_get_conn_info(conn->q, &stat);
  return stat.latest_rtt > conn->now - conn->born;
}

/* What has come of a connection's datagrams. `taken` leaves out packets that came before. */
typedef struct {
  uint64_t opened, taken;
  bool retried;
} progress_t;

static progress_t progress_of(const quic_conn_t *conn) {
  ngtcp2_conn_info stat;
  ngtcp2_conn_get_conn_info(conn->q, &stat);
  return (progress_t){conn->packets_opened, stat.pkt_recv, ngtcp2_conn_after_retry(conn->q) != 0};
}

bool quic_conn_read(quic_conn_t *conn, const quic_path_t *path, uint8_t ecn, const uint8_t *data, size_t len,
                    uint64_t now) {
  conn->now = now;
  conn->packets_received++;
  conn->bytes_received += len;
  if (conn->state == QUIC_CLOSING) {
    /* RFC 9000 section 10.2.1: answered ever more rarely. */
    conn->closing_received++;
    if ((conn->closing_received & (conn->closing_received - 1)) == 0) conn->close_again = true;
    return false;
  }
  if (conn->state == QUIC_GONE || conn->close_wanted) return false;

  ngtcp2_path q_path = quic_path_to_ngtcp2(path);
  ngtcp2_pkt_info info = {.ecn = ecn};
  progress_t before = progress_of(conn);
  quic_state_t state = conn->state;
  quic_reading_t reading;
  quic_callbacks_begin_read(&reading, conn);
  int rv = ngtcp2_conn_read_pkt(conn->q, &q_path, &info, data, len, now);
  if (rv == 0 && conn->state == QUIC_OPEN && state != QUIC_OPEN && acknowledges_the_future(conn)) rv = NGTCP2_ERR_PROTO;
  quic_callbacks_end_read(&reading, rv == 0);
  progress_t after = progress_of(conn);
  quic_conn_note_path(conn);
  if (after.opened > before.opened) path_mtu_heard(&conn->mtu, now);
  quic_conn_weigh_disorder(conn);
  if (rv == 0) {
    conn->data_blocked = false;
    drop_tls_if_done(conn);
  } else {
    quic_conn_fail(conn, rv);
  }
  /* In the handshake ngtcp2 counts what it puts off unopened, too; and a packet that opens, and is refused for what is in
   * it, has told it the peer's connection id. */
  return after.retried != before.retried ||
         (after.opened > before.opened && (state == QUIC_HANDSHAKE || after.taken > before.taken));
}

/* ---- out ----------------------------------------------------------------------------------------- */

/* A packet being written. */
typedef struct {
  ngtcp2_path_storage path;
  ngtcp2_pkt_info info;
  uint8_t *buf;
  size_t size;
  bool padded; /* to that size, if it asks for an acknowledgement */
  uint64_t now;
} packet_t;

/* Whether there is a datagram that a packet of this size takes. */
static bool has_datagram(quic_conn_t *conn, size_t size) {
  const quic_datagram_t *datagram;
  if (conn->state != QUIC_OPEN) return false;
  while ((datagram = quic_datagram_queue_first(&conn->datagrams_out)) != NULL) {
    if (datagram->len <= quic_conn_datagram_room(conn, size)) return true;
    /* One that may fit the next packet waits. The path may have shrunk since it was queued: one that fits no packet any
     * more would block the rest for ever. */
    if (datagram->len <= quic_conn_max_datagram(conn)) return false;
    free(quic_datagram_queue_pop(&conn->datagrams_out));
    conn->datagrams_dropped++;
  }
  return false;
}

static ngtcp2_ssize write_datagram(quic_conn_t *conn, packet_t *packet) {
  quic_datagram_t *datagram = quic_datagram_queue_first(&conn->datagrams_out);
  ngtcp2_vec vec = {datagram->data, datagram->len};
  size_t vec_count = datagram->len > 0 ? 1 : 0;
  uint32_t flags = NGTCP2_WRITE_DATAGRAM_FLAG_MORE | (packet->padded ? NGTCP2_WRITE_DATAGRAM_FLAG_PADDING : 0);
  int accepted = 0;
  ngtcp2_ssize n = ngtcp2_conn_writev_datagram(conn->q, &packet->path.path, &packet->info, packet->buf, packet->size,
                                               &accepted, flags, 0, &vec, vec_count, packet->now);
  if (accepted) free(quic_datagram_queue_pop(&conn->datagrams_out));
  return n;
}

static ngtcp2_ssize write_stream(quic_conn_t *conn, quic_stream_t *stream, packet_t *packet) {
  ngtcp2_vec vecs[VECS_MAX];
  size_t count = send_queue_peek(&stream->send, vecs, VECS_MAX, packet->size);
  size_t total = 0;
  for (size_t i = 0; i < count; i++) total += vecs[i].len;
  bool end = stream->finish_wanted && total == stream->send.unsent;
  uint32_t flags = NGTCP2_WRITE_STREAM_FLAG_MORE | (end ? NGTCP2_WRITE_STREAM_FLAG_FIN : 0) |
                   (packet->padded ? NGTCP2_WRITE_STREAM_FLAG_PADDING : 0);
  ngtcp2_ssize taken = -1;
  ngtcp2_ssize n = ngtcp2_conn_writev_stream(conn->q, &packet->path.path, &packet->info, packet->buf, packet->size,
                                             &taken, flags, stream->id, vecs, count, packet->now);
  if (taken >= 0) quic_stream_sent(stream, (size_t)taken, end && (size_t)taken == total);
  if (n > 0) quic_stream_rotate(stream);
  if (n == NGTCP2_ERR_STREAM_DATA_BLOCKED) {
    if (ngtcp2_conn_get_max_data_left(conn->q) == 0) {
      conn->data_blocked = true;
    } else {
      stream->blocked = true;
      list_remove(&stream->send_node);
    }
  } else if (n == NGTCP2_ERR_STREAM_SHUT_WR || n == NGTCP2_ERR_STREAM_NOT_FOUND) {
    quic_stream_stop_received(stream, 0);
  }
  return n;
}

/* One step of filling a packet; the packet is complete, or nothing can be sent, when the result is not one of the
 * four that mean "go on". */
static ngtcp2_ssize write_some(quic_conn_t *conn, packet_t *packet) {
  if (has_datagram(conn, packet->size)) return write_datagram(conn, packet);
  list_node_t *node = conn->data_blocked ? NULL : list_first(&conn->sendable);
  if (node != NULL) return write_stream(conn, container_of(node, quic_stream_t, send_node), packet);
  uint32_t flags = packet->padded ? NGTCP2_WRITE_STREAM_FLAG_PADDING : NGTCP2_WRITE_STREAM_FLAG_NONE;
  return ngtcp2_conn_writev_stream(conn->q, &packet->path.path, &packet->info, packet->buf, packet->size, NULL, flags,
                                   -1, NULL, 0, packet->now);
}

static bool goes_on(ngtcp2_ssize n) {
  return n == NGTCP2_ERR_WRITE_MORE || n == NGTCP2_ERR_STREAM_DATA_BLOCKED || n == NGTCP2_ERR_STREAM_SHUT_WR ||
         n == NGTCP2_ERR_STREAM_NOT_FOUND;
}

/* Packets for other paths, which QUIC tries meanwhile, tell nothing of this one. */
static void note_sent(quic_conn_t *conn, const quic_path_t *path, size_t n, size_t full, uint64_t now) {
  if (!conn->sent_1rtt) return;
  bool elsewhere =
      !address_equal(&path->remote, &conn->mtu_path.remote) || !address_equal(&path->local, &conn->mtu_path.local);
  if (elsewhere)
    path_mtu_skipped(&conn->mtu, conn->sent_number);
  else if (path_mtu_sent(&conn->mtu, conn->sent_number, n, full, now))
    path_mtu_expect(&conn->mtu, ngtcp2_conn_get_pto(conn->q), now);
}

static size_t write_packet(quic_conn_t *conn, uint8_t *buf, size_t max, quic_path_t *path_out, uint8_t *ecn_out,
                           uint64_t now) {
  packet_t packet = {.buf = buf, .now = now};
  /* What the peer takes is known only from its transport parameters. */
  size_t full = conn->state == QUIC_HANDSHAKE ? PATH_MTU_BASE : min_size(max, quic_conn_path_size(conn));
  packet.size = path_mtu_next(&conn->mtu, full, now, &packet.padded);
  /* Where none is lowered, ngtcp2 looks for the path's size itself, and its probes need room. */
  if (packet.size == full && conn->state != QUIC_HANDSHAKE) packet.size = max;
  ngtcp2_path_storage_zero(&packet.path);
  conn->sent_1rtt = false;
  quic_callbacks_begin_write(conn);
  ngtcp2_ssize n;
  do {
    n = write_some(conn, &packet);
  } while (goes_on(n));
  quic_callbacks_end_write();
  quic_stream_reset_wanted(conn);
  if (n < 0) {
    quic_conn_fail(conn, (int)n);
    return 0;
  }
  drop_tls_if_done(conn);
  if (n == 0) return 0;
  /* A client's Finished goes out with whatever comes first after its handshake, since nothing is paced before that. */
  if (!conn->gate.may_confirm && ngtcp2_conn_get_handshake_completed(conn->q)) conn->gate.may_confirm = true;
  quic_path_from_ngtcp2(path_out, &packet.path.path);
  *ecn_out = (uint8_t)packet.info.ecn;
  note_sent(conn, path_out, (size_t)n, full, now);
  return (size_t)n;
}

/* Nothing is on its way, and nothing waits for its turn by the pace: that would be due within a probe timeout. */
static bool is_at_rest(const quic_conn_t *conn, uint64_t now) {
  return quic_conn_is_quiet(conn) && ngtcp2_conn_get_expiry(conn->q) > now + ngtcp2_conn_get_pto(conn->q);
}

size_t quic_conn_write(quic_conn_t *conn, uint8_t *buf, size_t size, quic_path_t *path_out, uint8_t *ecn_out,
                       uint64_t now) {
  conn->now = now;
  if (quic_conn_is_usable(conn)) quic_credit_give(conn, now);
  size_t n = 0;
  if (conn->state <= QUIC_OPEN && !conn->close_wanted) n = write_packet(conn, buf, size, path_out, ecn_out, now);
  if (n == 0 && conn->doubtful_ends > 0 && is_at_rest(conn, now)) quic_stream_doubts_over(conn);
  if (n == 0) n = quic_close_write(conn, buf, size, path_out, ecn_out, now);
  if (n > 0) {
    conn->packets_sent++;
    conn->bytes_sent += n;
  }
  return n;
}

void quic_conn_wrote(quic_conn_t *conn, uint64_t now) {
  /* Not before the handshake is over: the pace of an unmeasured path would hold back the last flight by 20 ms. Not on
   * this host: the kernel's queues are the pace. */
  if (quic_conn_is_usable(conn) && !conn->loopback) ngtcp2_conn_update_pkt_tx_time(conn->q, now);
}

/* ---- time ---------------------------------------------------------------------------------------- */

uint64_t quic_conn_deadline(const quic_conn_t *conn) {
  switch (conn->state) {
  case QUIC_HANDSHAKE:
  case QUIC_OPEN:
    return ngtcp2_conn_get_expiry(conn->q);
  case QUIC_CLOSING:
    return conn->gone_at;
  case QUIC_GONE:
    break;
  }
  return QUIC_NEVER;
}

void quic_conn_expire(quic_conn_t *conn, uint64_t now) {
  conn->now = now;
  if (conn->state == QUIC_CLOSING) {
    if (now >= conn->gone_at) conn->state = QUIC_GONE;
  } else if (conn->state != QUIC_GONE && !conn->close_wanted) {
    int rv = ngtcp2_conn_handle_expiry(conn->q, now);
    quic_conn_note_path(conn);
    if (rv != 0) quic_conn_fail(conn, rv);
  }
}
