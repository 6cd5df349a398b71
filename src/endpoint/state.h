/* SPDX-License-Identifier: MIT
 * An endpoint and its connections. An endpoint joins the rooms below: datagrams from `net` go to connections of
 * `quic`, their packets back, and what happened goes up in one batch a turn (drain.c). */
#ifndef IROH_ENDPOINT_STATE_H
#define IROH_ENDPOINT_STATE_H

#include "base/base.h"
#include "base/bytes_map.h"
#include "base/heap.h"
#include "base/key.h"
#include "base/list.h"
#include "base/map.h"
#include "endpoint/relay.h"
#include "endpoint/timer.h"
#include "iroh.h"
#include "net/answer-limits.h"
#include "net/handshakes.h"
#include "net/netlink.h"
#include "net/relay-address.h"
#include "net/reset-tokens.h"
#include "net/target-budget.h"
#include "net/udp.h"
#include "quic/conn.h"
#include "quic/packet.h"
#include "quic/stream.h"
#include "wire/disco.h"

#define SOCKETS_MAX 16
#define CANDIDATES_MAX 32
#define STUN_OPEN_MAX 32

typedef struct peer peer_t;
typedef struct service service_t;

/* A batch the socket would not take yet. */
typedef struct {
  address_t remote, local; /* as udp_send takes them: a name that QUIC knows the path by is no address to send from */
  uint8_t ecn;
  size_t len, segment;
  uint8_t *data;
} pending_batch_t;

typedef struct socket {
  udp_socket_t udp;
  iroh_endpoint_t *ep;
  list_node_t node;
  pending_batch_t pending;
  bool fixed;         /* its port was asked for: it stays open for those who know it */
  bool spare;         /* opened for a port search */
  uint64_t listen_at; /* receiving has failed: when it is tried again; 0: it has not */
  uint64_t
      retire_at; /* after a rebind, or opened for a port search: shut then unless a connection uses it; 0: in use */
  struct socket **slot; /* opened for a port search: where its peer knows it; NULL: not, or no longer known */
} socket_t;

/* One address of a peer that we dialled. */
typedef struct {
  quic_path_t path;
  relay_peer_t *relay; /* NULL: a direct one */
  /* While it is dialled: dial.c. */
  bool unreachable;        /* the kernel, or a host on the way, says that nothing gets there */
  bool failed;             /* an attempt was answered from there, and ended */
  uint64_t waiting_since;  /* something came from there: it is to have an attempt of its own; 0: not */
  unsigned tries;          /* such attempts so far */
  uint64_t answered_after; /* ns from the beginning of the dial, the first time; 0: not yet */
} candidate_t;

/* Pings to all direct addresses of a peer at once (survey.c). */
typedef struct {
  uint64_t due_at;             /* when it begins, or, while it runs, ends; QUIC_NEVER: there is none */
  bool running, done;          /* answers count; nothing has changed since */
  uint64_t used_rtt, best_rtt; /* of the path in use and of the best other one, ns; 0: no answer */
  quic_path_t best;
} survey_t;

/* How this side ends a connection: with an application's code, or because the peer is not wanted. */
typedef struct {
  bool denied;
  uint64_t code;
  const char *reason;
  size_t reason_len;
} goodbye_t;

