/* SPDX-License-Identifier: MIT
 *
 * What every room may use without thinking.
 */
#ifndef IROH_BASE_BASE_H
#define IROH_BASE_BASE_H

#include <stddef.h>
#include <stdint.h>

/* The structure that `member_ptr`, which is not NULL, is the `member` of. */
#define container_of(member_ptr, type, member) ((type *)(void *)((char *)(member_ptr)-offsetof(type, member)))

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

static inline size_t min_size(size_t a, size_t b) { return a < b ? a : b; }

static inline size_t max_size(size_t a, size_t b) { return a > b ? a : b; }

#endif
