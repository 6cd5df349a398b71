/* SPDX-License-Identifier: MIT
 * Raw-public-key credentials and TLS 1.3 sessions (RFC 8446, RFC 7250) over GnuTLS. Knows nothing of QUIC: the QUIC
 * room configures the session it gets from here. */
#ifndef IROH_TLS_TLS_H
#define IROH_TLS_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Alerts of RFC 8446 section 6 that this package sends or tells apart. */
#define TLS_ALERT_BAD_CERTIFICATE 42
#define TLS_ALERT_ACCESS_DENIED 49
#define TLS_ALERT_NO_APPLICATION_PROTOCOL 120
#define TLS_REFUSE (-43) /* GNUTLS_E_CERTIFICATE_ERROR */

/* GnuTLS's gnutls_session_t, so that rooms which only carry one need not know GnuTLS. */
typedef struct gnutls_session_int *tls_session_t;

/* Our identity as TLS sees it: one for all sessions of an endpoint, in both roles. */
typedef struct tls_identity tls_identity_t;

/* Borrows the 32-byte Ed25519 seed and public key; copies of the seed made on the way are wiped. `verify` is GnuTLS's
 * question about the peer's key, asked inside the handshake: 0 accepts, TLS_REFUSE refuses. */
int tls_identity_new(const uint8_t *seed, const uint8_t *public_key, int (*verify)(tls_session_t session),
                     tls_identity_t **out);
void tls_identity_free(tls_identity_t *identity);

/* ALPN names in wire order. `names[i]` has `lens[i]` bytes; borrowed during the call. */
typedef struct {
  const uint8_t *name;
  size_t len;
} tls_alpn_t;

/* A new session holding a reference to the identity, which must outlive it. `ptr` is what gnutls_session_get_ptr
 * gives. Gives the session to the caller (tls_session_free). */
int tls_session_new(const tls_identity_t *identity, bool server, const tls_alpn_t *alpns, size_t alpn_count, void *ptr,
                    tls_session_t *out);
void tls_session_free(tls_session_t session);
/* The Ed25519 key that the peer presents; IROH_ERR_HANDSHAKE if it is anything else. */
int tls_session_peer_key(tls_session_t session, uint8_t out[32]);
/* The agreed ALPN, copied; returns its length, 0 if there is none. */
size_t tls_session_alpn(tls_session_t session, char *out, size_t size);

/* The release of GnuTLS that is loaded. Static. */
const char *tls_library_version(void);

#endif
