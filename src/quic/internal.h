/* SPDX-License-Identifier: MIT
 * What the files of this room share. */
#ifndef IROH_QUIC_INTERNAL_H
#define IROH_QUIC_INTERNAL_H

#include "base/base.h"
#include "quic/gate.h"
#include "quic/ngtcp2.h"
#include "quic/path-mtu.h"
#include "quic/pool.h"
#include "quic/recv-queue.h"
#include "quic/send-queue.h"
#include "quic/stream.h"
#include "tls/tls.h"

/* Connection ids that we have given the peer of one connection. */
#define CIDS_MAX 32

typedef struct quic_datagram {
  list_node_t node;
  size_t len, size; /* of `data`: used, there */
  uint8_t data[];
} quic_datagram_t;

typedef struct {
  list_t list;
  size_t count;
} quic_datagram_queue_t;

/* A flow-control window of ours: how far the peer may be ahead of the reader. */
typedef struct {
  uint64_t size, owed;            /* owed: bytes read, and not granted again yet */
  uint64_t counted, counted_from; /* bytes granted again since a time */
} quic_window_t;

struct quic_conn {
  ngtcp2_conn *q;
  quic_meter_t meter;         /* what ngtcp2 gets its memory by */
  tls_session_t tls;          /* NULL once the handshake is over */
  ngtcp2_crypto_conn_ref ref; /* what GnuTLS's callbacks get */
  gate_t gate;
  path_mtu_t mtu;
  quic_path_t mtu_path; /* which path that is about */
  bool sent_1rtt;       /* the packet being written has a number in the 1-RTT packets' space */
  uint64_t sent_number; /* which one */
  const quic_config_t *config;
  const quic_host_t *host;
  void *owner;
  quic_state_t state;
  bool server, answered, data_blocked, loopback, tls_done;
  bool stateless_reset;  /* the peer's end came as one */
  bool address_proved;   /* the peer is where it says: it has answered, or has a token of ours */
  int refusal;           /* IROH_ERR_ code when our check of the peer's key said no */
  ngtcp2_cid first_dcid; /* server: the id the client made up, known to the host until the end */
  uint8_t peer[IROH_KEY_BYTES];
  char *alpn;
  size_t alpn_len;
  unsigned events, wanted_streams;
  size_t doubtful_ends;   /* streams with end_doubtful */
  size_t resets_wanted;   /* streams with reset_wanted */
  uint32_t streams_ahead; /* of bidirectional streams the peer may open more than it should, by quic_conn_nudge */
  list_t streams;         /* every stream, by all_node */
  list_t sendable;        /* streams with something to send, by priority, by send_node */
  list_t eventful;        /* streams with events, by event_node */
  list_t creditable;      /* streams whose window is to be moved, by credit_node */
  quic_window_t window;   /* of all streams together */
  size_t held;            /* bytes counted into the budget: of the streams, of `disorder`, and of the host's */
  size_t disorder;        /* what came out of order, as it was weighed last */
  size_t refused_bidi, refused_uni; /* streams that nobody wanted: the peer has no credit for others in their place */
  bool uni_paced;                   /* credit for unidirectional streams is given by quic_conn_give_uni_streams only */
  uint64_t uni_owed;
  quic_datagram_queue_t datagrams_out, datagrams_in;
  uint64_t datagrams_dropped;
  uint64_t packets_opened; /* those that decrypted, in the handshake and after it */
  uint64_t packets_sent, packets_received, bytes_sent, bytes_received;
  iroh_close_t close;
  bool close_wanted; /* a CONNECTION_CLOSE is to be written, from close_error */
  bool close_again;  /* the written one is to be sent again */
  ngtcp2_ccerr close_error;
  uint8_t *close_packet;
  size_t close_packet_len;
  quic_path_t close_path;
  uint32_t closing_received;
  uint64_t gone_at;
  uint64_t born;
  uint64_t now; /* of the call in progress */
  struct qlog *qlog;
  buffer_t key_lines; /* of the key log, until the address is proved; wiped */
};

