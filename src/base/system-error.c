/* SPDX-License-Identifier: MIT */
#include "base/system-error.h"

static _Thread_local iroh_system_error_t last;

void system_error_set(iroh_system_error_t *out, int error, const char *call, const address_t *address) {
  out->number = error < 0 ? -error : error;
  out->call = call;
  out->address[0] = '\0';
  if (address != NULL && address->len > 0) address_format(address, out->address, sizeof out->address);
}

int system_refused(int code, int error, const char *call, const address_t *address) {
  system_error_set(&last, error, call, address);
  return code;
}

const iroh_system_error_t *system_error_last(void) { return &last; }

void iroh_take_system_error(iroh_system_error_t *out) {
  *out = last;
  last.number = 0;
}
