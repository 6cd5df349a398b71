/* SPDX-License-Identifier: MIT
 *
 * The error table of errors.def as functions.
 */
#include "base/base.h"
#include "iroh.h"

typedef struct {
  int number;
  const char *name;
  const char *class_name;
  const char *text;
} error_row_t;

static const error_row_t rows[] = {
#define X(name, number, class, text) {number, "ERR_IROH_" #name, #class, text},
#include "base/errors.def"
#undef X
};

static const error_row_t *find_row(int error) {
  const error_row_t *internal = NULL;
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    if (rows[i].number == error) return &rows[i];
    if (rows[i].number == IROH_ERR_INTERNAL) internal = &rows[i];
  }
  return internal;
}

const char *iroh_error_name(int error) { return find_row(error)->name; }

const char *iroh_error_text(int error) { return find_row(error)->text; }

const char *iroh_error_class(int error) { return find_row(error)->class_name; }

int iroh_error_at(size_t index) { return index < ARRAY_LEN(rows) ? rows[index].number : 0; }
