/* SPDX-License-Identifier: MIT
 *
 * The addon's beginning. It may be loaded by several environments of one process (worker threads): everything lives in an
 * endpoint's host (host.h), and what the system said last in its thread.
 *
 * Every function returns a value or, when the core refused, its negative error code; lib/ makes IrohErrors of them.
 * An argument of the wrong type throws a TypeError: lib/ has checked what its caller gave, so that is a bug in lib/.
 */
#include "call.h"
#include "convert.h"
#include "exports.h"

/* errors: [{ name, number, class, text }], the core's table */
static napi_value make_errors(napi_env env) {
  napi_value array;
  int code;
  if (napi_create_array(env, &array) != napi_ok) return NULL;
  for (uint32_t i = 0; (code = iroh_error_at(i)) != 0; i++) {
    napi_value row;
    if (napi_create_object(env, &row) != napi_ok ||
        !set_property(env, row, "name", make_text(env, iroh_error_name(code), NAPI_AUTO_LENGTH)) ||
        !set_number(env, row, "number", code) ||
        !set_property(env, row, "class", make_text(env, iroh_error_class(code), NAPI_AUTO_LENGTH)) ||
        !set_property(env, row, "text", make_text(env, iroh_error_text(code), NAPI_AUTO_LENGTH)) ||
        napi_set_element(env, array, i, row) != napi_ok)
      return NULL;
  }
  return array;
}

/* takeSystemError() -> what the system said when the call before this one failed: [errno, call, address], or undefined */
static napi_value take_system_error(napi_env env, napi_callback_info info) {
  iroh_system_error_t error;
  (void)info;
  iroh_take_system_error(&error);
  return make_system_error(env, &error);
}

/* closeOnExec(fd) -> 0 or error code */
static napi_value close_on_exec(napi_env env, napi_callback_info info) {
  call_t call;
  int32_t fd;
  if (!call_begin(env, info, 1, &call) || !call_i32(&call, 0, &fd)) return call.early;
  return make_number(env, iroh_close_on_exec(fd));
}

/* versions: { ngtcp2, gnutls, libsodium }, what this process has loaded */
static napi_value make_versions(napi_env env) {
  napi_value object;
  iroh_versions_t versions;
  iroh_versions(&versions);
  if (napi_create_object(env, &object) != napi_ok ||
      !set_property(env, object, "ngtcp2", make_text(env, versions.ngtcp2, NAPI_AUTO_LENGTH)) ||
      !set_property(env, object, "gnutls", make_text(env, versions.gnutls, NAPI_AUTO_LENGTH)) ||
      !set_property(env, object, "libsodium", make_text(env, versions.libsodium, NAPI_AUTO_LENGTH)))
    return NULL;
  return object;
}

NAPI_MODULE_INIT() {
  static const export_t functions[] = {{"takeSystemError", take_system_error}, {"closeOnExec", close_on_exec}};
  if (!set_property(env, exports, "errors", make_errors(env)) ||
      !set_property(env, exports, "versions", make_versions(env)) || endpoint_export(env, exports) != napi_ok ||
      conn_export(env, exports) != napi_ok || stream_export(env, exports) != napi_ok ||
      identity_export(env, exports) != napi_ok || hash_export(env, exports) != napi_ok ||
      gossip_export(env, exports) != napi_ok ||
      export_functions(env, exports, functions, sizeof functions / sizeof *functions) != napi_ok)
    napi_throw_error(env, "ERR_IROH_INTERNAL", "the addon could not be initialized");
  return exports;
}
