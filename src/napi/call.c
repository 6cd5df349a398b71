/* SPDX-License-Identifier: MIT */
#include "call.h"

#include <math.h>

#include "convert.h"
#include "host.h"

#define INTEGER_MAX 9007199254740991.0 /* 2^53 - 1: the largest integer a JavaScript number holds exactly */

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
