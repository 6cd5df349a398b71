// SPDX-License-Identifier: MIT

/** The version of this package, and those of the libraries that its addon has loaded. */
export const versions: {
  /** This package. */
  readonly package: string
  /** QUIC. */
  readonly ngtcp2: string
  /** TLS. */
  readonly gnutls: string
  /** Keys, signatures and sealed probes. */
  readonly libsodium: string
}
