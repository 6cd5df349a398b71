/* SPDX-License-Identifier: MIT
 *
 * The bytes of a fuzzing program's input as numbers and QUIC frames, legal and not.
 */
#ifndef IROH_FUZZ_QUIC_INPUT_H
#define IROH_FUZZ_QUIC_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INPUT_CHALLENGES 16

typedef struct {
  const uint8_t *at;
  size_t left;
  /* What the target has sent, for frames that refer to it. */
  uint64_t largest_sent; /* packet number */
  uint8_t challenges[INPUT_CHALLENGES][8];
  size_t challenge_count;
} input_t;

/* 0 at the end. */
uint8_t input_byte(input_t *input);
/* Mostly small, sometimes where integers change their length or a limit lies. */
uint64_t input_number(input_t *input);
size_t input_put_varint(uint8_t *out, uint64_t value);
/* Up to `count` frames; returns their bytes, at least 4, with PADDING behind them. `room` is at least 64. */
size_t input_put_frames(input_t *input, unsigned count, uint8_t *out, size_t room);

#endif
