/* SPDX-License-Identifier: MIT
 * One QUIC connection (RFC 9000, 9001, 9002, 9221) over ngtcp2, sans-IO: packets and the time go in, packets and the
 * time of the next call come out, and what happened is left to be collected. Knows no sockets, clocks or loops. */
#ifndef IROH_QUIC_CONN_H
#define IROH_QUIC_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/buffer.h"
#include "base/list.h"
#include "iroh.h"
#include "quic/budget.h"

#define QUIC_CID_LEN 8 /* of the connection ids we issue */
#define QUIC_CID_MAX 20
#define QUIC_MAX_UDP_PAYLOAD 65536 /* room a packet needs at most */
#define QUIC_NEVER UINT64_MAX

/* The release of ngtcp2 that is linked. Static. */
const char *quic_library_version(void);

typedef struct quic_conn quic_conn_t;
typedef struct quic_stream quic_stream_t;
struct tls_identity;
struct quic_pool;
struct gnutls_session_int;

/* Memory for the connections of one endpoint (pool.h). NULL: out of memory. */
struct quic_pool *quic_pool_new(void);
/* Every connection that used it must be gone. NULL is fine. */
void quic_pool_free(struct quic_pool *pool);

/* The check of a peer's key, to be given to tls_identity_new: asks the connection, which asks its host. */
int quic_verify_peer(struct gnutls_session_int *session);

/* Where a packet came from or goes to. `socket` is the host's own, carried along. */
typedef struct {
  address_t local, remote;
  void *socket;
} quic_path_t;

/* What a connection asks its host while it reads or writes. The host must not call back into the connection. */
typedef struct {
  /* Packets to this connection id are for this connection from now on. False: out of memory. */
  bool (*cid_added)(void *owner, const uint8_t *cid, size_t len);
  void (*cid_removed)(void *owner, const uint8_t *cid, size_t len);
  /* An accepting handshake has proved this key: may it in? */
  bool (*authorize)(void *owner, const uint8_t node_id[IROH_KEY_BYTES]);
  /* The server gave a token for our next connection to it (RFC 9000 section 8.1.3). */
  void (*token_received)(void *owner, const uint8_t *token, size_t len);
  /* Optional: a datagram of the peer's that ends with these 16 bytes is its stateless reset, from now on or no more. */
  void (*reset_token)(void *owner, const uint8_t token[16], bool valid);
} quic_host_t;

typedef struct {
  const struct tls_identity *identity;
  struct quic_pool *pool;                               /* ngtcp2's memory; NULL: malloc's */
  uint8_t static_secret[32];                            /* for tokens and stateless resets */
  uint64_t idle_timeout, keep_alive, handshake_timeout; /* ns; keep_alive 0: none */
  uint64_t stream_window, connection_window;            /* the largest ones; they begin smaller, see credit.c */
  quic_budget_t *budget;                                /* shared by the connections of an endpoint; NULL: none */
  uint64_t max_streams_bidi, max_streams_uni;
  size_t max_udp_payload; /* to begin with; 0: 16000 on loopback, else path MTU discovery */
  size_t max_send_buffer, low_water, max_datagrams;
  quic_budget_t *sending; /* of what peers have not acknowledged, shared as `budget` is; NULL: none */
  iroh_cc_t congestion_control;
  int qlog_dir_fd;      /* an open directory; -1: none */
  int key_log_fd;       /* -1: none */
  buffer_t *spare_text; /* shared by the frame readers of the thread */
} quic_config_t;

/* A client's first packet, decoded (packet.h). */
typedef struct {
  uint8_t dcid[QUIC_CID_MAX], scid[QUIC_CID_MAX];
  size_t dcid_len, scid_len;
  uint32_t version;
  bool token_verified; /* the address is proved by a token */
  bool from_retry;     /* the token came from our Retry; then original_dcid is the first dcid */
  uint8_t original_dcid[QUIC_CID_MAX];
  size_t original_dcid_len;
  const uint8_t *token; /* borrowed from the packet */
  size_t token_len;
} quic_initial_t;

/* Dials: both keep `config`, `host` and what they point to borrowed for life. */
int quic_conn_new_client(const quic_config_t *config, const quic_host_t *host, void *owner,
                         const uint8_t expected[IROH_KEY_BYTES], const char *alpn, size_t alpn_len,
                         const uint8_t *token, size_t token_len, uint64_t handshake_timeout, const quic_path_t *path,
                         uint64_t now, quic_conn_t **out);
