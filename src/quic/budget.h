/* SPDX-License-Identifier: MIT
 * What all connections of an endpoint hold of what their peers sent and nobody has read, and how much they may.
 *
 * Flow control (RFC 9000 section 4) bounds each connection by what was granted; this bounds their sum. Windows begin
 * small, grow for readers that keep up, and shrink while much is held. What was granted cannot be taken back: over the
 * limit it is the host that has to close connections. */
#ifndef IROH_QUIC_BUDGET_H
#define IROH_QUIC_BUDGET_H

#include <stddef.h>

typedef struct {
  size_t limit; /* bytes; 0: none */
  size_t held;
} quic_budget_t;

#endif
