/* SPDX-License-Identifier: MIT
 * When the loop was away: nobody is judged by a deadline before what came meanwhile was read. A relay's datagrams are read
 * by JavaScript, so that it takes a whole turn of the loop. */
#include "endpoint/late.h"

#include "endpoint/dial.h"
#include "endpoint/service.h"
#include "endpoint/timer.h"

#define NS_PER_MS UINT64_C(1000000)
/* A timer that fires so late has waited for the loop. */
#define LATE (20 * NS_PER_MS)
/* From the rest of this turn to the end of the next one's reading. */
#define TURNS 2

bool late_holds(iroh_endpoint_t *ep, uint64_t now) {
  if (ep->late_turns > 0) return true;
  uint64_t absence = now - ep->timer.due_at;
  if (absence < LATE) return false;
  ep->late_turns = TURNS;
  list_for_each(node, &ep->dials) dial_overslept(container_of(node, conn_t, dial_node), absence);
  service_overslept(ep, absence, now);
  ep_timer_arm(&ep->timer, now);
  return true;
}

bool late_is_over(iroh_endpoint_t *ep) { return ep->late_turns > 0 && --ep->late_turns == 0; }
