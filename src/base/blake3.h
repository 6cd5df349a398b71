/* SPDX-License-Identifier: MIT
 *
 * BLAKE3 ("BLAKE3: one function, fast everywhere", 2020): hash, keyed hash and key derivation, incremental, with output
 * of any length. The relay handshake signs a challenge derived with it; libsodium has none. The iroh_blake3 functions
 * of iroh.h live here too.
 */
#ifndef IROH_BASE_BLAKE3_H
#define IROH_BASE_BLAKE3_H

#include <stddef.h>
#include <stdint.h>

#define BLAKE3_BLOCK_BYTES 64
/* A tree of 2^64 bytes in chunks of 2^10 has at most this many subtrees waiting for their right-hand side. */
#define BLAKE3_STACK_MAX 54

/* In place, nothing to free. All fields are private; wipe it (iroh_wipe) when its input or key was secret. */
typedef struct {
  uint32_t key[8]; /* what every chunk and every parent node starts from */
  uint32_t flags;  /* the mode's */
  uint32_t chunk_value[8];
  uint64_t chunk_index;
  uint8_t block[BLAKE3_BLOCK_BYTES];
  uint32_t block_len;
  uint32_t blocks_done; /* of this chunk */
  uint32_t stack_len;
  uint32_t stack[BLAKE3_STACK_MAX][8]; /* values of finished subtrees, the largest first */
} blake3_t;

void blake3_init(blake3_t *self);
void blake3_init_keyed(blake3_t *self, const uint8_t key[32]);
/* `context` names the one purpose of the derived key: a constant of the program, never input. */
void blake3_init_derive_key(blake3_t *self, const char *context, size_t context_len);
/* Takes the next `len` bytes of input (or of key material). */
void blake3_update(blake3_t *self, const void *data, size_t len);
/* Writes the first `len` bytes of the output. May be called again, also after more input. */
void blake3_final(const blake3_t *self, uint8_t *out, size_t len);

#endif
