/* SPDX-License-Identifier: MIT
 *
 * Values between JavaScript and C. Readers return false with a TypeError pending; makers return NULL when the engine
 * could not make the value (out of memory, or the environment is ending).
 */
#ifndef IROH_NAPI_CONVERT_H
#define IROH_NAPI_CONVERT_H

#include "host.h"

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

/* A list of C strings copied out of a JavaScript array. */
typedef struct {
  char **items;
  size_t count;
} texts_t;

/* Copies an array of strings; texts_deinit frees it. */
bool convert_texts(napi_env env, napi_value array, texts_t *out);
void texts_deinit(texts_t *texts);
/* Copies a string; gives it to the caller, who frees it. NULL with a TypeError pending, or without memory. */
char *convert_text_new(napi_env env, napi_value value);

napi_value make_number(napi_env env, double value);
napi_value make_text(napi_env env, const char *text, size_t len);
/* 64 lower-case hex characters. */
napi_value make_node_id(napi_env env, const uint8_t node_id[IROH_KEY_BYTES]);
/* A Buffer with a copy of the bytes. */
napi_value make_bytes(napi_env env, const uint8_t *data, size_t len);

/* [errno, call, address], the address undefined if it is about none; undefined if the system said nothing. */
napi_value make_system_error(napi_env env, const iroh_system_error_t *error);

/* Throws a TypeError that says what was expected; always false. */
bool convert_refuse(napi_env env, const char *expected);

/* Sets a named property; a NULL value counts as a failure. */
bool set_property(napi_env env, napi_value object, const char *name, napi_value value);
bool set_number(napi_env env, napi_value object, const char *name, double value);
/* Adds functions to `exports`, `count` pairs of a name and its callback. */
typedef struct {
  const char *name;
  napi_callback callback;
} export_t;
napi_status export_functions(napi_env env, napi_value exports, const export_t *functions, size_t count);

#endif
