/* SPDX-License-Identifier: MIT */
#include "quic-pair.h"

#include <stdlib.h>

#include "base/base.h"
#include "quic/packet.h"
#include "test.h"
#include "tls/tls.h"

typedef struct {
  list_node_t node;
  bool to_server;
  uint64_t arrives;
  quic_path_t path; /* as the sender names it */
  uint8_t ecn;
  size_t len;
  uint8_t data[];
} datagram_t;

uint32_t pair_random(pair_t *pair) {
  pair->random = pair->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (uint32_t)(pair->random >> 33);
}

static bool chance(pair_t *pair, unsigned permille) { return pair_random(pair) % 1000 < permille; }

/* ---- the host ------------------------------------------------------------------------------------ */

static bool cid_added(void *owner, const uint8_t *cid, size_t len) {
  (void)cid;
  assert_true(len <= QUIC_CID_MAX);
  ((side_t *)owner)->cids++;
  return true;
}

static void cid_removed(void *owner, const uint8_t *cid, size_t len) {
  (void)cid, (void)len;
  ((side_t *)owner)->cids--;
}

static bool authorize(void *owner, const uint8_t node_id[IROH_KEY_BYTES]) {
  side_t *side = owner;
  (void)node_id;
  if (side->while_asked != NULL) pair_open(side->while_asked);
  return !side->refuse;
}

static void token_received(void *owner, const uint8_t *token, size_t len) {
  side_t *side = owner;
  assert_true(len <= sizeof side->token);
  memcpy(side->token, token, len);
  side->token_len = len;
  side->token_given = true;
}

static void reset_token(void *owner, const uint8_t token[16], bool valid) {
  side_t *side = owner;
  if (valid) memcpy(side->reset_token, token, sizeof side->reset_token);
  side->reset_tokens += valid ? 1 : (unsigned)-1;
}

static const quic_host_t host = {cid_added, cid_removed, authorize, token_received, reset_token};

/* ---- set-up -------------------------------------------------------------------------------------- */

static void side_init(side_t *side, pair_t *pair) {
  for (size_t i = 0; i < sizeof side->seed; i++) side->seed[i] = (uint8_t)pair_random(pair);
  assert_int_equal(iroh_key_public(side->seed, side->public_key), 0);
  assert_int_equal(tls_identity_new(side->seed, side->public_key, quic_verify_peer, &side->identity), 0);
  side->config = (quic_config_t){.identity = side->identity,
                                 .idle_timeout = 30 * PAIR_S,
                                 .keep_alive = 5 * PAIR_S,
                                 .handshake_timeout = 10 * PAIR_S,
                                 .stream_window = 256 * 1024,
                                 .connection_window = 1024 * 1024,
                                 .max_streams_bidi = 4,
                                 .max_streams_uni = 4,
                                 .max_send_buffer = 64 * 1024 * 1024,
                                 .low_water = 64 * 1024,
                                 .max_datagrams = 16,
                                 .qlog_dir_fd = -1,
                                 .key_log_fd = -1};
}

void pair_init(pair_t *pair, uint64_t seed) {
  memset(pair, 0, sizeof *pair);
  pair->random = seed;
  pair->now = 1000 * PAIR_S;
  pair->delay = 10 * PAIR_MS;
  list_init(&pair->wire);
  side_init(&pair->client, pair);
  side_init(&pair->server, pair);
  assert_int_equal(address_parse("192.0.2.1:1000", &pair->client.path.local), 0);
  assert_int_equal(address_parse("192.0.2.2:2000", &pair->client.path.remote), 0);
  pair->server.path = (quic_path_t){.local = pair->client.path.remote, .remote = pair->client.path.local};
}

void pair_dial(pair_t *pair, const uint8_t expected[32], const char *alpn) {
  side_t *client = &pair->client;
  assert_int_equal(quic_conn_new_client(&client->config, &host, client, expected, alpn, strlen(alpn),
                                        client->token_given ? client->token : NULL, client->token_len,
                                        client->config.handshake_timeout, &client->path, pair->now, &client->conn),
                   0);
}

