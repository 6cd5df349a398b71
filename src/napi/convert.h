/* SPDX-License-Identifier: MIT
 *
 * Values between JavaScript and C. Makers return NULL when the engine could not make the value (out of memory, or the
 * environment is ending).
 */
#ifndef IROH_NAPI_CONVERT_H
#define IROH_NAPI_CONVERT_H

#include "iroh.h"
#include "napi.h"

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
