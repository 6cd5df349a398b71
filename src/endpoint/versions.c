/* SPDX-License-Identifier: MIT
 * What is linked: each room names the library that only it knows. */
#include "base/key.h"
#include "iroh.h"
#include "quic/conn.h"
#include "tls/tls.h"

void iroh_versions(iroh_versions_t *out) {
  *out = (iroh_versions_t){
      .ngtcp2 = quic_library_version(), .gnutls = tls_library_version(), .libsodium = key_library_version()};
}
