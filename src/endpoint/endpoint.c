/* SPDX-License-Identifier: MIT
 * What an endpoint is made of. */
#include "endpoint/endpoint.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/private-file.h"
#include "base/secret.h"
#include "endpoint/drain.h"
#include "endpoint/relay.h"
#include "endpoint/send.h"
#include "endpoint/service.h"
#include "tls/tls.h"

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)
#define ALPNS_MAX 64
/* Handshakes that may begin at once, where fewer in flight do not forbid it. */
#define BURST_MIN 64

static uint32_t or_default(uint32_t value, uint32_t fallback) { return value != 0 ? value : fallback; }

static void free_alpns(char **alpns, size_t count) {
  for (size_t i = 0; i < count; i++) free(alpns[i]);
  free(alpns);
}

int iroh_endpoint_set_alpns(iroh_endpoint_t *ep, const char *const *alpns, size_t count) {
  if (count > ALPNS_MAX) return IROH_ERR_LIMIT;
  char **copy = calloc(count > 0 ? count : 1, sizeof *copy);
  if (copy == NULL) return IROH_ERR_NO_MEMORY;
  int rv = 0;
  for (size_t i = 0; i < count && rv == 0; i++) {
    size_t len = strlen(alpns[i]);
    if (len == 0 || len > IROH_ALPN_MAX) rv = IROH_ERR_INVALID_ARGUMENT;
    if (rv == 0 && (copy[i] = strdup(alpns[i])) == NULL) rv = IROH_ERR_NO_MEMORY;
  }
  if (rv != 0) {
    free_alpns(copy, count);
    return rv;
  }
  free_alpns(ep->alpns, ep->alpn_count);
  ep->alpns = copy;
  ep->alpn_count = count;
  return 0;
}

static void take_limits(iroh_endpoint_t *ep) {
  iroh_endpoint_config_t *c = &ep->config;
  c->keep_alive_ms = or_default(c->keep_alive_ms, 5000);
  c->idle_timeout_ms = or_default(c->idle_timeout_ms, 30000);
  c->handshake_timeout_ms = or_default(c->handshake_timeout_ms, 10000);
  c->max_connections = or_default(c->max_connections, 16384);
  c->max_connections_per_peer = or_default(c->max_connections_per_peer, 4096);
  c->max_handshakes = or_default(c->max_handshakes, 1024);
  quic_config_t *q = &ep->quic_config;
  q->keep_alive = c->keep_alive_ms == UINT32_MAX ? 0 : c->keep_alive_ms * NS_PER_MS;
  q->idle_timeout = c->idle_timeout_ms * NS_PER_MS;
  q->handshake_timeout = c->handshake_timeout_ms * NS_PER_MS;
  q->budget = &ep->budget;
  ep->budget.limit = or_default(c->max_receive_buffer, 256 * 1024 * 1024);
  q->sending = &ep->sending;
  ep->sending.limit = or_default(c->max_send_total, 1024 * 1024 * 1024);
  q->max_streams_bidi = or_default(c->max_streams_bidi, 100);
  q->max_streams_uni = or_default(c->max_streams_uni, 100);
  q->stream_window = or_default(c->stream_window, 2 * 1024 * 1024);
  q->connection_window = or_default(c->connection_window, 16 * 1024 * 1024);
  q->max_send_buffer = or_default(c->max_send_buffer, 64 * 1024 * 1024);
  q->low_water = or_default(c->low_water, 64 * 1024);
  q->max_datagrams = or_default(c->max_datagrams, 1024);
  q->max_udp_payload = c->max_udp_payload;
  q->congestion_control = c->congestion_control;
}

static int take_identity(iroh_endpoint_t *ep, const uint8_t seed[IROH_KEY_BYTES]) {
  int rv = key_pair_new(seed, &ep->key);
  if (rv != 0) return rv;
  rv = tls_identity_new(key_pair_seed(ep->key), key_pair_public(ep->key), quic_verify_peer, &ep->identity);
  if (rv != 0) return rv;
  ep->quic_config.identity = ep->identity;
  /* The same after a restart: a peer that still thinks it is connected is told at once that it is not. */
  secret_derive(key_pair_seed(ep->key), "event-target-iroh stateless", ep->quic_config.static_secret);
  return 0;
}

static int open_logs(iroh_endpoint_t *ep, const iroh_endpoint_config_t *config) {
  int rv = 0;
  if (config->qlog_dir != NULL) rv = private_dir_open(config->qlog_dir, &ep->quic_config.qlog_dir_fd);
  if (rv == 0 && config->key_log_file != NULL)
    rv = private_file_append(config->key_log_file, &ep->quic_config.key_log_fd);
  return rv;
}

static void free_values(bytes_map_t *map) {
  size_t cursor = 0;
  void *value;
  while (bytes_map_next(map, &cursor, NULL, NULL, &value)) free(value);
}

