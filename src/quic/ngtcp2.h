/* SPDX-License-Identifier: MIT
 * ngtcp2's headers, and the least release that peers cannot end this process through (docs/design/ngtcp2.md). */
#ifndef IROH_QUIC_NGTCP2_H
#define IROH_QUIC_NGTCP2_H

#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>

#if NGTCP2_VERSION_NUM < 0x011601
#error "ngtcp2 1.22.1 or newer is needed; scripts/deps builds one"
#endif

#endif
