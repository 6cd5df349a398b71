/* SPDX-License-Identifier: MIT
 * What to do when connections hold more than the endpoint takes. */
#ifndef IROH_ENDPOINT_RELIEVE_H
#define IROH_ENDPOINT_RELIEVE_H

#include "endpoint/state.h"

/* Closes connections if more is held unread than the endpoint takes. Not while anything is being told. */
void relieve(iroh_endpoint_t *ep);

#endif
