/* SPDX-License-Identifier: MIT
 * What the files of this room share. An endpoint joins the rooms below: datagrams from `net` go to connections of
 * `quic`, their packets back, and what happened goes up in one batch a turn (drain.c). */
#ifndef IROH_ENDPOINT_INTERNAL_H
#define IROH_ENDPOINT_INTERNAL_H

#include "base/base.h"
#include "base/bytes_map.h"
#include "base/heap.h"
#include "base/key.h"
#include "base/list.h"
#include "base/map.h"
#include "endpoint/peer.h"
#include "endpoint/relay.h"
#include "endpoint/timer.h"
#include "gossip/hints.h"
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

#define SOCKETS_MAX 16
#define CANDIDATES_MAX 32
#define STUN_OPEN_MAX 32

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
  struct dial *dial;    /* while it is dialled, `quic` being one of the attempts; else NULL */
  iroh_handle_t handle; /* 0 once its end was told */
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
  struct swarm_link *link;          /* the connection is a swarm's; NULL: not */
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

struct attempt;

struct iroh_endpoint {
  uv_loop_t *loop;
  iroh_endpoint_config_t config; /* its pointers are not kept */
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
  gossip_hints_t hints; /* what gossip neighbours' words are worth */
  map_t swarms, topics; /* handle -> swarm_t, swarm_topic_t */
  heap_t gossip_timers;
  list_t gossip_events; /* to be told */
  size_t gossip_event_count;
  list_t gossip_paused;  /* readers that go on when those were told */
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
  unsigned late_turns;        /* late.c: how many more turns of the loop deadlines wait; 0: they do not */
  unsigned gossip_graces;     /* late.c: in a row */
  uint64_t gossip_not_before; /* then: its deadlines wait until here */
  bool reffed, reading, telling, closing, abandoned, shut, watches_network;
  uint64_t close_deadline;
};

/* receive.c */
extern const udp_callbacks_t endpoint_udp_callbacks;

/* flush.c */
#define TX_BUFFER_SIZE (UDP_BATCH_BYTES + QUIC_MAX_UDP_PAYLOAD)
/* Writes the packets of every changed connection, sets the timers, frees what is gone. */
void endpoint_flush(iroh_endpoint_t *ep);
/* The connection may have packets to write, events, or another deadline. */
void endpoint_changed(conn_t *conn);
/* Writes what an attempt of a dial has to send. False: a socket is full. */
bool endpoint_write_attempt(conn_t *conn, const struct attempt *attempt, uint64_t now, size_t *written);
/* Writes this connection's packets now, in the middle of a turn: for much data, so that the peer works meanwhile. */
void endpoint_flush_early(conn_t *conn);
/* Connections that waited for a socket try again. */
void endpoint_wake_blocked(iroh_endpoint_t *ep);
/* The socket takes datagrams again. */
void endpoint_writable(socket_t *socket);

/* receive.c: a datagram that came in, by a socket or (NULL) a relay. */
void endpoint_receive(iroh_endpoint_t *ep, socket_t *socket, const udp_message_t *message, const uint8_t *data,
                      size_t len, uint64_t now);

/* accept.c */
/* A datagram that is no connection's. */
void endpoint_receive_unknown(iroh_endpoint_t *ep, socket_t *socket, const udp_message_t *message, const uint8_t *data,
                              size_t len, const quic_packet_t *packet, uint64_t now);
/* After a datagram of a connection: its place among the handshakes follows what it has come to. */
void conn_handshake_progress(conn_t *conn);
/* The connection is no handshake any more, or gone. */
void conn_release_place(conn_t *conn);
/* An accepted connection is to be told. False: its NodeId has as many as it may, and it is being closed. */
bool conn_admit(conn_t *conn, uint64_t now);
/* It was told to be over. */
void conn_uncount(conn_t *conn);

