/* SPDX-License-Identifier: MIT */
#include "wire/json.h"

#include "iroh.h"
#include "wire/json-scan.h"

/* What a string had in it besides plain characters. */
enum { SEEN_ESCAPE = 1, SEEN_NON_ASCII = 2 };

static inline bool is_digit(uint8_t c) { return (uint8_t)(c - '0') < 10; }

static inline bool is_tail(uint8_t c) { return (c & 0xc0) == 0x80; }

static inline const uint8_t *skip_space(const uint8_t *p, const uint8_t *end) {
  while (p < end && *p <= ' ' && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) p++;
  return p;
}

/* Past a run of characters that are not ASCII, at least one (RFC 3629 section 4); NULL if one is ill-formed. */
static const uint8_t *skip_non_ascii(const uint8_t *p, const uint8_t *end) {
  do {
    uint8_t lead = *p;
    size_t left = (size_t)(end - p);
    if (lead < 0xe0) {
      if (lead < 0xc2 || left < 2 || !is_tail(p[1])) return NULL;
      p += 2;
    } else if (lead < 0xf0) {
      if (left < 3 || !is_tail(p[1]) || !is_tail(p[2])) return NULL;
      if ((lead == 0xe0 && p[1] < 0xa0) || (lead == 0xed && p[1] > 0x9f)) return NULL;
      p += 3;
    } else {
      if (lead > 0xf4 || left < 4 || !is_tail(p[1]) || !is_tail(p[2]) || !is_tail(p[3])) return NULL;
      if ((lead == 0xf0 && p[1] < 0x90) || (lead == 0xf4 && p[1] > 0x8f)) return NULL;
      p += 4;
    }
  } while (p < end && *p >= 0x80);
  return p;
}

