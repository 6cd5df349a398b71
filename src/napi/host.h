/* SPDX-License-Identifier: MIT
 *
 * What an endpoint is to the binding: the core's endpoint, its JavaScript handle and the three functions the core
 * calls. A host lives until both the core is closed and its handle is collected. All of it belongs to one environment's
 * thread.
 */
#ifndef IROH_NAPI_HOST_H
#define IROH_NAPI_HOST_H

#include "iroh.h"
#include "napi.h"

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

/* Opens an endpoint and gives its handle. `functions` are on_events, on_closed and authorize. Returns 0 or an error code;
 * with an error code an exception may be pending. */
int host_open(napi_env env, iroh_endpoint_config_t *config, const napi_value functions[3], napi_value *handle);

#endif
