/* SPDX-License-Identifier: MIT
 *
 * src/quic with ngtcp2 inside, from the end of the handshake on: hostile packets, loss, reordering, time and commands.
 */
#include "fuzz.h"
#include "quic-world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  world_run(data, size, true);
  return 0;
}
