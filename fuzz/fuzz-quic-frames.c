/* SPDX-License-Identifier: MIT
 *
 * The search for STOP_SENDING: reads nothing behind the payload, finds no more than it may, and finds the same again when
 * asked for fewer.
 */
#include "fuzz.h"
#include "wire/quic-frames.h"

#include <string.h>

enum { MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  quic_stop_sending_t all[MAX], some[MAX];
  /* A block of its own: AddressSanitizer sees a read past its end. */
  uint8_t *payload = malloc(size ? size : 1);
  CLAIM(payload);
  memcpy(payload, data, size);
  size_t count = quic_frames_stop_sending(payload, size, all, MAX);
  CLAIM(count <= MAX && count * 3 <= size);
  for (size_t max = 0; max <= count; max++) {
    CLAIM(quic_frames_stop_sending(payload, size, some, max) == max);
    for (size_t i = 0; i < max; i++) CLAIM(some[i].stream_id == all[i].stream_id && some[i].code == all[i].code);
  }
  free(payload);
  return 0;
}
