/* SPDX-License-Identifier: MIT
 * The host's network has changed: every connection looks for its path again. */
#include "endpoint/paths.h"
#include "endpoint/sockets.h"
#include "endpoint/state.h"

int iroh_endpoint_rebind(iroh_endpoint_t *ep) {
  if (ep->closing) return IROH_ERR_CLOSED;
  uint64_t now = uv_hrtime();
  int rv = sockets_rebind(ep, now);
  if (rv != 0) return rv;
  list_for_each(node, &ep->all) paths_rebind(container_of(node, conn_t, all_node), now);
  return 0;
}

int iroh_endpoint_network_changed(iroh_endpoint_t *ep) {
  if (ep->closing) return IROH_ERR_CLOSED;
  uint64_t now = uv_hrtime();
  list_for_each(node, &ep->all) paths_network_changed(container_of(node, conn_t, all_node), now);
  return 0;
}
