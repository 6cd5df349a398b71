/* SPDX-License-Identifier: MIT
 *
 * The reader of frames and the gate over one payload: both stay inside of it; the frames lie one behind the other and
 * cover what was read; and what the gate has let pass it lets pass again, unchanged.
 */
#include "fuzz.h"
#include "quic/gate.h"
#include "wire/quic-frames.h"

#include <string.h>

static const uint8_t headers[][7] = {{0x40}, {0xc0, 0, 0, 0, 1}, {0xe0, 0, 0, 0, 1}, {0xf0, 0x6b, 0x33, 0x43, 0xcf}};

/* The ranges of an acknowledgement go down and do not touch, as many as the frame says. */
static void ranges_go_down(const uint8_t *data, const uint8_t *end) {
  quic_ack_t ack;
  if (!quic_ack_begin(&ack, data, end)) return;
  CLAIM(ack.first <= ack.last);
  for (uint64_t before = ack.first; quic_ack_next(&ack); before = ack.first)
    CLAIM(ack.first <= ack.last && ack.last + 2 <= before && ack.walk.at <= end);
}

static bool frames_cover(const uint8_t *payload, size_t size) {
  quic_frames_t walk = {payload, payload + size};
  quic_frame_t frame;
  quic_frames_result_t result;
  const uint8_t *behind = payload;
  while ((result = quic_frames_next(&walk, &frame)) == QUIC_FRAMES_FRAME) {
    CLAIM(frame.start == behind && walk.at > behind && walk.at <= walk.end && frame.type == *behind);
    behind = walk.at;
    if (frame.type == QUIC_FRAME_ACK || frame.type == QUIC_FRAME_ACK_ECN) ranges_go_down(frame.data, behind);
  }
  CLAIM(result != QUIC_FRAMES_END || behind == payload + size);
  return result == QUIC_FRAMES_END;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static gate_found_t found;
  for (unsigned variant = 0; variant < 8; variant++) {
    /* Blocks of their own: AddressSanitizer sees a read past the end. */
    uint8_t *payload = malloc(size ? size : 1), *once = malloc(size ? size : 1);
    CLAIM(payload && once);
    memcpy(payload, data, size);
    bool whole = frames_cover(payload, size);
    gate_t gate;
    gate_init(&gate, variant & 1, 6);
    gate.may_confirm = true;
    found.count = 0;
    const uint8_t *header = headers[variant >> 1];
    gate_verdict_t verdict = gate_check(&gate, header, sizeof headers[0], payload, size, &found);
    CLAIM(whole || verdict != GATE_PASS);
    CLAIM((verdict == GATE_CLOSE) == (gate.reason != NULL));
    if (verdict == GATE_PASS && found.ack != NULL)
      CLAIM(found.ack > payload && found.ack < found.ack_end && found.ack_end <= payload + size);
    if (verdict == GATE_PASS) {
      memcpy(once, payload, size);
      CLAIM(frames_cover(payload, size));
      CLAIM(gate_check(&gate, header, sizeof headers[0], payload, size, &found) == GATE_PASS);
      CLAIM(memcmp(once, payload, size) == 0);
    }
    free(payload);
    free(once);
  }
  return 0;
}
