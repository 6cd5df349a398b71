/* SPDX-License-Identifier: MIT
 * What topics bring about, kept until the endpoint tells what happened. */
#include <stdlib.h>
#include <string.h>

#include "endpoint/gossip-hooks.h"
#include "endpoint/gossip.h"
#include "endpoint/state.h"

typedef struct {
  list_node_t node;
  iroh_event_kind_t kind;
  iroh_handle_t about;
  uint64_t number;
  uint8_t node_id[IROH_KEY_BYTES];
  bool told;
  size_t len;
  uint8_t data[];
} swarm_event_t;

void swarm_tell(swarm_t *swarm, iroh_event_kind_t kind, iroh_handle_t about, const uint8_t node_id[IROH_KEY_BYTES],
                uint64_t number, const uint8_t *data, size_t len) {
  swarm_event_t *event = malloc(sizeof *event + len);
  if (event == NULL) {
    swarm->counts.events_lost++;
    return;
  }
  *event = (swarm_event_t){.kind = kind, .about = about, .number = number, .len = len};
  if (node_id != NULL) memcpy(event->node_id, node_id, IROH_KEY_BYTES);
  if (len > 0) memcpy(event->data, data, len);
  list_push_back(&swarm->ep->gossip_events, &event->node);
  swarm->ep->gossip_event_count++;
}

void endpoint_gossip_collect(iroh_endpoint_t *ep, iroh_event_t *(*push)(iroh_endpoint_t *ep)) {
  size_t count = 0;
  list_for_each(node, &ep->gossip_events) {
    swarm_event_t *kept = container_of(node, swarm_event_t, node);
    iroh_event_t *event = count++ < SWARM_BATCH_EVENTS ? push(ep) : NULL;
    if (event == NULL) return;
    kept->told = true;
    event->kind = kept->kind;
    event->stream = kept->about;
    event->number = kept->number;
    event->node_id = kept->node_id;
    event->data = kept->data;
    event->len = kept->len;
  }
}

void endpoint_gossip_told(iroh_endpoint_t *ep) {
  list_for_each(node, &ep->gossip_events) {
    swarm_event_t *event = container_of(node, swarm_event_t, node);
    if (!event->told) return;
    list_remove(&event->node);
    ep->gossip_event_count--;
    free(event);
  }
}
