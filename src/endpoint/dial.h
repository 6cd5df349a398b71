/* SPDX-License-Identifier: MIT
 * A dial: attempts at the addresses of a peer, of which the first whose handshake succeeds becomes the connection.
 * Until then nothing that comes is known to be the peer's, and nothing of it decides more than the fate of the address
 * it came from. */
#ifndef IROH_ENDPOINT_DIAL_H
#define IROH_ENDPOINT_DIAL_H

#include "endpoint/internal.h"

#define DIAL_ATTEMPTS_MAX 4 /* of one dial at a time */
#define DIAL_OPEN SIZE_MAX  /* as attempt_t.candidate */

/* One handshake. */
typedef struct attempt {
  quic_conn_t *quic;
  quic_path_t seen; /* the one path that QUIC sees */
  /* Whose packets it takes and where its own go, an index of conn_t.candidates. DIAL_OPEN: nobody has answered it; its
   * packets go to every address that has not been heard, and the first answer that it can open binds it. */
  size_t candidate;
  uint64_t began_at;
  uint64_t answered_at; /* first; 0: not yet */
  bool held;            /* its first flight waits for dial_t.open_at */
  bool proved;          /* the peer has proved its key */
} attempt_t;

/* Begins the first attempt, at all candidates of the connection. */
int dial_begin(conn_t *conn, const uint8_t node_id[IROH_KEY_BYTES], const char *alpn, size_t alpn_len, uint64_t timeout,
               uint64_t now);
/* Frees what is left of it; conn->quic stays. */
void dial_free(conn_t *conn);

/* A datagram came for one of its connection ids. */
void dial_received(conn_t *conn, const udp_message_t *message, const uint8_t *data, size_t len, uint64_t now);
/* A host on the way says that what was sent there has not arrived (ICMP), as an errno. */
void dial_unreachable(conn_t *conn, const address_t *remote, int error, uint64_t now);
/* The network of this host is another: what could not be reached may be reached now. */
void dial_network_changed(conn_t *conn);
/* Called at its deadlines. */
void dial_tick(conn_t *conn, uint64_t now);
uint64_t dial_deadline(const conn_t *conn);
/* The loop was away for so long at a deadline. */
void dial_overslept(conn_t *conn, uint64_t absence);
/* Writes what its attempts have to send. False: a socket is full. */
bool dial_write(conn_t *conn, uint64_t now, size_t *written);
/* Whether packets of this attempt go to that candidate. */
bool dial_sends_to(const conn_t *conn, const attempt_t *attempt, size_t candidate);
/* A connection id of an attempt that is over: true if the dial goes on taking what comes for it. */
bool dial_keeps_cid(conn_t *conn, const uint8_t *cid, size_t len);
/* This side ends it. */
void dial_stop(conn_t *conn, const goodbye_t *goodbye, uint64_t now);

#endif
