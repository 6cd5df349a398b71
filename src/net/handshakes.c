/* SPDX-License-Identifier: MIT */
#include "net/handshakes.h"

#include <stdlib.h>
#include <string.h>

#include "base/base.h"

#define SECOND UINT64_C(1000000000)
/* Unproved handshakes in flight: a part of all places, and never more than these. */
#define UNPROVED_PART 32
#define UNPROVED_MAX 64
/* First packets of unproved peers that are looked at in a second, for each that may be in flight. */
#define LOOKS_PER_UNPROVED 8

/* The places of a network, an address or a port. */
struct handshake_share {
  heap_node_t rank; /* among its siblings */
  handshake_share_t *above;
  heap_t below;       /* of a network or an address: its parts, most places first */
  list_t live, ended; /* of a port: its places, oldest first; those whose handshake is over, and the others */
  size_t count;
  uint8_t level, key_len, key[BYTES_MAP_KEY_MAX];
};

/* ---- where from ---------------------------------------------------------------------------------- */

static void add_key(handshake_source_t *source, int level, uint8_t kind, const void *bytes, size_t len) {
  source->key[level][0] = kind;
  memcpy(source->key[level] + 1, bytes, len);
  source->len[level] = (uint8_t)(1 + len);
}

void handshake_source_of_address(const address_t *remote, handshake_source_t *out) {
  uint8_t whole[18];
  uint16_t port = address_port(remote);
  const struct in6_addr *in6 = &remote->in6.sin6_addr;
  bool v6 = remote->sa.sa_family == AF_INET6;
  if (v6 && !IN6_IS_ADDR_V4MAPPED(in6)) {
    add_key(out, HANDSHAKE_NETWORK, 6, in6, 6);
    add_key(out, HANDSHAKE_ADDRESS, 6, in6, 8);
    memcpy(whole, in6, 16);
    memcpy(whole + 16, &port, 2);
    add_key(out, HANDSHAKE_PORT, 6, whole, 18);
    return;
  }
  const uint8_t *in = v6 ? in6->s6_addr + 12 : (const uint8_t *)&remote->in.sin_addr;
  add_key(out, HANDSHAKE_NETWORK, 4, in, 3);
  add_key(out, HANDSHAKE_ADDRESS, 4, in, 4);
  memcpy(whole, in, 4);
  memcpy(whole + 4, &port, 2);
  add_key(out, HANDSHAKE_PORT, 4, whole, 6);
}

void handshake_source_of_relay(uint16_t relay, const uint8_t node_id[IROH_KEY_BYTES], handshake_source_t *out) {
  /* A key has no room for all of a NodeId. Nobody finds two that are alike in 29 bytes. */
  uint8_t peer[2 + 29];
  memcpy(peer, &relay, 2);
  memcpy(peer + 2, node_id, 29);
  add_key(out, HANDSHAKE_NETWORK, 'r', &relay, 2);
  add_key(out, HANDSHAKE_ADDRESS, 'r', peer, sizeof peer);
  add_key(out, HANDSHAKE_PORT, 'r', peer, sizeof peer);
}

/* ---- shares -------------------------------------------------------------------------------------- */

int handshakes_init(handshakes_t *handshakes, size_t max, uint64_t hold) {
  *handshakes = (handshakes_t){.max = max, .hold = hold};
  handshakes->unproved_max = min_size(max_size(max / UNPROVED_PART, 1), UNPROVED_MAX);
  heap_init(&handshakes->networks);
  list_init(&handshakes->unproved);
  list_init(&handshakes->unanswered);
  list_init(&handshakes->held);
  for (int level = 0; level < HANDSHAKES_LEVELS; level++) {
    int rv = bytes_map_init(&handshakes->shares[level]);
    if (rv != 0) return rv;
  }
  return 0;
}

static heap_t *siblings_of(handshakes_t *handshakes, const handshake_share_t *share) {
  return share->above != NULL ? &share->above->below : &handshakes->networks;
}

static int rank(handshakes_t *handshakes, handshake_share_t *share) {
  return heap_set(siblings_of(handshakes, share), &share->rank, UINT64_MAX - share->count);
}

/* Forgets a share without places, and those above that have none for it. */
static void forget_empty(handshakes_t *handshakes, handshake_share_t *share) {
  while (share != NULL && share->count == 0) {
    handshake_share_t *above = share->above;
    heap_remove(siblings_of(handshakes, share), &share->rank);
    bytes_map_remove(&handshakes->shares[share->level], share->key, share->key_len);
    heap_deinit(&share->below);
    free(share);
    share = above;
  }
}

