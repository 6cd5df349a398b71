/* SPDX-License-Identifier: MIT
 * What the operating system said when it refused a call, kept for the thread until iroh_take_system_error. */
#ifndef IROH_BASE_SYSTEM_ERROR_H
#define IROH_BASE_SYSTEM_ERROR_H

#include "base/address.h"
#include "iroh.h"

/* Fills one: `error` is an errno or, as libuv has them, its negative; `call` is static; `address` may be NULL. */
void system_error_set(iroh_system_error_t *out, int error, const char *call, const address_t *address);
/* Keeps that the system refused `call`. Returns `code`, for the caller to return. */
int system_refused(int code, int error, const char *call, const address_t *address);
/* What was kept last and has not been taken; number 0: nothing. */
const iroh_system_error_t *system_error_last(void);

#endif