/* drain.c */
/* Tells the datagrams that are to go by relays. */
void endpoint_drain_relay(iroh_endpoint_t *ep);
/* Tells everything that happened, in one call of on_events. */
void endpoint_drain(iroh_endpoint_t *ep);
/* Notes where a STUN server sees us. */
void endpoint_note_observed(iroh_endpoint_t *ep, const address_t *server, const address_t *observed);
/* Notes an address of a connection's peer: IROH_EVENT_CANDIDATE or _PROBE. */
void endpoint_note_address(const conn_t *conn, iroh_event_kind_t kind, const address_t *address, uint64_t number);
/* Notes what the system said. False: there is no room for it now. */
bool endpoint_note_system(iroh_endpoint_t *ep, const iroh_system_error_t *system);
/* Notes a NodeId that the allowlist turned away. */
void endpoint_note_refusal(iroh_endpoint_t *ep, const uint8_t node_id[IROH_KEY_BYTES]);
void endpoint_drain_deinit(iroh_endpoint_t *ep);

/* relieve.c */
/* Closes connections if more is held unread than the endpoint takes. Not while anything is being told. */
void endpoint_relieve(iroh_endpoint_t *ep);

/* policy.c: asks the lists, then the program. A refusal is noted. */
bool endpoint_authorize(iroh_endpoint_t *ep, const uint8_t node_id[IROH_KEY_BYTES]);
/* Asks once more about the connections that came to be: a peer may have held its last flight back, and the lists may
 * have changed since its key was looked at. To be called before any event is gathered, since the program may release
 * what events point to. It may also abandon the endpoint. */
void endpoint_authorize_opened(iroh_endpoint_t *ep);

/* sockets.c */
int endpoint_open_sockets(iroh_endpoint_t *ep, const char *const *binds, size_t count);
/* The socket to reach an address of this family from; NULL: none. */
socket_t *endpoint_socket_for(iroh_endpoint_t *ep, const address_t *remote);
/* The socket of a path, or, if that was shut since QUIC learned of the path, another one; NULL: none. */
socket_t *endpoint_live_socket(iroh_endpoint_t *ep, const quic_path_t *path);
/* Opens one more socket to reach an address from, bound where the others are, to be shut at `retire_at` unless a
 * connection uses it then. NULL: the host has none, or there are too many. */
socket_t *endpoint_open_spare(iroh_endpoint_t *ep, const address_t *to, uint64_t retire_at);
void endpoint_socket_closed(socket_t *socket);
/* Shuts retired sockets that are due; returns when the next one is. */
uint64_t endpoint_retire_sockets(iroh_endpoint_t *ep, uint64_t now);
/* Receiving has failed: the socket is left alone for a while. */
void endpoint_deafen(socket_t *socket, uint64_t now);
/* Listens to such sockets again; returns when the next one is due. */
uint64_t endpoint_listen_again(iroh_endpoint_t *ep, uint64_t now);

/* watch.c */
/* Listens to what the host says of its network; tries again later where it cannot. */
void endpoint_watch_begin(iroh_endpoint_t *ep);
uint64_t endpoint_watch_again(iroh_endpoint_t *ep, uint64_t now);
void endpoint_watch_end(iroh_endpoint_t *ep);

/* trouble.c */
/* Whether a datagram that the system refused so would be refused again: for want of a route or a permission, not of memory
 * or room in a queue. */
bool trouble_is_lasting(int error);
/* The system says that datagrams of the connection do not leave, or do not arrive. */
void trouble_note(conn_t *conn, int error, const char *call, const address_t *remote);
/* A send has failed: counts it, and tells the program what it should know. */
void trouble_of_send(iroh_endpoint_t *ep, const udp_socket_t *socket, const address_t *remote);
/* The system refused a call that is made again later: the program is told, seldom. */
void endpoint_tell_system(iroh_endpoint_t *ep, int error, const char *call, const address_t *address);

/* conn.c */
extern const quic_host_t endpoint_quic_host;
conn_t *conn_new(iroh_endpoint_t *ep);
void conn_free(conn_t *conn);
conn_t *conn_of_handle(iroh_endpoint_t *ep, iroh_handle_t handle);
/* One more handshake of a connection that is dialled. */
int conn_new_quic(conn_t *conn, const uint8_t node_id[IROH_KEY_BYTES], const char *alpn, size_t alpn_len,
                  const quic_path_t *path, uint64_t now, quic_conn_t **out);
