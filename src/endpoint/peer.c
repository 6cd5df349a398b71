/* SPDX-License-Identifier: MIT */
#include "endpoint/peer.h"

#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "base/secret.h"
#include "endpoint/notes.h"
#include "endpoint/relay.h"
#include "endpoint/route.h"
#include "endpoint/sockets.h"
#include "endpoint/targets.h"
#include "endpoint/trouble.h"
#include "endpoint/turn.h"
#include "wire/stun.h"

#define NS_PER_S UINT64_C(1000000000)
/* A socket of a port search is kept as long as a NAT keeps its port: RFC 4787 section 4.3 has two minutes, many have 30 s. */
#define SPARE_LIFE (30 * NS_PER_S)
/* A peer could name somebody else's address to be searched. This many searches send 41 probes a second on average. */
#define SEARCHES_PER_MINUTE 4
/* A peer with all the addresses there is room for has 256 pings in a round. */
#define PINGS_PER_MINUTE 512

static uint64_t wall_ms(void) {
  struct timeval now;
  gettimeofday(&now, NULL);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_usec / 1000;
}

/* ---- a peer's life ------------------------------------------------------------------------------- */

peer_t *peer_use(iroh_endpoint_t *ep, const uint8_t node_id[IROH_KEY_BYTES], uint16_t relay) {
  peer_t *peer = bytes_map_get(&ep->peers, node_id, IROH_KEY_BYTES);
  if (peer == NULL) {
    peer = calloc(1, sizeof *peer);
    if (peer == NULL) return NULL;
    memcpy(peer->node_id, node_id, IROH_KEY_BYTES);
    if (punch_init(&peer->punch, key_pair_seed(ep->key), key_pair_public(ep->key), node_id) != 0 ||
        bytes_map_put(&ep->peers, node_id, IROH_KEY_BYTES, peer) != 0) {
      punch_deinit(&peer->punch);
      free(peer);
      return NULL;
    }
  }
  peer->relay = relay;
  peer->users++;
  return peer;
}

/* Those that no connection has taken into use are shut. */
static void leave_spares(iroh_endpoint_t *ep, peer_t *peer) {
  if (peer->spares == NULL) return;
  for (size_t i = 0; i < PORT_SEARCH_SOCKETS; i++) {
    if (peer->spares[i] == NULL) continue;
    peer->spares[i]->slot = NULL;
    peer->spares[i]->retire_at = 1;
  }
  free(peer->spares);
  peer->spares = NULL;
  turn_at(ep, uv_hrtime());
}

void peer_release(iroh_endpoint_t *ep, peer_t *peer) {
  if (--peer->users > 0) return;
  leave_spares(ep, peer);
  heap_remove(&ep->peer_timers, &peer->timer);
  bytes_map_remove(&ep->peers, peer->node_id, IROH_KEY_BYTES);
  punch_deinit(&peer->punch);
  free(peer);
}

/* ---- out ----------------------------------------------------------------------------------------- */

/* The socket a probe leaves by: 0 the main one. One of a port search is opened when first asked for. */
static socket_t *socket_of(iroh_endpoint_t *ep, peer_t *peer, unsigned via, const address_t *to) {
  if (via == 0) return sockets_for(ep, to);
  if (peer->spares == NULL) peer->spares = calloc(PORT_SEARCH_SOCKETS, sizeof *peer->spares);
  if (peer->spares == NULL) return NULL;
  socket_t **slot = &peer->spares[via - 1];
  if (*slot == NULL) {
    *slot = sockets_open_spare(ep, to, uv_hrtime() + SPARE_LIFE);
    if (*slot != NULL) (*slot)->slot = slot;
  }
  return *slot;
}

static unsigned via_of(const peer_t *peer, const socket_t *socket) {
  bool spare = socket != NULL && socket->slot != NULL && peer->spares != NULL && socket->slot >= peer->spares &&
               socket->slot < peer->spares + PORT_SEARCH_SOCKETS;
  return spare ? (unsigned)(socket->slot - peer->spares) + 1 : 0;
}

static void send_direct(iroh_endpoint_t *ep, socket_t *socket, const address_t *to, const uint8_t *data, size_t len) {
  static const address_t any = {.len = 0};
  if (socket == NULL || socket->udp.closing) return;
  udp_result_t result = udp_send(&socket->udp, to, &any, 0, data, len, len);
  if (result == UDP_FAILED) trouble_of_send(ep, &socket->udp, to);
  if (result != UDP_SENT) return;
  ep->metrics.probes_sent++;
  ep->metrics.datagrams_sent++;
  ep->metrics.bytes_sent += len;
}

