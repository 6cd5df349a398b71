/* SPDX-License-Identifier: MIT
 * A connection's facts, events and commands. */
#include <stdlib.h>
#include <string.h>

#include "quic/internal.h"

#define TAG_LEN 16
#define STATELESS_RESET_MIN 21

const char *quic_library_version(void) { return ngtcp2_version(0)->version_str; }

quic_state_t quic_conn_state(const quic_conn_t *conn) { return conn->state; }
void *quic_conn_owner(const quic_conn_t *conn) { return conn->owner; }
bool quic_conn_is_server(const quic_conn_t *conn) { return conn->server; }
const uint8_t *quic_conn_peer(const quic_conn_t *conn) { return conn->peer; }
bool quic_conn_is_loopback(const quic_conn_t *conn) { return conn->loopback; }
bool quic_conn_answered(const quic_conn_t *conn) { return conn->answered; }
bool quic_conn_is_proved(const quic_conn_t *conn) { return conn->alpn != NULL; }

uint64_t quic_conn_rtt(const quic_conn_t *conn) {
  ngtcp2_conn_info stat;
  ngtcp2_conn_get_conn_info(conn->q, &stat);
  return stat.smoothed_rtt;
}

const char *quic_conn_alpn(const quic_conn_t *conn, size_t *len_out) {
  *len_out = conn->alpn_len;
  return conn->alpn != NULL ? conn->alpn : "";
}

void quic_conn_path(const quic_conn_t *conn, quic_path_t *out) {
  quic_path_from_ngtcp2(out, ngtcp2_conn_get_path(conn->q));
}

size_t quic_conn_path_size(const quic_conn_t *conn) {
  const ngtcp2_transport_params *params = ngtcp2_conn_get_remote_transport_params(conn->q);
  size_t size = ngtcp2_conn_get_path_max_tx_udp_payload_size(conn->q);
  return params != NULL && params->max_udp_payload_size < size ? (size_t)params->max_udp_payload_size : size;
}

void quic_conn_note_path(quic_conn_t *conn) {
  quic_path_t path;
  quic_conn_path(conn, &path);
  if (address_equal(&path.remote, &conn->mtu_path.remote) && address_equal(&path.local, &conn->mtu_path.local)) return;
  conn->mtu_path = path;
  path_mtu_moved(&conn->mtu);
}

void quic_conn_too_large(quic_conn_t *conn, size_t size) {
  /* Larger ones are ngtcp2's probes. */
  if (size <= quic_conn_path_size(conn)) path_mtu_too_large(&conn->mtu, size, conn->now);
}

bool quic_conn_is_stalled(const quic_conn_t *conn, uint64_t now) {
  return quic_conn_is_usable(conn) && path_mtu_is_stalled(&conn->mtu, ngtcp2_conn_get_pto(conn->q), now);
}

void quic_conn_info(quic_conn_t *conn, iroh_conn_info_t *out) {
  ngtcp2_conn_info stat;
  ngtcp2_conn_get_conn_info(conn->q, &stat);
  memcpy(out->remote_node_id, conn->peer, sizeof out->remote_node_id);
  out->is_client = !conn->server;
  out->alpn_len = conn->alpn_len;
  memcpy(out->alpn, conn->alpn != NULL ? conn->alpn : "", conn->alpn_len);
  out->alpn[conn->alpn_len] = '\0';
  out->rtt_ns = stat.smoothed_rtt;
  out->min_rtt_ns = stat.min_rtt == UINT64_MAX ? 0 : stat.min_rtt;
  out->rtt_var_ns = stat.rttvar;
  out->cwnd = stat.cwnd;
  out->bytes_in_flight = stat.bytes_in_flight;
  out->ssthresh = stat.ssthresh;
  out->bytes_sent = conn->bytes_sent;
  out->bytes_received = conn->bytes_received;
  out->packets_sent = conn->packets_sent;
  out->packets_received = conn->packets_received;
  out->max_udp_payload = path_mtu_size(&conn->mtu, quic_conn_path_size(conn));
  out->max_datagram = quic_conn_max_datagram(conn);
  out->streams_bidi_left = ngtcp2_conn_get_streams_bidi_left(conn->q);
  out->streams_uni_left = ngtcp2_conn_get_streams_uni_left(conn->q);
}

