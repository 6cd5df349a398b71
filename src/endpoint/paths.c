/* SPDX-License-Identifier: MIT
 * Which path a connection takes, once it is up; dial.c has what comes before. From a relay it tries to move to a direct
 * address, and back when that one falls silent. Only the side that dialled moves (RFC 9000 section 9); the other
 * follows. Only packets that the peer has sealed count: anybody can send others. */
#include "endpoint/paths.h"

#include <errno.h>
#include <sodium/randombytes.h>
#include <stdlib.h>
#include <string.h>

#include "base/system-error.h"
#include "endpoint/notes.h"
#include "endpoint/path-names.h"
#include "endpoint/peer.h"
#include "endpoint/relay.h"
#include "endpoint/route.h"
#include "endpoint/sockets.h"
#include "endpoint/survey.h"
#include "endpoint/turn.h"

#define NS_PER_MS UINT64_C(1000000)
#define RELAY_PREFIX "relay:"
/* Between rounds over all direct addresses, doubling up to the last. */
#define ROUND_FIRST (1000 * NS_PER_MS)
#define ROUND_LAST (60000 * NS_PER_MS)
/* A direct path is dead after this long, or so many round trips, with something unanswered. A peer that is busy for a
 * while is not gone. */
#define SILENCE_MAX (1500 * NS_PER_MS)
#define SILENCE_ROUND_TRIPS 3
/* A peer that does not answer for this long is asked again, at intervals, of which a part is random: many may have the
 * same peer. Probe timeouts double each time, and keep-alives have none: a peer that was restarted, or out of reach, would
 * be noticed long after it is back. */
#define NUDGE_AFTER (1000 * NS_PER_MS)
#define NUDGE_EVERY (375 * NS_PER_MS)
#define NUDGE_JITTER_MS 250
/* A direct path that brought nothing for this long is dead if the peer calls by a relay. */
#define SILENCE (500 * NS_PER_MS)

/* ---- where the peer may be ----------------------------------------------------------------------- */

static int add_relay(conn_t *conn, const uint8_t node_id[IROH_KEY_BYTES], const char *number) {
  char *end;
  unsigned long relay = strtoul(number, &end, 10);
  if (*number == '\0' || *end != '\0' || relay >= RELAYS_MAX) return IROH_ERR_INVALID_ADDRESS;
  relay_peer_t *peer = relay_peers_use(&conn->ep->relay_peers, (uint16_t)relay, node_id);
  if (peer == NULL) return IROH_ERR_NO_MEMORY;
  quic_path_t path = {.local = relay_address((uint16_t)relay, 0),
                      .remote = relay_address((uint16_t)relay, peer->number)};
  if (route_find(conn, &path.remote) != NULL) {
    relay_peers_release(&conn->ep->relay_peers, peer);
    return 0;
  }
  conn->candidates[conn->candidate_count++] = (candidate_t){.path = path, .relay = peer};
  conn->knows_relay = true;
  /* From now on: who accepts may call before we know that we are through. */
  if (conn->peer == NULL) conn->peer = peer_use(conn->ep, node_id, (uint16_t)relay);
  return 0;
}

static int add_direct(conn_t *conn, const char *text) {
  quic_path_t path = {0};
  int rv = address_parse(text, &path.remote);
  if (rv != 0) return rv;
  if (address_port(&path.remote) == 0 || address_is_wildcard(&path.remote) || address_is_made_up(&path.remote))
    return IROH_ERR_INVALID_ADDRESS;
  socket_t *socket = sockets_for(conn->ep, &path.remote);
  if (socket == NULL || route_find(conn, &path.remote) != NULL) return 0;
  path.socket = socket;
  path.local = udp_source_address(&socket->udp, &path.remote);
  conn->candidates[conn->candidate_count++].path = path;
  return 0;
}

