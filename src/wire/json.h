/* SPDX-License-Identifier: MIT
 *
 * Judges JSON (RFC 8259) without building anything: what passes here, JSON.parse takes too.
 */
#ifndef IROH_WIRE_JSON_H
#define IROH_WIRE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_DEPTH_MAX 1024 /* the largest max_depth */

/* Whether `len` bytes are exactly one JSON value, with white space around it if any: the strict grammar, in valid UTF-8
 * (RFC 3629) without a byte order mark. Escaped lone surrogates pass, as they do in JSON.parse.
 * No allocation, no recursion, one pass. The first fault found is the one returned:
 *   IROH_ERR_NOT_JSON          none of the below, but not JSON in UTF-8
 *   IROH_ERR_TOO_DEEP          arrays and objects nested deeper than max_depth (0: a scalar only)
 *   IROH_ERR_FORBIDDEN_KEY     an object key that is "__proto__", with or without escapes
 *   IROH_ERR_INVALID_ARGUMENT  max_depth is above JSON_DEPTH_MAX
 * On 0, *ascii_out (may be NULL) says whether every byte is below 0x80. */
int json_check(const uint8_t *text, size_t len, unsigned max_depth, bool *ascii_out);

#endif