bool quic_conn_owns_cid(const quic_conn_t *conn, const uint8_t *cid, size_t len) {
  ngtcp2_cid cids[CIDS_MAX];
  if (ngtcp2_conn_get_scid(conn->q, NULL) > ARRAY_LEN(cids)) return false;
  size_t count = ngtcp2_conn_get_scid(conn->q, cids);
  for (size_t i = 0; i < count; i++)
    if (cids[i].datalen == len && memcmp(cids[i].data, cid, len) == 0) return true;
  return false;
}

bool quic_conn_matches_reset(quic_conn_t *conn, const uint8_t *data, size_t len) {
  ngtcp2_cid_token tokens[16];
  if (len < STATELESS_RESET_MIN || conn->state > QUIC_OPEN) return false;
  if (ngtcp2_conn_get_active_dcid(conn->q, NULL) > ARRAY_LEN(tokens)) return false;
  size_t count = ngtcp2_conn_get_active_dcid(conn->q, tokens);
  unsigned match = 0;
  for (size_t i = 0; i < count; i++) {
    uint8_t difference = 0;
    for (size_t k = 0; k < NGTCP2_STATELESS_RESET_TOKENLEN; k++)
      difference |= tokens[i].token[k] ^ data[len - NGTCP2_STATELESS_RESET_TOKENLEN + k];
    match |= tokens[i].token_present && difference == 0;
  }
  return match != 0;
}

/* ---- events -------------------------------------------------------------------------------------- */

void quic_conn_event(quic_conn_t *conn, unsigned event) { conn->events |= event; }

unsigned quic_conn_take_events(quic_conn_t *conn) {
  unsigned events = conn->events;
  conn->events = 0;
  return events;
}

bool quic_conn_has_events(const quic_conn_t *conn) { return conn->events != 0 || !list_empty(&conn->eventful); }

uint8_t *quic_conn_take_datagram(quic_conn_t *conn, size_t *len_out) {
  quic_datagram_t *datagram = quic_datagram_queue_pop(&conn->datagrams_in);
  if (datagram == NULL) return NULL;
  /* The bytes move to the front of the block, so that the taker frees what it was given. */
  size_t len = datagram->len;
  memmove(datagram, datagram->data, len);
  *len_out = len;
  return (uint8_t *)datagram;
}

uint64_t quic_conn_take_dropped(quic_conn_t *conn) {
  uint64_t dropped = conn->datagrams_dropped;
  conn->datagrams_dropped = 0;
  return dropped;
}

/* ---- commands ------------------------------------------------------------------------------------ */

typedef int migrate_fn(ngtcp2_conn *q, const ngtcp2_path *path, ngtcp2_tstamp now);

static int migrate(quic_conn_t *conn, migrate_fn *how, const quic_path_t *path, uint64_t now) {
  if (!quic_conn_is_usable(conn) || conn->server) return IROH_ERR_CLOSED;
  conn->now = now;
  ngtcp2_path q_path = quic_path_to_ngtcp2(path);
  int rv = how(conn->q, &q_path, now);
  quic_conn_note_path(conn);
  if (rv == NGTCP2_ERR_CONN_ID_BLOCKED || rv == NGTCP2_ERR_INVALID_STATE) return IROH_ERR_BUSY;
  return rv == 0 ? 0 : IROH_ERR_INTERNAL;
}

int quic_conn_migrate(quic_conn_t *conn, const quic_path_t *path, uint64_t now) {
  return migrate(conn, ngtcp2_conn_initiate_immediate_migration, path, now);
}