/* A connection and its place in the endpoint. */
typedef struct {
  iroh_endpoint_t *ep;
  quic_conn_t *quic;
  struct dial *dial;           /* while it is dialled, `quic` being one of the attempts; else NULL */
  struct kept_cids *kept_cids; /* then: connection ids of attempts that are over (host.c) */
  iroh_handle_t handle;        /* 0 once its end was told */
  list_node_t all_node, dial_node, dirty_node, eventful_node, blocked_node;
  heap_node_t timer;
  bool called;              /* direct: the peer has called by a relay, and nothing has come directly since */
  uint64_t stalled_since;   /* stall.c; 0: it is not */
  uint64_t stall_check_at;  /* then: when it is looked at again */
  bool knows_relay;         /* dialled: one of the candidates is a relay */
  uint64_t ticked_at;       /* the last paths_tick */
  uint64_t heard_at;        /* when anything of the peer's came last */
  uint64_t asked_at;        /* when what is unanswered was first sent, nothing having come since; 0: nothing is */
  uint64_t nudge_at;        /* when the peer is asked once more, if it still has not answered; past: that is over */
  size_t cid_count;         /* entries of the endpoint's cids that lead here */
  bool announced;           /* ACCEPTED or CONNECTED was told */
  bool asked_again;         /* whether it may in, when it came to be */
  bool refused;             /* it may not */
  unsigned refuses;         /* IROH_REFUSE_ */
  bool counted;             /* among the accepted connections of its NodeId */
  bool in_handshake;        /* counted among the handshakes in flight */
  handshake_place_t *place; /* accepted connections: its place among the endpoint's handshakes; NULL: it needs none */
  list_t reset_tokens;      /* that the peer gave us */
  /* Dialled connections: QUIC sees one path, `seen`, from the first flight on. Once the dial is over the packets go to
   * `used`, whatever QUIC calls it, until QUIC moves to another path. */
  quic_path_t seen, used;
  candidate_t *candidates;
  size_t candidate_count;
  size_t next_candidate; /* to be tried next, while relayed */
  uint64_t move_at;      /* when to try; QUIC_NEVER: not */
  unsigned moves_failed;
  bool answered;         /* this round: an address has answered a probe, and is being validated */
  bool on_hearsay;       /* dialled: others named the addresses, and not the program */
  bool hearsay_heard;    /* then: something has answered */
  unsigned hearsay_left; /* then: datagrams to addresses that are not proved */
  address_t proved;      /* where the peer has answered last, in a way that only it can; empty: nowhere */
  peer_t *peer;          /* while direct ways to it are looked for; NULL: not */
  survey_t survey;       /* dialled connections, while direct */
  /* Accepted connections: the relay the peer came by last, and the one before; NULL: none. */
  relay_peer_t *accepted_via, *accepted_before;
  address_t follows;                /* accepted connections: where QUIC sends to; empty: it has not been asked */
  struct path_names *path_names;    /* of paths that were left; NULL: none was */
  uint64_t paths_named;             /* dialled connections: names given to paths so far (path-names.c) */
  char path_text[IROH_ADDRESS_MAX]; /* of the PATH event being told */
  void *link;                       /* the service's, which has taken the connection over; NULL: it has not */
  iroh_system_error_t trouble;      /* what the system said last of datagrams to the peer; number 0: nothing, or it has
                                       been heard since */
} conn_t;

/* A system error that the program was told of. */
typedef struct {
  int error;
  const char *call;
  uint64_t at;
} told_t;

/* A question to a STUN server that has no answer yet; the oldest gives way. */
typedef struct {
  address_t server; /* empty: none */
  uint8_t transaction[12];
} stun_open_t;

struct iroh_endpoint {
  uv_loop_t *loop;
  const udp_callbacks_t *socket_hooks;    /* loop.c's */
  const netlink_callbacks_t *watch_hooks; /* loop.c's */
  iroh_endpoint_config_t config;          /* its pointers are not kept */
  quic_config_t quic_config;
  quic_budget_t budget, sending; /* what all connections hold unread, and unacknowledged */
  key_pair_t *key;
  struct tls_identity *identity;
  char **alpns;
  size_t alpn_count;
  bytes_map_t allowed, denied; /* by NodeId; the value is the endpoint itself */
  bytes_map_t cids;            /* connection id -> conn_t */
  bytes_map_t tokens;          /* NodeId -> token_t, for our next dial */
  map_t conns, streams;        /* handle -> conn_t, quic_stream_t */
  relay_peers_t relay_peers;
  bytes_map_t peers;    /* NodeId -> peer_t */
  bytes_map_t accepted; /* NodeId -> how many of its connections are open, as a pointer */
  heap_t peer_timers;
  disco_candidate_t own_candidates[DISCO_CANDIDATES_MAX];
  size_t own_candidate_count;
  target_share_t targets;            /* used of the endpoint's share of what may go to addresses that are not proved */
  uint64_t searches_until, searches; /* a bound on port searches a minute */
  stun_open_t stun_open[STUN_OPEN_MAX];
  size_t stun_next;
  struct note *notes;
  size_t note_count;
  iroh_handle_t last_handle;
  list_t sockets, all, dials /* in their handshake */, dirty, eventful, blocked;
  heap_t timers;
  ep_timer_t timer;
  uv_prepare_t prepare;
  netlink_t netlink;
  uint64_t watch_at;        /* when it is opened again; QUIC_NEVER: not */
  unsigned network_changes; /* to be told */
  told_t told[8];
  const service_t *service; /* NULL: none */
  void *service_self;
  unsigned handles_open; /* uv handles not closed yet */
  udp_buffers_t *rx;
  uint8_t *tx;
  buffer_t spare_text;
  handshakes_t handshakes, begun; /* of peers: those in flight, and those begun in the last second */
  answer_limits_t answer_limits;
  reset_tokens_t reset_tokens; /* -> conn_t */
  quic_retry_t *retry;
  iroh_event_t *events;
  size_t event_count, event_cap;
  uint8_t **datagrams; /* given with this batch, freed after it */
  size_t datagram_count, datagram_cap;
  struct refusal *refusals;
  size_t refusal_count;
  iroh_metrics_t metrics;
  unsigned late_turns; /* late.c: how many more turns of the loop deadlines wait; 0: they do not */
  bool reffed, reading, telling, closing, abandoned, shut, watches_network;
  uint64_t close_deadline;
};

#endif
