/* SPDX-License-Identifier: MIT
 *
 * json-check FILE: reads one document a line, as hex, and prints a line for each: "accepted" ("accepted ascii") or the
 * name of the error. For json-differential.js.
 */
#include "base/text.h"
#include "iroh.h"
#include "wire/json.h"

#include <stdio.h>
#include <stdlib.h>

static int judge(const char *hex, size_t hex_len) {
  size_t len = hex_len / 2;
  /* The very size of the document, so that a sanitizer sees a byte read beyond it. */
  uint8_t *text = malloc(len ? len : 1);
  if (!text || text_hex_decode(hex, hex_len, text, len)) {
    free(text);
    fputs("json-check: a line is not hex\n", stderr);
    return 1;
  }
  bool ascii = false;
  int error = json_check(text, len, JSON_DEPTH_MAX, &ascii);
  puts(error ? iroh_error_name(error) : ascii ? "accepted ascii" : "accepted");
  free(text);
  return 0;
}

int main(int argc, char **argv) {
  FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
  if (!file) {
    fputs("usage: json-check FILE\n", stderr);
    return 2;
  }
  char *line = NULL;
  size_t size = 0;
  int status = 0;
  ssize_t len;
  while (status == 0 && (len = getline(&line, &size, file)) >= 0) {
    if (len > 0 && line[len - 1] == '\n') len--;
    status = judge(line, (size_t)len);
  }
  free(line);
  fclose(file);
  return status;
}
