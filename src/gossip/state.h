/* SPDX-License-Identifier: MIT
 *
 * A topic. A call of topic.h sets `now` and `out`, does its part, and lets the views fill up
 * (gossip_view_settle). Everything that grows has a bound, named where it is kept.
 */
#ifndef IROH_GOSSIP_STATE_H
#define IROH_GOSSIP_STATE_H

#include "base/base.h"
#include "gossip/announce.h"
#include "gossip/missing.h"
#include "gossip/payloads.h"
#include "gossip/peers.h"
#include "gossip/seen.h"

#define MILLISECOND UINT64_C(1000000)
#define SECOND (1000 * MILLISECOND)

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

#endif