/* Accepts. `alpns`: the protocols served, in order of preference. */
int quic_conn_new_server(const quic_config_t *config, const quic_host_t *host, void *owner, const char *const *alpns,
                         size_t alpn_count, const quic_initial_t *initial, const quic_path_t *path, uint64_t now,
                         quic_conn_t **out);
/* Frees it and its streams at once, without a word to the peer; every connection id is given to cid_removed. */
void quic_conn_free(quic_conn_t *conn);

/* ---- in and out ---------------------------------------------------------------------------------- */

typedef enum {
  QUIC_HANDSHAKE, /* not usable yet */
  QUIC_OPEN,
  QUIC_CLOSING, /* ended; lingers until its deadline so that late packets get their answer, or silence */
  QUIC_GONE     /* may be freed */
} quic_state_t;
quic_state_t quic_conn_state(const quic_conn_t *conn);

/* Takes one UDP datagram. What it means is left in the state and the events. True: something in it
 * was for this connection: a packet that opened with its keys, or a Retry that it follows. That proves the sender only
 * once the connection is QUIC_OPEN: whoever sees the client's first packet can make both. What came before does not
 * count then. */
bool quic_conn_read(quic_conn_t *conn, const quic_path_t *path, uint8_t ecn, const uint8_t *data, size_t len,
                    uint64_t now);
/* Writes the next datagram into `buf` of at least QUIC_MAX_UDP_PAYLOAD bytes; returns its length, or 0 when there is
 * nothing to send or nothing may be sent for now. */
size_t quic_conn_write(quic_conn_t *conn, uint8_t *buf, size_t size, quic_path_t *path_out, uint8_t *ecn_out,
                       uint64_t now);
/* After a burst was written: sets the pace of the next (RFC 9002 section 7.7). */
void quic_conn_wrote(quic_conn_t *conn, uint64_t now);
/* A datagram of this size could not leave this host by the path in use: EMSGSIZE. */
void quic_conn_too_large(quic_conn_t *conn, size_t size);
/* When quic_conn_expire is due; QUIC_NEVER for never. */
uint64_t quic_conn_deadline(const quic_conn_t *conn);
void quic_conn_expire(quic_conn_t *conn, uint64_t now);

/* ---- what happened ------------------------------------------------------------------------------- */

enum {
  QUIC_EVENT_OPEN = 1,         /* both keys are proved, both sides know it */
  QUIC_EVENT_CLOSED = 2,       /* see quic_conn_close_info */
  QUIC_EVENT_PATH = 4,         /* the path in use is another now */
  QUIC_EVENT_STREAMS_BIDI = 8, /* the peer allows more streams, and we had asked in vain */
  QUIC_EVENT_STREAMS_UNI = 16,
  QUIC_EVENT_PATH_FAILED = 32, /* a path that was tried did not answer */
  QUIC_EVENT_DATAGRAM = 64     /* quic_conn_take_datagram has one */
};
/* The events since the last call. */
unsigned quic_conn_take_events(quic_conn_t *conn);
/* Whether there is anything to collect, of the connection or its streams. */
bool quic_conn_has_events(const quic_conn_t *conn);
/* The next stream with events, or NULL; takes it off the list. */
quic_stream_t *quic_conn_take_stream(quic_conn_t *conn);
/* Gives the next received datagram (free it), or NULL. */
uint8_t *quic_conn_take_datagram(quic_conn_t *conn, size_t *len_out);
/* Datagrams dropped since the last call because none took them. */
uint64_t quic_conn_take_dropped(quic_conn_t *conn);

/* ---- facts --------------------------------------------------------------------------------------- */

