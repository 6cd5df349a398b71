/* SPDX-License-Identifier: MIT
 *
 * What the files of this room share. A call of topic.h sets `now` and `out`, does its part, and lets the views fill
 * up (gossip_view_settle). Everything that grows has a bound, named here.
 */
#ifndef IROH_GOSSIP_INTERNAL_H
#define IROH_GOSSIP_INTERNAL_H

#include "base/base.h"
#include "base/bytes_map.h"
#include "base/list.h"
#include "gossip/topic.h"

#define MILLISECOND UINT64_C(1000000)
#define SECOND (1000 * MILLISECOND)

enum {
  LINKS_MAX = GOSSIP_ACTIVE_VIEW_MAX, /* one bit of a gossip_links_t each */
  PASSIVES_MAX = GOSSIP_PASSIVE_VIEW_MAX,
  PENDINGS_MAX = 32,   /* peers asked to be neighbours, who have not answered */
  CONTACTS_MAX = 32,   /* peers that gossip_topic_join named */
  LOST_MAX = 16,       /* peers out of reach, asked again rarely */
  GUESTS_MAX = 16,     /* peers remembered for a few seconds for other reasons */
  HAVES_MAX = 116,     /* ids in an IHave, as iroh-gossip has it; also what waits to be announced */
  MISSING_MAX = 16384, /* ids announced and not received, of all neighbours */
  NO_LINK = 0xff
};

/* A set of neighbours, by their places in the topic's `links`. */
typedef uint32_t gossip_links_t;

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

/* The part of a peer that only a neighbour has. */
typedef struct {
  uint64_t since;
  uint64_t order;     /* how many neighbours there were before it, since the beginning */
  uint64_t rtt;       /* 0: unknown */
  uint64_t pruned_at; /* when it was last told to send ids only; 0: it may send messages */
  uint64_t joined_at; /* when its joining was last made known to others */
  uint64_t came_at;   /* when it last brought a message for the first time */
  uint64_t early_at;  /* when `early` was last counted */
  uint64_t walks;     /* a rate: messages of it that go on to others */
  uint64_t answers;   /* a rate: its Joins */
  uint64_t lessons;   /* a rate: peers that it told of, in the place of others */
  uint16_t missing;   /* ids it was the first to announce that have not come */
  uint16_t credit;    /* how many those may be: more with each that comes, less with each that does not */
  uint16_t asked;     /* ids it was asked for, last of all, that have not come */
  uint16_t window;    /* how many those may be: more when asking was right, less when they come unasked or not at all */
  uint8_t place;      /* in `links` */
  uint8_t early;      /* how often in a row it announced messages long before they came */
  bool eager;         /* gets messages at once, not only their ids */
  bool wanted;        /* it has asked for messages at once, and not declined them since */
} gossip_link_t;

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

/* Ids of messages seen, in tables by age: the oldest goes as a whole. */
enum { SEEN_TABLES = 6, SEEN_KEY_BYTES = 16 };
typedef struct {
  uint8_t (*keys)[SEEN_KEY_BYTES]; /* all zero: free */
  uint32_t cap, count;
} gossip_seen_table_t;
typedef struct {
  gossip_seen_table_t tables[SEEN_TABLES]; /* the newest first */
  uint64_t began;                          /* when the newest did; 0: nothing is kept */
  uint8_t hash_key[16];
} gossip_seen_t;

/* A message that can be asked for. */
typedef struct {
  list_node_t node;
  gossip_frame_t *frame; /* as this one sends it */
  uint64_t at;
  gossip_links_t sent; /* who was sent it */
  gossip_links_t owed; /* who was not, since too much waits: it is announced to them later */
  uint8_t first;       /* who brought it first; NO_LINK: nobody, or one that went */
} gossip_payload_t;
typedef struct {
  bytes_map_t by_id;
  list_t by_age;
  size_t bytes;
} gossip_payloads_t;

/* A message that was announced and has not come, or came by asking. */
typedef struct {
  list_node_t node;
  uint8_t id[GOSSIP_ID_BYTES];
  uint64_t announced_at;
  uint64_t due;
  gossip_links_t waiting; /* who announced it and has not been asked */
  gossip_links_t asked;
  uint16_t round; /* the least announced, by `best` */
  uint8_t best, first;
  uint8_t last; /* who was asked last; NO_LINK: nobody */
  bool arrived; /* kept to see how late it would have come unasked */
} gossip_missing_t;
typedef struct {
  bytes_map_t by_id;
  list_t all;
  uint64_t due; /* the least of all; GOSSIP_NEVER: none */
  /* How much later than its first announcement a message comes unasked: mean and mean deviation. 0: unknown. */
  uint64_t gap, gap_deviation;
} gossip_missings_t;

