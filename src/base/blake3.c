/* SPDX-License-Identifier: MIT */
#include "base/blake3.h"

#include "base/base.h"
#include "iroh.h"

#include <string.h>

enum {
  CHUNK_START = 1 << 0,
  CHUNK_END = 1 << 1,
  PARENT = 1 << 2,
  ROOT = 1 << 3,
  KEYED_HASH = 1 << 4,
  DERIVE_KEY_CONTEXT = 1 << 5,
  DERIVE_KEY_MATERIAL = 1 << 6
};

enum { CHUNK_BLOCKS = 16, ROUNDS = 7 };

static const uint32_t iv[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                               0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

/* Where each round finds its message words: the permutation of table 2 of the paper, applied again and again. */
static const uint8_t schedule[ROUNDS][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8},
    {3, 4, 10, 12, 13, 2, 7, 14, 6, 5, 9, 0, 11, 15, 8, 1}, {10, 7, 12, 9, 14, 3, 13, 15, 4, 0, 11, 2, 5, 8, 1, 6},
    {12, 13, 9, 11, 15, 10, 14, 8, 7, 2, 5, 3, 0, 1, 6, 4}, {9, 14, 11, 5, 8, 12, 15, 1, 13, 3, 0, 10, 2, 6, 4, 7},
    {11, 15, 5, 0, 1, 9, 8, 6, 14, 10, 2, 12, 3, 4, 7, 13},
};

/* Everything the compression function takes: a node of the tree before it is known whether it is the root. */
typedef struct {
  uint32_t value[8]; /* what it starts from */
  uint8_t block[BLAKE3_BLOCK_BYTES];
  uint32_t block_len;
  uint64_t counter;
  uint32_t flags;
} node_t;