int paths_add_dialled(conn_t *conn, const uint8_t node_id[IROH_KEY_BYTES], const char *const *addresses, size_t count) {
  if (count == 0) return IROH_ERR_NO_ADDRESS;
  if (count > CANDIDATES_MAX) count = CANDIDATES_MAX;
  conn->move_at = QUIC_NEVER;
  conn->candidates = calloc(count, sizeof *conn->candidates);
  if (conn->candidates == NULL) return IROH_ERR_NO_MEMORY;
  for (size_t i = 0; i < count; i++) {
    bool relay = strncmp(addresses[i], RELAY_PREFIX, strlen(RELAY_PREFIX)) == 0;
    int rv = relay ? add_relay(conn, node_id, addresses[i] + strlen(RELAY_PREFIX)) : add_direct(conn, addresses[i]);
    if (rv != 0) return rv;
  }
  if (conn->candidate_count > 0) return 0;
  /* This endpoint has sockets of the other family only. */
  address_t first = {.len = 0};
  (void)address_parse(addresses[0], &first);
  return system_refused(IROH_ERR_UNREACHABLE, EAFNOSUPPORT, "socket", &first);
}

void paths_deinit(conn_t *conn) {
  relay_peers_t *peers = &conn->ep->relay_peers;
  for (size_t i = 0; i < conn->candidate_count; i++)
    if (conn->candidates[i].relay != NULL) relay_peers_release(peers, conn->candidates[i].relay);
  if (conn->accepted_via != NULL) relay_peers_release(peers, conn->accepted_via);
  if (conn->accepted_before != NULL) relay_peers_release(peers, conn->accepted_before);
  if (conn->peer != NULL) peer_release(conn->ep, conn->peer);
  free(conn->path_names);
  conn->peer = NULL;
  free(conn->candidates);
  conn->candidates = NULL;
  conn->candidate_count = 0;
  conn->accepted_via = conn->accepted_before = NULL;
}

/* ---- packets in and out -------------------------------------------------------------------------- */

/* The path QUIC is told for a dialled connection's datagram: for every address of the peer that we know, the one in
 * use. The peer may send on several for a while, and must get answers to what it asks on those we have left; ngtcp2
 * would not look at it there. */
static quic_path_t name_path(conn_t *conn, socket_t *socket, const udp_message_t *message) {
  quic_path_t now;
  quic_conn_path(conn->quic, &now);
  bool known = route_candidate(conn, &message->remote) != NULL || address_equal(&message->remote, &conn->used.remote) ||
               address_equal(&message->remote, &now.remote);
  return known ? now : (quic_path_t){.local = now.local, .remote = message->remote, .socket = socket};
}

/* An accepted connection came by a relay, or comes by one now: its peer's made-up address must live as long as it. So
 * must the one before: QUIC goes back to it when the new one does not answer. */
static void hold_relay(conn_t *conn, const relay_peer_t *peer) {
  relay_peers_t *peers = &conn->ep->relay_peers;
  if (conn->accepted_via != NULL && conn->accepted_via->number == peer->number) return;
  relay_peer_t *before = conn->accepted_before;
  conn->accepted_before = conn->accepted_via;
  conn->accepted_via = relay_peers_use(peers, peer->relay, peer->node_id);
  if (before != NULL) relay_peers_release(peers, before);
  if (conn->announced && conn->peer == NULL) conn->peer = peer_use(conn->ep, peer->node_id, peer->relay);
}

static const relay_peer_t *relay_peer_of(const conn_t *conn, const address_t *remote) {
  uint16_t relay;
  uint64_t number;
  if (!relay_address_read(remote, &relay, &number)) return NULL;
  return map_get(&conn->ep->relay_peers.by_number, number);
}

/* Before its handshake is over a connection has the relay that its first packet came by, and no other. */
static void hold_first_relay(conn_t *conn, const address_t *remote) {
  quic_path_t path;
  if (!quic_conn_is_server(conn->quic) || quic_conn_state(conn->quic) != QUIC_HANDSHAKE) return;
  quic_conn_path(conn->quic, &path);
  const relay_peer_t *peer = address_equal(&path.remote, remote) ? relay_peer_of(conn, remote) : NULL;
  if (peer != NULL) hold_relay(conn, peer);
}

/* The peer itself has sent something. */
static void heard(conn_t *conn, const address_t *remote, uint64_t now) {
  conn->heard_at = now;
  conn->asked_at = 0;
  conn->trouble.number = 0;
  conn->called = false;
  const relay_peer_t *peer = quic_conn_is_server(conn->quic) ? relay_peer_of(conn, remote) : NULL;
  if (peer != NULL && memcmp(peer->node_id, quic_conn_peer(conn->quic), IROH_KEY_BYTES) == 0) hold_relay(conn, peer);
}