struct quic_stream {
  list_node_t all_node, send_node, event_node, credit_node;
  quic_conn_t *conn;
  int64_t id;
  uint64_t handle;
  void *owner;
  unsigned events;
  int32_t priority;
  bool opened_by_peer, closed /* ngtcp2 has forgotten it */, released;
  /* sending */
  bool can_send, blocked, announce, finish_wanted, finish_sent, finish_alone, send_over, writable_wanted,
      any_sent /* the peer may know of it */, reset_wanted /* as soon as it does */;
  uint64_t reset_with;
  bool end_doubtful; /* all bytes are acknowledged, and perhaps the end too */
  size_t send_held;  /* as it was weighed last */
  uint8_t *room;     /* reserved for frames */
  send_queue_t send;
  uint64_t stop_code;
  /* receiving */
  bool can_receive, received_end, end_taken, readable_wanted, reset_by_peer, stopped, paused;
  bool discarded; /* what had come was thrown away */
  bool refused;   /* nobody wants it: the peer gets no credit for another */
  recv_queue_t recv;
  quic_window_t window;
  size_t held;       /* as it was weighed last */
  size_t uncredited; /* framed: bytes taken in that the peer has no credit for yet */
  uint64_t reset_code;
  frame_reader_t *reader;
};

/* Whether ngtcp2 may still be asked for something: after an error it may not. */
static inline bool quic_conn_is_usable(const quic_conn_t *conn) {
  return conn->state == QUIC_OPEN && !conn->close_wanted;
}

/* crypto.c */
int quic_crypto_init(quic_conn_t *conn, const char *const *alpns, size_t alpn_count);
void quic_crypto_deinit(quic_conn_t *conn);

/* callbacks.c */
extern const ngtcp2_callbacks quic_client_callbacks, quic_server_callbacks;
/* A read in progress. The host may read into another connection while it is asked something. */
typedef struct quic_reading {
  struct quic_reading *outer;
  quic_conn_t *conn;
  gate_found_t found;
} quic_reading_t;
/* Around every ngtcp2_conn_read_pkt; `accepted`: it found no fault. */
void quic_callbacks_begin_read(quic_reading_t *this_read, quic_conn_t *conn);
void quic_callbacks_end_read(quic_reading_t *this_read, bool accepted);
/* Around the writing of a packet. */
void quic_callbacks_begin_write(quic_conn_t *conn);
void quic_callbacks_end_write(void);

/* qlog.c: a file per connection; failures to write it are ignored. Until the peer's address is proved there is no file,
 * and the record is held in memory, up to a bound: a stranger's first packet makes none. */
struct qlog *qlog_new(int dir_fd, bool server, bool address_proved, const ngtcp2_cid *original_dcid);
void qlog_free(struct qlog *log);
void qlog_write(void *conn, uint32_t flags, const void *data, size_t len);
/* The peer's address is proved. NULL is fine. */
void qlog_address_proved(struct qlog *log);

/* close.c: ends the connection because of a mistake of the peer's or ours; the peer is told. */
void quic_conn_fail(quic_conn_t *conn, int ngtcp2_error);
/* control.c */
void quic_conn_event(quic_conn_t *conn, unsigned event);
/* The size that the path in use was found to take, and that the peer takes. */
size_t quic_conn_path_size(const quic_conn_t *conn);
/* The largest datagram that fits into a packet of `payload` bytes, and that the peer takes; 0: none. */
size_t quic_conn_datagram_room(const quic_conn_t *conn, size_t payload);
/* After whatever may have moved the connection to another path. */
void quic_conn_note_path(quic_conn_t *conn);

/* close.c: the CONNECTION_CLOSE that is due, or 0. */
size_t quic_close_write(quic_conn_t *conn, uint8_t *buf, size_t size, quic_path_t *path_out, uint8_t *ecn_out,
                        uint64_t now);

