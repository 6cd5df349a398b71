/* SPDX-License-Identifier: MIT
 *
 * frame_patch: what it accepts is read back, frame by frame, as what was written; the rest it refuses.
 */
#include "fuzz.h"
#include "iroh.h"
#include "wire/frame.h"

#include <string.h>

/* The frames of the input, or -1, found without frame_patch: four '\n' and at least one other byte. */
static int64_t count_frames(const uint8_t *data, size_t size) {
  int64_t count = 0;
  for (size_t i = 0; i < size; count++) {
    for (size_t newlines = 0; newlines < FRAME_PREFIX_LEN; newlines++, i++) {
      if (i == size || data[i] != '\n') return -1;
    }
    if (i == size || data[i] == '\n') return -1;
    while (i < size && data[i] != '\n') i++;
  }
  return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  uint8_t *bytes = malloc(size ? size : 1);
  CLAIM(bytes);
  if (size) memcpy(bytes, data, size);
  int64_t expected = count_frames(data, size);
  int64_t count = frame_patch(bytes, size);
  CLAIM(count == (expected < 0 ? IROH_ERR_INVALID_ARGUMENT : expected));
  size_t at = 0;
  for (int64_t i = 0; i < count; i++) {
    const uint8_t *prefix = bytes + at;
    size_t len = (size_t)prefix[0] << 24 | (size_t)prefix[1] << 16 | (size_t)prefix[2] << 8 | prefix[3];
    at += FRAME_PREFIX_LEN;
    CLAIM(len > 0 && len <= size - at);
    CLAIM(memcmp(bytes + at, data + at, len) == 0 && !memchr(bytes + at, '\n', len));
    at += len;
  }
  CLAIM(count < 0 || at == size);
  free(bytes);
  return 0;
}
