/* SPDX-License-Identifier: MIT
 *
 * What an endpoint is to the binding: the core's endpoint, its JavaScript handle and the three functions the core
 * calls. A host lives until both the core is closed and its handle is collected. All of it belongs to one environment's
 * thread.
 */
#ifndef IROH_NAPI_HOST_H
#define IROH_NAPI_HOST_H

#define NAPI_VERSION 8
#include <node_api.h>

#include "iroh.h"

typedef struct {
  napi_env env;
  iroh_endpoint_t *core; /* NULL before open and once closed */
  napi_ref handle;       /* strong while the core is open: a forgotten endpoint keeps working */
  napi_ref on_events;
  napi_ref on_closed;
  napi_ref authorize;
  napi_async_context async;
  napi_async_cleanup_hook_handle hook;
  bool silent;    /* the environment ends: JavaScript is not entered any more */
  bool collected; /* the handle is gone; on_closed frees the host */
} host_t;

/* Reads a host out of its handle. Throws a TypeError and returns NULL for anything else. */
host_t *host_unwrap(napi_env env, napi_value value);

/* The core's three calls; `ctx` is the host. */
void host_on_events(void *ctx, const iroh_event_t *events, size_t count);
bool host_authorize(void *ctx, const uint8_t node_id[IROH_KEY_BYTES]);
void host_on_closed(void *ctx);

/* Puts the functions of one subject on `exports`. */
napi_status host_export(napi_env env, napi_value exports);
napi_status conn_export(napi_env env, napi_value exports);
napi_status stream_export(napi_env env, napi_value exports);
napi_status identity_export(napi_env env, napi_value exports);
napi_status hash_export(napi_env env, napi_value exports);
napi_status gossip_export(napi_env env, napi_value exports);

#endif
