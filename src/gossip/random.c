/* SPDX-License-Identifier: MIT */
#include "gossip/random.h"

#include "gossip/state.h"

uint64_t gossip_random(gossip_topic_t *topic) {
  uint64_t z = topic->random += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

size_t gossip_random_below(gossip_topic_t *topic, size_t bound) {
  return bound ? (size_t)((gossip_random(topic) >> 11) % bound) : 0;
}

uint64_t gossip_random_about(gossip_topic_t *topic, uint64_t time) {
  return time - time / 4 + gossip_random_below(topic, (size_t)(time / 2) + 1);
}
