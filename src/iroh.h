/* SPDX-License-Identifier: MIT
 *
 * The one door of the C core. It knows neither Node nor ngtcp2 nor GnuTLS.
 *
 * - An endpoint lives on one libuv loop and is used from that loop's thread only.
 * - Connections and streams are named by handles, as files are by descriptors: never reused,
 *   0 is none, and a stale one gets IROH_ERR_CLOSED instead of a crash.
 * - The core calls its user in three places only: `on_events`, with a batch (what happened,
 *   or what is to go by relays) and never from inside a call of the user's; `authorize`, inside an
 *   accepting handshake and when the connection comes to be; `on_closed`, once, last.
 *   Every function here may be called from `on_events` and from `authorize`, but for iroh_endpoint_relay_received.
 * - Commands change state and return at once. Packets leave in one flush at the end of the turn.
 * - A function returns 0 (or a count) or a negative IROH_ERR_ code. Pointers: `borrows` unless it says otherwise.
 */
#ifndef IROH_H
#define IROH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IROH_KEY_BYTES 32   /* an Ed25519 public key or secret seed */
#define IROH_HASH_BYTES 32  /* a BLAKE3 hash or a key derived with it */
#define IROH_ADDRESS_MAX 64 /* "[v6%scope]:port" and its NUL */
#define IROH_REASON_MAX 256 /* longest close reason kept, in bytes */
#define IROH_ALPN_MAX 255

/* Application codes of this core: of a connection, too much that the peer sent was unread; of a stream, nobody takes it. */
#define IROH_CODE_OVERFLOW 11
#define IROH_CODE_UNWANTED 12

typedef struct iroh_endpoint iroh_endpoint_t;
typedef uint64_t iroh_handle_t; /* below 2^53 */
struct uv_loop_s;

typedef enum {
#define X(name, number, class, text) IROH_ERR_##name = number,
#include "base/errors.def"
#undef X
  IROH_OK = 0
} iroh_error_t;

/* "ERR_IROH_TIMEOUT" for IROH_ERR_TIMEOUT; "ERR_IROH_INTERNAL" for a number not in the table. Static. */
const char *iroh_error_name(int error);
/* One sentence for people. Static. */
const char *iroh_error_text(int error);
/* "usage", "transient", "stream", "conn" or "fatal". Static. */
const char *iroh_error_class(int error);
/* Walks the table: the index-th code, or 0 past the end. */
int iroh_error_at(size_t index);

/* What the operating system said of a call that it refused, or of a datagram that did not arrive. */
typedef struct {
  int number;                     /* errno; 0: it said nothing */
  const char *call;               /* the call, or "icmp": a host on the way said so. Static */
  char address[IROH_ADDRESS_MAX]; /* the address that the call was about; empty: none */
} iroh_system_error_t;
/* After a function has returned an error code on this thread: what the system said, if a call of the system failed. It is
 * given once. */
void iroh_take_system_error(iroh_system_error_t *out);

/* No child process inherits the descriptor. IROH_ERR_SYSTEM. */
int iroh_close_on_exec(int fd);

/* The releases of the libraries that this process has loaded. Static. */
typedef struct {
  const char *ngtcp2, *gnutls, *libsodium;
} iroh_versions_t;
void iroh_versions(iroh_versions_t *out);

/* ---- identity ------------------------------------------------------------------------------------ */

/* Fills `seed` from the system's random source. */
int iroh_key_generate(uint8_t seed[IROH_KEY_BYTES]);
/* The public key (NodeId) of a seed (RFC 8032). */
int iroh_key_public(const uint8_t seed[IROH_KEY_BYTES], uint8_t public_out[IROH_KEY_BYTES]);
/* Ed25519 signature of `len` bytes. */
int iroh_key_sign(const uint8_t seed[IROH_KEY_BYTES], const uint8_t *data, size_t len, uint8_t sig_out[64]);
/* Whether `sig` is `public`'s over the bytes. */
bool iroh_key_verify(const uint8_t public_key[IROH_KEY_BYTES], const uint8_t *data, size_t len, const uint8_t sig[64]);
/* Reads 64 hex (either case) or 52 base32 (RFC 4648, either case, no padding) characters into 32 bytes; else
 * IROH_ERR_INVALID_NODE_ID. Says nothing about the point being on the curve. */
