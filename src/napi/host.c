/* SPDX-License-Identifier: MIT */
#include "host.h"

#include <stdlib.h>
#include <string.h>

#include "callback.h"
#include "convert.h"
#include "events.h"

static const napi_type_tag host_tag = {0x6576656e74746172, 0x6765747369726f68};

/* Lets go of everything that belongs to the environment. */
static void release(host_t *host) {
  napi_ref *refs[] = {&host->handle, &host->on_events, &host->on_closed, &host->authorize};
  for (size_t i = 0; i < sizeof refs / sizeof *refs; i++) {
    if (*refs[i] != NULL) napi_delete_reference(host->env, *refs[i]);
    *refs[i] = NULL;
  }
  if (host->async != NULL) napi_async_destroy(host->env, host->async);
  host->async = NULL;
  if (host->hook != NULL) napi_remove_async_cleanup_hook(host->hook);
  host->hook = NULL;
}

static void on_collected(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  host_t *host = data;
  host->collected = true;
  if (host->core == NULL) free(host);
}

/* The environment ends (process exit, worker terminated): the core goes down without a word to JavaScript. */
static void on_teardown(napi_async_cleanup_hook_handle hook, void *data) {
  (void)hook;
  host_t *host = data;
  host->silent = true;
  iroh_endpoint_abandon(host->core);
}

static void on_events(void *ctx, const iroh_event_t *events, size_t count) {
  host_t *host = ctx;
  event_batch_t batch = {events, count};
  callback_enter(host, host->on_events, events_make, &batch);
}

static napi_value argument_node_id(napi_env env, const void *from) { return make_node_id(env, from); }

static bool authorize(void *ctx, const uint8_t node_id[IROH_KEY_BYTES]) {
  host_t *host = ctx;
  return callback_enter(host, host->authorize, argument_node_id, node_id);
}

static void on_closed(void *ctx) {
  host_t *host = ctx;
  host->core = NULL;
  callback_enter(host, host->on_closed, NULL, NULL);
  release(host);
  if (host->collected) free(host);
}

/* Makes the handle: the host belongs to its finalizer from here on. */
static napi_value make_handle(napi_env env, host_t *host) {
  napi_value handle;
  if (napi_create_object(env, &handle) != napi_ok || napi_type_tag_object(env, handle, &host_tag) != napi_ok ||
      napi_wrap(env, handle, host, on_collected, NULL, NULL) != napi_ok)
    return NULL;
  return handle;
}

/* Holds what the callbacks need: strong references, the async context, the teardown hook. */
static bool hold(host_t *host, napi_value handle, const napi_value functions[3]) {
  napi_env env = host->env;
  napi_value name = make_text(env, "iroh.endpoint", NAPI_AUTO_LENGTH);
  return name != NULL && napi_create_reference(env, handle, 1, &host->handle) == napi_ok &&
         napi_create_reference(env, functions[0], 1, &host->on_events) == napi_ok &&
         napi_create_reference(env, functions[1], 1, &host->on_closed) == napi_ok &&
         napi_create_reference(env, functions[2], 1, &host->authorize) == napi_ok &&
         napi_async_init(env, handle, name, &host->async) == napi_ok;
}

static int open_core(host_t *host, iroh_endpoint_config_t *config) {
  struct uv_loop_s *loop;
  if (napi_get_uv_event_loop(host->env, &loop) != napi_ok) return IROH_ERR_INTERNAL;
  config->authorize = authorize;
  config->on_events = on_events;
  config->on_closed = on_closed;
  config->ctx = host;
  int result = iroh_endpoint_open(loop, config, &host->core);
  if (result == 0) napi_add_async_cleanup_hook(host->env, on_teardown, host, &host->hook);
  return result;
}

int host_open(napi_env env, iroh_endpoint_config_t *config, const napi_value functions[3], napi_value *handle) {
  host_t *host = calloc(1, sizeof *host);
  if (host == NULL) return IROH_ERR_NO_MEMORY;
  host->env = env;
  if ((*handle = make_handle(env, host)) == NULL) {
    free(host);
    return IROH_ERR_NO_MEMORY;
  }
  int result = hold(host, *handle, functions) ? open_core(host, config) : IROH_ERR_NO_MEMORY;
  if (result != 0) release(host);
  return result;
}

host_t *host_unwrap(napi_env env, napi_value value) {
  bool tagged = false;
  void *host = NULL;
  if (napi_check_object_type_tag(env, value, &host_tag, &tagged) == napi_ok && tagged &&
      napi_unwrap(env, value, &host) == napi_ok)
    return host;
  convert_refuse(env, "expected an endpoint handle");
  return NULL;
}
