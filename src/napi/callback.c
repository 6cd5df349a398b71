/* SPDX-License-Identifier: MIT */
#include "callback.h"

static void report_uncaught(napi_env env) {
  napi_value error;
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (pending && napi_get_and_clear_last_exception(env, &error) == napi_ok) napi_fatal_exception(env, error);
}

/* napi_make_callback, not napi_call_function: promise reactions run at once instead of behind the next native callback.
 */
static bool call(host_t *host, napi_ref function_ref, callback_argument_t argument, const void *from) {
  napi_env env = host->env;
  napi_value receiver, function, result, made = NULL;
  bool admitted = false;
  if (napi_get_reference_value(env, host->handle, &receiver) != napi_ok ||
      napi_get_reference_value(env, function_ref, &function) != napi_ok)
    return false;
  if (argument != NULL && (made = argument(env, from)) == NULL) return false;
  napi_status status =
      napi_make_callback(env, host->async, receiver, function, argument != NULL ? 1 : 0, &made, &result);
  return status == napi_ok && napi_get_value_bool(env, result, &admitted) == napi_ok && admitted;
}

bool callback_enter(host_t *host, napi_ref function, callback_argument_t argument, const void *from) {
  napi_handle_scope scope;
  if (host->silent || napi_open_handle_scope(host->env, &scope) != napi_ok) return false;
  bool admitted = call(host, function, argument, from);
  report_uncaught(host->env);
  napi_close_handle_scope(host->env, scope);
  return admitted;
}
