/* SPDX-License-Identifier: MIT
 * When the loop was away. */
#ifndef IROH_ENDPOINT_LATE_H
#define IROH_ENDPOINT_LATE_H

#include "endpoint/state.h"

/* At a deadline: whether it waits, since the loop was away and what came meanwhile is not read yet. */
bool late_holds(iroh_endpoint_t *ep, uint64_t now);
/* Once a turn of the loop, before it waits: whether what waited is to be looked at now. */
bool late_is_over(iroh_endpoint_t *ep);

#endif
