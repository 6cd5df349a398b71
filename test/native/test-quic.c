/* SPDX-License-Identifier: MIT */
#include <gnutls/gnutls.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>
#include <stdlib.h>

#include "quic-pair.h"
#include "quic/internal.h"
#include "quic/packet.h"
#include "test.h"
#include "tls/tls.h"

static bool client_closed(const pair_t *pair) { return pair->client.closed; }
static bool server_closed(const pair_t *pair) { return pair->server.closed; }
static bool both_closed(const pair_t *pair) { return pair->client.closed && pair->server.closed; }

static void handshake_proves_both_keys(void **state) {
  (void)state;
  pair_t pair;
  pair_init(&pair, 1);
  pair_open(&pair);
  size_t len;
  assert_memory_equal(quic_conn_peer(pair.server.conn), pair.client.public_key, 32);
  assert_memory_equal(quic_conn_peer(pair.client.conn), pair.server.public_key, 32);
  assert_string_equal(quic_conn_alpn(pair.server.conn, &len), "test/1");
  assert_string_equal(quic_conn_alpn(pair.client.conn, &len), "test/1");
  pair_run(&pair, NULL, PAIR_S);
  assert_true(pair.client.token_given);
  pair_deinit(&pair);
}

static void dialler_refuses_another_key(void **state) {
  (void)state;
  pair_t pair;
  pair_init(&pair, 2);
  uint8_t other[32], seed[32] = {7};
  assert_int_equal(iroh_key_public(seed, other), 0);
  pair_dial(&pair, other, "test/1");
  assert_true(pair_run(&pair, both_closed, 30 * PAIR_S));
  assert_int_equal(pair.client.close.error, IROH_ERR_WRONG_PEER);
  assert_int_equal(pair.client.close.kind, IROH_CLOSE_ERROR);
  assert_int_equal(pair.server.close.kind, IROH_CLOSE_TRANSPORT);
  assert_int_equal(pair.server.close.code, 0x100 + TLS_ALERT_BAD_CERTIFICATE);
  assert_false(pair.client.opened);
  pair_deinit(&pair);
}

static void acceptor_refuses_with_alert_and_reason(void **state) {
  (void)state;
  pair_t pair;
  pair_init(&pair, 3);
  pair.server.refuse = true;
  pair_dial(&pair, pair.server.public_key, "test/1");
  assert_true(pair_run(&pair, both_closed, 30 * PAIR_S));
  assert_int_equal(pair.server.close.error, IROH_ERR_DENIED);
  assert_int_equal(pair.client.close.error, IROH_ERR_REFUSED);
  assert_int_equal(pair.client.close.code, 0x100 + TLS_ALERT_ACCESS_DENIED);
  assert_memory_equal(pair.client.close.reason, "node id not allowed", pair.client.close.reason_len);
  assert_int_equal(pair.client.close.reason_len, strlen("node id not allowed"));
  assert_false(pair.client.opened);
  assert_false(pair.server.opened);
  pair_deinit(&pair);
}

static void unknown_alpn_is_told(void **state) {
  (void)state;
  pair_t pair;
  pair_init(&pair, 4);
  pair_dial(&pair, pair.server.public_key, "nobody/1");
  assert_true(pair_run(&pair, both_closed, 30 * PAIR_S));
  assert_int_equal(pair.client.close.error, IROH_ERR_ALPN_MISMATCH);
  assert_int_equal(pair.server.close.error, IROH_ERR_ALPN_MISMATCH);
  pair_deinit(&pair);
}

static int accept_anything(gnutls_session_t session) {
  (void)session;
  return 0;
}

/* A session that offers no protocol, and does not mind that none is picked. */
static void take_alpn_away(quic_conn_t *conn) {
  tls_session_free(conn->tls);
  assert_int_equal(tls_session_new(conn->config->identity, false, NULL, 0, &conn->ref, &conn->tls), 0);
  gnutls_session_set_verify_function(conn->tls, accept_anything);
  assert_int_equal(ngtcp2_crypto_gnutls_configure_client_session(conn->tls), 0);
  ngtcp2_conn_set_tls_native_handle(conn->q, conn->tls);
}