static void side_deinit(side_t *side) {
  quic_conn_free(side->conn);
  assert_int_equal(side->cids, 0);
  tls_identity_free(side->identity);
  for (size_t i = 0; i < PAIR_STREAMS; i++) buffer_deinit(&side->received[i]);
}

void pair_deinit(pair_t *pair) {
  list_node_t *node;
  while ((node = list_pop_front(&pair->wire)) != NULL) free(container_of(node, datagram_t, node));
  side_deinit(&pair->client);
  side_deinit(&pair->server);
}

/* ---- the network --------------------------------------------------------------------------------- */

static void put_on_wire(pair_t *pair, bool to_server, const quic_path_t *path, uint8_t ecn, const uint8_t *data,
                        size_t len) {
  datagram_t *datagram = malloc(sizeof *datagram + len);
  assert_non_null(datagram);
  list_node_init(&datagram->node);
  datagram->to_server = to_server;
  datagram->arrives = pair->now + pair->delay + (pair->jitter > 0 ? pair_random(pair) % pair->jitter : 0);
  datagram->path = *path;
  datagram->ecn = ecn;
  datagram->len = len;
  memcpy(datagram->data, data, len);
  list_push_back(&pair->wire, &datagram->node);
}

static void send_all(pair_t *pair, side_t *side) {
  uint8_t buf[QUIC_MAX_UDP_PAYLOAD], ecn;
  quic_path_t path;
  size_t n;
  if (side->conn == NULL) return;
  while ((n = quic_conn_write(side->conn, buf, sizeof buf, &path, &ecn, pair->now)) > 0) {
    bool to_server = side == &pair->client;
    pair->sent++;
    size_t widest = to_server ? pair->widest_up : pair->widest_down;
    bool lost = (pair->lose & 1) || (widest > 0 && n > widest);
    pair->lose >>= 1;
    if (pair->blackhole || lost || chance(pair, pair->loss_permille)) {
      pair->lost++;
      continue;
    }
    put_on_wire(pair, to_server, &path, ecn, buf, n);
    if (chance(pair, pair->duplicate_permille)) put_on_wire(pair, to_server, &path, ecn, buf, n);
  }
  quic_conn_wrote(side->conn, pair->now);
}

static void deliver(pair_t *pair, datagram_t *datagram) {
  side_t *side = datagram->to_server ? &pair->server : &pair->client;
  quic_path_t path = {.local = datagram->path.remote, .remote = datagram->path.local};
  if (pair->outside.len > 0 && side == &pair->server && address_equal(&path.remote, &pair->inside))
    path.remote = pair->outside;
  if (pair->outside.len > 0 && side == &pair->client && address_equal(&path.local, &pair->outside))
    path.local = pair->inside;
  if (side->conn == NULL) {
    quic_initial_t initial;
    static const char *const alpns[] = {"other/1", "test/1"};
    if (side != &pair->server || side->closed || !quic_packet_is_initial(datagram->data, datagram->len, &initial))
      return;
    assert_int_equal(quic_conn_new_server(&side->config, &host, side, alpns, ARRAY_LEN(alpns), &initial, &path,
                                          pair->now, &side->conn),
                     0);
  }
  quic_conn_read(side->conn, &path, datagram->ecn, datagram->data, datagram->len, pair->now);
}

static datagram_t *earliest(const pair_t *pair) {
  datagram_t *found = NULL;
  list_for_each(node, &pair->wire) {
    datagram_t *datagram = container_of(node, datagram_t, node);
    if (found == NULL || datagram->arrives < found->arrives) found = datagram;
  }
  return found;
}

/* ---- what happened ------------------------------------------------------------------------------- */

static size_t index_of(side_t *side, quic_stream_t *stream) {
  size_t i = 0;
  while (i < side->stream_count && side->streams[i] != stream) i++;
  if (i == side->stream_count) {
    assert_true(i < PAIR_STREAMS);
    side->streams[side->stream_count++] = stream;
  }
  return i;
}

