/* SPDX-License-Identifier: MIT
 * When the loop was away: nobody is judged by a deadline before what came meanwhile was read. A relay's datagrams are read
 * by JavaScript, so that it takes a whole turn of the loop. */
#include "endpoint/late.h"

#include "endpoint/dial.h"
#include "endpoint/timer.h"

#define NS_PER_MS UINT64_C(1000000)
/* A timer that fires so late has waited for the loop. */
#define LATE (20 * NS_PER_MS)
/* From the rest of this turn to the end of the next one's reading. */
#define TURNS 2
/* What gossip asked for just before may leave only now: it waits so much longer for answers, after so long an absence and so
 * many times in a row. */
#define GOSSIP_ABSENCE (200 * NS_PER_MS)
#define GOSSIP_GRACE (300 * NS_PER_MS)
#define GOSSIP_GRACES 3

static void grant_gossip(iroh_endpoint_t *ep, uint64_t absence, uint64_t now) {
  if (absence < GOSSIP_ABSENCE || ep->gossip_graces == GOSSIP_GRACES) return;
  ep->gossip_graces++;
  ep->gossip_not_before = now + GOSSIP_GRACE;
}

bool late_holds(iroh_endpoint_t *ep, uint64_t now) {
  if (ep->late_turns > 0) return true;
  uint64_t absence = now - ep->timer.due_at;
  if (absence < LATE) return false;
  ep->late_turns = TURNS;
  list_for_each(node, &ep->dials) dial_overslept(container_of(node, conn_t, dial_node), absence);
  grant_gossip(ep, absence, now);
  ep_timer_arm(&ep->timer, now);
  return true;
}

bool late_is_over(iroh_endpoint_t *ep) { return ep->late_turns > 0 && --ep->late_turns == 0; }
