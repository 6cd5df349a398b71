/* SPDX-License-Identifier: MIT */
#include "convert.h"

#include <stdlib.h>
#include <string.h>

bool convert_refuse(napi_env env, const char *expected) {
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (!pending) napi_throw_type_error(env, "ERR_IROH_INVALID_ARGUMENT", expected);
  return false;
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