static void read_stream(side_t *side, size_t i) {
  const uint8_t *data;
  size_t len;
  int rv;
  while ((rv = quic_stream_peek(side->streams[i], &data, &len)) == IROH_DATA) {
    assert_int_equal(buffer_append(&side->received[i], data, len), 0);
    assert_int_equal(quic_stream_consume(side->streams[i], len), 0);
  }
  if (rv == IROH_END) side->ended[i] = true;
}

static void collect(side_t *side) {
  if (side->conn == NULL) return;
  unsigned events = quic_conn_take_events(side->conn);
  if (events & QUIC_EVENT_OPEN) side->opened = true;
  if (events & QUIC_EVENT_PATH) side->paths++;
  if (events & QUIC_EVENT_DATAGRAM) {
    uint8_t *data;
    size_t len;
    while ((data = quic_conn_take_datagram(side->conn, &len)) != NULL) {
      side->datagrams++;
      free(data);
    }
  }
  quic_stream_t *stream;
  while ((stream = quic_conn_take_stream(side->conn)) != NULL) {
    size_t i = index_of(side, stream);
    unsigned stream_events = quic_stream_take_events(stream);
    if (stream_events & STREAM_EVENT_FINISHED) side->finished_events++;
    if (stream_events & STREAM_EVENT_STOPPED) {
      side->stop_events++;
      side->stop_code = quic_stream_stop_code(stream);
    }
    if (stream_events & STREAM_EVENT_RESET) {
      side->reset_events++;
      side->reset_code = quic_stream_reset_code(stream);
    }
    if ((stream_events & STREAM_EVENT_READABLE) && !side->hold) read_stream(side, i);
  }
  if (events & QUIC_EVENT_CLOSED) {
    side->closed = true;
    side->close = *quic_conn_close_info(side->conn);
  }
  if (quic_conn_state(side->conn) == QUIC_GONE) {
    quic_conn_free(side->conn);
    side->conn = NULL;
  }
}

static uint64_t deadline_of(const side_t *side) {
  return side->conn == NULL ? QUIC_NEVER : quic_conn_deadline(side->conn);
}

static void expire(pair_t *pair, side_t *side) {
  if (side->conn != NULL && quic_conn_deadline(side->conn) <= pair->now) quic_conn_expire(side->conn, pair->now);
}

bool pair_run(pair_t *pair, bool (*done)(const pair_t *), uint64_t limit) {
  uint64_t end = pair->now + limit;
  for (;;) {
    send_all(pair, &pair->client);
    send_all(pair, &pair->server);
    collect(&pair->client);
    collect(&pair->server);
    if (done != NULL && done(pair)) return true;
    datagram_t *next = earliest(pair);
    uint64_t at = next != NULL ? next->arrives : QUIC_NEVER;
    if (deadline_of(&pair->client) < at) at = deadline_of(&pair->client);
    if (deadline_of(&pair->server) < at) at = deadline_of(&pair->server);
    if (at > end) break;
    /* A clock never stands still: ngtcp2 has deadlines that are over only when they lie in the past. */
    pair->now = at > pair->now ? at : pair->now + 1;
    while ((next = earliest(pair)) != NULL && next->arrives <= pair->now) {
      list_remove(&next->node);
      if (!pair->blackhole) deliver(pair, next);
      free(next);
    }
    expire(pair, &pair->client);
    expire(pair, &pair->server);
  }
  pair->now = end;
  return done != NULL && done(pair);
}

static bool both_open(const pair_t *pair) { return pair->client.opened && pair->server.opened; }

void pair_open(pair_t *pair) {
  pair_dial(pair, pair->server.public_key, "test/1");
  assert_true(pair_run(pair, both_open, 60 * PAIR_S));
}

size_t pair_open_stream(side_t *side, bool bidirectional) {
  quic_stream_t *stream;
  assert_int_equal(quic_conn_open_stream(side->conn, bidirectional, &stream), 0);
  return index_of(side, stream);
}
