/* SPDX-License-Identifier: MIT
 *
 * Congestion control over a network in memory with a fake clock: how long 8 MB take at a round trip of 20 ms, by loss.
 * The same seed gives the same figures on every machine; no time of this machine is in them.
 */
#include <stdio.h>

#include "quic-pair.h"
#include "test.h"

#define BYTES (8u * 1024 * 1024)

static bool arrived(const pair_t *pair) { return pair->server.stream_count > 0 && pair->server.ended[0]; }

/* Megabytes a second of the network's time. */
static double transfer(iroh_cc_t cc, unsigned loss_permille, uint64_t seed) {
  static uint8_t data[BYTES];
  pair_t pair;
  pair_init(&pair, seed);
  pair.client.config.congestion_control = pair.server.config.congestion_control = cc;
  pair.server.config.stream_window = 4 * 1024 * 1024;
  pair_open(&pair);
  pair.loss_permille = loss_permille;
  uint64_t start = pair.now;
  size_t i = pair_open_stream(&pair.client, false);
  quic_stream_write(pair.client.streams[i], data, sizeof data);
  quic_stream_finish(pair.client.streams[i]);
  pair_run(&pair, arrived, 3600 * PAIR_S);
  double seconds = (double)(pair.now - start) / 1e9;
  pair_deinit(&pair);
  return BYTES / 1e6 / seconds;
}

int main(void) {
  static const struct {
    iroh_cc_t cc;
    const char *name;
  } all[] = {{IROH_CC_CUBIC, "cubic"}, {IROH_CC_RENO, "reno"}, {IROH_CC_BBR, "bbr"}, {IROH_CC_BBR2, "bbr2"}};
  static const unsigned losses[] = {0, 1, 10, 50};
  printf("congestion control, MB/s over 20 ms, by loss:  0 %%  0.1 %%  1 %%  5 %%  (mean of 5 seeds)\n");
  for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
    printf("  %-6s", all[k].name);
    for (size_t l = 0; l < sizeof losses / sizeof *losses; l++) {
      double sum = 0;
      for (uint64_t seed = 1; seed <= 5; seed++) sum += transfer(all[k].cc, losses[l], seed);
      printf("  %7.2f", sum / 5);
      fflush(stdout);
    }
    printf("\n");
  }
  return 0;
}