int quic_conn_probe(quic_conn_t *conn, const quic_path_t *path, uint64_t now) {
  return migrate(conn, ngtcp2_conn_initiate_migration, path, now);
}

bool quic_conn_is_quiet(const quic_conn_t *conn) {
  ngtcp2_conn_info stat;
  ngtcp2_conn_get_conn_info(conn->q, &stat);
  return stat.bytes_in_flight == 0;
}

/* ngtcp2 sends a PING by itself only. MAX_STREAMS asks for an acknowledgement, too, and leaves at once. */
void quic_conn_nudge(quic_conn_t *conn) {
  if (!quic_conn_is_usable(conn)) return;
  ngtcp2_conn_extend_max_streams_bidi(conn->q, 1);
  conn->streams_ahead++;
}

int quic_conn_update_key(quic_conn_t *conn, uint64_t now) {
  if (!quic_conn_is_usable(conn)) return IROH_ERR_CLOSED;
  return ngtcp2_conn_initiate_key_update(conn->q, now) == 0 ? 0 : IROH_ERR_BUSY;
}

size_t quic_conn_datagram_room(const quic_conn_t *conn, size_t payload) {
  const ngtcp2_transport_params *params = ngtcp2_conn_get_remote_transport_params(conn->q);
  if (params == NULL || params->max_datagram_frame_size == 0) return 0;
  const ngtcp2_cid *dcid = ngtcp2_conn_get_dcid(conn->q);
  /* Short header, packet number, AEAD tag; frame type and length. ngtcp2 never accepts one that is larger, and says
   * nothing. */
  size_t overhead = 1 + dcid->datalen + 4 + TAG_LEN + 1 + 2;
  size_t room = payload > overhead ? payload - overhead : 0;
  uint64_t frame = params->max_datagram_frame_size;
  uint64_t by_peer = frame > 3 ? frame - 3 : 0;
  return by_peer < room ? (size_t)by_peer : room;
}

size_t quic_conn_max_datagram(quic_conn_t *conn) {
  return quic_conn_datagram_room(conn, path_mtu_size(&conn->mtu, quic_conn_path_size(conn)));
}

int quic_conn_send_datagram(quic_conn_t *conn, const uint8_t *data, size_t len) {
  if (!quic_conn_is_usable(conn)) return IROH_ERR_CLOSED;
  size_t max = quic_conn_max_datagram(conn);
  if (max == 0) return IROH_ERR_DATAGRAM_UNSUPPORTED;
  if (len > max) return IROH_ERR_DATAGRAM_TOO_LARGE;
  if (conn->datagrams_out.count >= conn->config->max_datagrams) {
    conn->datagrams_dropped++;
    return quic_datagram_queue_replace(&conn->datagrams_out, data, len);
  }
  return quic_datagram_queue_push(&conn->datagrams_out, data, len);
}

void quic_conn_allow_uni_streams(quic_conn_t *conn, uint64_t count) {
  if (quic_conn_is_usable(conn)) ngtcp2_conn_extend_max_streams_uni(conn->q, (size_t)count);
}

void quic_conn_allow_refused(quic_conn_t *conn, bool bidirectional) {
  size_t *refused = bidirectional ? &conn->refused_bidi : &conn->refused_uni;
  if (!quic_conn_is_usable(conn)) return;
  if (bidirectional)
    ngtcp2_conn_extend_max_streams_bidi(conn->q, *refused);
  else
    ngtcp2_conn_extend_max_streams_uni(conn->q, *refused);
  *refused = 0;
}

void quic_conn_pace_uni_streams(quic_conn_t *conn) { conn->uni_paced = true; }

uint64_t quic_conn_give_uni_streams(quic_conn_t *conn, uint64_t max) {
  uint64_t count = conn->uni_owed < max ? conn->uni_owed : max;
  conn->uni_owed -= count;
  if (count > 0) quic_conn_allow_uni_streams(conn, count);
  return conn->uni_owed;
}