void *quic_conn_owner(const quic_conn_t *conn);
bool quic_conn_is_server(const quic_conn_t *conn);
/* The key the peer proved, or the expected one before that. */
const uint8_t *quic_conn_peer(const quic_conn_t *conn);
/* The agreed ALPN; empty before the handshake is done. */
const char *quic_conn_alpn(const quic_conn_t *conn, size_t *len_out);
/* The path in use. */
void quic_conn_path(const quic_conn_t *conn, quic_path_t *out);
/* Why it ended; NULL while it has not. */
const iroh_close_t *quic_conn_close_info(const quic_conn_t *conn);
/* Fills everything but the addresses. */
void quic_conn_info(quic_conn_t *conn, iroh_conn_info_t *out);
/* Whether the connection began between two sockets of this host. */
bool quic_conn_is_loopback(const quic_conn_t *conn);
/* Whether the peer has answered our first flight with keys that only who received it can have. */
bool quic_conn_answered(const quic_conn_t *conn);
/* Whether one of the peer's stateless reset tokens is the end of this datagram (RFC 9000 section 10.3.1). */
bool quic_conn_matches_reset(quic_conn_t *conn, const uint8_t *data, size_t len);
/* Whether packets to this connection id are for it. */
bool quic_conn_owns_cid(const quic_conn_t *conn, const uint8_t *cid, size_t len);
/* Whether the handshake is complete on this side: the peer has proved its key. */
bool quic_conn_is_proved(const quic_conn_t *conn);

/* ---- commands ------------------------------------------------------------------------------------ */

/* Ends it from this side with an application code. Twice is harmless. */
void quic_conn_close(quic_conn_t *conn, uint64_t code, const char *reason, size_t reason_len, uint64_t now);
/* Ends it because the peer is not wanted: transport code 0x100 + TLS alert access_denied. */
void quic_conn_deny(quic_conn_t *conn, const char *reason, uint64_t now);
/* Ends it because the path carries nothing larger than keep-alives: NO_VIABLE_PATH. */
void quic_conn_give_up(quic_conn_t *conn, uint64_t now);
/* Ends it in silence: IROH_CLOSE_ERROR with `error`. */
void quic_conn_drop(quic_conn_t *conn, int error);
/* Of one that has ended: another end is to be told in place of its own. */
void quic_conn_end_as(quic_conn_t *conn, const iroh_close_t *close);
/* Moves to a new local path at once and has it validated (RFC 9000 section 9.2). Client only. */
int quic_conn_migrate(quic_conn_t *conn, const quic_path_t *path, uint64_t now);
/* Has a new path validated, and moves to it once it has answered: QUIC_EVENT_PATH or QUIC_EVENT_PATH_FAILED. Client
 * only. */
int quic_conn_probe(quic_conn_t *conn, const quic_path_t *path, uint64_t now);
/* With nothing left to write: nothing on its way asks for an acknowledgement. */
bool quic_conn_is_quiet(const quic_conn_t *conn);
/* Whether the peer is heard, and nothing but keep-alives has got through to it for some seconds (path-mtu.h). */
bool quic_conn_is_stalled(const quic_conn_t *conn, uint64_t now);
/* The smoothed round trip time (RFC 9002 section 5.3), ns; a guess until it was measured. */
uint64_t quic_conn_rtt(const quic_conn_t *conn);
/* Sends something that asks for an acknowledgement, beside what the loss detection timer (RFC 9002 section 6.2) sends ever
 * more rarely. */
void quic_conn_nudge(quic_conn_t *conn);
/* Starts a key update (RFC 9001 section 6). */
int quic_conn_update_key(quic_conn_t *conn, uint64_t now);
/* The largest datagram the peer and the path take; 0: none. */
size_t quic_conn_max_datagram(quic_conn_t *conn);
int quic_conn_send_datagram(quic_conn_t *conn, const uint8_t *data, size_t len);
/* Lets the peer open `count` more unidirectional streams at once than it may now. */
void quic_conn_allow_uni_streams(quic_conn_t *conn, uint64_t count);
/* Room for as many streams as were refused. */
void quic_conn_allow_refused(quic_conn_t *conn, bool bidirectional);
/* From now on a unidirectional stream of the peer's that is over makes no room for another by itself:
 * quic_conn_give_uni_streams does. */
void quic_conn_pace_uni_streams(quic_conn_t *conn);
/* Makes room for at most `max` of them. Returns for how many more room is owed. */
uint64_t quic_conn_give_uni_streams(quic_conn_t *conn, uint64_t max);
/* Bytes held of what the peer sent and nobody has read: of streams, out of order, and what quic_conn_hold counted. */
size_t quic_conn_held(const quic_conn_t *conn);
/* The host holds `after` bytes of what was read from the connection where it held `before`. */
void quic_conn_hold(quic_conn_t *conn, size_t before, size_t after);
/* Throws away everything that is unread. Not while frames are handed out. */
void quic_conn_discard(quic_conn_t *conn);
/* Opens a stream; *id_out is its QUIC id. */
int quic_conn_open_stream(quic_conn_t *conn, bool bidirectional, quic_stream_t **out);

#endif
