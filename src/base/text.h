/* SPDX-License-Identifier: MIT
 *
 * Bytes as text: hex, and base32 of RFC 4648 section 6 in lower case without padding. Not constant time: what is
 * written here is public, or about to be shown.
 */
#ifndef IROH_BASE_TEXT_H
#define IROH_BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* Characters that `n` bytes take, without the NUL. Constant expressions when `n` is one. */
#define TEXT_HEX_LEN(n) (2 * (size_t)(n))
#define TEXT_BASE32_LEN(n) ((8 * (size_t)(n) + 4) / 5)
/* Bytes that `n` characters of base32 stand for, if that many characters can stand for bytes at all. */
#define TEXT_BASE32_BYTES(n) ((size_t)(n) / 8 * 5 + (size_t)(n) % 8 * 5 / 8)

/* Writes TEXT_HEX_LEN(len) lower-case characters and a NUL. */
void text_hex_encode(const uint8_t *data, size_t len, char *out);
/* Reads exactly TEXT_HEX_LEN(out_len) characters of either case into `out_len` bytes. 0, or IROH_ERR_INVALID_ARGUMENT
 * with `out` undefined. */
int text_hex_decode(const char *text, size_t text_len, uint8_t *out, size_t out_len);
/* Writes TEXT_BASE32_LEN(len) lower-case characters and a NUL. */
void text_base32_encode(const uint8_t *data, size_t len, char *out);
/* Reads exactly TEXT_BASE32_LEN(out_len) characters of either case into `out_len` bytes. 0, or
 * IROH_ERR_INVALID_ARGUMENT with `out` undefined; so also when the bits left over in the last character are not zero,
 * so that no two texts stand for the same bytes but for their case. */
int text_base32_decode(const char *text, size_t text_len, uint8_t *out, size_t out_len);

#endif