static void a_client_without_alpn_is_refused(void **state) {
  (void)state;
  pair_t pair;
  pair_init(&pair, 14);
  pair_dial(&pair, pair.server.public_key, "test/1");
  take_alpn_away(pair.client.conn);
  assert_true(pair_run(&pair, both_closed, 30 * PAIR_S));
  assert_int_equal(pair.server.close.error, IROH_ERR_ALPN_MISMATCH);
  assert_int_equal(pair.server.close.kind, IROH_CLOSE_ERROR);
  assert_int_equal(pair.server.close.code, 0x100 + TLS_ALERT_NO_APPLICATION_PROTOCOL);
  assert_false(pair.server.opened);
  pair_deinit(&pair);
}

static void silence_ends_in_timeout(void **state) {
  (void)state;
  pair_t pair;
  pair_init(&pair, 5);
  pair.blackhole = true;
  pair_dial(&pair, pair.server.public_key, "test/1");
  assert_true(pair_run(&pair, client_closed, 11 * PAIR_S));
  assert_int_equal(pair.client.close.error, IROH_ERR_TIMEOUT);
  assert_int_equal(pair.client.close.kind, IROH_CLOSE_TIMED_OUT);
  pair_deinit(&pair);
}

static void keep_alive_outlives_the_idle_timeout(void **state) {
  (void)state;
  pair_t pair;
  pair_init(&pair, 6);
  pair_open(&pair);
  assert_false(pair_run(&pair, client_closed, 300 * PAIR_S));
  pair.blackhole = true;
  assert_true(pair_run(&pair, both_closed, 40 * PAIR_S));
  assert_int_equal(pair.client.close.error, IROH_ERR_IDLE_TIMEOUT);
  assert_int_equal(pair.server.close.error, IROH_ERR_IDLE_TIMEOUT);
  pair_deinit(&pair);
}

static void close_carries_code_and_reason(void **state) {
  (void)state;
  pair_t pair;
  pair_init(&pair, 7);
  pair_open(&pair);
  quic_conn_close(pair.client.conn, 1234567, "so long", 7, pair.now);
  assert_true(pair_run(&pair, server_closed, PAIR_S));
  assert_int_equal(pair.client.close.kind, IROH_CLOSE_LOCAL);
  assert_int_equal(pair.server.close.kind, IROH_CLOSE_APPLICATION);
  assert_int_equal(pair.server.close.error, IROH_ERR_PEER_CLOSED);
  assert_int_equal(pair.server.close.code, 1234567);
  assert_memory_equal(pair.server.close.reason, "so long", 7);
  pair_run(&pair, NULL, 10 * PAIR_S);
  assert_null(pair.client.conn);
  assert_null(pair.server.conn);
  pair_deinit(&pair);
}

static void a_lost_close_is_repeated(void **state) {
  (void)state;
  pair_t pair;
  pair_init(&pair, 8);
  pair_open(&pair);
  pair.loss_permille = 1000;
  quic_conn_close(pair.server.conn, 1, "", 0, pair.now);
  uint64_t lost = pair.lost;
  pair_run(&pair, server_closed, PAIR_MS);
  assert_true(pair.lost > lost);
  pair.loss_permille = 0;
  /* The client knows nothing and goes on; its next packet is answered with the close. */
  size_t i = pair_open_stream(&pair.client, true);
  assert_int_equal(quic_stream_write(pair.client.streams[i], (const uint8_t *)"x", 1), 1);
  assert_true(pair_run(&pair, client_closed, PAIR_S));
  assert_int_equal(pair.client.close.code, 1);
  pair_deinit(&pair);
}

/* A program may let packets of others in while it is asked. The client's last flight has a packet behind the one that
 * asks. */