/* What is known of a message when it comes. */
typedef struct {
  gossip_links_t announcers;
  uint8_t earliest; /* who announced it long before it came, and was not asked; NO_LINK: nobody did */
  uint8_t nearest;  /* who announced it over the fewest hops; NO_LINK: nobody */
  uint16_t round;   /* and over how many */
} gossip_arrival_t;

/* Ids to be announced in the next IHaves. */
typedef struct {
  uint8_t id[GOSSIP_ID_BYTES];
  uint16_t round;
  gossip_links_t to;
} gossip_announcement_t;
typedef struct {
  gossip_announcement_t *items;
  size_t count, cap;
  uint64_t due; /* GOSSIP_NEVER: nothing waits */
} gossip_announcements_t;

struct gossip_topic {
  gossip_config_t config;
  uint64_t random;
  uint8_t *data;
  size_t data_len;
  bool left;
  bool owes;      /* a peer is `gone` */
  uint64_t rest;  /* no deadline before that: there was no memory */
  bool is_untidy; /* a peer may have no role */
  uint64_t now;
  gossip_actions_t *out;
  gossip_counters_t counters;

  gossip_known_t **peers;
  size_t peers_count, peers_cap;
  uint16_t count_of[ROLES];
  gossip_known_t *links[LINKS_MAX];

  /* When something is due; GOSSIP_NEVER: nothing is. */
  uint64_t refill_at, contact_at, heal_at, shuffle_at, owed_at;
  uint64_t contact_wait;
  uint64_t joined_at; /* when it last got a neighbour while it had none */
  uint32_t shuffles;
  uint32_t refusals; /* of peers asked to be neighbours, since one came */
  bool hungry;       /* the views have changed: look for neighbours before the call ends */
  /* Rates. */
  uint64_t evictions, losses, returns, walks, dials, requests, greetings, lessons;

  gossip_seen_t seen;
  gossip_payloads_t payloads;
  gossip_missings_t missing;
  gossip_announcements_t announcements;
};

/* Whether one more is within a rate of one every `step`, `burst` of them at once. */
static inline bool gossip_rate_take(uint64_t *paid_until, uint64_t now, uint64_t step, uint64_t burst) {
  uint64_t from = *paid_until > now ? *paid_until : now;
  if (from - now + step > burst * step) return false;
  *paid_until = from + step;
  return true;
}

/* random.c: splitmix64 */
uint64_t gossip_random(gossip_topic_t *topic);
size_t gossip_random_below(gossip_topic_t *topic, size_t bound); /* 0 if bound is 0 */
/* `time`, up to a quarter more or less. */
uint64_t gossip_random_about(gossip_topic_t *topic, uint64_t time);

/* actions.c. Room must have been made before: gossip_actions_reserve at the beginning of each call. */
bool gossip_actions_reserve(gossip_actions_t *actions, size_t extra);
void gossip_act(gossip_topic_t *topic, gossip_action_kind_t kind, const uint8_t peer[GOSSIP_ID_BYTES],
                gossip_down_t reason);
void gossip_act_received(gossip_topic_t *topic, const uint8_t peer[GOSSIP_ID_BYTES], const gossip_message_t *message);
/* NULL without memory, or if the message is longer than a peer takes. */
gossip_frame_t *gossip_frame_new(const gossip_topic_t *topic, const gossip_message_t *message);
/* Borrows the frame. */
void gossip_send(gossip_topic_t *topic, gossip_known_t *peer, gossip_frame_t *frame);
/* Both in one. False: there was no memory, and nothing was sent. */
bool gossip_tell(gossip_topic_t *topic, gossip_known_t *peer, const gossip_message_t *message);
/* Nothing more is for it now: that its connection closes says nothing of it. */
void gossip_release(gossip_topic_t *topic, gossip_known_t *peer);

/* peers.c */
gossip_known_t *gossip_peer_find(const gossip_topic_t *topic, const uint8_t id[GOSSIP_ID_BYTES]);
/* Finds it or makes it, with no role yet. NULL without memory, and for the topic's own id. */
gossip_known_t *gossip_peer_get(gossip_topic_t *topic, const uint8_t id[GOSSIP_ID_BYTES]);
void gossip_peer_gain(gossip_topic_t *topic, gossip_known_t *peer, uint8_t role);
void gossip_peer_lose(gossip_topic_t *topic, gossip_known_t *peer, uint8_t roles);
/* Frees those without a role, at the end of a call: until then all pointers hold. */
void gossip_peers_tidy(gossip_topic_t *topic);
size_t gossip_peer_count(const gossip_topic_t *topic, uint8_t role);
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

