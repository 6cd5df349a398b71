/* SPDX-License-Identifier: MIT */
#include "events.h"

#include <string.h>

#include "convert.h"

static napi_value make_frames(napi_env env, const iroh_event_t *event) {
  napi_value text = NULL;
  if (!event->ascii) return make_text(env, (const char *)event->data, event->len);
  napi_create_string_latin1(env, (const char *)event->data, event->len, &text);
  return text;
}

static napi_value make_close(napi_env env, const iroh_event_t *event) {
  const iroh_close_t *close = event->close;
  napi_value array, parts[] = {
                        make_number(env, close->kind),         make_number(env, close->error),
                        make_number(env, (double)close->code), make_text(env, close->reason, close->reason_len),
                        make_system_error(env, event->system),
                    };
  uint32_t count = sizeof parts / sizeof *parts;
  if (napi_create_array_with_length(env, count, &array) != napi_ok) return NULL;
  for (uint32_t i = 0; i < count; i++) {
    if (parts[i] == NULL || napi_set_element(env, array, i, parts[i]) != napi_ok) return NULL;
  }
  return array;
}

/* The peer's 32 bytes, then the data: datagrams, or what gossip brought. */
static napi_value make_of_peer(napi_env env, const iroh_event_t *event) {
  void *bytes;
  napi_value buffer;
  if (napi_create_buffer(env, IROH_KEY_BYTES + event->len, &bytes, &buffer) != napi_ok) return NULL;
  memcpy(bytes, event->node_id, IROH_KEY_BYTES);
  if (event->len > 0) memcpy((uint8_t *)bytes + IROH_KEY_BYTES, event->data, event->len);
  return buffer;
}

static napi_value make_data(napi_env env, const iroh_event_t *event) {
  switch (event->kind) {
  case IROH_EVENT_FRAMES:
    return make_frames(env, event);
  case IROH_EVENT_DATAGRAM:
    return make_bytes(env, event->data, event->len);
  case IROH_EVENT_PATH:
  case IROH_EVENT_OBSERVED:
  case IROH_EVENT_CANDIDATE:
  case IROH_EVENT_PROBE:
    return make_text(env, (const char *)event->data, event->len);
  case IROH_EVENT_REFUSED:
    return make_node_id(env, event->data);
  case IROH_EVENT_RELAY_SEND:
  case IROH_EVENT_GOSSIP_DIAL:
  case IROH_EVENT_GOSSIP_ADMIT:
  case IROH_EVENT_GOSSIP_UP:
  case IROH_EVENT_GOSSIP_DOWN:
  case IROH_EVENT_GOSSIP_RECEIVED:
  case IROH_EVENT_GOSSIP_FAILED:
    return make_of_peer(env, event);
  case IROH_EVENT_CLOSED:
    return make_close(env, event);
  case IROH_EVENT_SYSTEM:
    return make_system_error(env, event->system);
  default:
    return NULL;
  }
}

/* What goes by a relay belongs to no stream and is no error: its segment size and mark stand in their places. */
static bool set_event(napi_env env, napi_value array, uint32_t at, const iroh_event_t *event) {
  bool relayed = event->kind == IROH_EVENT_RELAY_SEND;
  napi_value parts[] = {
      make_number(env, event->kind),
      make_number(env, (double)event->conn),
      make_number(env, (double)(relayed ? event->segment : event->stream)),
      make_number(env, (double)event->number),
      make_number(env, relayed ? event->ecn : event->error),
      make_data(env, event),
  };
  if (parts[5] == NULL && napi_get_undefined(env, &parts[5]) != napi_ok) return false;
  for (uint32_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    if (parts[i] == NULL || napi_set_element(env, array, at + i, parts[i]) != napi_ok) return false;
  }
  return true;
}

napi_value events_make(napi_env env, const void *from) {
  const event_batch_t *batch = from;
  napi_value array;
  if (napi_create_array_with_length(env, 6 * batch->count, &array) != napi_ok) return NULL;
  for (size_t i = 0; i < batch->count; i++) {
    if (!set_event(env, array, (uint32_t)(6 * i), &batch->events[i])) return NULL;
  }
  return array;
}
