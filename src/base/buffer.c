/* SPDX-License-Identifier: MIT */
#include "base/buffer.h"

#include "base/base.h"
#include "iroh.h"

#include <stdlib.h>
#include <string.h>

enum { CAPACITY_MIN = 64 };

void buffer_init(buffer_t *buffer) { *buffer = (buffer_t){0}; }

void buffer_deinit(buffer_t *buffer) {
  free(buffer->data);
  buffer_init(buffer);
}

int buffer_reserve(buffer_t *buffer, size_t extra) {
  if (extra <= buffer->cap - buffer->len) return 0;
  if (extra > SIZE_MAX / 2 - buffer->len) return IROH_ERR_NO_MEMORY;
  size_t cap = max_size(buffer->len + extra, max_size(buffer->cap + buffer->cap / 2, CAPACITY_MIN));
  uint8_t *data = realloc(buffer->data, cap);
  if (!data) return IROH_ERR_NO_MEMORY;
  buffer->data = data;
  buffer->cap = cap;
  return 0;
}

int buffer_append(buffer_t *buffer, const void *data, size_t len) {
  if (len == 0) return 0;
  int rv = buffer_reserve(buffer, len);
  if (rv) return rv;
  memcpy(buffer->data + buffer->len, data, len);
  buffer->len += len;
  return 0;
}

void buffer_clear(buffer_t *buffer) { buffer->len = 0; }

void buffer_release_idle(buffer_t *buffer) {
  if (buffer->len == 0) buffer_deinit(buffer);
}