static void other_connections_are_read_meanwhile(void **state) {
  (void)state;
  pair_t pair, inner;
  pair_init(&pair, 19);
  pair_init(&inner, 20);
  pair.server.while_asked = &inner;
  pair_open(&pair);
  pair_run(&pair, NULL, PAIR_S);
  pair_run(&inner, NULL, PAIR_S);
  assert_true(inner.client.opened && inner.server.opened);
  assert_false(pair.client.closed || pair.server.closed || inner.client.closed || inner.server.closed);
  pair_deinit(&inner);
  pair_deinit(&pair);
}

/* Between the end and its CONNECTION_CLOSE ngtcp2 bears no call. */
static void nothing_is_asked_after_the_end(void **state) {
  (void)state;
  pair_t pair;
  pair_init(&pair, 18);
  pair_open(&pair);
  pair_run(&pair, NULL, PAIR_S);
  size_t i = pair_open_stream(&pair.client, true);
  quic_conn_t *conn = pair.client.conn;
  quic_stream_t *stream = pair.client.streams[i], *none;
  assert_int_equal(quic_stream_write(stream, (const uint8_t *)"x", 1), 1);
  quic_conn_close(conn, 7, "bye", 3, pair.now);
  assert_int_equal(quic_conn_update_key(conn, pair.now), IROH_ERR_CLOSED);
  assert_int_equal(quic_conn_migrate(conn, &pair.client.path, pair.now), IROH_ERR_CLOSED);
  assert_int_equal(quic_conn_probe(conn, &pair.client.path, pair.now), IROH_ERR_CLOSED);
  assert_int_equal(quic_conn_send_datagram(conn, (const uint8_t *)"x", 1), IROH_ERR_CLOSED);
  assert_int_equal(quic_conn_open_stream(conn, true, &none), IROH_ERR_CLOSED);
  assert_int_equal(quic_stream_write(stream, (const uint8_t *)"x", 1), IROH_ERR_CLOSED);
  assert_int_equal(quic_stream_finish(stream), IROH_ERR_CLOSED);
  quic_conn_nudge(conn);
  quic_conn_allow_uni_streams(conn, 1);
  quic_stream_release(stream);
  pair_run(&pair, NULL, PAIR_S);
  assert_true(pair.server.closed);
  assert_int_equal(pair.server.close.code, 7);
  pair_deinit(&pair);
}

static void an_ended_connection_does_not_linger_for_long(void **state) {
  (void)state;
  pair_t pair;
  pair_init(&pair, 17);
  pair.delay = 5 * PAIR_S;
  pair.client.config.handshake_timeout = pair.server.config.handshake_timeout = 120 * PAIR_S;
  pair.client.config.idle_timeout = pair.server.config.idle_timeout = 300 * PAIR_S;
  pair_open(&pair);
  quic_conn_close(pair.client.conn, 0, NULL, 0, pair.now);
  pair_run(&pair, NULL, PAIR_S);
  assert_non_null(pair.client.conn);
  pair_run(&pair, NULL, 10 * PAIR_S);
  assert_null(pair.client.conn);
  pair_run(&pair, NULL, 6 * PAIR_S);
  assert_null(pair.server.conn);
  pair_deinit(&pair);
}

static void denied_peer_is_told_why(void **state) {
  (void)state;
  pair_t pair;
  pair_init(&pair, 9);
  pair_open(&pair);
  quic_conn_deny(pair.server.conn, "node id denied", pair.now);
  assert_true(pair_run(&pair, client_closed, PAIR_S));
  assert_int_equal(pair.client.close.error, IROH_ERR_REFUSED);
  assert_memory_equal(pair.client.close.reason, "node id denied", 14);
  pair_deinit(&pair);
}