/* view.c: HyParView's two views */
static inline size_t gossip_neighbors(const gossip_topic_t *topic) { return gossip_peer_count(topic, ROLE_ACTIVE); }
static inline bool gossip_view_is_full(const gossip_topic_t *topic) {
  return gossip_neighbors(topic) >= topic->config.active_view;
}
/* Makes room for one more neighbour, by parting from another if it must be. False: none can be spared now. */
bool gossip_view_make_room(gossip_topic_t *topic, const gossip_known_t *newcomer);
/* Makes a peer a neighbour, there being room; `answer` says whether to tell it. */
void gossip_view_add(gossip_topic_t *topic, gossip_known_t *peer, bool high, bool answer);
/* Ends being neighbours; the peer has no role then but CONTACT, or PASSIVE or LOST by the reason. */
void gossip_view_remove(gossip_topic_t *topic, gossip_known_t *peer, gossip_down_t reason);
/* Hands over some peers and parts; `alive`: this one stays in the topic. */
void gossip_view_part(gossip_topic_t *topic, gossip_known_t *peer, bool alive);
/* Parts from a neighbour, and keeps it in mind. */
void gossip_view_evict(gossip_topic_t *topic, gossip_known_t *peer);
/* Tells a peer that takes this one for its neighbour that it is none. */
void gossip_view_dismiss(gossip_topic_t *topic, gossip_known_t *peer);
/* Asks a peer to be a neighbour, if it may be sent something now (gossip_hearsay_follow). */
bool gossip_view_request(gossip_topic_t *topic, gossip_known_t *peer, bool high);
/* A request came to nothing. */
void gossip_view_fail(gossip_topic_t *topic, gossip_known_t *peer);
/* A peer that is no neighbour is out of reach: it is asked again, rarely. */
void gossip_view_lose(gossip_topic_t *topic, gossip_known_t *peer);
/* A peer that `from` has told of may become a neighbour some day. Once the passive view is full, what one neighbour tells
 * takes the place of a part of it only. */
void gossip_view_learn(gossip_topic_t *topic, const gossip_peer_t *heard, const gossip_known_t *from, bool first_hand);
/* Looks for neighbours if some are wanting. */
void gossip_view_settle(gossip_topic_t *topic);

/* hearsay.c: peers that were only heard of */
typedef enum { GOSSIP_HEARSAY_NOW, GOSSIP_HEARSAY_LATER, GOSSIP_HEARSAY_NEVER } gossip_hearsay_t;
/* `from` is about to name peers. False: it is not listened to. */
bool gossip_hearsay_begin(gossip_topic_t *topic, gossip_known_t *from);
/* It named this one. `first_hand`: as one it has met itself, and not on behalf of others. */
void gossip_hearsay_told(gossip_known_t *peer, const gossip_data_t *data, const gossip_known_t *from, bool first_hand);
/* Whether a peer may be sent something, which may be dialling it. LATER: its `due` is set. */
gossip_hearsay_t gossip_hearsay_follow(gossip_topic_t *topic, gossip_known_t *peer);
/* An entry that goes on to another peer on behalf of `from` is left with what may be said of where it is. False: it is of
 * no use without. */
bool gossip_hearsay_pass(gossip_topic_t *topic, const gossip_known_t *from, gossip_peer_t *entry);
/* What others are told of where it is. */
gossip_data_t gossip_hearsay_for_others(const gossip_topic_t *topic, const gossip_known_t *peer);
/* Something has come from it; it says where it is; or it is out of reach, and true: nothing has ever come from it. */
void gossip_hearsay_met(gossip_topic_t *topic, gossip_known_t *peer);
void gossip_hearsay_said(gossip_topic_t *topic, gossip_known_t *peer, const gossip_data_t *data);
bool gossip_hearsay_missed(gossip_topic_t *topic, gossip_known_t *peer);
/* What becomes of its dial is not looked at any more. */
void gossip_hearsay_forget(gossip_topic_t *topic, gossip_known_t *peer, bool answered);

/* membership.c: what HyParView's messages do */
/* Whether one more peer may be dialled because others say so. */
bool gossip_may_dial(gossip_topic_t *topic);
/* A random neighbour that is none of the two; NULL if there is none. */
gossip_known_t *gossip_next_hop(gossip_topic_t *topic, const gossip_known_t *from, const gossip_known_t *other);
void gossip_on_membership(gossip_topic_t *topic, gossip_known_t *from, gossip_message_t *message);

