/* SPDX-License-Identifier: MIT
 *
 * A batch of the core's events as one flat JavaScript array: six elements an event,
 *   kind, connection, stream, number, error, data.
 * `data` is undefined, or: FRAMES and PATH a string, DATAGRAM a Buffer, REFUSED a NodeId, RELAY_SEND and those of
 * gossip a Buffer (32 bytes of the peer's NodeId, then what came),
 * CLOSED an array [close kind, error, code, reason].
 */
#ifndef IROH_NAPI_EVENTS_H
#define IROH_NAPI_EVENTS_H

#include "iroh.h"
#include "napi.h"

typedef struct {
  const iroh_event_t *events;
  size_t count;
} event_batch_t;

/* A callback_argument_t: `from` is an event_batch_t. */
napi_value events_make(napi_env env, const void *from);

#endif
