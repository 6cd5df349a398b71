/* SPDX-License-Identifier: MIT
 *
 * Two connections of src/quic, with ngtcp2 inside and a packet protection that protects nothing (null-aead.c), and a network
 * between them that the input rules. One of them, the target, also gets packets that the input makes.
 */
#ifndef IROH_FUZZ_QUIC_WORLD_H
#define IROH_FUZZ_QUIC_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Runs one input: a byte of choices, then actions until it ends. `open`: the actions begin when both sides are open. */
void world_run(const uint8_t *data, size_t size, bool open);

#endif