static handshake_share_t *find(const handshakes_t *handshakes, const handshake_source_t *source, int level) {
  return bytes_map_get(&handshakes->shares[level], source->key[level], source->len[level]);
}

static handshake_share_t *add_share(handshakes_t *handshakes, const handshake_source_t *source, int level,
                                    handshake_share_t *above) {
  handshake_share_t *share = calloc(1, sizeof *share);
  if (share == NULL) return NULL;
  share->above = above;
  share->level = (uint8_t)level;
  share->key_len = source->len[level];
  memcpy(share->key, source->key[level], share->key_len);
  heap_init(&share->below);
  list_init(&share->live);
  list_init(&share->ended);
  if (bytes_map_put(&handshakes->shares[level], share->key, share->key_len, share) != 0) {
    free(share);
    return NULL;
  }
  if (rank(handshakes, share) != 0) {
    bytes_map_remove(&handshakes->shares[level], share->key, share->key_len);
    free(share);
    return NULL;
  }
  return share;
}

/* The share of the port, made if there is none. NULL: out of memory. */
static handshake_share_t *share_of(handshakes_t *handshakes, const handshake_source_t *source) {
  handshake_share_t *above = NULL;
  for (int level = HANDSHAKE_NETWORK; level <= HANDSHAKE_PORT; level++) {
    handshake_share_t *share = find(handshakes, source, level);
    if (share == NULL) share = add_share(handshakes, source, level, above);
    if (share == NULL) {
      forget_empty(handshakes, above);
      return NULL;
    }
    above = share;
  }
  return above;
}

static void count(handshakes_t *handshakes, handshake_share_t *share, bool one_more) {
  for (; share != NULL; share = share->above) {
    share->count += one_more ? 1 : (size_t)-1;
    /* It is in the heap already: moving never fails. */
    (void)rank(handshakes, share);
  }
  handshakes->taken += one_more ? 1 : (size_t)-1;
}

static handshake_share_t *most_of(const heap_t *siblings) {
  heap_node_t *node = heap_top(siblings);
  return node != NULL ? container_of(node, handshake_share_t, rank) : NULL;
}

/* The port that a newcomer gets a place of: of one that has at least twice what the newcomer's would have. With less of a
 * difference, equals would take each other's places for ever. NULL: there is none. */
static handshake_share_t *fullest_port(const handshakes_t *handshakes, const handshake_source_t *source) {
  const heap_t *siblings = &handshakes->networks;
  bool own = true; /* what was chosen so far is the newcomer's */
  handshake_share_t *chosen = NULL;
  for (int level = HANDSHAKE_NETWORK; level <= HANDSHAKE_PORT; level++, siblings = &chosen->below) {
    handshake_share_t *mine = own ? find(handshakes, source, level) : NULL;
    size_t with_newcomer = own ? (mine != NULL ? mine->count : 0) + 1 : 0;
    chosen = most_of(siblings);
    if (chosen == NULL || chosen->count < 2 * with_newcomer) chosen = mine;
    if (chosen == NULL) return NULL;
    own = chosen == mine;
  }
  return own ? NULL : chosen;
}

/* ---- places -------------------------------------------------------------------------------------- */

static void set_state(handshakes_t *handshakes, handshake_place_t *place, int state) {
  if (place->state == HANDSHAKE_UNPROVED && list_is_linked(&place->waiting_node)) handshakes->unproved_count--;
  list_remove(&place->waiting_node);
  place->state = state;
  if (state == HANDSHAKE_UNPROVED) {
    list_push_back(&handshakes->unproved, &place->waiting_node);
    handshakes->unproved_count++;
  } else if (state == HANDSHAKE_UNANSWERED) {
    list_push_back(&handshakes->unanswered, &place->waiting_node);
  } else if (state == HANDSHAKE_OVER) {
    list_remove(&place->share_node);
    list_push_back(&place->share->ended, &place->share_node);
  }
}

static void free_place(handshakes_t *handshakes, handshake_place_t *place) {
  set_state(handshakes, place, HANDSHAKE_OVER);
  list_remove(&place->share_node);
  count(handshakes, place->share, false);
  forget_empty(handshakes, place->share);
  free(place);
}

void handshakes_deinit(handshakes_t *handshakes) {
  list_for_each(node, &handshakes->held) free_place(handshakes, container_of(node, handshake_place_t, waiting_node));
  heap_deinit(&handshakes->networks);
  for (int level = 0; level < HANDSHAKES_LEVELS; level++) bytes_map_deinit(&handshakes->shares[level]);
}