quic_path_t paths_received(conn_t *conn, socket_t *socket, const udp_message_t *message) {
  if (socket == NULL) hold_first_relay(conn, &message->remote);
  return quic_conn_is_server(conn->quic) ? path_names_accepted(conn, socket, message)
                                         : name_path(conn, socket, message);
}

void paths_read(conn_t *conn, const address_t *remote, bool opened, uint64_t now) {
  if (quic_conn_is_server(conn->quic)) path_names_moved(conn);
  if (opened && quic_conn_state(conn->quic) == QUIC_OPEN) heard(conn, remote, now);
}

/* ---- moving -------------------------------------------------------------------------------------- */

static candidate_t *next_candidate(conn_t *conn, bool relay) {
  for (size_t tried = 0; tried < conn->candidate_count; tried++) {
    candidate_t *candidate = &conn->candidates[conn->next_candidate];
    conn->next_candidate = (conn->next_candidate + 1) % conn->candidate_count;
    if ((candidate->relay != NULL) == relay) return candidate;
  }
  return NULL;
}

static void plan_next_round(conn_t *conn, uint64_t now) {
  conn->answered = false;
  uint64_t wait = conn->moves_failed < 6 ? ROUND_FIRST << conn->moves_failed : ROUND_LAST;
  conn->moves_failed++;
  conn->move_at = now + (wait < ROUND_LAST ? wait : ROUND_LAST);
}

/* Both sides look for a direct way at the same time; each begins a round when it finds itself relayed. */
static void look_for_direct(conn_t *conn, uint64_t now) {
  uint16_t relay;
  uint64_t number;
  quic_path_t path = route_now(conn);
  if (!relay_address_read(&path.remote, &relay, &number)) return;
  if (conn->peer == NULL) conn->peer = peer_use(conn->ep, quic_conn_peer(conn->quic), relay);
  if (conn->peer != NULL) peer_start(conn->ep, conn->peer, now);
}

/* A direct address is validated while the relay still carries everything, and used once it has answered. */
static void try_direct(conn_t *conn, uint64_t now) {
  conn->move_at = QUIC_NEVER;
  if (!route_is_relayed(conn)) return;
  if (conn->moves_failed > 0) look_for_direct(conn, now);
  candidate_t *candidate = next_candidate(conn, false);
  if (candidate == NULL) {
    plan_next_round(conn, now);
    return;
  }
  quic_path_t path = path_names_dialled(conn, &candidate->path);
  if (quic_conn_probe(conn->quic, &path, now) != 0) plan_next_round(conn, now);
}

void paths_opened(conn_t *conn, uint64_t now) {
  if (!route_is_relayed(conn)) return;
  peer_tell_candidates(conn);
  if (!quic_conn_is_server(conn->quic)) conn->move_at = now;
  look_for_direct(conn, now);
}

static candidate_t *add_answered(conn_t *conn, socket_t *socket, const address_t *address) {
  for (size_t i = 0; i < conn->candidate_count; i++) {
    candidate_t *known = &conn->candidates[i];
    if (known->path.socket == socket && address_equal(&known->path.remote, address)) return known;
  }
  /* Those dialled stay; of those that came to be known later the last gives way. */
  if (conn->candidate_count < 2 * CANDIDATES_MAX || conn->dial != NULL) {
    if (conn->candidate_count == 2 * CANDIDATES_MAX) return NULL;
    candidate_t *grown = realloc(conn->candidates, (conn->candidate_count + 1) * sizeof *grown);
    if (grown == NULL) return NULL;
    conn->candidates = grown;
    conn->candidate_count++;
  }
  candidate_t *candidate = &conn->candidates[conn->candidate_count - 1];
  *candidate = (candidate_t){.path = {.remote = *address, .socket = socket}};
  candidate->path.local = udp_source_address(&socket->udp, address);
  return candidate;
}

