/* SPDX-License-Identifier: MIT
 *
 * The peers that a topic knows, and what each is to it.
 */
#ifndef IROH_GOSSIP_PEERS_H
#define IROH_GOSSIP_PEERS_H

#include "gossip/links.h"

enum {
  PASSIVES_MAX = GOSSIP_PASSIVE_VIEW_MAX,
  PENDINGS_MAX = 32, /* peers asked to be neighbours, who have not answered */
  CONTACTS_MAX = 32, /* peers that gossip_topic_join named */
  LOST_MAX = 16,     /* peers out of reach, asked again rarely */
  GUESTS_MAX = 16    /* peers remembered for a few seconds for other reasons */
};

/* What a peer is to this one; several at once, but ACTIVE with CONTACT only. */
enum {
  ROLE_ACTIVE = 1,  /* a neighbour */
  ROLE_PASSIVE = 2, /* may become one */
  ROLE_PENDING = 4, /* was asked to; until `due` */
  ROLE_CONTACT = 8, /* named by the user */
  ROLE_LOST = 16,   /* went out of reach without leaving; asked again at `due` */
  ROLE_GUEST = 32,  /* remembered until `due` */
  ROLES = 6
};

typedef struct {
  uint8_t id[GOSSIP_ID_BYTES];
  uint8_t *data; /* NULL: none is known */
  gossip_link_t *link;
  uint64_t due;     /* PENDING, LOST, GUEST: see there; PASSIVE: not to be asked before */
  uint64_t told_at; /* when a Neighbor or Disconnect was last sent to it; 0: never */
  uint16_t data_len;
  uint8_t roles;
  uint8_t failures;                /* requests in a row that came to nothing */
  uint16_t cost;                   /* what its teller has paid, and nothing has come of yet */
  uint32_t heard;                  /* bytes of it that its word has not been credited with */
  uint8_t teller[GOSSIP_ID_BYTES]; /* if it is_told: who named it */
  bool is_told;                    /* known by hearsay: hearsay.c */
  bool first_hand;                 /* its teller says that it has met it */
  bool following;                  /* it is being dialled on that word */
  bool met;                        /* something has come from it: the data is what this side has seen to be true */
  bool proven;                     /* had a message of the topic when it was a neighbour */
  bool brought;                    /* was the first to bring one, which cannot be had by repeating what it was sent */
  bool alive;                      /* released: that its connection closes means nothing */
  bool silent;                     /* was sent something, and nothing has come back since */
  bool joining;                    /* the user is still to be told if it is out of reach */
  bool gone;                       /* closed while there was no memory to say so */
} gossip_known_t;

gossip_known_t *gossip_peer_find(const gossip_topic_t *topic, const uint8_t id[GOSSIP_ID_BYTES]);
/* Finds it or makes it, with no role yet. NULL without memory, and for the topic's own id. */
gossip_known_t *gossip_peer_get(gossip_topic_t *topic, const uint8_t id[GOSSIP_ID_BYTES]);
void gossip_peer_gain(gossip_topic_t *topic, gossip_known_t *peer, uint8_t role);
void gossip_peer_lose(gossip_topic_t *topic, gossip_known_t *peer, uint8_t roles);
/* Frees those without a role, at the end of a call: until then all pointers hold. */
void gossip_peers_tidy(gossip_topic_t *topic);
size_t gossip_peer_count(const gossip_topic_t *topic, uint8_t role);
static inline size_t gossip_neighbors(const gossip_topic_t *topic) { return gossip_peer_count(topic, ROLE_ACTIVE); }
/* A random peer with the role and none of the roles in `without`; one that is being dialled on a neighbour's word is as one
 * that is PENDING. `due_only`: it is not to be left alone until later. */
gossip_known_t *gossip_peer_pick(gossip_topic_t *topic, uint8_t role, uint8_t without, bool due_only);
/* The same of those alone that brought a message first, or that did not. */
gossip_known_t *gossip_peer_pick_by(gossip_topic_t *topic, uint8_t role, uint8_t without, bool due_only, bool brought);
/* How many with one of the roles brought a message first. */
size_t gossip_peer_count_bringers(const gossip_topic_t *topic, uint8_t roles);
/* Up to `max` random peers with one of the roles, but not `except` (may be NULL); of these those that were met, or not. */
size_t gossip_peer_sample(gossip_topic_t *topic, uint8_t roles, const gossip_known_t *except, gossip_known_t **out,
                          size_t max);
size_t gossip_peer_sample_met(gossip_topic_t *topic, uint8_t roles, const gossip_known_t *except, gossip_known_t **out,
                              size_t max);
size_t gossip_peer_sample_unmet(gossip_topic_t *topic, uint8_t roles, const gossip_known_t *except,
                                gossip_known_t **out, size_t max);
/* Remembers where it is; false: nothing was said, or too much, or there is no memory. */
bool gossip_peer_set_data(gossip_known_t *peer, const gossip_data_t *data);
gossip_data_t gossip_peer_data(const gossip_known_t *peer);
/* Makes it one of the peers remembered for a few seconds. */
void gossip_peer_host(gossip_topic_t *topic, gossip_known_t *peer);
/* Makes it a lost one; it is asked again after `wait`. */
void gossip_peer_miss(gossip_topic_t *topic, gossip_known_t *peer, uint64_t wait);
void gossip_peers_expire(gossip_topic_t *topic);
void gossip_peers_deinit(gossip_topic_t *topic);
bool gossip_admits(const gossip_topic_t *topic, const uint8_t id[GOSSIP_ID_BYTES]);
/* Whether one more peer may be dialled because others say so. */
bool gossip_may_dial(gossip_topic_t *topic);
/* A random neighbour that is none of the two; NULL if there is none. */
gossip_known_t *gossip_next_hop(gossip_topic_t *topic, const gossip_known_t *from, const gossip_known_t *other);

#endif