void handshakes_answered(handshakes_t *handshakes, handshake_place_t *place) {
  if (place->state < HANDSHAKE_ANSWERED) set_state(handshakes, place, HANDSHAKE_ANSWERED);
}

void handshakes_over(handshakes_t *handshakes, handshake_place_t *place) {
  if (place->state != HANDSHAKE_OVER) set_state(handshakes, place, HANDSHAKE_OVER);
}

void handshakes_release(handshakes_t *handshakes, handshake_place_t *place, uint64_t now) {
  handshakes_over(handshakes, place);
  place->owner = NULL;
  if (now - place->begun_at >= handshakes->hold)
    free_place(handshakes, place);
  else
    list_push_back(&handshakes->held, &place->waiting_node);
}

static void free_held(handshakes_t *handshakes, uint64_t now) {
  list_node_t *node;
  while ((node = list_first(&handshakes->held)) != NULL) {
    handshake_place_t *place = container_of(node, handshake_place_t, waiting_node);
    if (now - place->begun_at < handshakes->hold) return;
    free_place(handshakes, place);
  }
}

static void new_second(handshakes_t *handshakes, uint64_t now) {
  if (now - handshakes->second_at < SECOND) return;
  handshakes->second_at = now;
  handshakes->looks = handshakes->displaced = 0;
}

bool handshakes_want_proof(handshakes_t *handshakes, uint64_t now) {
  new_second(handshakes, now);
  free_held(handshakes, now);
  if (handshakes->unproved_count >= handshakes->unproved_max || handshakes->taken >= handshakes->max ||
      handshakes->looks >= LOOKS_PER_UNPROVED * handshakes->unproved_max)
    return true;
  handshakes->looks++;
  return false;
}

static handshake_place_t *first_waiting(const list_t *list) {
  list_node_t *node = list_first(list);
  return node != NULL ? container_of(node, handshake_place_t, waiting_node) : NULL;
}

/* Whose place a proved newcomer gets when all are taken; NULL: nobody's. *displaced_out: it could have kept it. */
static handshake_place_t *choose_victim(const handshakes_t *handshakes, const handshake_source_t *source, uint64_t now,
                                        bool *displaced_out) {
  *displaced_out = false;
  handshake_place_t *victim = first_waiting(&handshakes->unproved);
  if (victim != NULL) return victim;
  /* A place changes hands before its time is over: at most half of them in a second, or their number would bound no rate. */
  handshake_share_t *port = handshakes->displaced <= handshakes->max / 2 ? fullest_port(handshakes, source) : NULL;
  if (port != NULL) {
    *displaced_out = true;
    list_node_t *node = list_first(list_empty(&port->ended) ? &port->live : &port->ended);
    return container_of(node, handshake_place_t, share_node);
  }
  victim = first_waiting(&handshakes->unanswered);
  return victim != NULL && now - victim->begun_at >= HANDSHAKES_PATIENCE ? victim : NULL;
}

bool handshakes_have_room(handshakes_t *handshakes, const handshake_source_t *source, bool proved, uint64_t now) {
  bool displaced;
  new_second(handshakes, now);
  free_held(handshakes, now);
  return handshakes->taken < handshakes->max || (proved && choose_victim(handshakes, source, now, &displaced) != NULL);
}

bool handshakes_take(handshakes_t *handshakes, const handshake_source_t *source, bool proved, void *owner, uint64_t now,
                     handshake_place_t **out, void **evicted_out) {
  *out = NULL;
  *evicted_out = NULL;
  if (!handshakes_have_room(handshakes, source, proved, now)) return false;
  bool displaced = false;
  handshake_place_t *victim =
      handshakes->taken < handshakes->max ? NULL : choose_victim(handshakes, source, now, &displaced);
  handshake_place_t *place = calloc(1, sizeof *place);
  if (place == NULL) return false;
  place->share = share_of(handshakes, source);
  if (place->share == NULL) {
    free(place);
    return false;
  }
  place->owner = owner;
  place->begun_at = now;
  list_push_back(&place->share->live, &place->share_node);
  count(handshakes, place->share, true);
  set_state(handshakes, place, proved ? HANDSHAKE_UNANSWERED : HANDSHAKE_UNPROVED);
  if (displaced) handshakes->displaced++;
  if (victim != NULL) {
    *evicted_out = victim->owner;
    free_place(handshakes, victim);
  }
  *out = place;
  return true;
}
