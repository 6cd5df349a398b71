/* SPDX-License-Identifier: MIT
 *
 * The topic's random numbers, from its seed: splitmix64.
 */
#ifndef IROH_GOSSIP_RANDOM_H
#define IROH_GOSSIP_RANDOM_H

#include "gossip/topic.h"

uint64_t gossip_random(gossip_topic_t *topic);
size_t gossip_random_below(gossip_topic_t *topic, size_t bound); /* 0 if bound is 0 */
/* `time`, up to a quarter more or less. */
uint64_t gossip_random_about(gossip_topic_t *topic, uint64_t time);

#endif
