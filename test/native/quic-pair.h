/* SPDX-License-Identifier: MIT
 *
 * Two QUIC connections over a network that exists in memory only: a fake clock, and seeded loss, delay, reordering and
 * duplication. What either side receives on its streams is kept for the test to look at.
 */
#ifndef IROH_TEST_QUIC_PAIR_H
#define IROH_TEST_QUIC_PAIR_H

#include "base/buffer.h"
#include "base/list.h"
#include "quic/conn.h"
#include "quic/stream.h"

#define PAIR_MS UINT64_C(1000000)
#define PAIR_S (1000 * PAIR_MS)
#define PAIR_STREAMS 8

typedef struct {
  uint8_t seed[32], public_key[32];
  struct tls_identity *identity;
  quic_config_t config;
  quic_conn_t *conn; /* NULL: not there yet (server), or gone */
  quic_path_t path;
  bool opened, closed, refuse, token_given;
  iroh_close_t close;
  uint8_t token[256];
  size_t token_len;
  uint8_t reset_token[16]; /* the peer's last */
  unsigned reset_tokens;
  unsigned cids, datagrams, stop_events, reset_events, finished_events, paths;
  uint64_t stop_code, reset_code;
  quic_stream_t *streams[PAIR_STREAMS]; /* in the order they were opened, by either side */
  buffer_t received[PAIR_STREAMS];
  bool ended[PAIR_STREAMS];
  size_t stream_count;
  bool hold;                /* do not read: flow control must hold the peer */
  struct pair *while_asked; /* connects while this side is asked whether the peer may in */
} side_t;

typedef struct pair {
  side_t client, server;
  uint64_t now, delay, jitter;
  unsigned loss_permille, duplicate_permille;
  uint64_t lose; /* which of the next datagrams are lost, the first by the lowest bit */
  uint64_t random;
  list_t wire; /* datagrams on their way */
  uint64_t sent, lost;
  bool blackhole;                /* nothing arrives any more */
  size_t widest_up, widest_down; /* larger datagrams to the server, and to the client, are lost; 0: none */
  address_t inside, outside;     /* a NAT: the server sees the client's address `inside` as `outside`; empty: none */
} pair_t;

/* Both sides with fresh keys (from `seed`), the client about to dial the server with ALPN "test/1", which the server
 * serves. Change the configuration before pair_dial. */
void pair_init(pair_t *pair, uint64_t seed);
void pair_dial(pair_t *pair, const uint8_t expected[32], const char *alpn);
void pair_deinit(pair_t *pair);
/* Runs until `done` says so or `limit` of fake time has passed; returns what `done` says last. */
bool pair_run(pair_t *pair, bool (*done)(const pair_t *), uint64_t limit);
/* Dials and runs until both sides are open. */
void pair_open(pair_t *pair);
/* Opens a stream on this side and remembers it; its index in `streams`. */
size_t pair_open_stream(side_t *side, bool bidirectional);
uint32_t pair_random(pair_t *pair);

#endif
