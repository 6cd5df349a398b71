/* SPDX-License-Identifier: MIT
 *
 * The messages that can be asked for.
 */
#ifndef IROH_GOSSIP_PAYLOADS_H
#define IROH_GOSSIP_PAYLOADS_H

#include "base/bytes_map.h"
#include "base/list.h"
#include "gossip/links.h"

/* A message that can be asked for. */
typedef struct {
  list_node_t node;
  gossip_frame_t *frame; /* as this one sends it */
  uint64_t at;
  gossip_links_t sent; /* who was sent it */
  gossip_links_t owed; /* who was not, since too much waits: it is announced to them later */
  uint8_t first;       /* who brought it first; NO_LINK: nobody, or one that went */
} gossip_payload_t;
typedef struct {
  bytes_map_t by_id;
  list_t by_age;
  size_t bytes;
} gossip_payloads_t;

int gossip_payloads_init(gossip_payloads_t *payloads);
void gossip_payloads_deinit(gossip_payloads_t *payloads);
gossip_payload_t *gossip_payloads_find(const gossip_topic_t *topic, const uint8_t id[GOSSIP_ID_BYTES]);
/* Takes a reference of its own. Without memory the message cannot be asked for. */
gossip_payload_t *gossip_payloads_add(gossip_topic_t *topic, gossip_frame_t *frame, uint8_t first);
/* A place in `links` is to be another's. */
void gossip_payloads_forget_link(gossip_topic_t *topic, uint8_t place);
void gossip_payloads_expire(gossip_topic_t *topic);
uint64_t gossip_payloads_due(const gossip_topic_t *topic);
size_t gossip_payloads_memory(const gossip_payloads_t *payloads);

#endif
