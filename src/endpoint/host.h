/* SPDX-License-Identifier: MIT
 * What QUIC asks its host. */
#ifndef IROH_ENDPOINT_HOST_H
#define IROH_ENDPOINT_HOST_H

#include "endpoint/state.h"

#define KEPT_CIDS_MAX 64

/* Connection ids of attempts that are over, of one dial. */
typedef struct kept_cids {
  size_t count;
  struct {
    uint8_t len, data[QUIC_CID_MAX];
  } items[KEPT_CIDS_MAX];
} kept_cids_t;

extern const quic_host_t host_callbacks;
/* One more handshake of a connection that is dialled. */
int host_dial(conn_t *conn, const uint8_t node_id[IROH_KEY_BYTES], const char *alpn, size_t alpn_len,
              const quic_path_t *path, uint64_t now, quic_conn_t **out);
/* The dial is over: the ids in conn->kept_cids no longer lead to the connection. */
void host_end_keeping(conn_t *conn);
/* The connection is about to be freed: no id leads to it any more. */
void host_forget_cids(conn_t *conn);

#endif
