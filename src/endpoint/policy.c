/* SPDX-License-Identifier: MIT
 * Who may connect to us: the lists, then the program's own function. */
#include <string.h>

#include "endpoint/internal.h"

bool endpoint_authorize(iroh_endpoint_t *ep, const uint8_t node_id[IROH_KEY_BYTES]) {
  bool listed = bytes_map_get(&ep->allowed, node_id, IROH_KEY_BYTES) != NULL;
  bool admitted = bytes_map_get(&ep->denied, node_id, IROH_KEY_BYTES) == NULL;
  if (ep->config.allow_listed_only && !listed) admitted = false;
  if (admitted && ep->config.authorize != NULL && !ep->abandoned)
    admitted = ep->config.authorize(ep->config.ctx, node_id);
  if (!admitted) endpoint_note_refusal(ep, node_id);
  return admitted;
}

int iroh_endpoint_allow(iroh_endpoint_t *ep, const uint8_t node_id[IROH_KEY_BYTES]) {
  bytes_map_remove(&ep->denied, node_id, IROH_KEY_BYTES);
  return bytes_map_put(&ep->allowed, node_id, IROH_KEY_BYTES, ep);
}

int iroh_endpoint_deny(iroh_endpoint_t *ep, const uint8_t node_id[IROH_KEY_BYTES]) {
  bytes_map_remove(&ep->allowed, node_id, IROH_KEY_BYTES);
  int rv = bytes_map_put(&ep->denied, node_id, IROH_KEY_BYTES, ep);
  uint64_t now = uv_hrtime();
  const goodbye_t goodbye = {.denied = true, .reason = "node id denied"};
  list_for_each(node, &ep->all) {
    conn_t *conn = container_of(node, conn_t, all_node);
    if (memcmp(quic_conn_peer(conn->quic), node_id, IROH_KEY_BYTES) != 0) continue;
    conn_end(conn, &goodbye, now);
  }
  return rv;
}
