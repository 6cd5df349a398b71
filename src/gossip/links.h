/* SPDX-License-Identifier: MIT
 *
 * The places of the neighbours, and what is kept of each.
 */
#ifndef IROH_GOSSIP_LINKS_H
#define IROH_GOSSIP_LINKS_H

#include "gossip/topic.h"

enum {
  LINKS_MAX = GOSSIP_ACTIVE_VIEW_MAX, /* one bit of a gossip_links_t each */
  NO_LINK = 0xff
};

/* A set of neighbours, by their places in the topic's `links`. */
typedef uint32_t gossip_links_t;

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

#endif
