/* SPDX-License-Identifier: MIT
 *
 * A call from JavaScript, and its arguments. Readers return false with a TypeError pending.
 */
#ifndef IROH_NAPI_CALL_H
#define IROH_NAPI_CALL_H

#include "iroh.h"
#include "napi.h"

#define CALL_ARGS_MAX 8

/* One call from JavaScript: its arguments and, for calls on an endpoint, the core behind the first of them. */
typedef struct {
  napi_env env;
  iroh_endpoint_t *core;
  napi_value args[CALL_ARGS_MAX];
  napi_value early; /* what to return when a reader said false: NULL (an exception is pending) or an error code */
} call_t;

/* Takes the arguments of a call that has at least `count` of them. */
bool call_begin(napi_env env, napi_callback_info info, size_t count, call_t *call);
/* The same for a call whose first argument is an endpoint handle; false with IROH_ERR_CLOSED if it is closed. */
bool call_begin_endpoint(napi_env env, napi_callback_info info, size_t count, call_t *call);

bool call_handle(call_t *call, size_t index, iroh_handle_t *out);
bool call_u64(call_t *call, size_t index, uint64_t *out);
bool call_u32(call_t *call, size_t index, uint32_t *out);
bool call_i32(call_t *call, size_t index, int32_t *out);
bool call_bool(call_t *call, size_t index, bool *out);
/* Any Uint8Array; the bytes are borrowed until the call returns. */
bool call_bytes(call_t *call, size_t index, const uint8_t **data, size_t *len);
/* A NodeId as 64 hex or 52 base32 characters. */
bool call_node_id(call_t *call, size_t index, uint8_t out[IROH_KEY_BYTES]);
/* A string as UTF-8 with its NUL, cut between two characters when longer than `size` - 1 bytes. */
bool call_text(call_t *call, size_t index, char *out, size_t size, size_t *len_out);

#endif