int iroh_key_parse(const char *text, size_t len, uint8_t out[IROH_KEY_BYTES]);
/* Whether the 32 bytes are a canonical, non-small-order point: something a peer could prove to hold. */
bool iroh_node_id_is_valid(const uint8_t node_id[IROH_KEY_BYTES]);
/* BLAKE3 of `len` bytes. */
void iroh_blake3(const uint8_t *data, size_t len, uint8_t out[IROH_HASH_BYTES]);
/* BLAKE3 key derivation: a key for the one purpose that `context`, a constant of the program, names, out of `len` bytes
 * of key material. */
void iroh_blake3_derive_key(const char *context, size_t context_len, const uint8_t *material, size_t len,
                            uint8_t out[IROH_HASH_BYTES]);
/* Wipes memory in a way the compiler keeps. */
void iroh_wipe(void *data, size_t len);

/* ---- events -------------------------------------------------------------------------------------- */

typedef enum {
  IROH_EVENT_ACCEPTED = 1,  /* conn: a peer dialled us and both keys are proved */
  IROH_EVENT_CONNECTED,     /* conn: the connection we dialled is up */
  IROH_EVENT_CLOSED,        /* conn: over (also a failed dial). `close` says why. The handle is dead after this
                               batch; its streams' handles died with it, each without an event of its own */
  IROH_EVENT_STREAM_OPENED, /* conn, stream: the peer opened it; number: its QUIC stream id (bit 1 set: unidirectional)
                             */
  IROH_EVENT_STREAMS,       /* conn: the peer allows more streams; number: 1 bidirectional, 2 unidirectional, 3 both */
  IROH_EVENT_READABLE,      /* stream: bytes or the end arrived; peek until IROH_EMPTY to be told again */
  IROH_EVENT_FRAMES,        /* stream (framed): `data` is a JSON array of `number` values, each a complete valid one */
  IROH_EVENT_FRAME_ERROR,   /* stream (framed): a frame was refused: `error`; number: 1 it was skipped and the rest goes
                               on,   0 the stream cannot go on (the reading side was stopped) */
  IROH_EVENT_END,           /* stream (framed): the peer finished its side cleanly between two frames */
  IROH_EVENT_WRITABLE,      /* stream: unsent bytes fell to the low-water mark */
  IROH_EVENT_FINISHED,      /* stream: every byte and the end we sent were acknowledged */
  IROH_EVENT_STOPPED,       /* stream: the peer stopped reading; number: its code. Unsent bytes are dropped */
  IROH_EVENT_RESET,         /* stream: the peer reset its side; number: its code */
  IROH_EVENT_DATAGRAM,      /* conn: `data` is one datagram */
  IROH_EVENT_PATH,          /* conn: the path in use changed; `data` is the new remote address as text */
  IROH_EVENT_REFUSED,       /* endpoint: a handshake was refused by the allowlist; `data` is the 32-byte NodeId */
  IROH_EVENT_RELAY_SEND,    /* endpoint: datagrams to go to `node_id` by relay `number`: `data` is one, or several of
                               `segment` bytes each (the last may be shorter), marked `ecn` */
  IROH_EVENT_OBSERVED,      /* endpoint: a STUN server sees us somewhere; `data`: its address, a space, ours, as text */
  IROH_EVENT_CANDIDATE,     /* conn: `data` is an address as text where the peer says that it may be reached */
  IROH_EVENT_PROBE,         /* conn: `data`, an address of the peer as text, has answered after `number` microseconds */
  IROH_EVENT_NETWORK,       /* endpoint: this host's network may have changed; number: 1 its addresses, 2 its default
                               routes, 3 both. Comes several times for one change */
  /* Gossip: `stream` is the swarm or the topic, `node_id` the peer, and conn is 0. */
  IROH_EVENT_GOSSIP_DIAL,     /* swarm: a connection to node_id is wanted: iroh_gossip_add_conn or
                                 iroh_gossip_dial_failed is to follow. `data`: what is said of where it is, or nothing */
  IROH_EVENT_GOSSIP_ADMIT,    /* topic: iroh_gossip_admit is to say whether node_id may be a neighbour */
  IROH_EVENT_GOSSIP_UP,       /* topic: node_id is a neighbour */
  IROH_EVENT_GOSSIP_DOWN,     /* topic: it is none any more; number: 1 out of reach, 2 it left the topic, 3 it chose
                                 others, 4 this side chose others */
  IROH_EVENT_GOSSIP_RECEIVED, /* topic: `data` from node_id; number: hops before it, IROH_GOSSIP_DIRECT: it was sent to
                                 its neighbours only */
  IROH_EVENT_GOSSIP_FAILED,   /* topic: node_id, which was to be joined, is out of reach */
  IROH_EVENT_GOSSIP_DRAINED,  /* topic: what iroh_gossip_drain was called for */
  IROH_EVENT_GOSSIP_LEFT,     /* topic: it was left and its neighbours have been told. The handle is dead */
  IROH_EVENT_SYSTEM           /* endpoint: the system refused a call and will be asked again: `system`. One errno of one
                                 call is told once in ten minutes */
} iroh_event_kind_t;

