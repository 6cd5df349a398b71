/* SPDX-License-Identifier: MIT
 * Listening to the kernel's word that this host's network has changed. */
#ifndef IROH_ENDPOINT_WATCH_H
#define IROH_ENDPOINT_WATCH_H

#include "endpoint/state.h"

/* Listens to what the host says of its network; tries again later where it cannot. */
void watch_begin(iroh_endpoint_t *ep);
uint64_t watch_again(iroh_endpoint_t *ep, uint64_t now);
void watch_end(iroh_endpoint_t *ep);

/* Two callbacks of netlink_callbacks_t. The third is loop.c's, which calls watch_closed(). */
void watch_on_changed(netlink_t *netlink, unsigned what);
void watch_on_failed(netlink_t *netlink, int error);
void watch_closed(iroh_endpoint_t *ep);

#endif
