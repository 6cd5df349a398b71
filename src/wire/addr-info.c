/* SPDX-License-Identifier: MIT */
#include "wire/addr-info.h"

#include <string.h>

#include "wire/postcard.h"

enum { ADDRESS_LEAST = 6 }; /* family, IPv4, port of one byte */

typedef struct {
  const uint8_t *relay; /* what stands before the count, as it is */
  size_t relay_len, count;
  postcard_t addresses;
} addr_info_t;

static bool read_head(const uint8_t *data, size_t len, addr_info_t *out) {
  postcard_t reader = {data, data + len};
  bool has_relay;
  const uint8_t *url;
  size_t url_len;
  if (!postcard_read_bool(&reader, &has_relay)) return false;
  if (has_relay && !postcard_read_bytes(&reader, &url, &url_len)) return false;
  out->relay = data;
  out->relay_len = (size_t)(reader.at - data);
  if (!postcard_read_count(&reader, ADDRESS_LEAST, &out->count)) return false;
  out->addresses = reader;
  return true;
}

static bool read_address(postcard_t *reader, address_t *out) {
  bool v6;
  const uint8_t *ip;
  uint16_t port;
  if (!postcard_read_bool(reader, &v6) || !postcard_read_fixed(reader, v6 ? 16 : 4, &ip) ||
      !postcard_read_u16(reader, &port))
    return false;
  memset(out, 0, sizeof *out);
  if (v6) {
    out->in6.sin6_family = AF_INET6;
    memcpy(&out->in6.sin6_addr, ip, 16);
    out->len = sizeof out->in6;
  } else {
    out->in.sin_family = AF_INET;
    memcpy(&out->in.sin_addr, ip, 4);
    out->len = sizeof out->in;
  }
  address_set_port(out, port);
  return true;
}

static bool read(const uint8_t *data, size_t len, addr_info_t *out) {
  if (!read_head(data, len, out)) return false;
  postcard_t reader = out->addresses;
  address_t address;
  for (size_t i = 0; i < out->count; i++)
    if (!read_address(&reader, &address)) return false;
  return true;
}

bool addr_info_count(const uint8_t *data, size_t len, size_t *count) {
  addr_info_t info;
  if (!read(data, len, &info)) return false;
  *count = info.count;
  return true;
}

static uint8_t *write_address(uint8_t *at, const address_t *address) {
  bool v6 = address->sa.sa_family == AF_INET6;
  at = postcard_write_varint(at, v6);
  at = v6 ? postcard_write_fixed(at, address->in6.sin6_addr.s6_addr, 16)
          : postcard_write_fixed(at, (const uint8_t *)&address->in.sin_addr, 4);
  return postcard_write_varint(at, address_port(address));
}

static bool is_vouched(const address_t *address, const address_t *found) {
  return address_is_loopback(found) && address_port(address) == address_port(found) && !address_equal(address, found);
}

/* Whether one comes before the other in the sorted set that it is: IPv4 first, by address, by port. */
static bool is_before(const address_t *a, const address_t *b) {
  if (a->len != b->len) return a->len < b->len;
  bool v6 = a->sa.sa_family == AF_INET6;
  int order = v6 ? memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr, 16) : memcmp(&a->in.sin_addr, &b->in.sin_addr, 4);
  return order != 0 ? order < 0 : address_port(a) < address_port(b);
}

size_t addr_info_vouch(const uint8_t *data, size_t len, const address_t *found, uint8_t *out) {
  static const uint8_t nothing[] = {0, 0};
  addr_info_t info;
  if (!read(data, len, &info)) (void)read(nothing, sizeof nothing, &info);
  size_t count = found->len != 0;
  postcard_t reader = info.addresses;
  address_t address;
  for (size_t i = 0; i < info.count && read_address(&reader, &address); i++) count += is_vouched(&address, found);

  uint8_t *at = postcard_write_varint(postcard_write_fixed(out, info.relay, info.relay_len), count);
  bool wrote = found->len == 0;
  reader = info.addresses;
  for (size_t i = 0; i < info.count && read_address(&reader, &address); i++) {
    if (!is_vouched(&address, found)) continue;
    if (!wrote && is_before(found, &address)) {
      at = write_address(at, found);
      wrote = true;
    }
    at = write_address(at, &address);
  }
  if (!wrote) at = write_address(at, found);
  return (size_t)(at - out);
}
