/* SPDX-License-Identifier: MIT
 *
 * What a gossip peer says of where it is, by the first byte of the input: 0 it is found behind a relay, 1 and 2 at an
 * address of either family, 3 on this host. What is told others of it is well-formed, has that address, and no other but
 * on this host.
 */
#include "fuzz.h"
#include "wire/addr-info.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const char *const places[] = {NULL, "192.0.2.1:4433", "[2001:db8::1]:4433", "127.0.0.1:4433"};
  if (size == 0) return 0;
  size_t place = data[0] % 4, len = size - 1, count = 0, told = 0;
  address_t found = {.len = 0};
  if (places[place] != NULL) CLAIM(address_parse(places[place], &found) == 0);
  /* Blocks of their own: AddressSanitizer sees what goes past their ends. */
  uint8_t *said = malloc(len ? len : 1), *out = malloc(len + ADDR_INFO_MORE);
  CLAIM(said && out);
  if (len) memcpy(said, data + 1, len);
  bool is_fine = addr_info_count(said, len, &count);
  size_t out_len = addr_info_vouch(said, len, &found, out);
  CLAIM(out_len <= len + ADDR_INFO_MORE && addr_info_count(out, out_len, &told));
  size_t least = found.len != 0;
  CLAIM(told >= least && (place == 3 || told == least) && told <= least + (is_fine ? count : 0));
  free(said);
  free(out);
  return 0;
}