static void set_timer(iroh_endpoint_t *ep, peer_t *peer) {
  uint64_t deadline = punch_deadline(&peer->punch);
  if (deadline == PUNCH_NEVER)
    heap_remove(&ep->peer_timers, &peer->timer);
  else if (heap_set(&ep->peer_timers, &peer->timer, deadline) == 0)
    turn_at(ep, deadline);
  else
    punch_stop(&peer->punch);
}

static bool is_relayed(iroh_endpoint_t *ep, const peer_t *peer) {
  list_for_each(node, &ep->all) {
    const conn_t *conn = container_of(node, conn_t, all_node);
    if (conn->peer == peer && route_wants_direct(conn)) return true;
  }
  return false;
}

static void search_port(iroh_endpoint_t *ep, peer_t *peer, uint64_t now) {
  const disco_candidate_t *own = ep->own_candidates;
  if (!is_relayed(ep, peer) || !punch_search_helps(&peer->punch, own, ep->own_candidate_count)) {
    punch_postpone_search(&peer->punch, PUNCH_NEVER);
    return;
  }
  if (now >= ep->searches_until) {
    ep->searches_until = now + 60 * NS_PER_S;
    ep->searches = 0;
  }
  if (ep->searches >= SEARCHES_PER_MINUTE || !targets_search(&peer->punch.search_for, now)) {
    punch_postpone_search(&peer->punch, ep->searches_until);
    return;
  }
  punch_search(&peer->punch, own, ep->own_candidate_count, now);
  ep->searches++;
}

/* Pings to what the peer says are its addresses, within its share and the common budget. What is not sent counts as lost
 * on the way. */
static bool may_ping(iroh_endpoint_t *ep, peer_t *peer, const address_t *to, uint64_t now) {
  if (now >= peer->pings_until) {
    peer->pings_until = now + 60 * NS_PER_S;
    peer->pings = 0;
  }
  if (peer->pings >= PINGS_PER_MINUTE) {
    ep->metrics.unproved_held_back++;
    return false;
  }
  peer->pings++;
  return targets_take(ep, to, peer->node_id, TARGET_HEARSAY, 1, now);
}

static void send_direct_due(iroh_endpoint_t *ep, peer_t *peer, const punch_datagram_t *datagram, uint64_t now) {
  if (datagram->purpose == PUNCH_PING && !may_ping(ep, peer, &datagram->to, now)) return;
  send_direct(ep, socket_of(ep, peer, datagram->via, &datagram->to), &datagram->to, datagram->data, datagram->len);
}

static void send_due(iroh_endpoint_t *ep, peer_t *peer, uint64_t now) {
  punch_datagram_t datagram;
  if (punch_wants_search(&peer->punch, now)) search_port(ep, peer, now);
  while (punch_next(&peer->punch, ep->own_candidates, ep->own_candidate_count, now, wall_ms(), &datagram)) {
    if (datagram.to.len > 0)
      send_direct_due(ep, peer, &datagram, now);
    else
      relay_peers_send(&ep->relay_peers, peer->relay, peer->node_id, 0, datagram.data, datagram.len, datagram.len);
  }
  set_timer(ep, peer);
}

void peer_start(iroh_endpoint_t *ep, peer_t *peer, uint64_t now) {
  punch_start(&peer->punch, now);
  send_due(ep, peer, now);
}

void peer_stop(iroh_endpoint_t *ep, peer_t *peer) {
  punch_stop(&peer->punch);
  set_timer(ep, peer);
  leave_spares(ep, peer);
}

void peer_add(peer_t *peer, const address_t *address, uint64_t now) { punch_know(&peer->punch, address, now); }

size_t peer_known(const peer_t *peer) { return peer->punch.probe_count; }

void peer_survey(iroh_endpoint_t *ep, peer_t *peer, uint64_t now) {
  punch_survey(&peer->punch, now);
  send_due(ep, peer, now);
}

void peer_go_on(iroh_endpoint_t *ep, peer_t *peer, uint64_t now) { send_due(ep, peer, now); }

void peers_tick(iroh_endpoint_t *ep, uint64_t now) {
  heap_node_t *node;
  while ((node = heap_top(&ep->peer_timers)) != NULL && node->key <= now)
    send_due(ep, container_of(node, peer_t, timer), now);
}

/* ---- in ------------------------------------------------------------------------------------------ */

void peer_tell_candidates(const conn_t *conn) {
  if (conn->peer == NULL || !conn->announced) return;
  punch_t *punch = &conn->peer->punch;
  for (size_t i = 0; i < punch->probe_count; i++) {
    if (!punch->probes[i].told) notes_address(conn, IROH_EVENT_CANDIDATE, &punch->probes[i].address, 0);
    punch->probes[i].told = true;
  }
}