#define IROH_GOSSIP_DIRECT 0x10000 /* no round of a message */

typedef enum {
  IROH_CLOSE_LOCAL = 1,   /* 'locally-closed': we closed it */
  IROH_CLOSE_APPLICATION, /* 'application-closed': the peer's program did, with code and reason */
  IROH_CLOSE_TRANSPORT,   /* 'connection-closed': the peer's QUIC did, with a transport code (0x100 + TLS alert) */
  IROH_CLOSE_TIMED_OUT,   /* 'timed-out': idle or handshake timeout */
  IROH_CLOSE_RESET,       /* 'reset': stateless reset */
  IROH_CLOSE_ERROR        /* 'transport-error': the peer broke a rule and we ended it */
} iroh_close_kind_t;

typedef struct {
  iroh_close_kind_t kind;
  int error;     /* the IROH_ERR_ code that tells best what happened */
  uint64_t code; /* application or transport code */
  size_t reason_len;
  char reason[IROH_REASON_MAX];
} iroh_close_t;

typedef struct {
  iroh_event_kind_t kind;
  int error;
  iroh_handle_t conn; /* always the connection, also for stream events; 0 for endpoint events */
  iroh_handle_t stream;
  uint64_t number;
  const uint8_t *data; /* borrowed: valid until on_events returns */
  size_t len;
  bool ascii;             /* FRAMES: every byte is below 0x80 */
  const uint8_t *node_id; /* RELAY_SEND, GOSSIP_: 32 bytes, borrowed, as data */
  size_t segment;
  uint8_t ecn;
  const iroh_close_t *close; /* CLOSED: borrowed, as data */
  /* SYSTEM; CLOSED: what the system said last of datagrams to a peer that could not be reached or has timed out. NULL:
   * nothing. Borrowed, as data */
  const iroh_system_error_t *system;
} iroh_event_t;

/* ---- endpoint ------------------------------------------------------------------------------------ */

typedef enum { IROH_CC_DEFAULT, IROH_CC_CUBIC, IROH_CC_RENO, IROH_CC_BBR, IROH_CC_BBR2 } iroh_cc_t;

