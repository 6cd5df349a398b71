/* SPDX-License-Identifier: MIT */
#include "convert.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define INTEGER_MAX 9007199254740991.0 /* 2^53 - 1: the largest integer a JavaScript number holds exactly */

bool convert_refuse(napi_env env, const char *expected) {
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (!pending) napi_throw_type_error(env, "ERR_IROH_INVALID_ARGUMENT", expected);
  return false;
}

bool call_begin(napi_env env, napi_callback_info info, size_t count, call_t *call) {
  *call = (call_t){.env = env};
  size_t given = CALL_ARGS_MAX;
  if (napi_get_cb_info(env, info, &given, call->args, NULL, NULL) != napi_ok || given < count)
    return convert_refuse(env, "too few arguments");
  return true;
}

bool call_begin_endpoint(napi_env env, napi_callback_info info, size_t count, call_t *call) {
  if (!call_begin(env, info, count, call)) return false;
  const host_t *host = host_unwrap(env, call->args[0]);
  if (host == NULL) return false;
  call->core = host->silent ? NULL : host->core;
  if (call->core != NULL) return true;
  call->early = make_number(env, IROH_ERR_CLOSED);
  return false;
}

/* A whole number between `min` and `max`. */
static bool read_integer(napi_env env, napi_value value, double min, double max, double *out) {
  if (napi_get_value_double(env, value, out) != napi_ok || !(*out >= min && *out <= max) || floor(*out) != *out)
    return convert_refuse(env, "expected an integer in range");
  return true;
}

bool call_u64(call_t *call, size_t index, uint64_t *out) {
  double number;
  if (!read_integer(call->env, call->args[index], 0, INTEGER_MAX, &number)) return false;
  *out = (uint64_t)number;
  return true;
}

bool call_handle(call_t *call, size_t index, iroh_handle_t *out) { return call_u64(call, index, out); }

bool call_u32(call_t *call, size_t index, uint32_t *out) {
  double number;
  if (!read_integer(call->env, call->args[index], 0, UINT32_MAX, &number)) return false;
  *out = (uint32_t)number;
  return true;
}

bool call_i32(call_t *call, size_t index, int32_t *out) {
  double number;
  if (!read_integer(call->env, call->args[index], INT32_MIN, INT32_MAX, &number)) return false;
  *out = (int32_t)number;
  return true;
}

bool call_bool(call_t *call, size_t index, bool *out) {
  return napi_get_value_bool(call->env, call->args[index], out) == napi_ok ||
         convert_refuse(call->env, "expected a boolean");
}

bool call_bytes(call_t *call, size_t index, const uint8_t **data, size_t *len) {
  napi_typedarray_type type;
  void *bytes = NULL;
  bool is_typed = false;
  if (napi_is_typedarray(call->env, call->args[index], &is_typed) != napi_ok || !is_typed ||
      napi_get_typedarray_info(call->env, call->args[index], &type, len, &bytes, NULL, NULL) != napi_ok ||
      type != napi_uint8_array)
    return convert_refuse(call->env, "expected a Uint8Array");
  *data = bytes;
  return true;
}

bool call_text(call_t *call, size_t index, char *out, size_t size, size_t *len_out) {
  return napi_get_value_string_utf8(call->env, call->args[index], out, size, len_out) == napi_ok ||
         convert_refuse(call->env, "expected a string");
}

bool call_node_id(call_t *call, size_t index, uint8_t out[IROH_KEY_BYTES]) {
  char text[2 * IROH_KEY_BYTES + 2];
  size_t len;
  if (!call_text(call, index, text, sizeof text, &len)) return false;
  return iroh_key_parse(text, len, out) == 0 || convert_refuse(call->env, "expected a NodeId");
}

char *convert_text_new(napi_env env, napi_value value) {
  size_t len;
  if (napi_get_value_string_utf8(env, value, NULL, 0, &len) != napi_ok) {
    convert_refuse(env, "expected a string");
    return NULL;
  }
  char *text = malloc(len + 1);
  if (text != NULL) napi_get_value_string_utf8(env, value, text, len + 1, NULL);
  return text;
}

bool convert_texts(napi_env env, napi_value array, texts_t *out) {
  *out = (texts_t){0};
  uint32_t count;
  if (napi_get_array_length(env, array, &count) != napi_ok) return convert_refuse(env, "expected an array of strings");
  out->items = calloc(count > 0 ? count : 1, sizeof *out->items);
  if (out->items == NULL) return convert_refuse(env, "out of memory");
  for (; out->count < count; out->count++) {
    napi_value item;
    char *text =
        napi_get_element(env, array, (uint32_t)out->count, &item) == napi_ok ? convert_text_new(env, item) : NULL;
    if (text == NULL) {
      texts_deinit(out);
      return convert_refuse(env, "expected an array of strings");
    }
    out->items[out->count] = text;
  }
  return true;
}

void texts_deinit(texts_t *texts) {
  for (size_t i = 0; i < texts->count; i++) free(texts->items[i]);
  free(texts->items);
  *texts = (texts_t){0};
}

napi_value make_number(napi_env env, double value) {
  napi_value result = NULL;
  napi_create_double(env, value, &result);
  return result;
}

napi_value make_text(napi_env env, const char *text, size_t len) {
  napi_value result = NULL;
  napi_create_string_utf8(env, text, len, &result);
  return result;
}

napi_value make_node_id(napi_env env, const uint8_t node_id[IROH_KEY_BYTES]) {
  static const char digits[] = "0123456789abcdef";
  char text[2 * IROH_KEY_BYTES];
  for (size_t i = 0; i < IROH_KEY_BYTES; i++) {
    text[2 * i] = digits[node_id[i] >> 4];
    text[2 * i + 1] = digits[node_id[i] & 15];
  }
  napi_value result = NULL;
  napi_create_string_latin1(env, text, sizeof text, &result);
  return result;
}

napi_value make_bytes(napi_env env, const uint8_t *data, size_t len) {
  napi_value result = NULL;
  void *bytes = NULL;
  if (napi_create_buffer(env, len, &bytes, &result) != napi_ok) return NULL;
  if (len > 0) memcpy(bytes, data, len);
  return result;
}

napi_value make_system_error(napi_env env, const iroh_system_error_t *error) {
  napi_value array, none;
  if (napi_get_undefined(env, &none) != napi_ok) return NULL;
  if (error == NULL || error->number == 0) return none;
  napi_value parts[] = {
      make_number(env, error->number),
      make_text(env, error->call, NAPI_AUTO_LENGTH),
      error->address[0] != '\0' ? make_text(env, error->address, NAPI_AUTO_LENGTH) : none,
  };
  uint32_t count = sizeof parts / sizeof *parts;
  if (napi_create_array_with_length(env, count, &array) != napi_ok) return NULL;
  for (uint32_t i = 0; i < count; i++) {
    if (parts[i] == NULL || napi_set_element(env, array, i, parts[i]) != napi_ok) return NULL;
  }
  return array;
}

bool set_property(napi_env env, napi_value object, const char *name, napi_value value) {
  return value != NULL && napi_set_named_property(env, object, name, value) == napi_ok;
}

bool set_number(napi_env env, napi_value object, const char *name, double value) {
  return set_property(env, object, name, make_number(env, value));
}

napi_status export_functions(napi_env env, napi_value exports, const export_t *functions, size_t count) {
  for (size_t i = 0; i < count; i++) {
    napi_value function;
    napi_status status =
        napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].callback, NULL, &function);
    if (status == napi_ok) status = napi_set_named_property(env, exports, functions[i].name, function);
    if (status != napi_ok) return status;
  }
  return napi_ok;
}
