/* SPDX-License-Identifier: MIT
 *
 * Messages that were announced and have not arrived.
 */
#ifndef IROH_GOSSIP_MISSING_H
#define IROH_GOSSIP_MISSING_H

#include "base/bytes_map.h"
#include "base/list.h"
#include "gossip/peers.h"

enum { MISSING_MAX = 16384 }; /* ids announced and not received, of all neighbours */

/* A message that was announced and has not come, or came by asking. */
typedef struct {
  list_node_t node;
  uint8_t id[GOSSIP_ID_BYTES];
  uint64_t announced_at;
  uint64_t due;
  gossip_links_t waiting; /* who announced it and has not been asked */
  gossip_links_t asked;
  uint16_t round; /* the least announced, by `best` */
  uint8_t best, first;
  uint8_t last; /* who was asked last; NO_LINK: nobody */
  bool arrived; /* kept to see how late it would have come unasked */
} gossip_missing_t;
typedef struct {
  bytes_map_t by_id;
  list_t all;
  uint64_t due; /* the least of all; GOSSIP_NEVER: none */
  /* How much later than its first announcement a message comes unasked: mean and mean deviation. 0: unknown. */
  uint64_t gap, gap_deviation;
} gossip_missings_t;

/* What is known of a message when it comes. */
typedef struct {
  gossip_links_t announcers;
  uint8_t earliest; /* who announced it long before it came, and was not asked; NO_LINK: nobody did */
  uint8_t nearest;  /* who announced it over the fewest hops; NO_LINK: nobody */
  uint16_t round;   /* and over how many */
} gossip_arrival_t;

int gossip_missing_init(gossip_missings_t *missing);
void gossip_missing_deinit(gossip_missings_t *missing);
/* What a new link may announce and be asked for. */
void gossip_missing_welcome(gossip_link_t *link);
void gossip_missing_announced(gossip_topic_t *topic, gossip_known_t *from, const gossip_have_t *have);
/* A message came for the first time, from `place` or (NO_LINK) no neighbour. */
gossip_arrival_t gossip_missing_arrived(gossip_topic_t *topic, const uint8_t id[GOSSIP_ID_BYTES], uint8_t place);
/* It came again. */
void gossip_missing_again(gossip_topic_t *topic, const uint8_t id[GOSSIP_ID_BYTES], uint8_t place);
void gossip_missing_forget_link(gossip_topic_t *topic, uint8_t place);
void gossip_missing_tick(gossip_topic_t *topic);
size_t gossip_missing_memory(const gossip_missings_t *missing);

#endif