typedef struct {
  uint8_t seed[IROH_KEY_BYTES]; /* copied into locked memory; wipe yours */
  const char *const *binds;     /* "0.0.0.0:0", "[::]:0"; none: both, any port, IPv6 left out where the host has none */
  size_t bind_count;
  const char *const *alpns; /* protocols accepted; none: outgoing connections only */
  size_t alpn_count;
  bool allow_listed_only; /* true: only NodeIds given to iroh_endpoint_allow may connect to us */
  /* Optional, asked after the lists: when the peer has proved its key, and again when the connection comes to be. False
   * refuses. Must not block. */
  bool (*authorize)(void *ctx, const uint8_t node_id[IROH_KEY_BYTES]);
  /* Required. `events` is valid during the call. */
  void (*on_events)(void *ctx, const iroh_event_t *events, size_t count);
  /* Required. Everything is shut and nothing will be called again; the endpoint is freed after it returns. */
  void (*on_closed)(void *ctx);
  void *ctx;
  /* Limits and times; 0 takes the default in brackets. */
  uint32_t keep_alive_ms;            /* [5000] UINT32_MAX: none */
  uint32_t idle_timeout_ms;          /* [30000] */
  uint32_t handshake_timeout_ms;     /* [10000] */
  uint32_t max_connections;          /* [16384] past their handshake */
  uint32_t max_connections_per_peer; /* [4096] of those accepted, with one NodeId */
  uint32_t max_handshakes;     /* [1024] accepting handshakes in flight, and begun in a second; shared out by address */
  uint32_t max_streams_bidi;   /* [100] open at once per connection and kind, peer-opened */
  uint32_t max_streams_uni;    /* [100] */
  uint32_t stream_window;      /* [2 MiB] bytes a stream may send before we read them; begins smaller and grows */
  uint32_t connection_window;  /* [16 MiB] the same over all streams of a connection */
  uint32_t max_receive_buffer; /* [256 MiB] bytes unread over all connections; beyond, those that hold most are closed
                                  with IROH_CODE_OVERFLOW */
  uint32_t max_send_buffer;    /* [64 MiB] unsent bytes per stream before IROH_ERR_BUFFER_FULL */
  uint32_t max_send_total;     /* [1 GiB] the same over all streams, with what is unacknowledged */
  uint32_t low_water;          /* [64 KiB] IROH_EVENT_WRITABLE fires here */
  uint32_t max_datagrams;      /* [1024] outgoing datagrams waiting, per connection; then the oldest is dropped */
  uint32_t max_udp_payload;    /* to begin with [0: 16000 towards this host, else path MTU discovery] */
  iroh_cc_t congestion_control;
  bool plain_udp;           /* one system call a datagram: no GSO, GRO, recvmmsg (tests, odd kernels) */
  bool always_retry;        /* ask every new address to prove itself */
  const char *key_log_file; /* NSS key log, appended: a file that its owner alone may read, and no link */
  const char *qlog_dir;     /* one qlog file a connection, that its owner alone may read */
} iroh_endpoint_config_t;

/* Opens the sockets. The config is copied. On failure *out is NULL and nothing is left open. */
int iroh_endpoint_open(struct uv_loop_s *loop, const iroh_endpoint_config_t *config, iroh_endpoint_t **out);
/* Begins the end: every connection is closed with `code` and `reason`, CONNECTION_CLOSE is sent, then the sockets
 * are shut and `on_closed` is called. CLOSED events of the connections come before it. Twice is harmless. */
void iroh_endpoint_close(iroh_endpoint_t *ep, uint64_t code, const char *reason, size_t reason_len);
/* As close, but no on_events call happens any more (environment teardown). `on_closed` still comes. */
void iroh_endpoint_abandon(iroh_endpoint_t *ep);
/* Whether the open endpoint keeps the loop alive. Idempotent; default: it does. */
void iroh_endpoint_ref(iroh_endpoint_t *ep, bool ref);

