/* SPDX-License-Identifier: MIT */
#include "alloc.h"

#include <stdbool.h>
#include <stdint.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void __wrap_free(void *memory);

static size_t calls;
static size_t live;
static bool limited;
static size_t left;

void alloc_fail_after(size_t count) {
  limited = true;
  left = count;
}

void alloc_succeed(void) { limited = false; }

size_t alloc_calls(void) { return calls; }

size_t alloc_live(void) { return live; }

static bool refuses(void) {
  if (!limited) return false;
  if (left == 0) return true;
  left--;
  return false;
}

static void *count_new(void *memory) {
  if (memory) {
    calls++;
    live++;
  }
  return memory;
}

void *__wrap_malloc(size_t size) { return refuses() ? NULL : count_new(__real_malloc(size)); }

void *__wrap_calloc(size_t count, size_t size) { return refuses() ? NULL : count_new(__real_calloc(count, size)); }

void *__wrap_realloc(void *memory, size_t size) {
  if (refuses()) return NULL;
  if (!memory) return count_new(__real_realloc(memory, size));
  calls++;
  return __real_realloc(memory, size);
}

void __wrap_free(void *memory) {
  if (memory) live--;
  __real_free(memory);
}
