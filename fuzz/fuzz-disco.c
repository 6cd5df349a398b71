/* SPDX-License-Identifier: MIT
 *
 * Probes, by the first byte of the input: 0 the rest is a datagram as anybody can send it; 1 the rest is sealed, as a
 * peer can; 2 the same behind the right sender. What was understood survives being sealed and opened again.
 */
#include "fuzz.h"
#include "iroh.h"
#include "wire/disco.h"

#include <string.h>

enum { SEALED_AT = 64, PLAIN_MAX = 1200 };

static uint8_t sender[32], shared[BOX_KEY_BYTES];
static const uint8_t nonce[BOX_NONCE_BYTES];

static void make_peers(void) {
  uint8_t seeds[2][32] = {{1}, {2}}, receiver[32];
  CLAIM(iroh_key_public(seeds[0], sender) == 0 && iroh_key_public(seeds[1], receiver) == 0);
  CLAIM(box_shared_key(seeds[0], receiver, shared) == 0);
}

static void check_message(const disco_message_t *message) {
  uint8_t out[DISCO_DATAGRAM_MAX];
  disco_message_t again;
  CLAIM(message->type >= DISCO_PING && message->type <= DISCO_CALL_ME_MAYBE);
  CLAIM(message->candidate_count <= DISCO_CANDIDATES_MAX);
  size_t len = disco_seal(message, sender, shared, nonce, out);
  CLAIM(len <= sizeof out && disco_open(out, len, shared, &again) == DISCO_OK);
  CLAIM(again.type == message->type && again.timestamp == message->timestamp);
  CLAIM(memcmp(again.transaction, message->transaction, sizeof again.transaction) == 0);
  CLAIM(address_equal(&again.observed, &message->observed));
  CLAIM(again.candidate_count == message->candidate_count);
  for (size_t i = 0; i < again.candidate_count; i++) {
    CLAIM(again.candidates[i].kind == message->candidates[i].kind);
    CLAIM(address_equal(&again.candidates[i].address, &message->candidates[i].address));
    CLAIM(address_port(&again.candidates[i].address) != 0);
  }
}

static void check_datagram(const uint8_t *data, size_t size, bool may_open) {
  const uint8_t *says = NULL;
  disco_message_t message;
  /* A block of its own: AddressSanitizer sees a read past its end. */
  uint8_t *datagram = malloc(size ? size : 1);
  CLAIM(datagram);
  if (size) memcpy(datagram, data, size);
  disco_verdict_t known = disco_sender(datagram, size, &says), verdict = disco_open(datagram, size, shared, &message);
  CLAIM((known == DISCO_OK) == (says != NULL) && (known == DISCO_NOT_DISCO) == !disco_is(datagram, size));
  CLAIM(known == DISCO_OK || verdict == known);
  CLAIM(may_open || (verdict != DISCO_OK && verdict != DISCO_UNKNOWN_TYPE));
  if (verdict == DISCO_OK) check_message(&message);
  free(datagram);
}

static void check_plain(const uint8_t *data, size_t size, bool right_sender) {
  uint8_t plain[PLAIN_MAX], datagram[SEALED_AT + BOX_MAC_BYTES + PLAIN_MAX];
  disco_message_t ping = {.type = DISCO_PING};
  size_t len = right_sender ? sizeof sender : 0;
  if (size > PLAIN_MAX - len) size = PLAIN_MAX - len;
  memcpy(plain, sender, len);
  if (size) memcpy(plain + len, data, size);
  len += size;
  disco_seal(&ping, sender, shared, nonce, datagram);
  box_seal(shared, nonce, plain, len, datagram + SEALED_AT);
  check_datagram(datagram, SEALED_AT + BOX_MAC_BYTES + len, true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static bool ready;
  if (!ready) make_peers();
  ready = true;
  if (size == 0) return 0;
  if (data[0] % 3 == 0)
    check_datagram(data + 1, size - 1, false);
  else
    check_plain(data + 1, size - 1, data[0] % 3 == 2);
  return 0;
}