/* The bound addresses as text, the wildcard kept. Returns how many there are; fills at most `max`. */
size_t iroh_endpoint_addresses(const iroh_endpoint_t *ep, char (*out)[IROH_ADDRESS_MAX], size_t max);
int iroh_endpoint_set_alpns(iroh_endpoint_t *ep, const char *const *alpns, size_t count);
/* Puts a NodeId on the list of allowed ones and off the denied ones. */
int iroh_endpoint_allow(iroh_endpoint_t *ep, const uint8_t node_id[IROH_KEY_BYTES]);
/* Refuses a NodeId from now on and closes its live connections (alert 49 semantics: transport code 0x131). */
int iroh_endpoint_deny(iroh_endpoint_t *ep, const uint8_t node_id[IROH_KEY_BYTES]);
/* Opens fresh sockets and moves every connection we dialled onto them (RFC 9000 section 9), as after a change of
 * network. The old sockets are read for three more seconds, and longer while peers that dialled us use them; one whose
 * port was asked for stays. */
int iroh_endpoint_rebind(iroh_endpoint_t *ep);
/* This host's network has changed: each connection we dialled shows its peer at once where it comes from now, or looks
 * for a direct path again. */
int iroh_endpoint_network_changed(iroh_endpoint_t *ep);

/* Datagrams that a relay brought from `node_id`: one, or several of `segment` bytes each. They are looked at now; what
 * they bring about is told in the usual way. IROH_ERR_BUSY, and they are dropped, from inside on_events and authorize. */
int iroh_endpoint_relay_received(iroh_endpoint_t *ep, uint16_t relay, const uint8_t node_id[IROH_KEY_BYTES],
                                 uint8_t ecn, size_t segment, const uint8_t *data, size_t len);

/* Asks a STUN server ("ip:port", RFC 8489) where it sees us: IROH_EVENT_OBSERVED, if it answers. */
int iroh_endpoint_ask_address(iroh_endpoint_t *ep, const char *server);
/* Where this endpoint may be reached, to be told to peers that we are connected to by a relay: "ip:port", or with how it
 * was learnt (docs/design/disco.md), "ip:port local", "observed", "configured", "mapped", "predicted" or "varying".
 * At most 32 are kept. IROH_ERR_INVALID_ADDRESS. */
int iroh_endpoint_set_candidates(iroh_endpoint_t *ep, const char *const *addresses, size_t count);

typedef struct {
#define X(name, js, text) uint64_t name;
#include "base/metrics.def"
#undef X
} iroh_metrics_t;
void iroh_endpoint_metrics(const iroh_endpoint_t *ep, iroh_metrics_t *out);

/* ---- connections --------------------------------------------------------------------------------- */

/* Dials a NodeId at one or more "ip:port" or "relay:<number>" (the program's own number of a relay, 0 to 63). The first
 * flight goes to all of them; the first that answers is used, and a direct one in place of a relay when it answers.
 * `on_hearsay`: it was not the program who named the addresses: two packets to each, until something answers there.
 * Ends in IROH_EVENT_CONNECTED or, with the reason, IROH_EVENT_CLOSED. timeout_ms 0: the endpoint's. */
int iroh_conn_open(iroh_endpoint_t *ep, const uint8_t node_id[IROH_KEY_BYTES], const char *const *addresses,
                   size_t count, const char *alpn, size_t alpn_len, uint32_t timeout_ms, bool on_hearsay,
                   iroh_handle_t *conn_out);
/* What the system said last of datagrams to the peer, nothing of the peer's having come since. */
int iroh_conn_system_error(iroh_endpoint_t *ep, iroh_handle_t conn, iroh_system_error_t *out);
/* Closes with an application code and reason (cut at IROH_REASON_MAX). IROH_EVENT_CLOSED follows. */
int iroh_conn_close(iroh_endpoint_t *ep, iroh_handle_t conn, uint64_t code, const char *reason, size_t reason_len);

