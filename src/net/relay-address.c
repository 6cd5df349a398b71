/* SPDX-License-Identifier: MIT */
#include "net/relay-address.h"

#include <string.h>

#define DIAL 0xffff
#define PORT 1

static const uint8_t prefix[6] = {0xfd, 0x69, 0x72, 0x6f, 0x68, 0x00};

static address_t made_up(uint16_t kind, uint64_t number) {
  address_t address = {.len = sizeof address.in6};
  memset(&address.in6, 0, sizeof address.in6);
  address.in6.sin6_family = AF_INET6;
  address.in6.sin6_port = htons(PORT);
  uint8_t *bytes = address.in6.sin6_addr.s6_addr;
  memcpy(bytes, prefix, sizeof prefix);
  bytes[6] = (uint8_t)(kind >> 8);
  bytes[7] = (uint8_t)kind;
  for (int i = 0; i < 8; i++) bytes[8 + i] = (uint8_t)(number >> (56 - 8 * i));
  return address;
}

address_t relay_address(uint16_t relay, uint64_t number) { return made_up(relay, number); }

address_t dial_address(uint64_t number) { return made_up(DIAL, number); }

bool address_is_made_up(const address_t *address) {
  return address->len != 0 && address->sa.sa_family == AF_INET6 &&
         memcmp(address->in6.sin6_addr.s6_addr, prefix, sizeof prefix) == 0;
}

bool relay_address_read(const address_t *address, uint16_t *relay_out, uint64_t *number_out) {
  if (!address_is_made_up(address)) return false;
  const uint8_t *bytes = address->in6.sin6_addr.s6_addr;
  uint16_t relay = (uint16_t)(bytes[6] << 8 | bytes[7]);
  uint64_t number = 0;
  for (int i = 0; i < 8; i++) number = number << 8 | bytes[8 + i];
  *relay_out = relay;
  *number_out = number;
  return relay != DIAL;
}
