/* SPDX-License-Identifier: MIT
 * What an endpoint is made of. */
#ifndef IROH_ENDPOINT_ENDPOINT_H
#define IROH_ENDPOINT_ENDPOINT_H

#include "endpoint/state.h"

/* Makes an endpoint that has no sockets yet, and no hooks in the loop. */
int endpoint_new(uv_loop_t *loop, const iroh_endpoint_config_t *config, iroh_endpoint_t **out);
void endpoint_free(iroh_endpoint_t *ep);

#endif
