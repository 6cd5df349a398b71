/* SPDX-License-Identifier: MIT
 * Listening to the kernel's word that this host's network has changed. Where the host does not tell, changes are noticed by
 * what they break; where it only cannot tell now, it is asked again. */
#include "endpoint/watch.h"

#include "endpoint/trouble.h"

#define NS_PER_S UINT64_C(1000000000)
#define AGAIN_AFTER (30 * NS_PER_S)

void watch_on_changed(netlink_t *netlink, unsigned what) {
  iroh_endpoint_t *ep = netlink->owner;
  ep->network_changes |= what;
}

void watch_on_failed(netlink_t *netlink, int error) {
  iroh_endpoint_t *ep = netlink->owner;
  if (!ep->watches_network) return;
  trouble_tell(ep, error, "recvfrom(AF_NETLINK)", NULL);
  watch_end(ep);
}

void watch_closed(iroh_endpoint_t *ep) { ep->watch_at = uv_hrtime() + AGAIN_AFTER; }

void watch_begin(iroh_endpoint_t *ep) {
  int rv = netlink_open(&ep->netlink, ep->loop, ep->watch_hooks, ep);
  ep->watches_network = rv == 0;
  ep->watch_at = rv == IROH_ERR_SYSTEM ? uv_hrtime() + AGAIN_AFTER : QUIC_NEVER;
  if (rv == 0) {
    ep->handles_open++;
  } else if (rv == IROH_ERR_SYSTEM) {
    iroh_system_error_t why;
    iroh_take_system_error(&why);
    trouble_tell(ep, why.number, why.call, NULL);
  }
}

uint64_t watch_again(iroh_endpoint_t *ep, uint64_t now) {
  if (ep->watch_at > now || ep->closing) return ep->watch_at;
  watch_begin(ep);
  /* Whatever has happened meanwhile was not told. */
  if (ep->watches_network) ep->network_changes |= NETLINK_ADDRESSES | NETLINK_ROUTES;
  return ep->watch_at;
}

void watch_end(iroh_endpoint_t *ep) {
  if (!ep->watches_network) return;
  ep->watches_network = false;
  netlink_close(&ep->netlink);
}
