/* SPDX-License-Identifier: MIT
 *
 * hex, base32 and NodeIds: what is read is written back as the same text but for case, and bytes survive both ways.
 */
#include "base/text.h"
#include "fuzz.h"
#include "iroh.h"

#include <string.h>
#include <strings.h>

static void check_bytes(const uint8_t *data, size_t size) {
  char *text = malloc(TEXT_HEX_LEN(size) + 1);
  uint8_t *back = malloc(size ? size : 1);
  CLAIM(text && back);
  text_hex_encode(data, size, text);
  CLAIM(text_hex_decode(text, strlen(text), back, size) == 0 && memcmp(back, data, size) == 0);
  text_base32_encode(data, size, text);
  CLAIM(strlen(text) == TEXT_BASE32_LEN(size) && TEXT_BASE32_BYTES(strlen(text)) == size);
  CLAIM(text_base32_decode(text, strlen(text), back, size) == 0 && memcmp(back, data, size) == 0);
  free(text);
  free(back);
}

static void check_text(const char *text, size_t len) {
  size_t base32_bytes = TEXT_BASE32_BYTES(len);
  uint8_t *bytes = malloc(len ? len : 1);
  char *again = malloc(2 * len + 3);
  CLAIM(bytes && again);
  if (text_hex_decode(text, len, bytes, len / 2) == 0) {
    text_hex_encode(bytes, len / 2, again);
    CLAIM(strlen(again) == len && strncasecmp(again, text, len) == 0);
  }
  if (text_base32_decode(text, len, bytes, base32_bytes) == 0) {
    text_base32_encode(bytes, base32_bytes, again);
    CLAIM(strlen(again) == len && strncasecmp(again, text, len) == 0);
  }
  free(bytes);
  free(again);
}

static void check_key(const char *text, size_t len) {
  uint8_t key[IROH_KEY_BYTES];
  char hex[TEXT_HEX_LEN(IROH_KEY_BYTES) + 1], base32[TEXT_BASE32_LEN(IROH_KEY_BYTES) + 1];
  int rv = iroh_key_parse(text, len, key);
  CLAIM(rv == 0 || rv == IROH_ERR_INVALID_NODE_ID);
  if (rv) return;
  text_hex_encode(key, sizeof(key), hex);
  text_base32_encode(key, sizeof(key), base32);
  CLAIM(strncasecmp(text, len == strlen(hex) ? hex : base32, len) == 0);
  (void)iroh_node_id_is_valid(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  check_bytes(data, size);
  check_text((const char *)data, size);
  check_key((const char *)data, size);
  return 0;
}
