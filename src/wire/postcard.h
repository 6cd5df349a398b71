/* SPDX-License-Identifier: MIT
 *
 * The part of postcard (its wire format, version 1) that gossip uses. Whole numbers are LEB128 with as many bytes as
 * their width needs, at most; byte strings have their length before them. Readers are as lenient as postcard is:
 * over-long numbers are taken.
 */
#ifndef IROH_WIRE_POSTCARD_H
#define IROH_WIRE_POSTCARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is left to read. Nothing is copied: pointers that come out point into it. */
typedef struct {
  const uint8_t *at, *end;
} postcard_t;

/* Each reads one value; false when it is malformed or not all there, with *reader and *out undefined. */
bool postcard_read_bool(postcard_t *reader, bool *out);
bool postcard_read_u16(postcard_t *reader, uint16_t *out);
bool postcard_read_u32(postcard_t *reader, uint32_t *out);
/* How many elements follow, of `least` bytes each or more: false when as many cannot be left. */
bool postcard_read_count(postcard_t *reader, size_t least, size_t *out);
/* `len` bytes as they are. */
bool postcard_read_fixed(postcard_t *reader, size_t len, const uint8_t **out);
bool postcard_read_bytes(postcard_t *reader, const uint8_t **out, size_t *len);

size_t postcard_varint_size(uint64_t value);
/* Each writes to `at` and returns where it ended. `bytes` may be NULL if `len` is 0. */
uint8_t *postcard_write_varint(uint8_t *at, uint64_t value);
uint8_t *postcard_write_fixed(uint8_t *at, const uint8_t *bytes, size_t len);
uint8_t *postcard_write_bytes(uint8_t *at, const uint8_t *bytes, size_t len);

#endif
