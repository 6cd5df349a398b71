/* SPDX-License-Identifier: MIT
 *
 * A byte buffer that grows.
 */
#ifndef IROH_BASE_BUFFER_H
#define IROH_BASE_BUFFER_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
  uint8_t *data; /* NULL while cap is 0; moves when the buffer grows */
  size_t len;    /* bytes in use; may be set up to cap by who filled the room behind */
  size_t cap;
} buffer_t;

/* An empty buffer without heap memory. */
void buffer_init(buffer_t *buffer);
/* Frees the bytes. The buffer is empty and usable after it. */
void buffer_deinit(buffer_t *buffer);
/* Makes room for `extra` bytes behind `len`. 0, or IROH_ERR_NO_MEMORY with the buffer as it was. */
int buffer_reserve(buffer_t *buffer, size_t extra);
/* Copies `len` bytes to the end; `data` may be NULL when `len` is 0. 0, or IROH_ERR_NO_MEMORY with the buffer as it
 * was. */
int buffer_append(buffer_t *buffer, const void *data, size_t len);
/* Forgets the bytes and keeps the memory. */
void buffer_clear(buffer_t *buffer);
/* Frees the memory if there are no bytes in it. */
void buffer_release_idle(buffer_t *buffer);

#endif
