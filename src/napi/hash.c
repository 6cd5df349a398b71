/* SPDX-License-Identifier: MIT
 * BLAKE3 for lib/, which signs the relay's challenge with it. */
#include "call.h"
#include "convert.h"
#include "exports.h"

#define CONTEXT_MAX 255 /* a context is a constant of the program, a sentence at most */

/* blake3(bytes) -> Buffer with 32 bytes */
static napi_value blake3(napi_env env, napi_callback_info info) {
  call_t call;
  uint8_t hash[IROH_HASH_BYTES];
  const uint8_t *data;
  size_t len;
  if (!call_begin(env, info, 1, &call) || !call_bytes(&call, 0, &data, &len)) return call.early;
  iroh_blake3(data, len, hash);
  return make_bytes(env, hash, sizeof hash);
}

/* blake3DeriveKey(contextText, keyMaterialBytes) -> Buffer with 32 bytes */
static napi_value blake3_derive_key(napi_env env, napi_callback_info info) {
  call_t call;
  char context[CONTEXT_MAX + 4 + 1]; /* room for a whole character more, so that a cut text is seen to be too long */
  uint8_t key[IROH_HASH_BYTES];
  const uint8_t *material;
  size_t context_len, len;
  if (!call_begin(env, info, 2, &call) || !call_text(&call, 0, context, sizeof context, &context_len) ||
      !call_bytes(&call, 1, &material, &len))
    return call.early;
  if (context_len > CONTEXT_MAX) {
    convert_refuse(env, "expected a context of at most 255 bytes");
    return NULL;
  }
  iroh_blake3_derive_key(context, context_len, material, len, key);
  napi_value value = make_bytes(env, key, sizeof key);
  iroh_wipe(key, sizeof key);
  return value;
}

napi_status hash_export(napi_env env, napi_value exports) {
  static const export_t functions[] = {{"blake3", blake3}, {"blake3DeriveKey", blake3_derive_key}};
  return export_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