typedef struct {
  uint8_t remote_node_id[IROH_KEY_BYTES];
  bool is_client;
  size_t alpn_len;
  char alpn[IROH_ALPN_MAX + 1];
  char remote_address[IROH_ADDRESS_MAX];
  char local_address[IROH_ADDRESS_MAX];
  bool is_relayed;
  uint16_t relay;                          /* if it is: which; the addresses are made up then */
  uint64_t rtt_ns, min_rtt_ns, rtt_var_ns; /* smoothed, least, variation */
  uint64_t cwnd, bytes_in_flight, ssthresh;
  uint64_t bytes_sent, bytes_received;          /* UDP payload */
  uint64_t packets_sent, packets_received;      /* UDP datagrams */
  uint64_t max_udp_payload;                     /* of the path now */
  uint64_t max_datagram;                        /* 0: the peer takes none */
  uint64_t streams_bidi_left, streams_uni_left; /* that we may still open */
} iroh_conn_info_t;
int iroh_conn_info(iroh_endpoint_t *ep, iroh_handle_t conn, iroh_conn_info_t *out);

/* How long ago the peer itself was heard, in ns; `asks`: it is asked for a sign of life. Negative: an error code. */
int64_t iroh_conn_silence(iroh_endpoint_t *ep, iroh_handle_t conn, bool asks);

/* Queues one datagram (RFC 9221); copied. IROH_ERR_DATAGRAM_TOO_LARGE / _UNSUPPORTED. */
int iroh_conn_send_datagram(iroh_endpoint_t *ep, iroh_handle_t conn, const uint8_t *data, size_t len);
/* Starts a TLS key update (RFC 9001 section 6). IROH_ERR_BUSY while an earlier one is not confirmed. */
int iroh_conn_update_key(iroh_endpoint_t *ep, iroh_handle_t conn);

#define IROH_REFUSE_BIDI 1u
#define IROH_REFUSE_UNI 2u
#define IROH_REFUSE_DATAGRAMS 4u
/* Nobody takes what the peer sends of these kinds from now on; of the others it is told again. Both halves of a stream are
 * ended with IROH_CODE_UNWANTED, and the peer gets no credit for another; datagrams are dropped. */
int iroh_conn_refuse(iroh_endpoint_t *ep, iroh_handle_t conn, unsigned kinds);

/* ---- streams ------------------------------------------------------------------------------------- */

/* Opens a stream. The peer learns of it with the first byte (or the end). IROH_ERR_STREAM_LIMIT: wait for
 * IROH_EVENT_STREAMS. *id_out is the QUIC stream id. */
int iroh_stream_open(iroh_endpoint_t *ep, iroh_handle_t conn, bool bidirectional, iroh_handle_t *stream_out,
                     int64_t *id_out);
/* Sends an empty STREAM frame, so that the peer learns of a stream we opened before its first byte. */
int iroh_stream_announce(iroh_endpoint_t *ep, iroh_handle_t stream);
/* Copies up to `len` bytes into the send buffer. Returns how many were taken (0: full, wait for WRITABLE). */
int64_t iroh_stream_write(iroh_endpoint_t *ep, iroh_handle_t stream, const uint8_t *data, size_t len);
/* Room for `len` bytes of frames, to be filled in place and committed before any other call on this endpoint.
 * IROH_ERR_BUFFER_FULL when more than max_send_buffer would wait. */
int iroh_stream_reserve(iroh_endpoint_t *ep, iroh_handle_t stream, size_t len, uint8_t **room_out);
/* Sends the first `len` reserved bytes: frames, each as four '\n' bytes followed by JSON that has no '\n' in it; the
 * four bytes are replaced by the length. Returns the number of frames. `len` 0 gives the room back. */
int64_t iroh_stream_commit_frames(iroh_endpoint_t *ep, iroh_handle_t stream, size_t len);
/* Unsent bytes of the stream: what `bufferedAmount` shows. Negative: an error. */
int64_t iroh_stream_buffered(iroh_endpoint_t *ep, iroh_handle_t stream);
/* No more bytes will be written. IROH_EVENT_FINISHED once all is acknowledged. */
int iroh_stream_finish(iroh_endpoint_t *ep, iroh_handle_t stream);
/* Ends our sending side at once (RESET_STREAM); what is unsent is dropped. */
int iroh_stream_reset(iroh_endpoint_t *ep, iroh_handle_t stream, uint64_t code);
/* Higher goes first; default 0; equals share by turns. */
int iroh_stream_set_priority(iroh_endpoint_t *ep, iroh_handle_t stream, int32_t priority);