/* credit.c */
/* The first windows that a peer is given. */
uint64_t quic_stream_window_start(const quic_config_t *config);
uint64_t quic_conn_window_start(const quic_config_t *config);
void quic_window_init(quic_window_t *window, uint64_t size, uint64_t now);
/* A stream begins. */
void quic_credit_begin(quic_stream_t *stream);
/* So many bytes were read, or dropped: the peer may send as many more, soon. */
void quic_credit_owe(quic_stream_t *stream, size_t len);
/* Before packets are written: grants what is owed, in pieces that are worth a frame. */
void quic_credit_give(quic_conn_t *conn, uint64_t now);
/* What the stream, or ngtcp2 of what came out of order, holds has changed. */
void quic_stream_weigh(quic_stream_t *stream);
void quic_conn_weigh_disorder(quic_conn_t *conn);
/* What the stream holds until it is acknowledged has changed; and how much may be unsent in it now. */
void quic_stream_weigh_sending(quic_stream_t *stream);
size_t quic_stream_send_limit(const quic_stream_t *stream);

/* stream.c */
/* Throws away what has come, and what comes; reading it fails. */
void quic_stream_discard(quic_stream_t *stream);
quic_stream_t *quic_stream_new(quic_conn_t *conn, int64_t id, bool by_peer);
void quic_stream_free(quic_stream_t *stream);
void quic_stream_event(quic_stream_t *stream, unsigned event);
/* Puts it among the sendable ones if it has something to send and may. */
void quic_stream_schedule(quic_stream_t *stream);
/* Moves it behind its equals. */
void quic_stream_rotate(quic_stream_t *stream);
int quic_stream_received(quic_stream_t *stream, const uint8_t *data, size_t len, bool end);
/* `len` bytes (and perhaps the end) went into a packet. */
void quic_stream_sent(quic_stream_t *stream, size_t len, bool end);
void quic_stream_acked(quic_stream_t *stream, uint64_t offset, uint64_t len);
void quic_stream_reset_received(quic_stream_t *stream, uint64_t code);
void quic_stream_stop_received(quic_stream_t *stream, uint64_t code);
/* Everything that was ever sent is acknowledged: so are the ends in doubt. */
void quic_stream_doubts_over(quic_conn_t *conn);
/* Resets what could not be reset before; not between the parts of a packet. */
void quic_stream_reset_wanted(quic_conn_t *conn);
/* ngtcp2 forgets the stream. */
void quic_stream_closed(quic_stream_t *stream);

/* datagram.c */
void quic_datagram_queue_init(quic_datagram_queue_t *queue);
void quic_datagram_queue_deinit(quic_datagram_queue_t *queue);
int quic_datagram_queue_push(quic_datagram_queue_t *queue, const uint8_t *data, size_t len);
/* The same, in place of the oldest. */
int quic_datagram_queue_replace(quic_datagram_queue_t *queue, const uint8_t *data, size_t len);
quic_datagram_t *quic_datagram_queue_first(const quic_datagram_queue_t *queue);
quic_datagram_t *quic_datagram_queue_pop(quic_datagram_queue_t *queue);

/* Paths: ours as ngtcp2's. The result points into `path`. */
static inline ngtcp2_path quic_path_to_ngtcp2(const quic_path_t *path) {
  return (ngtcp2_path){.local = {(ngtcp2_sockaddr *)(uintptr_t)&path->local.sa, path->local.len},
                       .remote = {(ngtcp2_sockaddr *)(uintptr_t)&path->remote.sa, path->remote.len},
                       .user_data = path->socket};
}

static inline void quic_path_from_ngtcp2(quic_path_t *out, const ngtcp2_path *path) {
  address_set(&out->local, path->local.addr, path->local.addrlen);
  address_set(&out->remote, path->remote.addr, path->remote.addrlen);
  out->socket = path->user_data;
}

#endif
