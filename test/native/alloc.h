/* SPDX-License-Identifier: MIT
 *
 * Stands before malloc and its kin in the test programs (the linker's --wrap): counts, and fails on request.
 */
#ifndef IROH_TEST_NATIVE_ALLOC_H
#define IROH_TEST_NATIVE_ALLOC_H

#include <stddef.h>

/* The next `count` allocations succeed and all later ones fail, until alloc_succeed. */
void alloc_fail_after(size_t count);
void alloc_succeed(void);
/* Calls that allocated so far, growing included. */
size_t alloc_calls(void);
/* Pieces of memory not freed now. */
size_t alloc_live(void);

#endif