/* A direct address of the peer has answered a probe. */
static void answered(conn_t *conn, const peer_news_t *news, uint64_t now) {
  if (quic_conn_is_server(conn->quic)) return;
  if (!route_is_relayed(conn)) {
    survey_answered(conn, news->socket, &news->address, news->rtt);
    return;
  }
  candidate_t *candidate = add_answered(conn, news->socket, &news->address);
  /* The first answer of a round is followed, in place of whatever QUIC is trying meanwhile. */
  if (candidate == NULL || conn->answered) return;
  conn->answered = true;
  quic_path_t path = path_names_dialled(conn, &candidate->path);
  conn->move_at = quic_conn_probe(conn->quic, &path, now) == 0 ? QUIC_NEVER : now;
  turn_mark(conn);
}

void paths_changed(conn_t *conn, bool validated, uint64_t now) {
  if (quic_conn_is_server(conn->quic)) {
    if (!route_is_relayed(conn) && conn->peer != NULL) peer_stop(conn->ep, conn->peer);
    return;
  }
  if (validated && !route_is_relayed(conn)) {
    conn->moves_failed = 0;
    conn->move_at = QUIC_NEVER;
    conn->answered = false;
    if (conn->peer != NULL) peer_stop(conn->ep, conn->peer);
    if (!conn->survey.done) survey_plan(conn, now);
  } else if (route_is_relayed(conn)) {
    plan_next_round(conn, now);
  }
}

bool paths_fall_back(conn_t *conn, uint64_t now) {
  if (quic_conn_is_server(conn->quic) || route_is_relayed(conn)) return false;
  candidate_t *relay = next_candidate(conn, true);
  if (relay == NULL) return false;
  quic_path_t path = path_names_dialled(conn, &relay->path);
  if (quic_conn_migrate(conn->quic, &path, now) != 0) return false;
  survey_cancel(conn);
  conn->survey.done = false;
  plan_next_round(conn, now);
  turn_mark(conn);
  return true;
}

/* The peer has called by a relay: if its direct path has been silent, it is dead. */
static void called(conn_t *conn, uint64_t now) {
  if (quic_conn_is_server(conn->quic) || quic_conn_state(conn->quic) != QUIC_OPEN || route_is_relayed(conn)) return;
  if (now - conn->heard_at > SILENCE) {
    paths_fall_back(conn, now);
  } else {
    conn->called = true;
    turn_mark(conn);
  }
}

void paths_take_news(iroh_endpoint_t *ep, const peer_news_t *news, uint64_t now) {
  list_for_each(node, &ep->all) {
    conn_t *conn = container_of(node, conn_t, all_node);
    if (conn->peer != news->peer) continue;
    if (news->socket != NULL) {
      notes_address(conn, IROH_EVENT_PROBE, &news->address, news->rtt / 1000);
      answered(conn, news, now);
    }
    if (!news->called) continue;
    peer_tell_candidates(conn);
    called(conn, now);
  }
}

/* Acknowledgements get no answer, so that what counts is whether anything is in flight. */
void paths_sent(conn_t *conn, uint64_t now) {
  if (quic_conn_is_quiet(conn->quic))
    conn->asked_at = 0;
  else if (conn->asked_at == 0)
    conn->asked_at = now;
}

/* When the path counts as dead. Probe timeouts would come late: each packet sent starts their timer anew (RFC 9002
 * section 6.2.1). */
static uint64_t silent_at(const conn_t *conn) {
  if (conn->asked_at == 0) return QUIC_NEVER;
  if (conn->called) return conn->asked_at + SILENCE;
  uint64_t patience = SILENCE_ROUND_TRIPS * quic_conn_rtt(conn->quic);
  return conn->asked_at + (patience > SILENCE_MAX ? patience : SILENCE_MAX);
}

/* Since when an answer of the peer is due: to what we sent, or to our next keep-alive. */
static uint64_t due_since(const conn_t *conn) {
  uint64_t keep_alive = conn->ep->quic_config.keep_alive;
  if (conn->asked_at != 0) return conn->asked_at;
  return keep_alive != 0 ? conn->heard_at + keep_alive : QUIC_NEVER;
}