/* This side ends it. */
void conn_end(conn_t *conn, const goodbye_t *goodbye, uint64_t now);
/* When conn_tick is due; QUIC_NEVER for never. */
uint64_t conn_deadline(const conn_t *conn);
void conn_tick(conn_t *conn, uint64_t now);
void conn_leave_handshake(conn_t *conn);
/* Its end was told: its handle and those of its streams are dead. */
void conn_forget(conn_t *conn);

/* late.c */
/* At a deadline: whether it waits, since the loop was away and what came meanwhile is not read yet. */
bool late_holds(iroh_endpoint_t *ep, uint64_t now);
/* Once a turn of the loop, before it waits: whether what waited is to be looked at now. */
bool late_is_over(iroh_endpoint_t *ep);

/* peer.c */
/* The peer, made known if it was not; one more connection counts on it. NULL: out of memory, or no possible peer. */
peer_t *peer_use(iroh_endpoint_t *ep, const uint8_t node_id[IROH_KEY_BYTES], uint16_t relay);
void peer_release(iroh_endpoint_t *ep, peer_t *peer);
/* A round of probes begins, or all end. */
void peer_start(iroh_endpoint_t *ep, peer_t *peer, uint64_t now);
void peer_stop(iroh_endpoint_t *ep, peer_t *peer);
/* Another address of the peer, to be pinged with the next survey; how many there are; and a survey. */
void peer_add(peer_t *peer, const address_t *address, uint64_t now);
size_t peer_known(const peer_t *peer);
void peer_survey(iroh_endpoint_t *ep, peer_t *peer, uint64_t now);
/* Notes the addresses of a connection's peer that the program has not heard of. */
void peer_tell_candidates(const conn_t *conn);
/* Sends the probes that are due. */
void peers_tick(iroh_endpoint_t *ep, uint64_t now);
/* Takes a datagram that is a probe or an answer of a STUN server; else false. */
bool endpoint_receive_probe(iroh_endpoint_t *ep, socket_t *socket, const udp_message_t *message, const uint8_t *data,
                            size_t len, uint64_t now);

/* paths.c */
/* The peer has called by a relay: if its direct path has been silent, it is dead. */
void paths_called(conn_t *conn, uint64_t now);
/* A direct address of the peer has answered a probe from that socket. */
void paths_answered(conn_t *conn, socket_t *socket, const address_t *address, uint64_t rtt, uint64_t now);
/* Moves a dialled connection from a direct path to the relay. False: it cannot. */
bool paths_fall_back(conn_t *conn, uint64_t now);
/* Whether it is open and not direct. */
bool paths_wants_direct(const conn_t *conn);
/* Takes the addresses of a dial: "ip:port", or "relay:<number>". */
int paths_add_dialled(conn_t *conn, const uint8_t node_id[IROH_KEY_BYTES], const char *const *addresses, size_t count);
/* The candidate that a datagram's sender stands for; NULL: none. */
candidate_t *paths_candidate_of(conn_t *conn, const address_t *remote);
void paths_deinit(conn_t *conn);
/* A datagram for this connection came in. `socket` NULL: by a relay. */
void conn_received(conn_t *conn, socket_t *socket, const udp_message_t *message, const uint8_t *data, size_t len,
                   uint64_t now);
/* Where a packet that QUIC wants on `path` really goes. */
const quic_path_t *conn_route(const conn_t *conn, const quic_path_t *path);
/* The connection is up: from a relay it tries to get away. */
void paths_opened(conn_t *conn, uint64_t now);
/* QUIC has validated a path, or given one up. */
void paths_changed(conn_t *conn, bool validated, uint64_t now);
/* Called at the connection's deadlines: tries the next direct path, or goes back to the relay when nothing comes. */
void paths_tick(conn_t *conn, uint64_t now);
/* Packets were written. */
void paths_sent(conn_t *conn, uint64_t now);
/* When paths_tick is due; QUIC_NEVER for never. */
uint64_t paths_deadline(const conn_t *conn);
/* The host's addresses or routes have changed. */
void paths_network_changed(conn_t *conn, uint64_t now);
/* The endpoint has fresh sockets: a dialled connection moves onto them. */
void paths_rebind(conn_t *conn, uint64_t now);