/* contacts.c: peers the user named, and peers that were lost */
void gossip_contacts_join(gossip_topic_t *topic, gossip_known_t *peer);
void gossip_contacts_tick(gossip_topic_t *topic);
/* Sets its timers by what there is now. */
void gossip_contacts_arm(gossip_topic_t *topic);

/* shuffle.c */
void gossip_shuffle_tick(gossip_topic_t *topic);
void gossip_shuffle_arm(gossip_topic_t *topic);
void gossip_on_shuffle(gossip_topic_t *topic, gossip_known_t *from, gossip_message_t *message);
void gossip_on_shuffle_reply(gossip_topic_t *topic, gossip_known_t *from, gossip_message_t *message);
/* Sends up to `max` random peers in a ShuffleReply, but not the one it goes to. */
void gossip_shuffle_reply(gossip_topic_t *topic, gossip_known_t *to, size_t max);

/* seen.c */
int gossip_seen_init(gossip_seen_t *seen, uint64_t seed);
void gossip_seen_deinit(gossip_seen_t *seen);
bool gossip_seen_has(const gossip_seen_t *seen, const uint8_t id[GOSSIP_ID_BYTES]);
/* 0 or IROH_ERR_NO_MEMORY. */
int gossip_seen_add(gossip_topic_t *topic, const uint8_t id[GOSSIP_ID_BYTES]);
void gossip_seen_expire(gossip_topic_t *topic);
uint64_t gossip_seen_due(const gossip_topic_t *topic);
size_t gossip_seen_memory(const gossip_seen_t *seen);

/* payloads.c */
int gossip_payloads_init(gossip_payloads_t *payloads);
void gossip_payloads_deinit(gossip_payloads_t *payloads);
gossip_payload_t *gossip_payloads_find(const gossip_topic_t *topic, const uint8_t id[GOSSIP_ID_BYTES]);
/* Takes a reference of its own. Without memory the message cannot be asked for. */
gossip_payload_t *gossip_payloads_add(gossip_topic_t *topic, gossip_frame_t *frame, uint8_t first);
/* A place in `links` is to be another's. */
void gossip_payloads_forget_link(gossip_topic_t *topic, uint8_t place);
void gossip_payloads_expire(gossip_topic_t *topic);
uint64_t gossip_payloads_due(const gossip_topic_t *topic);
size_t gossip_payloads_memory(const gossip_payloads_t *payloads);

/* missing.c */
int gossip_missing_init(gossip_missings_t *missing);
void gossip_missing_deinit(gossip_missings_t *missing);
/* What a new link may announce and be asked for. */
void gossip_missing_welcome(gossip_link_t *link);
void gossip_missing_announced(gossip_topic_t *topic, gossip_known_t *from, const gossip_have_t *have);
/* A message came for the first time, from `place` or (NO_LINK) no neighbour. */
gossip_arrival_t gossip_missing_arrived(gossip_topic_t *topic, const uint8_t id[GOSSIP_ID_BYTES], uint8_t place);
/* It came again. */
void gossip_missing_again(gossip_topic_t *topic, const uint8_t id[GOSSIP_ID_BYTES], uint8_t place);
void gossip_missing_forget_link(gossip_topic_t *topic, uint8_t place);
void gossip_missing_tick(gossip_topic_t *topic);
size_t gossip_missing_memory(const gossip_missings_t *missing);

/* announce.c */
void gossip_announce(gossip_topic_t *topic, const uint8_t id[GOSSIP_ID_BYTES], uint16_t round, gossip_links_t to);
/* `place` has it already. */
void gossip_announce_drop(gossip_topic_t *topic, const uint8_t id[GOSSIP_ID_BYTES], uint8_t place);
void gossip_announce_forget_link(gossip_topic_t *topic, uint8_t place);
void gossip_announce_flush(gossip_topic_t *topic);

/* owed.c: what was refused */
void gossip_owed_refused(gossip_topic_t *topic, gossip_known_t *peer, const gossip_frame_t *frame);
void gossip_owed_tick(gossip_topic_t *topic);

/* broadcast.c: Plumtree */
void gossip_tree_up(gossip_topic_t *topic, gossip_known_t *peer);
void gossip_tree_down(gossip_topic_t *topic, const gossip_known_t *peer);
void gossip_on_broadcast(gossip_topic_t *topic, gossip_known_t *from, gossip_message_t *message);
int gossip_tree_broadcast(gossip_topic_t *topic, const uint8_t *content, size_t len, bool neighbors);

#endif
