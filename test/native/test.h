/* SPDX-License-Identifier: MIT
 *
 * What every test program includes: cmocka with the headers it wants before it.
 */
#ifndef IROH_TEST_NATIVE_TEST_H
#define IROH_TEST_NATIVE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "alloc.h"
#include "base/base.h"
#include "iroh.h"

/* xorshift64*: the same numbers everywhere, so that a failing run can be repeated. */
static inline uint64_t random_next(uint64_t *state) {
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  return *state * UINT64_C(0x2545f4914f6cdd1d);
}

/* A number below `bound`. */
static inline size_t random_below(uint64_t *state, size_t bound) { return (size_t)(random_next(state) >> 11) % bound; }

#endif
