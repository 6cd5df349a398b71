/* SPDX-License-Identifier: MIT
 * What topics bring about, kept until the endpoint tells what happened. */
#include "swarm/events.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
  list_node_t node;
  iroh_event_kind_t kind;
  iroh_handle_t about;
  uint64_t number;
  uint8_t node_id[IROH_KEY_BYTES];
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
  list_push_back(&swarm->swarms->events, &event->node);
  swarm->swarms->event_count++;
}

bool swarm_events_next(swarms_t *swarms, iroh_event_t *out) {
  if (swarms->batch_count == SWARM_BATCH_EVENTS || list_empty(&swarms->events)) return false;
  swarm_event_t *event = container_of(list_pop_front(&swarms->events), swarm_event_t, node);
  list_push_back(&swarms->batch, &event->node);
  swarms->batch_count++;
  *out = (iroh_event_t){.kind = event->kind,
                        .stream = event->about,
                        .number = event->number,
                        .node_id = event->node_id,
                        .data = event->data,
                        .len = event->len};
  return true;
}

static void free_all(list_t *events) {
  list_node_t *node;
  while ((node = list_pop_front(events)) != NULL) free(container_of(node, swarm_event_t, node));
}

void swarm_events_told(swarms_t *swarms) {
  free_all(&swarms->batch);
  swarms->event_count -= swarms->batch_count;
  swarms->batch_count = 0;
}

void swarm_events_deinit(swarms_t *swarms) {
  free_all(&swarms->batch);
  free_all(&swarms->events);
}
