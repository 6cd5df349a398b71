/* SPDX-License-Identifier: MIT
 *
 * The one way into JavaScript.
 */
#ifndef IROH_NAPI_CALLBACK_H
#define IROH_NAPI_CALLBACK_H

#include "host.h"

/* Makes the one argument of a call, inside the call's handle scope. NULL: the call is not made. */
typedef napi_value (*callback_argument_t)(napi_env env, const void *from);

/* Calls `function` with what `argument` makes of `from` (no argument when `argument` is NULL), then runs the
 * microtasks. An exception is reported as uncaught. Does nothing on a silent host. Returns whether the function
 * returned `true`. */
bool callback_enter(host_t *host, napi_ref function, callback_argument_t argument, const void *from);

#endif
