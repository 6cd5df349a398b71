/* SPDX-License-Identifier: MIT
 *
 * STUN: nothing behind the datagram is read, what was understood survives being written and read again, and a request
 * gets an answer whatever it wants understood.
 */
#include "fuzz.h"
#include "wire/stun.h"

#include <string.h>

static void check_success(const stun_message_t *message) {
  uint8_t out[STUN_MESSAGE_MAX];
  stun_message_t again;
  size_t len = stun_encode_success(message->transaction, &message->mapped, out);
  CLAIM(len <= sizeof out && stun_decode(out, len, &again) == STUN_OK && again.kind == STUN_SUCCESS);
  CLAIM(address_port(&again.mapped) == address_port(&message->mapped));
  CLAIM(again.mapped.len != message->mapped.len || address_equal(&again.mapped, &message->mapped));
}

static void check_request(const stun_message_t *message) {
  uint8_t out[STUN_MESSAGE_MAX];
  stun_message_t again;
  size_t len = stun_encode_unknown(message, out);
  CLAIM(len <= sizeof out && stun_decode(out, len, &again) == STUN_OK && again.kind == STUN_ERROR);
  CLAIM(again.error_code == STUN_ERROR_UNKNOWN_ATTRIBUTE);
  CLAIM(memcmp(again.transaction, message->transaction, sizeof again.transaction) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  stun_message_t message;
  /* A block of its own: AddressSanitizer sees a read past its end. */
  uint8_t *datagram = malloc(size ? size : 1);
  CLAIM(datagram);
  memcpy(datagram, data, size);
  stun_verdict_t verdict = stun_decode(datagram, size, &message);
  CLAIM((verdict == STUN_NOT_STUN) == !stun_is(datagram, size));
  CLAIM(message.unknown_count <= STUN_UNKNOWN_MAX);
  if (verdict == STUN_OK && message.kind == STUN_SUCCESS) check_success(&message);
  if (verdict == STUN_OK && message.kind == STUN_REQUEST) check_request(&message);
  if (verdict == STUN_OK && message.kind == STUN_ERROR)
    CLAIM(message.error_code == 0 || (message.error_code >= 300 && message.error_code < 700));
  free(datagram);
  return 0;
}