static int hex_value(uint8_t c) {
  if (is_digit(c)) return c - '0';
  uint8_t lower = c | 0x20;
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The UTF-16 unit of four hex digits, or -1. */
static int hex_unit(const uint8_t *p) {
  int unit = 0;
  for (int i = 0; i < 4; i++) {
    int value = hex_value(p[i]);
    if (value < 0) return -1;
    unit = unit << 4 | value;
  }
  return unit;
}

/* Past the escape whose backslash is at `p`; NULL if there is no such escape. */
static const uint8_t *skip_escape(const uint8_t *p, const uint8_t *end) {
  if (end - p < 2) return NULL;
  switch (p[1]) {
  case '"':
  case '\\':
  case '/':
  case 'b':
  case 'f':
  case 'n':
  case 'r':
  case 't':
    return p + 2;
  case 'u':
    return end - p >= 6 && hex_unit(p + 2) >= 0 ? p + 6 : NULL;
  default:
    return NULL;
  }
}

/* From just behind the opening quote to the closing one; NULL if the string is not well-formed. */
static inline const uint8_t *find_quote(const uint8_t *p, const uint8_t *end, unsigned *seen) {
  for (;;) {
    p = json_skip_plain(p, end);
    if (p == end) return NULL;
    if (*p == '"') return p;
    if (*p == '\\') {
      *seen |= SEEN_ESCAPE;
      p = skip_escape(p, end);
    } else if (*p >= 0x80) {
      *seen |= SEEN_NON_ASCII;
      p = skip_non_ascii(p, end);
    } else {
      return NULL;
    }
    if (!p) return NULL;
  }
}

/* Past at least one digit, or NULL. */
static inline const uint8_t *skip_digits(const uint8_t *p, const uint8_t *end) {
  if (p == end || !is_digit(*p)) return NULL;
  while (p < end && is_digit(*p)) p++;
  return p;
}

/* Past the number that begins at `p`, or NULL. */
static const uint8_t *skip_number(const uint8_t *p, const uint8_t *end) {
  if (*p == '-') p++;
  if (p < end && *p == '0') {
    p++;
  } else {
    p = skip_digits(p, end);
    if (!p) return NULL;
  }
  if (p < end && *p == '.') {
    p = skip_digits(p + 1, end);
    if (!p) return NULL;
  }
  if (p < end && (*p | 0x20) == 'e') {
    p++;
    if (p < end && (*p == '+' || *p == '-')) p++;
    p = skip_digits(p, end);
  }
  return p;
}

/* Past the word, or NULL when something else is there. */
static const uint8_t *skip_word(const uint8_t *p, const uint8_t *end, const char *word, size_t word_len) {
  return (size_t)(end - p) >= word_len && memcmp(p, word, word_len) == 0 ? p + word_len : NULL;
}

/* Past the scalar that begins at `p`, or NULL. */
static inline const uint8_t *skip_scalar(const uint8_t *p, const uint8_t *end, unsigned *seen) {
  switch (*p) {
  case '"':
    p = find_quote(p + 1, end, seen);
    return p ? p + 1 : NULL;
  case 't':
    return skip_word(p, end, "true", 4);
  case 'f':
    return skip_word(p, end, "false", 5);
  case 'n':
    return skip_word(p, end, "null", 4);
  default:
    return skip_number(p, end);
  }
}

/* Whether the inside of a well-formed string is forbidden as a key. */
static bool is_forbidden_key(const uint8_t *p, const uint8_t *quote, bool escaped) {
  static const char forbidden[] = "__proto__";
  const size_t forbidden_len = sizeof(forbidden) - 1;
  if (!escaped) return (size_t)(quote - p) == forbidden_len && memcmp(p, forbidden, forbidden_len) == 0;
  for (size_t i = 0; i < forbidden_len; i++) {
    if (p == quote) return false;
    int c = *p++;
    if (c == '\\') {
      /* None of the short escapes stands for a character of the forbidden key. */
      if (*p++ != 'u') return false;
      c = hex_unit(p);
      p += 4;
    }
    if (c != forbidden[i]) return false;
  }
  return p == quote;
}

/* Past the key that begins at *p, and its colon. */
static inline int skip_key(const uint8_t **p, const uint8_t *end, unsigned *seen) {
  const uint8_t *key = *p + 1;
  unsigned seen_here = 0;
  if (**p != '"') return IROH_ERR_NOT_JSON;
  const uint8_t *quote = find_quote(key, end, &seen_here);
  if (!quote) return IROH_ERR_NOT_JSON;
  if (is_forbidden_key(key, quote, seen_here & SEEN_ESCAPE)) return IROH_ERR_FORBIDDEN_KEY;
  *seen |= seen_here;
  const uint8_t *colon = skip_space(quote + 1, end);
  if (colon == end || *colon != ':') return IROH_ERR_NOT_JSON;
  *p = skip_space(colon + 1, end);
  return *p == end ? IROH_ERR_NOT_JSON : 0;
}

static int check(const uint8_t *p, const uint8_t *end, unsigned max_depth, unsigned *seen) {
  /* What closes each of the containers we are in; closer[0] stands for the text itself, which nothing closes. */
  uint8_t closer[JSON_DEPTH_MAX + 1];
  unsigned depth = 0;
  closer[0] = 0;
  for (;;) {
    /* A value, in an object with its key before it. */
    p = skip_space(p, end);
    if (p == end) return IROH_ERR_NOT_JSON;
    if (closer[depth] == '}') {
      int rv = skip_key(&p, end, seen);
      if (rv) return rv;
    }
    if (*p == '{' || *p == '[') {
      if (depth == max_depth) return IROH_ERR_TOO_DEEP;
      /* In ASCII the closing bracket is the opening one and two. */
      closer[++depth] = (uint8_t)(*p + 2);
      p = skip_space(p + 1, end);
      if (p == end) return IROH_ERR_NOT_JSON;
      if (*p != closer[depth]) continue;
    } else {
      p = skip_scalar(p, end, seen);
      if (!p) return IROH_ERR_NOT_JSON;
      p = skip_space(p, end);
    }
    /* Behind it: the ends of containers, then a comma or the end of the text. */
    while (depth > 0 && p < end && *p == closer[depth]) {
      depth--;
      p = skip_space(p + 1, end);
    }
    if (p == end) return depth == 0 ? 0 : IROH_ERR_NOT_JSON;
    if (depth == 0 || *p != ',') return IROH_ERR_NOT_JSON;
    p++;
  }
}

int json_check(const uint8_t *text, size_t len, unsigned max_depth, bool *ascii_out) {
  if (max_depth > JSON_DEPTH_MAX) return IROH_ERR_INVALID_ARGUMENT;
  uint8_t roomy[2 * JSON_SCAN_BEHIND];
  if (len < JSON_SCAN_BEHIND) {
    memset(roomy, 0, sizeof(roomy));
    if (len) memcpy(roomy + JSON_SCAN_BEHIND, text, len);
    text = roomy + JSON_SCAN_BEHIND;
  }
  unsigned seen = 0;
  int rv = check(text, text + len, max_depth, &seen);
  if (rv == 0 && ascii_out) *ascii_out = !(seen & SEEN_NON_ASCII);
  return rv;
}