static uint32_t load_le(const uint8_t *at) {
  return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void store_le(uint8_t *at, uint32_t word) {
  for (int i = 0; i < 4; i++) at[i] = (uint8_t)(word >> 8 * i);
}

static uint32_t rotate_right(uint32_t word, int bits) { return word >> bits | word << (32 - bits); }

/* Inlined into unrolled rounds every index is a constant, and the state stays in registers: twice as fast. */
static inline __attribute__((always_inline)) void quarter(uint32_t v[16], int a, int b, int c, int d, uint32_t x,
                                                          uint32_t y) {
  v[a] += v[b] + x;
  v[d] = rotate_right(v[d] ^ v[a], 16);
  v[c] += v[d];
  v[b] = rotate_right(v[b] ^ v[c], 12);
  v[a] += v[b] + y;
  v[d] = rotate_right(v[d] ^ v[a], 8);
  v[c] += v[d];
  v[b] = rotate_right(v[b] ^ v[c], 7);
}

/* The whole 64 bytes; a chaining value is the first half of them. */
static void compress(const uint32_t value[8], const uint8_t block[BLAKE3_BLOCK_BYTES], uint32_t block_len,
                     uint64_t counter, uint32_t flags, uint32_t out[16]) {
  uint32_t m[16], v[16];
  for (int i = 0; i < 16; i++) m[i] = load_le(block + 4 * i);
  memcpy(v, value, 32);
  memcpy(v + 8, iv, 16);
  v[12] = (uint32_t)counter;
  v[13] = (uint32_t)(counter >> 32);
  v[14] = block_len;
  v[15] = flags;
#pragma GCC unroll 7
  for (int round = 0; round < ROUNDS; round++) {
    const uint8_t *s = schedule[round];
    quarter(v, 0, 4, 8, 12, m[s[0]], m[s[1]]);
    quarter(v, 1, 5, 9, 13, m[s[2]], m[s[3]]);
    quarter(v, 2, 6, 10, 14, m[s[4]], m[s[5]]);
    quarter(v, 3, 7, 11, 15, m[s[6]], m[s[7]]);
    quarter(v, 0, 5, 10, 15, m[s[8]], m[s[9]]);
    quarter(v, 1, 6, 11, 12, m[s[10]], m[s[11]]);
    quarter(v, 2, 7, 8, 13, m[s[12]], m[s[13]]);
    quarter(v, 3, 4, 9, 14, m[s[14]], m[s[15]]);
  }
  for (int i = 0; i < 8; i++) {
    out[i] = v[i] ^ v[i + 8];
    out[i + 8] = v[i + 8] ^ value[i];
  }
}

static void node_value(const node_t *node, uint32_t out[8]) {
  uint32_t words[16];
  compress(node->value, node->block, node->block_len, node->counter, node->flags, words);
  memcpy(out, words, 32);
}

/* The last block of the chunk being filled. */
static void chunk_node(const blake3_t *self, node_t *out) {
  memcpy(out->value, self->chunk_value, sizeof out->value);
  memcpy(out->block, self->block, sizeof out->block);
  out->block_len = self->block_len;
  out->counter = self->chunk_index;
  out->flags = self->flags | CHUNK_END | (self->blocks_done == 0 ? CHUNK_START : 0);
}

static void parent_node(const blake3_t *self, const uint32_t left[8], const uint32_t right[8], node_t *out) {
  memcpy(out->value, self->key, sizeof out->value);
  for (int i = 0; i < 8; i++) {
    store_le(out->block + 4 * i, left[i]);
    store_le(out->block + 32 + 4 * i, right[i]);
  }
  out->block_len = BLAKE3_BLOCK_BYTES;
  out->counter = 0;
  out->flags = self->flags | PARENT;
}

static void begin_chunk(blake3_t *self) {
  memcpy(self->chunk_value, self->key, sizeof self->chunk_value);
  memset(self->block, 0, sizeof self->block);
  self->block_len = 0;
  self->blocks_done = 0;
}

/* A chunk is full and more input follows, so neither it nor a subtree that it completes is the root. Each trailing zero
 * bit in the number of chunks is a subtree complete now. */
static void end_chunk(blake3_t *self) {
  node_t node;
  uint32_t value[8];
  chunk_node(self, &node);
  node_value(&node, value);
  self->chunk_index++;
  for (uint64_t chunks = self->chunk_index; (chunks & 1) == 0; chunks >>= 1) {
    parent_node(self, self->stack[--self->stack_len], value, &node);
    node_value(&node, value);
  }
  memcpy(self->stack[self->stack_len++], value, sizeof value);
  iroh_wipe(&node, sizeof node);
  begin_chunk(self);
}

/* A block is full and more input follows in the same chunk. */
static void end_block(blake3_t *self) {
  uint32_t words[16];
  uint32_t flags = self->flags | (self->blocks_done == 0 ? CHUNK_START : 0);
  compress(self->chunk_value, self->block, BLAKE3_BLOCK_BYTES, self->chunk_index, flags, words);
  memcpy(self->chunk_value, words, sizeof self->chunk_value);
  self->blocks_done++;
  memset(self->block, 0, sizeof self->block);
  self->block_len = 0;
}

static void init(blake3_t *self, const uint32_t key[8], uint32_t flags) {
  memcpy(self->key, key, sizeof self->key);
  self->flags = flags;
  self->chunk_index = 0;
  self->stack_len = 0;
  begin_chunk(self);
}

static void init_bytes(blake3_t *self, const uint8_t key[32], uint32_t flags) {
  uint32_t words[8];
  for (int i = 0; i < 8; i++) words[i] = load_le(key + 4 * i);
  init(self, words, flags);
  iroh_wipe(words, sizeof words);
}

void blake3_init(blake3_t *self) { init(self, iv, 0); }

void blake3_init_keyed(blake3_t *self, const uint8_t key[32]) { init_bytes(self, key, KEYED_HASH); }

void blake3_init_derive_key(blake3_t *self, const char *context, size_t context_len) {
  uint8_t key[32];
  init(self, iv, DERIVE_KEY_CONTEXT);
  blake3_update(self, context, context_len);
  blake3_final(self, key, sizeof key);
  init_bytes(self, key, DERIVE_KEY_MATERIAL);
}

void blake3_update(blake3_t *self, const void *data, size_t len) {
  const uint8_t *at = data;
  while (len > 0) {
    if (self->block_len == BLAKE3_BLOCK_BYTES) {
      if (self->blocks_done == CHUNK_BLOCKS - 1)
        end_chunk(self);
      else
        end_block(self);
    }
    size_t part = min_size(len, BLAKE3_BLOCK_BYTES - self->block_len);
    memcpy(self->block + self->block_len, at, part);
    self->block_len += (uint32_t)part;
    at += part;
    len -= part;
  }
}

void blake3_final(const blake3_t *self, uint8_t *out, size_t len) {
  node_t node;
  uint32_t words[16];
  uint8_t bytes[BLAKE3_BLOCK_BYTES];
  chunk_node(self, &node);
  for (uint32_t i = self->stack_len; i > 0; i--) {
    uint32_t right[8];
    node_value(&node, right);
    parent_node(self, self->stack[i - 1], right, &node);
  }
  for (uint64_t index = 0; len > 0; index++) {
    compress(node.value, node.block, node.block_len, index, node.flags | ROOT, words);
    for (int i = 0; i < 16; i++) store_le(bytes + 4 * i, words[i]);
    size_t part = min_size(len, sizeof bytes);
    memcpy(out, bytes, part);
    out += part;
    len -= part;
  }
  iroh_wipe(&node, sizeof node);
  iroh_wipe(words, sizeof words);
  iroh_wipe(bytes, sizeof bytes);
}

void iroh_blake3(const uint8_t *data, size_t len, uint8_t out[IROH_HASH_BYTES]) {
  blake3_t hash;
  blake3_init(&hash);
  blake3_update(&hash, data, len);
  blake3_final(&hash, out, IROH_HASH_BYTES);
  iroh_wipe(&hash, sizeof hash);
}

void iroh_blake3_derive_key(const char *context, size_t context_len, const uint8_t *material, size_t len,
                            uint8_t out[IROH_HASH_BYTES]) {
  blake3_t hash;
  blake3_init_derive_key(&hash, context, context_len);
  blake3_update(&hash, material, len);
  blake3_final(&hash, out, IROH_HASH_BYTES);
  iroh_wipe(&hash, sizeof hash);
}
