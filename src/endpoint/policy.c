/* SPDX-License-Identifier: MIT
 * Who may connect to us: the lists, then the program's own function. */
#include "endpoint/policy.h"

#include <string.h>

#include "endpoint/notes.h"

static bool lists_admit(const iroh_endpoint_t *ep, const uint8_t node_id[IROH_KEY_BYTES]) {
  if (bytes_map_get(&ep->denied, node_id, IROH_KEY_BYTES) != NULL) return false;
  return !ep->config.allow_listed_only || bytes_map_get(&ep->allowed, node_id, IROH_KEY_BYTES) != NULL;
}

bool policy_admits(iroh_endpoint_t *ep, const uint8_t node_id[IROH_KEY_BYTES]) {
  bool admitted = lists_admit(ep, node_id);
  if (admitted && ep->config.authorize != NULL && !ep->abandoned)
    /* The program's function may change the lists itself. */
    admitted = ep->config.authorize(ep->config.ctx, node_id) && lists_admit(ep, node_id);
  if (!admitted) notes_refusal(ep, node_id);
  return admitted;
}

/* An accepted connection whose handshake is over; what was agreed on then stays known when it closes. */
static bool has_opened(const conn_t *conn) {
  size_t alpn_len;
  quic_conn_alpn(conn->quic, &alpn_len);
  return quic_conn_is_server(conn->quic) && alpn_len > 0;
}

static void authorize_again(conn_t *conn) {
  iroh_endpoint_t *ep = conn->ep;
  conn->asked_again = true;
  ep->reading = true; /* the program may end in its function, and then the end waits */
  conn->refused = !policy_admits(ep, quic_conn_peer(conn->quic));
  ep->reading = false;
  if (conn->refused) quic_conn_deny(conn->quic, "node id not allowed", uv_hrtime());
}

void policy_ask_again(iroh_endpoint_t *ep) {
  list_for_each(node, &ep->eventful) {
    conn_t *conn = container_of(node, conn_t, eventful_node);
    if (conn->announced || conn->asked_again || !has_opened(conn)) continue;
    authorize_again(conn);
    if (ep->abandoned) return;
  }
}

int iroh_endpoint_allow(iroh_endpoint_t *ep, const uint8_t node_id[IROH_KEY_BYTES]) {
  bytes_map_remove(&ep->denied, node_id, IROH_KEY_BYTES);
  return bytes_map_put(&ep->allowed, node_id, IROH_KEY_BYTES, ep);
}

int policy_deny(iroh_endpoint_t *ep, const uint8_t node_id[IROH_KEY_BYTES]) {
  bytes_map_remove(&ep->allowed, node_id, IROH_KEY_BYTES);
  return bytes_map_put(&ep->denied, node_id, IROH_KEY_BYTES, ep);
}
