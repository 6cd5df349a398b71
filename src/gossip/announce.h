/* SPDX-License-Identifier: MIT
 *
 * Ids on their way to the neighbours that do not get messages at once.
 */
#ifndef IROH_GOSSIP_ANNOUNCE_H
#define IROH_GOSSIP_ANNOUNCE_H

#include "gossip/links.h"

enum { HAVES_MAX = 116 }; /* ids in an IHave, as iroh-gossip has it; also what waits to be announced */

/* Ids to be announced in the next IHaves. */
typedef struct {
  uint8_t id[GOSSIP_ID_BYTES];
  uint16_t round;
  gossip_links_t to;
} gossip_announcement_t;
typedef struct {
  gossip_announcement_t *items;
  size_t count, cap;
  uint64_t due; /* GOSSIP_NEVER: nothing waits */
} gossip_announcements_t;

void gossip_announce(gossip_topic_t *topic, const uint8_t id[GOSSIP_ID_BYTES], uint16_t round, gossip_links_t to);
/* `place` has it already. */
void gossip_announce_drop(gossip_topic_t *topic, const uint8_t id[GOSSIP_ID_BYTES], uint8_t place);
void gossip_announce_forget_link(gossip_topic_t *topic, uint8_t place);
void gossip_announce_flush(gossip_topic_t *topic);

#endif