static void datagrams_have_a_size_limit(void **state) {
  (void)state;
  pair_t pair;
  uint8_t data[2000] = {0};
  pair_init(&pair, 10);
  pair_open(&pair);
  size_t max = quic_conn_max_datagram(pair.client.conn);
  assert_in_range(max, 1000, 1500);
  assert_int_equal(quic_conn_send_datagram(pair.client.conn, data, max + 1), IROH_ERR_DATAGRAM_TOO_LARGE);
  assert_int_equal(quic_conn_send_datagram(pair.client.conn, data, max), 0);
  assert_int_equal(quic_conn_send_datagram(pair.client.conn, data, 0), 0);
  pair_run(&pair, NULL, PAIR_S);
  assert_int_equal(pair.server.datagrams, 2);
  pair_deinit(&pair);
}

static void key_update_is_unnoticed(void **state) {
  (void)state;
  pair_t pair;
  pair_init(&pair, 11);
  pair_open(&pair);
  size_t i = pair_open_stream(&pair.client, true);
  assert_int_equal(quic_stream_announce(pair.client.streams[i]), 0);
  for (int round = 0; round < 5; round++) {
    pair_run(&pair, NULL, 7 * PAIR_S);
    assert_int_equal(quic_conn_update_key(round % 2 ? pair.server.conn : pair.client.conn, pair.now), 0);
    assert_int_equal(quic_stream_write(pair.client.streams[i], (const uint8_t *)"abc", 3), 3);
    pair_run(&pair, NULL, PAIR_S);
    assert_int_equal(quic_stream_write(pair.server.streams[0], (const uint8_t *)"abc", 3), 3);
  }
  pair_run(&pair, NULL, 5 * PAIR_S);
  assert_int_equal(pair.server.received[0].len, 15);
  assert_int_equal(pair.client.received[i].len, 15);
  assert_false(pair.client.closed || pair.server.closed);
  pair_deinit(&pair);
}

static void client_migrates_and_the_server_follows(void **state) {
  (void)state;
  pair_t pair;
  pair_init(&pair, 12);
  pair_open(&pair);
  pair_run(&pair, NULL, PAIR_S);
  quic_path_t moved = pair.client.path;
  assert_int_equal(address_parse("198.51.100.9:77", &moved.local), 0);
  assert_int_equal(quic_conn_migrate(pair.client.conn, &moved, pair.now), 0);
  size_t i = pair_open_stream(&pair.client, true);
  assert_int_equal(quic_stream_write(pair.client.streams[i], (const uint8_t *)"here", 4), 4);
  pair_run(&pair, NULL, 3 * PAIR_S);
  assert_int_equal(pair.server.received[0].len, 4);
  quic_path_t now;
  quic_conn_path(pair.server.conn, &now);
  assert_true(address_equal(&now.remote, &moved.local));
  assert_int_not_equal(pair.client.paths, 0);
  assert_int_not_equal(pair.server.paths, 0);
  assert_int_equal(quic_conn_migrate(pair.server.conn, &moved, pair.now), IROH_ERR_CLOSED);
  pair_deinit(&pair);
}

static void say(pair_t *pair, size_t stream) {
  assert_int_equal(quic_stream_write(pair->client.streams[stream], (const uint8_t *)"here", 4), 4);
  pair_run(pair, NULL, 25 * PAIR_MS);
}

/* ngtcp2 0.12 keeps the connection id of the path before a rebinding, and retires it, when the client moves on. */
static void client_migrates_soon_after_its_nat_did(void **state) {
  (void)state;
  static const char *const addresses[] = {"198.51.100.1:77", "198.51.100.2:77", "198.51.100.3:77", "198.51.100.4:77"};
  pair_t pair;
  pair_init(&pair, 14);
  pair_open(&pair);
  size_t stream = pair_open_stream(&pair.client, true);
  for (size_t i = 0; i < 16; i++) {
    say(&pair, stream);
    quic_conn_path(pair.client.conn, &pair.client.path);
    pair.inside = pair.client.path.local;
    assert_int_equal(address_parse(i % 2 == 0 ? "203.0.113.8:1" : "203.0.113.9:1", &pair.outside), 0);
    say(&pair, stream);
    quic_path_t moved = pair.client.path;
    assert_int_equal(address_parse(addresses[i % ARRAY_LEN(addresses)], &moved.local), 0);
    assert_int_equal(quic_conn_migrate(pair.client.conn, &moved, pair.now), 0);
    say(&pair, stream);
    assert_false(pair.client.closed || pair.server.closed);
    pair_run(&pair, NULL, 2 * PAIR_S);
    assert_false(pair.client.closed || pair.server.closed);
  }
  assert_int_equal(pair.server.received[0].len, 16 * 3 * 4);
  pair_deinit(&pair);
}