/* What iroh_stream_peek says when it has no bytes. */
typedef enum { IROH_DATA = 1, IROH_EMPTY = 2, IROH_END = 3 } iroh_peek_t;
/* The bytes at the front of the receive buffer: IROH_DATA with both out-parameters set (valid until the next call on
 * this endpoint), IROH_EMPTY (IROH_EVENT_READABLE will follow), IROH_END, or IROH_ERR_STREAM_RESET. */
int iroh_stream_peek(iroh_endpoint_t *ep, iroh_handle_t stream, const uint8_t **data_out, size_t *len_out);
/* Drops `len` peeked bytes and gives the peer credit for as many. */
int iroh_stream_consume(iroh_endpoint_t *ep, iroh_handle_t stream, size_t len);
/* Asks the peer to stop sending (STOP_SENDING); what has arrived is dropped. */
int iroh_stream_stop(iroh_endpoint_t *ep, iroh_handle_t stream, uint64_t code);
/* From now on the receiving side delivers IROH_EVENT_FRAMES: [u32 BE length][JSON]. What has arrived is included. */
int iroh_stream_set_framed(iroh_endpoint_t *ep, iroh_handle_t stream, uint32_t max_frame_length, uint32_t max_depth);
/* A paused framed stream delivers nothing and gives the peer no credit: the peer's buffer fills, not ours. What it
 * holds when the connection ends is delivered before IROH_EVENT_CLOSED. May be set
 * before iroh_stream_set_framed. */
int iroh_stream_pause(iroh_endpoint_t *ep, iroh_handle_t stream, bool paused);
/* The program lost interest: an unfinished sending side is reset, an unread receiving side stopped, the handle dies. */
int iroh_stream_release(iroh_endpoint_t *ep, iroh_handle_t stream);

/* ---- gossip -------------------------------------------------------------------------------------- */

/* A swarm: the topics of one gossip protocol (iroh-gossip's) at an endpoint, and the connections they share. Topics and
 * swarms end with the endpoint. */
typedef struct {
  /* 0 takes the default in brackets. */
  uint32_t max_message_size;  /* [4096] bytes of a message; the same at all peers */
  uint32_t active_view;       /* [5] neighbours of a topic, at most 31 */
  uint32_t passive_view;      /* [30] peers known beside, at most 256 */
  uint32_t shuffle_ms;        /* [60000] */
  uint32_t keep_payloads_ms;  /* [30000] how long a message can be asked for */
  uint32_t keep_ids_ms;       /* [90000] how long one is known to have been seen */
  uint32_t max_payload_bytes; /* [8 MiB] of a topic's messages kept to be asked for */
  uint32_t max_ids;           /* [65536] of a topic's messages known to have been seen */
  uint32_t max_outbox;        /* [8 MiB] bytes that may wait to be sent, per topic and neighbour */
  uint32_t max_outboxes;      /* [64 MiB] the same over all topics and neighbours */
  uint32_t max_connections;   /* [1024] */
  uint32_t max_streams;       /* [1024] a peer may have open on a connection: topics it shares with this one */
  bool needs_data;            /* the program finds no peer by its NodeId alone: those without data are not kept */
  uint32_t idle_ms;           /* [10000] after that a connection no topic needs is closed */
} iroh_gossip_config_t;

int iroh_gossip_open(iroh_endpoint_t *ep, const iroh_gossip_config_t *config, iroh_handle_t *swarm_out);
/* Closes the connections of the swarm with code 0 and forgets its topics, without a word to them: iroh_gossip_leave is
 * for that. */
