/* SPDX-License-Identifier: MIT
 *
 * Ids of messages seen.
 */
#ifndef IROH_GOSSIP_SEEN_H
#define IROH_GOSSIP_SEEN_H

#include "gossip/topic.h"

/* Ids of messages seen, in tables by age: the oldest goes as a whole. */
enum { SEEN_TABLES = 6, SEEN_KEY_BYTES = 16 };
typedef struct {
  uint8_t (*keys)[SEEN_KEY_BYTES]; /* all zero: free */
  uint32_t cap, count;
} gossip_seen_table_t;
typedef struct {
  gossip_seen_table_t tables[SEEN_TABLES]; /* the newest first */
  uint64_t began;                          /* when the newest did; 0: nothing is kept */
  uint8_t hash_key[16];
} gossip_seen_t;

int gossip_seen_init(gossip_seen_t *seen, uint64_t seed);
void gossip_seen_deinit(gossip_seen_t *seen);
bool gossip_seen_has(const gossip_seen_t *seen, const uint8_t id[GOSSIP_ID_BYTES]);
/* 0 or IROH_ERR_NO_MEMORY. */
int gossip_seen_add(gossip_topic_t *topic, const uint8_t id[GOSSIP_ID_BYTES]);
void gossip_seen_expire(gossip_topic_t *topic);
uint64_t gossip_seen_due(const gossip_topic_t *topic);
size_t gossip_seen_memory(const gossip_seen_t *seen);

#endif