static void garbage_changes_nothing(void **state) {
  (void)state;
  pair_t pair;
  pair_init(&pair, 13);
  pair_open(&pair);
  uint8_t data[1500];
  for (int i = 0; i < 20000; i++) {
    size_t len = 1 + pair_random(&pair) % sizeof data;
    for (size_t k = 0; k < len; k++) data[k] = (uint8_t)pair_random(&pair);
    side_t *side = i % 2 ? &pair.server : &pair.client;
    assert_false(quic_conn_read(side->conn, &side->path, 0, data, len, pair.now));
    quic_packet_t packet;
    quic_initial_t initial;
    quic_packet_parse(data, len, &packet);
    assert_false(quic_packet_is_initial(data, len, &initial) && len < 1200);
  }
  size_t i = pair_open_stream(&pair.client, true);
  assert_int_equal(quic_stream_write(pair.client.streams[i], (const uint8_t *)"fine", 4), 4);
  pair_run(&pair, NULL, PAIR_S);
  assert_int_equal(pair.server.received[0].len, 4);
  pair_deinit(&pair);
}

static void only_what_the_peer_sealed_counts_and_once(void **state) {
  (void)state;
  pair_t pair;
  uint8_t data[QUIC_MAX_UDP_PAYLOAD], bent[QUIC_MAX_UDP_PAYLOAD], ecn;
  quic_path_t path;
  pair_init(&pair, 14);
  pair_open(&pair);
  pair_run(&pair, NULL, PAIR_S);
  assert_int_equal(quic_conn_send_datagram(pair.client.conn, (const uint8_t *)"news", 4), 0);
  size_t len = quic_conn_write(pair.client.conn, data, sizeof data, &path, &ecn, pair.now);
  assert_true(len > 0);
  for (size_t i = 1; i < len; i++) {
    memcpy(bent, data, len);
    bent[i] ^= 0x40;
    assert_false(quic_conn_read(pair.server.conn, &pair.server.path, 0, bent, len, pair.now));
  }
  assert_true(quic_conn_read(pair.server.conn, &pair.server.path, 0, data, len, pair.now));
  assert_false(quic_conn_read(pair.server.conn, &pair.server.path, 0, data, len, pair.now));
  pair_deinit(&pair);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(handshake_proves_both_keys),
      cmocka_unit_test(dialler_refuses_another_key),
      cmocka_unit_test(acceptor_refuses_with_alert_and_reason),
      cmocka_unit_test(unknown_alpn_is_told),
      cmocka_unit_test(a_client_without_alpn_is_refused),
      cmocka_unit_test(silence_ends_in_timeout),
      cmocka_unit_test(keep_alive_outlives_the_idle_timeout),
      cmocka_unit_test(close_carries_code_and_reason),
      cmocka_unit_test(a_lost_close_is_repeated),
      cmocka_unit_test(other_connections_are_read_meanwhile),
      cmocka_unit_test(nothing_is_asked_after_the_end),
      cmocka_unit_test(an_ended_connection_does_not_linger_for_long),
      cmocka_unit_test(denied_peer_is_told_why),
      cmocka_unit_test(datagrams_have_a_size_limit),
      cmocka_unit_test(key_update_is_unnoticed),
      cmocka_unit_test(client_migrates_and_the_server_follows),
      cmocka_unit_test(client_migrates_soon_after_its_nat_did),
      cmocka_unit_test(garbage_changes_nothing),
      cmocka_unit_test(only_what_the_peer_sealed_counts_and_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