int iroh_gossip_close(iroh_endpoint_t *ep, iroh_handle_t swarm);
/* Gives it a connection, dialled or accepted: its streams are the swarm's from now on. IROH_ERR_LIMIT: there are too many
 * and all are in use; the connection is being closed. */
int iroh_gossip_add_conn(iroh_endpoint_t *ep, iroh_handle_t swarm, iroh_handle_t conn);
/* The peer of an IROH_EVENT_GOSSIP_DIAL cannot be reached. */
int iroh_gossip_dial_failed(iroh_endpoint_t *ep, iroh_handle_t swarm, const uint8_t node_id[IROH_KEY_BYTES]);
/* What peers are told of where this endpoint is: opaque, at most 256 bytes. */
int iroh_gossip_set_data(iroh_endpoint_t *ep, iroh_handle_t swarm, const uint8_t *data, size_t len);

/* Begins with a topic. `asks`: who may be a neighbour is asked by IROH_EVENT_GOSSIP_ADMIT. IROH_ERR_BUSY: the swarm has
 * it. */
int iroh_gossip_subscribe(iroh_endpoint_t *ep, iroh_handle_t swarm, const uint8_t topic_id[32], bool asks,
                          iroh_handle_t *topic_out);
/* Leaves it: IROH_EVENT_GOSSIP_LEFT follows once its neighbours have acknowledged that, or have acknowledged
 * nothing for two seconds, or after thirty. */
int iroh_gossip_leave(iroh_endpoint_t *ep, iroh_handle_t topic);
/* Asks a peer to let this one in. */
int iroh_gossip_join(iroh_endpoint_t *ep, iroh_handle_t topic, const uint8_t node_id[IROH_KEY_BYTES]);
int iroh_gossip_admit(iroh_endpoint_t *ep, iroh_handle_t topic, const uint8_t node_id[IROH_KEY_BYTES], bool admitted);
/* Sends to everyone in the topic, or to direct neighbours only. 1: the same content was sent or received before, and so
 * nothing is sent. IROH_ERR_TOO_LONG. */
int iroh_gossip_broadcast(iroh_endpoint_t *ep, iroh_handle_t topic, const uint8_t *content, size_t len, bool neighbors);
/* Whether little of it waits to be sent: 1, or 0 and IROH_EVENT_GOSSIP_DRAINED follows. A neighbour that takes nothing for
 * a second is left out of account. */
int iroh_gossip_drain(iroh_endpoint_t *ep, iroh_handle_t topic);
/* How many neighbours there are; the first `max` are copied. Negative: an error. */
int64_t iroh_gossip_neighbors(iroh_endpoint_t *ep, iroh_handle_t topic, uint8_t (*out)[IROH_KEY_BYTES], size_t max);
/* The most content a broadcast may have. */
size_t iroh_gossip_max_content(uint32_t max_message_size, bool neighbors);

typedef struct {
#define X(name, js, text) uint64_t name;
#include "gossip/counters.def"
#undef X
  uint64_t neighbors, eager, passive; /* now; eager: those that get messages at once, not only their ids */
  uint64_t waiting_bytes;             /* not sent yet */
  uint64_t memory;                    /* heap bytes */
} iroh_gossip_topic_info_t;
int iroh_gossip_topic_info(iroh_endpoint_t *ep, iroh_handle_t topic, iroh_gossip_topic_info_t *out);

typedef struct {
  uint64_t topics, peers, connections, dialling; /* now */
  uint64_t waiting_bytes, memory;                /* of all topics */
  uint64_t streams_stopped;                      /* of peers, since what came on them was no gossip */
  uint64_t frames_ignored;                       /* for topics that are not joined, or of peers not admitted */
  uint64_t connections_reaped;                   /* closed since no topic needed them */
  uint64_t events_lost;                          /* for want of memory */
} iroh_gossip_info_t;
int iroh_gossip_info(iroh_endpoint_t *ep, iroh_handle_t swarm, iroh_gossip_info_t *out);

#endif
