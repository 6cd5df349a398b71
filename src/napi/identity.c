/* SPDX-License-Identifier: MIT
 * Keys and NodeIds: the identity functions of iroh.h. Seeds pass through the stack only and are wiped. */
#include <string.h>

#include "call.h"
#include "convert.h"
#include "exports.h"

/* A 32-byte key out of a Uint8Array. */
static bool call_key(call_t *call, size_t index, uint8_t out[IROH_KEY_BYTES]) {
  const uint8_t *data;
  size_t len;
  if (!call_bytes(call, index, &data, &len)) return false;
  if (len != IROH_KEY_BYTES) return convert_refuse(call->env, "expected 32 bytes");
  memcpy(out, data, len);
  return true;
}

/* keyGenerate() -> Buffer with a fresh seed, or error code */
static napi_value key_generate(napi_env env, napi_callback_info info) {
  (void)info;
  uint8_t seed[IROH_KEY_BYTES];
  int result = iroh_key_generate(seed);
  napi_value value = result == 0 ? make_bytes(env, seed, sizeof seed) : make_number(env, result);
  iroh_wipe(seed, sizeof seed);
  return value;
}

/* keyPublic(seed) -> NodeId, or error code */
static napi_value key_public(napi_env env, napi_callback_info info) {
  call_t call;
  uint8_t seed[IROH_KEY_BYTES], public_key[IROH_KEY_BYTES];
  if (!call_begin(env, info, 1, &call) || !call_key(&call, 0, seed)) return call.early;
  int result = iroh_key_public(seed, public_key);
  iroh_wipe(seed, sizeof seed);
  return result == 0 ? make_node_id(env, public_key) : make_number(env, result);
}

/* keySign(seed, bytes) -> Buffer with 64 bytes of signature, or error code */
static napi_value key_sign(napi_env env, napi_callback_info info) {
  call_t call;
  uint8_t seed[IROH_KEY_BYTES], signature[64];
  const uint8_t *data;
  size_t len;
  if (!call_begin(env, info, 2, &call) || !call_bytes(&call, 1, &data, &len) || !call_key(&call, 0, seed))
    return call.early;
  int result = iroh_key_sign(seed, data, len, signature);
  iroh_wipe(seed, sizeof seed);
  return result == 0 ? make_bytes(env, signature, sizeof signature) : make_number(env, result);
}

/* keyVerify(nodeId, bytes, signature) -> boolean */
static napi_value key_verify(napi_env env, napi_callback_info info) {
  call_t call;
  uint8_t node_id[IROH_KEY_BYTES];
  const uint8_t *data, *signature;
  size_t len, signature_len;
  napi_value result = NULL;
  if (!call_begin(env, info, 3, &call) || !call_node_id(&call, 0, node_id) || !call_bytes(&call, 1, &data, &len) ||
      !call_bytes(&call, 2, &signature, &signature_len))
    return call.early;
  napi_get_boolean(env, signature_len == 64 && iroh_key_verify(node_id, data, len, signature), &result);
  return result;
}

/* keyParse(text) -> Buffer with 32 bytes, or error code */
static napi_value key_parse(napi_env env, napi_callback_info info) {
  call_t call;
  char text[2 * IROH_KEY_BYTES + 2];
  uint8_t key[IROH_KEY_BYTES];
  size_t len;
  if (!call_begin(env, info, 1, &call) || !call_text(&call, 0, text, sizeof text, &len)) return call.early;
  int result = iroh_key_parse(text, len, key);
  napi_value value = result == 0 ? make_bytes(env, key, sizeof key) : make_number(env, result);
  iroh_wipe(key, sizeof key);
  iroh_wipe(text, sizeof text);
  return value;
}

/* nodeIdParse(text) -> the NodeId in its canonical form, or error code */
static napi_value node_id_parse(napi_env env, napi_callback_info info) {
  call_t call;
  char text[2 * IROH_KEY_BYTES + 2];
  uint8_t node_id[IROH_KEY_BYTES];
  size_t len;
  if (!call_begin(env, info, 1, &call) || !call_text(&call, 0, text, sizeof text, &len)) return call.early;
  int result = iroh_key_parse(text, len, node_id);
  if (result == 0 && !iroh_node_id_is_valid(node_id)) result = IROH_ERR_INVALID_NODE_ID;
  return result == 0 ? make_node_id(env, node_id) : make_number(env, result);
}

/* wipe(bytes): overwrites them with zeros */
static napi_value wipe(napi_env env, napi_callback_info info) {
  call_t call;
  const uint8_t *data;
  size_t len;
  if (!call_begin(env, info, 1, &call) || !call_bytes(&call, 0, &data, &len)) return call.early;
  iroh_wipe((uint8_t *)data, len);
  return NULL;
}

napi_status identity_export(napi_env env, napi_value exports) {
  static const export_t functions[] = {
      {"keyGenerate", key_generate}, {"keyPublic", key_public},      {"keySign", key_sign}, {"keyVerify", key_verify},
      {"keyParse", key_parse},       {"nodeIdParse", node_id_parse}, {"wipe", wipe},
  };
  return export_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
