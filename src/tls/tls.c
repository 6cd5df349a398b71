/* SPDX-License-Identifier: MIT */
#include "tls/tls.h"

#include <assert.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>

#include "iroh.h"

/* AES-128-GCM first: by far the fastest here. One curve family each for the three that iroh offers. */
#define PRIORITY_COMMON                                                                                              \
  "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:-GROUP-ALL:+GROUP-X25519:" \
  "+GROUP-SECP256R1:+GROUP-SECP384R1:-CTYPE-ALL:+CTYPE-CLI-RAWPK:+CTYPE-SRV-RAWPK:-SIGN-ALL:+SIGN-EDDSA-ED25519:"    \
  "%DISABLE_TLS13_COMPAT_MODE"

/* SubjectPublicKeyInfo and PKCS #8 headers of an Ed25519 key (RFC 8410). */
static const uint8_t spki_prefix[12] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
static const uint8_t pkcs8_prefix[16] = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                                         0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};

static_assert(TLS_REFUSE == GNUTLS_E_CERTIFICATE_ERROR, "what GnuTLS takes for a refusal");

struct tls_identity {
  gnutls_certificate_credentials_t credentials;
  gnutls_priority_t client_priority;
  gnutls_priority_t server_priority;
};

static int map_error(int gnutls_error) {
  return gnutls_error == GNUTLS_E_MEMORY_ERROR ? IROH_ERR_NO_MEMORY : IROH_ERR_INTERNAL;
}

int tls_identity_new(const uint8_t *seed, const uint8_t *public_key, int (*verify)(tls_session_t session),
                     tls_identity_t **out) {
  *out = NULL;
  tls_identity_t *identity = calloc(1, sizeof *identity);
  if (identity == NULL) return IROH_ERR_NO_MEMORY;

  uint8_t spki[sizeof spki_prefix + 32], pkcs8[sizeof pkcs8_prefix + 32];
  memcpy(spki, spki_prefix, sizeof spki_prefix);
  memcpy(spki + sizeof spki_prefix, public_key, 32);
  memcpy(pkcs8, pkcs8_prefix, sizeof pkcs8_prefix);
  memcpy(pkcs8 + sizeof pkcs8_prefix, seed, 32);
  const gnutls_datum_t spki_datum = {spki, sizeof spki}, pkcs8_datum = {pkcs8, sizeof pkcs8};

  int rv = gnutls_certificate_allocate_credentials(&identity->credentials);
  if (rv < 0) goto fail_credentials;
  rv = gnutls_certificate_set_rawpk_key_mem(identity->credentials, &spki_datum, &pkcs8_datum, GNUTLS_X509_FMT_DER, NULL,
                                            0, NULL, 0, 0);
  if (rv < 0) goto fail_priority;
  gnutls_certificate_set_verify_function(identity->credentials, verify);
  rv = gnutls_priority_init(&identity->client_priority, PRIORITY_COMMON, NULL);
  if (rv < 0) goto fail_priority;
  rv = gnutls_priority_init(&identity->server_priority, PRIORITY_COMMON ":%SERVER_PRECEDENCE", NULL);
  if (rv < 0) goto fail_priority;
  iroh_wipe(pkcs8, sizeof pkcs8);
  *out = identity;
  return 0;

fail_priority:
  gnutls_priority_deinit(identity->client_priority);
  gnutls_certificate_free_credentials(identity->credentials);
fail_credentials:
  iroh_wipe(pkcs8, sizeof pkcs8);
  free(identity);
  return map_error(rv);
}

void tls_identity_free(tls_identity_t *identity) {
  if (identity == NULL) return;
  gnutls_priority_deinit(identity->client_priority);
  gnutls_priority_deinit(identity->server_priority);
  gnutls_certificate_free_credentials(identity->credentials);
  free(identity);
}

int tls_session_new(const tls_identity_t *identity, bool server, const tls_alpn_t *alpns, size_t alpn_count, void *ptr,
                    tls_session_t *out) {
  *out = NULL;
  gnutls_session_t session;
  unsigned flags = GNUTLS_ENABLE_RAWPK | GNUTLS_NO_END_OF_EARLY_DATA | GNUTLS_NO_TICKETS;
  int rv = gnutls_init(&session, flags | (server ? GNUTLS_SERVER : GNUTLS_CLIENT));
  if (rv < 0) return map_error(rv);

  gnutls_datum_t *names = calloc(alpn_count > 0 ? alpn_count : 1, sizeof *names);
  if (names == NULL) {
    gnutls_deinit(session);
    return IROH_ERR_NO_MEMORY;
  }
  for (size_t i = 0; i < alpn_count; i++)
    names[i] = (gnutls_datum_t){(unsigned char *)(uintptr_t)alpns[i].name, (unsigned)alpns[i].len};

  gnutls_session_set_ptr(session, ptr);
  rv = gnutls_priority_set(session, server ? identity->server_priority : identity->client_priority);
  if (rv >= 0) rv = gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, identity->credentials);
  if (rv >= 0) rv = gnutls_alpn_set_protocols(session, names, (unsigned)alpn_count, GNUTLS_ALPN_MANDATORY);
  if (rv >= 0 && server) gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
  free(names);
  if (rv < 0) {
    gnutls_deinit(session);
    return map_error(rv);
  }
  *out = session;
  return 0;
}

void tls_session_free(tls_session_t session) {
  if (session != NULL) gnutls_deinit(session);
}

int tls_session_peer_key(tls_session_t session, uint8_t out[32]) {
  unsigned count = 0;
  if (gnutls_certificate_type_get2(session, GNUTLS_CTYPE_PEERS) != GNUTLS_CRT_RAWPK) return IROH_ERR_HANDSHAKE;
  const gnutls_datum_t *peers = gnutls_certificate_get_peers(session, &count);
  if (peers == NULL || count != 1 || peers[0].size != sizeof spki_prefix + 32) return IROH_ERR_HANDSHAKE;
  if (memcmp(peers[0].data, spki_prefix, sizeof spki_prefix) != 0) return IROH_ERR_HANDSHAKE;
  memcpy(out, peers[0].data + sizeof spki_prefix, 32);
  return 0;
}

size_t tls_session_alpn(tls_session_t session, char *out, size_t size) {
  gnutls_datum_t protocol;
  if (gnutls_alpn_get_selected_protocol(session, &protocol) < 0 || protocol.size >= size) return 0;
  memcpy(out, protocol.data, protocol.size);
  out[protocol.size] = '\0';
  return protocol.size;
}

const char *tls_library_version(void) { return gnutls_check_version(NULL); }