static void receive_probe(iroh_endpoint_t *ep, socket_t *socket, const udp_message_t *message, const uint8_t *data,
                          size_t len, uint64_t now, peer_news_t *out) {
  const uint8_t *sender;
  peer_t *peer = NULL;
  if (disco_sender(data, len, &sender) == DISCO_OK) peer = bytes_map_get(&ep->peers, sender, IROH_KEY_BYTES);
  if (peer == NULL) {
    ep->metrics.dropped_garbage++;
    return;
  }
  static const address_t by_relay = {.len = 0};
  punch_news_t news;
  if (!punch_received(&peer->punch, data, len, socket == NULL ? &by_relay : &message->remote, via_of(peer, socket), now,
                      &news)) {
    ep->metrics.dropped_garbage++;
    return;
  }
  ep->metrics.probes_received++;
  if (news.answered) targets_proved(ep, &news.address, peer->node_id, now);
  *out = (peer_news_t){.peer = peer, .called = news.called};
  if (!news.answered) return;
  out->socket = socket_of(ep, peer, news.via, &news.address);
  out->address = news.address;
  out->rtt = news.rtt;
}

static void receive_stun(iroh_endpoint_t *ep, const udp_message_t *message, const uint8_t *data, size_t len) {
  stun_message_t answer;
  if (stun_decode(data, len, &answer) != STUN_OK || answer.kind != STUN_SUCCESS) {
    ep->metrics.dropped_garbage++;
    return;
  }
  for (size_t i = 0; i < STUN_OPEN_MAX; i++) {
    stun_open_t *open = &ep->stun_open[i];
    if (!address_equal(&open->server, &message->remote) ||
        memcmp(open->transaction, answer.transaction, sizeof open->transaction) != 0)
      continue;
    open->server.len = 0;
    notes_observed(ep, &message->remote, &answer.mapped);
    return;
  }
  ep->metrics.dropped_garbage++;
}

bool peer_receive(iroh_endpoint_t *ep, socket_t *socket, const udp_message_t *message, const uint8_t *data, size_t len,
                  uint64_t now, peer_news_t *news) {
  *news = (peer_news_t){.peer = NULL};
  if (disco_is(data, len)) {
    receive_probe(ep, socket, message, data, len, now, news);
    return true;
  }
  if (socket != NULL && stun_is(data, len)) {
    receive_stun(ep, message, data, len);
    return true;
  }
  return false;
}

/* ---- the iroh_endpoint_ functions ---------------------------------------------------------------- */

int iroh_endpoint_ask_address(iroh_endpoint_t *ep, const char *server) {
  address_t address;
  uint8_t request[STUN_MESSAGE_MAX];
  int rv = address_parse(server, &address);
  if (rv != 0) return rv;
  if (ep->closing) return IROH_ERR_CLOSED;
  socket_t *socket = sockets_for(ep, &address);
  if (socket == NULL) return IROH_ERR_UNREACHABLE;
  stun_open_t *open = &ep->stun_open[ep->stun_next];
  ep->stun_next = (ep->stun_next + 1) % STUN_OPEN_MAX;
  open->server = address;
  secret_random(open->transaction, sizeof open->transaction);
  size_t len = stun_encode_request(open->transaction, request);
  send_direct(ep, socket, &address, request, len);
  return 0;
}

static int read_candidate(const char *text, disco_candidate_t *out) {
  static const char *const kinds[] = {
      [DISCO_LOCAL] = "local",        [DISCO_OBSERVED] = "observed",   [DISCO_CONFIGURED] = "configured",
      [DISCO_PORT_MAPPED] = "mapped", [DISCO_PREDICTED] = "predicted", [DISCO_VARYING] = "varying"};
  char address[IROH_ADDRESS_MAX];
  size_t len = strcspn(text, " ");
  if (len >= sizeof address) return IROH_ERR_INVALID_ADDRESS;
  memcpy(address, text, len);
  address[len] = '\0';
  out->kind = DISCO_OTHER;
  for (size_t kind = DISCO_LOCAL; text[len] == ' ' && kind < ARRAY_LEN(kinds); kind++)
    if (strcmp(text + len + 1, kinds[kind]) == 0) out->kind = (disco_kind_t)kind;
  if (text[len] == ' ' && out->kind == DISCO_OTHER) return IROH_ERR_INVALID_ADDRESS;
  return address_parse(address, &out->address);
}

int iroh_endpoint_set_candidates(iroh_endpoint_t *ep, const char *const *addresses, size_t count) {
  size_t kept = 0;
  for (size_t i = 0; i < count && kept < DISCO_CANDIDATES_MAX; i++) {
    disco_candidate_t candidate;
    int rv = read_candidate(addresses[i], &candidate);
    if (rv != 0) return rv;
    ep->own_candidates[kept++] = candidate;
  }
  ep->own_candidate_count = kept;
  return 0;
}
