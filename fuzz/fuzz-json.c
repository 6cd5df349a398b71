/* SPDX-License-Identifier: MIT
 *
 * json_check: the same verdict with and without SSE2, and a good document stays good inside of an array.
 */
#include "fuzz.h"
#include "iroh.h"
#include "wire/json.h"

#include <string.h>

#define JSON_PORTABLE
#define json_check json_check_portable
int json_check_portable(const uint8_t *text, size_t len, unsigned max_depth, bool *ascii_out);
#include "../src/wire/json.c"
#undef json_check

enum { MAX_DEPTH = 6 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  bool ascii = false, ascii_portable = false, ascii_inside = false;
  int rv = json_check(data, size, MAX_DEPTH, &ascii);
  CLAIM(rv == 0 || rv == IROH_ERR_NOT_JSON || rv == IROH_ERR_TOO_DEEP || rv == IROH_ERR_FORBIDDEN_KEY);
  CLAIM(json_check_portable(data, size, MAX_DEPTH, &ascii_portable) == rv);
  if (rv) return 0;
  CLAIM(ascii == ascii_portable);
  uint8_t *inside = malloc(size + 2);
  CLAIM(inside);
  inside[0] = '[';
  memcpy(inside + 1, data, size);
  inside[size + 1] = ']';
  CLAIM(json_check(inside, size + 2, MAX_DEPTH + 1, &ascii_inside) == 0);
  CLAIM(ascii_inside == ascii);
  free(inside);
  return 0;
}