/* stall.c: whether anything but keep-alives gets through to the peer, after a packet of the peer's and at
 * stall_deadline: else it moves to the relay, or ends. */
void stall_check(conn_t *conn, uint64_t now);
uint64_t stall_deadline(const conn_t *conn);
/* Whether what the connection writes is not to be sent. */
bool stall_is_mute(const conn_t *conn);

/* targets.c: whether so many datagrams may go to an address, for what word stands for it */
bool targets_take(iroh_endpoint_t *ep, const address_t *address, const uint8_t node_id[IROH_KEY_BYTES],
                  target_word_t word, unsigned count, uint64_t now);
/* The same for a dialled connection's packets. Those that may not are as lost on the way: QUIC sends them again. */
bool targets_allow(conn_t *conn, const address_t *remote, unsigned count);
/* The NodeId has answered from there. */
void targets_proved(iroh_endpoint_t *ep, const address_t *address, const uint8_t node_id[IROH_KEY_BYTES], uint64_t now);
/* The connection's peer has, at the path in use. */
void targets_path_proved(conn_t *conn, uint64_t now);
/* Whether a port search may begin. */
bool targets_search(const address_t *address, uint64_t now);

/* path-names.c */
/* The path of a datagram that came in, as QUIC is to know it; and what is to follow the reading of each. */
quic_path_t path_names_accepted(const conn_t *conn, socket_t *socket, const udp_message_t *message);
void path_names_moved(conn_t *conn);
/* The path that a dialled connection is to try, under a name that it never had. Where we dial, the kernel chooses the
 * local address in any case. */
quic_path_t path_names_dialled(conn_t *conn, const quic_path_t *path);

/* survey.c */
/* The connection has become direct: the others are to be looked at soon. */
void survey_plan(conn_t *conn, uint64_t now);
void survey_cancel(conn_t *conn);
/* Called at survey.due_at: begins or ends it, and moves the connection if that is better. */
void survey_tick(conn_t *conn, uint64_t now);
/* An address has answered a ping from that socket after `rtt` ns. */
void survey_answered(conn_t *conn, socket_t *socket, const address_t *address, uint64_t rtt);

/* gossip.c: the swarms of the endpoint, if it has any. */
int endpoint_gossip_init(iroh_endpoint_t *ep);
void endpoint_gossip_deinit(iroh_endpoint_t *ep);
/* The endpoint closes: without another word from the swarms. */
void endpoint_gossip_end(iroh_endpoint_t *ep);
void endpoint_gossip_tick(iroh_endpoint_t *ep, uint64_t now);
/* gossip-links.c: what happened on a connection of a swarm's. */
void endpoint_gossip_stream(conn_t *conn, quic_stream_t *stream, unsigned events);
void endpoint_gossip_streams_allowed(conn_t *conn);
/* The connection is over. `gone`: the endpoint ends, too, and nobody is told. */
void endpoint_gossip_closed(conn_t *conn, bool gone);
/* gossip-read.c: what was left unread goes on. */
void endpoint_gossip_resume(iroh_endpoint_t *ep);
/* gossip-events.c: fills a pushed event for each that waits, and forgets them after they were told. */
void endpoint_gossip_collect(iroh_endpoint_t *ep, iroh_event_t *(*push)(iroh_endpoint_t *ep));
void endpoint_gossip_told(iroh_endpoint_t *ep);

/* endpoint.c */
iroh_handle_t endpoint_new_handle(iroh_endpoint_t *ep);
/* One of the endpoint's uv handles is closed. */
void endpoint_handle_closed(iroh_endpoint_t *ep);
/* At the end of a turn: goes on with the closing of an endpoint, if it is closing. */
void endpoint_closing_step(iroh_endpoint_t *ep);
/* Ends an abandoned endpoint, outside of any read. */
void endpoint_abandoned(iroh_endpoint_t *ep);
/* Sets the timer to the earliest deadline. */
void endpoint_arm(iroh_endpoint_t *ep);

#endif
