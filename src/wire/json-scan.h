/* SPDX-License-Identifier: MIT
 *
 * The inner loop of json.c: over the plain part of a string, sixteen bytes at a time with SSE2 (always there on
 * x86-64), else eight at a time in a 64-bit word. JSON_PORTABLE asks for the latter everywhere; the tests run both.
 */
#ifndef IROH_WIRE_JSON_SCAN_H
#define IROH_WIRE_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bytes before `end` that json_skip_plain may read although they lie before its `p`. */
#define JSON_SCAN_BEHIND 16

/* Not plain: what ends a string, begins an escape, is forbidden (below 0x20), or is not ASCII. */
static inline bool json_is_plain(uint8_t c) { return c >= 0x20 && c < 0x80 && c != '"' && c != '\\'; }

#if defined(__SSE2__) && !defined(JSON_PORTABLE)

#include <emmintrin.h>

/* One bit for each of sixteen bytes: set when it is not plain. */
static inline unsigned json_special_mask(const uint8_t *p) {
  __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
  /* As signed numbers the bytes from 0x80 on are below 0x20 too. */
  __m128i odd = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
  __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
  __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
  return (unsigned)_mm_movemask_epi8(_mm_or_si128(odd, _mm_or_si128(quote, backslash)));
}

/* The first byte from `p` on that is not plain, or `end`. JSON_SCAN_BEHIND bytes before `end` are readable. */
static inline const uint8_t *json_skip_plain(const uint8_t *p, const uint8_t *end) {
  while (end - p >= 16) {
    unsigned mask = json_special_mask(p);
    if (mask) return p + __builtin_ctz(mask);
    p += 16;
  }
  /* The last sixteen bytes once more, without those before `p`. */
  unsigned mask = json_special_mask(end - 16) >> (16 - (end - p));
  return mask ? p + __builtin_ctz(mask) : end;
}

#else

#define JSON_EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Not zero if one of the eight bytes is zero. */
static inline uint64_t json_zero_byte(uint64_t word) {
  return (word - JSON_EACH_BYTE(1)) & ~word & JSON_EACH_BYTE(0x80);
}

/* The first byte from `p` on that is not plain, or `end`. */
static inline const uint8_t *json_skip_plain(const uint8_t *p, const uint8_t *end) {
  while (end - p >= 8) {
    uint64_t word;
    memcpy(&word, p, sizeof(word));
    uint64_t odd = ((word - JSON_EACH_BYTE(0x20)) | word) & JSON_EACH_BYTE(0x80);
    if (odd | json_zero_byte(word ^ JSON_EACH_BYTE('"')) | json_zero_byte(word ^ JSON_EACH_BYTE('\\'))) break;
    p += 8;
  }
  while (p < end && json_is_plain(*p)) p++;
  return p;
}

#endif

#endif
