/* SPDX-License-Identifier: MIT */
#include "gossip/hints.h"

#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "gossip/state.h"
#include "iroh.h"

/* What a neighbour may cost before it has said anything: it has made a connection, of which its part is half as much at
 * least. And what it can save up. */
enum { CREDIT_FIRST = 8700, CREDIT_MOST = 26100, EARNINGS = 2 };
/* Peers that did not answer weigh 1, those that did weigh more against them: many members of a topic may vanish at once,
 * and who named them did not lie. */
enum { WRONG_MOST = 8, RIGHT_WEIGHT = 4, RIGHT_MOST = 16 };
enum { OPEN_MOST = 8 };
#define SILENCED_FIRST (60 * SECOND)
#define SILENCED_MOST (3600 * SECOND)
#define UNPAID_EVERY (10 * SECOND)
#define DIAL_EVERY (500 * MILLISECOND)
enum { DIALS_AT_ONCE = 32 };

typedef struct {
  list_node_t node;
  uint8_t id[GOSSIP_ID_BYTES];
  uint32_t credit;   /* bytes */
  int wrong;         /* those that did not answer, against those that did */
  unsigned open;     /* dials on its word that have not ended */
  unsigned silenced; /* times */
  uint64_t silent_until;
} teller_t;

int gossip_hints_init(gossip_hints_t *hints) {
  list_init(&hints->by_age);
  hints->dials = hints->unpaid = 0;
  return bytes_map_init(&hints->by_id);
}

static void forget(gossip_hints_t *hints, teller_t *teller) {
  bytes_map_remove(&hints->by_id, teller->id, sizeof teller->id);
  list_remove(&teller->node);
  free(teller);
}

void gossip_hints_deinit(gossip_hints_t *hints) {
  list_node_t *node;
  while ((node = list_first(&hints->by_age)) != NULL) forget(hints, container_of(node, teller_t, node));
  bytes_map_deinit(&hints->by_id);
}

static teller_t *find(const gossip_hints_t *hints, const uint8_t id[GOSSIP_ID_BYTES]) {
  return bytes_map_get(&hints->by_id, id, GOSSIP_ID_BYTES);
}

/* Of those that may be forgotten the one that said nothing for the longest time; one that is not listened to has to wait
 * until its time is over. */
static teller_t *oldest(const gossip_hints_t *hints, uint64_t now) {
  list_for_each(node, &hints->by_age) {
    teller_t *teller = container_of(node, teller_t, node);
    if (teller->silent_until <= now) return teller;
  }
  return container_of(list_first(&hints->by_age), teller_t, node);
}

/* NULL without memory. */
static teller_t *get(gossip_hints_t *hints, const uint8_t id[GOSSIP_ID_BYTES], uint64_t now) {
  teller_t *teller = find(hints, id);
  if (teller != NULL) return teller;
  if (bytes_map_count(&hints->by_id) >= GOSSIP_TELLERS_MAX) forget(hints, oldest(hints, now));
  teller = calloc(1, sizeof *teller);
  if (teller == NULL) return NULL;
  memcpy(teller->id, id, sizeof teller->id);
  teller->credit = CREDIT_FIRST;
  if (bytes_map_put(&hints->by_id, id, GOSSIP_ID_BYTES, teller) != 0) {
    free(teller);
    return NULL;
  }
  list_push_back(&hints->by_age, &teller->node);
  return teller;
}

static void add(teller_t *teller, uint64_t bytes) {
  uint64_t credit = teller->credit + bytes;
  teller->credit = credit < CREDIT_MOST ? (uint32_t)credit : CREDIT_MOST;
}

void gossip_hints_earn(gossip_hints_t *hints, const uint8_t teller_id[GOSSIP_ID_BYTES], uint64_t bytes, uint64_t now) {
  teller_t *teller = get(hints, teller_id, now);
  if (teller == NULL) return;
  list_remove(&teller->node);
  list_push_back(&hints->by_age, &teller->node);
  add(teller, EARNINGS * bytes);
}

bool gossip_hints_trusts(const gossip_hints_t *hints, const uint8_t teller_id[GOSSIP_ID_BYTES], uint64_t now) {
  const teller_t *teller = find(hints, teller_id);
  return teller == NULL || teller->silent_until <= now;
}

bool gossip_hints_pay(gossip_hints_t *hints, const uint8_t teller_id[GOSSIP_ID_BYTES], uint64_t bytes, uint64_t now) {
  if (bytes == 0) return true;
  teller_t *teller = get(hints, teller_id, now);
  if (teller == NULL || teller->silent_until > now || teller->credit < bytes) return false;
  teller->credit -= (uint32_t)bytes;
  return true;
}

bool gossip_hints_begin(gossip_hints_t *hints, const uint8_t teller_id[GOSSIP_ID_BYTES], uint64_t bytes, bool alone,
                        uint64_t now) {
  teller_t *teller = get(hints, teller_id, now);
  if (teller == NULL || teller->open >= OPEN_MOST) return false;
  if (!gossip_rate_take(&hints->dials, now, DIAL_EVERY, DIALS_AT_ONCE)) return false;
  if (!gossip_hints_pay(hints, teller_id, bytes, now)) {
    bool is_heard = teller->silent_until <= now;
    if (!alone || !is_heard || !gossip_rate_take(&hints->unpaid, now, UNPAID_EVERY, 1)) return false;
  }
  teller->open++;
  return true;
}

void gossip_hints_end(gossip_hints_t *hints, const uint8_t teller_id[GOSSIP_ID_BYTES], uint64_t bytes, bool answered,
                      uint64_t now) {
  teller_t *teller = get(hints, teller_id, now);
  if (teller == NULL) return;
  if (teller->open > 0) teller->open--;
  if (answered) add(teller, bytes);
}

void gossip_hints_judge(gossip_hints_t *hints, const uint8_t teller_id[GOSSIP_ID_BYTES], bool right, uint64_t now) {
  teller_t *teller = get(hints, teller_id, now);
  if (teller == NULL) return;
  if (right) {
    teller->wrong = teller->wrong > RIGHT_WEIGHT - RIGHT_MOST ? teller->wrong - RIGHT_WEIGHT : -RIGHT_MOST;
    return;
  }
  if (++teller->wrong < WRONG_MOST) return;
  uint64_t wait = SILENCED_FIRST;
  for (unsigned i = 0; i < teller->silenced && wait < SILENCED_MOST; i++) wait *= 2;
  teller->silent_until = now + (wait < SILENCED_MOST ? wait : SILENCED_MOST);
  teller->silenced++;
  teller->wrong = 0;
}

size_t gossip_hints_tellers(const gossip_hints_t *hints) { return bytes_map_count(&hints->by_id); }