void endpoint_free(iroh_endpoint_t *ep) {
  free_values(&ep->tokens);
  bytes_map_deinit(&ep->tokens);
  bytes_map_deinit(&ep->allowed);
  bytes_map_deinit(&ep->denied);
  bytes_map_deinit(&ep->cids);
  map_deinit(&ep->conns);
  map_deinit(&ep->streams);
  relay_peers_deinit(&ep->relay_peers);
  bytes_map_deinit(&ep->peers);
  bytes_map_deinit(&ep->accepted);
  handshakes_deinit(&ep->handshakes);
  handshakes_deinit(&ep->begun);
  reset_tokens_deinit(&ep->reset_tokens);
  quic_retry_free(ep->retry);
  heap_deinit(&ep->peer_timers);
  heap_deinit(&ep->timers);
  service_free(ep);
  drain_deinit(ep);
  free_alpns(ep->alpns, ep->alpn_count);
  tls_identity_free(ep->identity);
  key_pair_free(ep->key);
  iroh_wipe(ep->quic_config.static_secret, sizeof ep->quic_config.static_secret);
  if (ep->quic_config.key_log_fd >= 0) close(ep->quic_config.key_log_fd);
  if (ep->quic_config.qlog_dir_fd >= 0) close(ep->quic_config.qlog_dir_fd);
  quic_pool_free(ep->quic_config.pool);
  udp_buffers_free(ep->rx);
  free(ep->tx);
  buffer_deinit(&ep->spare_text);
  free(ep);
}

/* As many handshakes may begin in a second as may be in flight, and a quarter of them at once: a burst is work that
 * everybody else waits for. */
static int init_begun(iroh_endpoint_t *ep) {
  size_t max = ep->config.max_handshakes;
  size_t at_once = max_size(max / 4, min_size(max, BURST_MIN));
  return handshakes_init(&ep->begun, at_once, NS_PER_S / max * at_once);
}

int endpoint_new(uv_loop_t *loop, const iroh_endpoint_config_t *config, iroh_endpoint_t **out) {
  *out = NULL;
  iroh_endpoint_t *ep = calloc(1, sizeof *ep);
  if (ep == NULL) return IROH_ERR_NO_MEMORY;
  ep->loop = loop;
  ep->config = *config;
  iroh_wipe(ep->config.seed, sizeof ep->config.seed);
  ep->reffed = true;
  ep->quic_config.key_log_fd = ep->quic_config.qlog_dir_fd = -1;
  ep->quic_config.spare_text = &ep->spare_text;
  buffer_init(&ep->spare_text);
  map_init(&ep->conns);
  map_init(&ep->streams);
  relay_peers_init(&ep->relay_peers);
  heap_init(&ep->peer_timers);
  heap_init(&ep->timers);
  list_init(&ep->sockets);
  list_init(&ep->all);
  list_init(&ep->dials);
  list_init(&ep->dirty);
  list_init(&ep->eventful);
  list_init(&ep->blocked);
  take_limits(ep);
  answer_limits_init(&ep->answer_limits);

  /* Both, or what is freed when one fails would not be what it seems. */
  int rv_handshakes = handshakes_init(&ep->handshakes, ep->config.max_handshakes, 0);
  int rv_begun = init_begun(ep);
  int rv = rv_handshakes;
  if (rv == 0) rv = rv_begun;
  if (rv == 0) rv = bytes_map_init(&ep->allowed);
  if (rv == 0) rv = bytes_map_init(&ep->denied);
  if (rv == 0) rv = bytes_map_init(&ep->cids);
  if (rv == 0) rv = bytes_map_init(&ep->tokens);
  if (rv == 0) rv = bytes_map_init(&ep->peers);
  if (rv == 0) rv = bytes_map_init(&ep->accepted);
  if (rv == 0) rv = reset_tokens_init(&ep->reset_tokens);
  if (rv == 0) rv = iroh_endpoint_set_alpns(ep, config->alpns, config->alpn_count);
  if (rv == 0) rv = take_identity(ep, config->seed);
  if (rv == 0) rv = open_logs(ep, config);
  if (rv == 0) {
    ep->quic_config.pool = quic_pool_new();
    ep->rx = udp_buffers_new();
    ep->tx = malloc(SEND_BUFFER_SIZE);
    ep->retry = quic_retry_new(ep->quic_config.static_secret);
    if (ep->quic_config.pool == NULL || ep->rx == NULL || ep->tx == NULL || ep->retry == NULL) rv = IROH_ERR_NO_MEMORY;
  }
  if (rv != 0) {
    endpoint_free(ep);
    return rv;
  }
  *out = ep;
  return 0;
}

void iroh_endpoint_metrics(const iroh_endpoint_t *ep, iroh_metrics_t *out) {
  *out = ep->metrics;
  out->send_buffered = ep->sending.held;
  out->receive_buffered = ep->budget.held;
  out->relay_datagrams_dropped = ep->relay_peers.dropped;
  list_for_each(node, &ep->sockets) {
    const socket_t *socket = container_of(node, socket_t, node);
    out->recv_calls += socket->udp.recv_calls;
    out->send_calls += socket->udp.send_calls;
  }
}