/* When a dialled peer is asked once more. */
static uint64_t nudge_at(const conn_t *conn) {
  if (quic_conn_is_server(conn->quic)) return QUIC_NEVER;
  uint64_t since = due_since(conn);
  if (since == QUIC_NEVER) return QUIC_NEVER;
  return conn->nudge_at > since ? conn->nudge_at : since + NUDGE_AFTER;
}

static void nudge(conn_t *conn, uint64_t now) {
  conn->nudge_at = now + NUDGE_EVERY + randombytes_uniform(NUDGE_JITTER_MS) * NS_PER_MS;
  quic_conn_nudge(conn->quic);
  turn_mark(conn);
}

static uint64_t sooner(uint64_t a, uint64_t b) { return a < b ? a : b; }

uint64_t paths_deadline(const conn_t *conn) {
  if (quic_conn_state(conn->quic) != QUIC_OPEN) return QUIC_NEVER;
  uint64_t nudge = nudge_at(conn);
  if (!conn->knows_relay) return nudge;
  uint64_t silent = silent_at(conn);
  bool waiting = silent > conn->ticked_at && !route_is_relayed(conn);
  uint64_t next = sooner(nudge, sooner(conn->move_at, conn->survey.due_at));
  return waiting ? sooner(silent, next) : next;
}

void paths_tick(conn_t *conn, uint64_t now) {
  conn->ticked_at = now;
  if (quic_conn_state(conn->quic) != QUIC_OPEN) return;
  bool dead = silent_at(conn) <= now && !route_is_relayed(conn);
  if (quic_conn_is_server(conn->quic)) {
    /* Only the dialler can move; it may have nothing to send and not know. */
    if (dead && conn->peer != NULL) peer_start(conn->ep, conn->peer, now);
    return;
  }
  if (nudge_at(conn) <= now) nudge(conn, now);
  if (conn->move_at <= now) try_direct(conn, now);
  survey_tick(conn, now);
  if (dead) paths_fall_back(conn, now);
}

/* The host has another network: addresses that were out of reach may be in reach now. */
static void forget_unreachable(conn_t *conn) {
  for (size_t i = 0; i < conn->candidate_count; i++) conn->candidates[i].unreachable = false;
}

static void use_fresh_socket(iroh_endpoint_t *ep, quic_path_t *path) {
  socket_t *socket = sockets_for(ep, &path->remote);
  if (socket == NULL) return;
  path->socket = socket;
  path->local = udp_source_address(&socket->udp, &path->remote);
}

void paths_network_changed(conn_t *conn, uint64_t now) {
  if (conn->dial != NULL) forget_unreachable(conn);
  if (quic_conn_state(conn->quic) != QUIC_OPEN) return;
  conn->survey.done = false;
  if (route_is_relayed(conn)) {
    conn->moves_failed = 0;
    if (!quic_conn_is_server(conn->quic)) conn->move_at = now;
    look_for_direct(conn, now);
  } else if (quic_conn_is_server(conn->quic)) {
    /* Only the dialler can move. What we send it now comes from a stranger. */
    if (conn->peer != NULL) peer_start(conn->ep, conn->peer, now);
  } else {
    /* The same path under another name: a PATH_CHALLENGE leaves at once, from whatever address the host has now. */
    quic_path_t path = route_now(conn);
    path = path_names_dialled(conn, &path);
    quic_conn_migrate(conn->quic, &path, now);
  }
  turn_mark(conn);
}

void paths_rebind(conn_t *conn, uint64_t now) {
  if (quic_conn_is_server(conn->quic)) return;
  conn->survey.done = false;
  for (size_t i = 0; i < conn->candidate_count; i++)
    if (conn->candidates[i].relay == NULL) use_fresh_socket(conn->ep, &conn->candidates[i].path);
  quic_path_t path = route_now(conn);
  if (conn->dial != NULL) forget_unreachable(conn);
  if (conn->dial != NULL) return;
  if (route_is_relayed(conn)) {
    conn->move_at = now;
  } else {
    use_fresh_socket(conn->ep, &path);
    path = path_names_dialled(conn, &path);
    if (quic_conn_migrate(conn->quic, &path, now) != 0) return;
    conn->seen = conn->used = path;
  }
  turn_mark(conn);
}
