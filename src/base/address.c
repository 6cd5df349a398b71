/* SPDX-License-Identifier: MIT */
#include "base/address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "iroh.h"

static int parse_port(const char *text, uint16_t *out) {
  size_t digits = strspn(text, "0123456789");
  if (digits == 0 || digits > 5 || text[digits] != '\0') return IROH_ERR_INVALID_ADDRESS;
  unsigned long port = strtoul(text, NULL, 10);
  if (port > 65535) return IROH_ERR_INVALID_ADDRESS;
  *out = (uint16_t)port;
  return 0;
}

int address_parse(const char *text, address_t *out) {
  memset(out, 0, sizeof *out);
  const char *colon = strrchr(text, ':');
  if (colon == NULL || colon == text) return IROH_ERR_INVALID_ADDRESS;
  uint16_t port;
  int rv = parse_port(colon + 1, &port);
  if (rv != 0) return rv;

  char host[IROH_ADDRESS_MAX];
  bool v6 = text[0] == '[';
  const char *begin = v6 ? text + 1 : text;
  const char *end = v6 ? colon - 1 : colon;
  if (end <= begin || (v6 && *end != ']') || (size_t)(end - begin) >= sizeof host) return IROH_ERR_INVALID_ADDRESS;
  memcpy(host, begin, (size_t)(end - begin));
  host[end - begin] = '\0';

  if (!v6) {
    if (inet_pton(AF_INET, host, &out->in.sin_addr) != 1) return IROH_ERR_INVALID_ADDRESS;
    out->in.sin_family = AF_INET;
    out->in.sin_port = htons(port);
    out->len = sizeof out->in;
    return 0;
  }
  char *scope = strchr(host, '%');
  if (scope != NULL) {
    *scope++ = '\0';
    out->in6.sin6_scope_id = if_nametoindex(scope);
    if (out->in6.sin6_scope_id == 0) out->in6.sin6_scope_id = (uint32_t)strtoul(scope, NULL, 10);
    if (out->in6.sin6_scope_id == 0) return IROH_ERR_INVALID_ADDRESS;
  }
  if (inet_pton(AF_INET6, host, &out->in6.sin6_addr) != 1) return IROH_ERR_INVALID_ADDRESS;
  out->in6.sin6_family = AF_INET6;
  out->in6.sin6_port = htons(port);
  out->len = sizeof out->in6;
  return 0;
}

void address_format(const address_t *address, char *out, size_t size) {
  char host[INET6_ADDRSTRLEN] = "";
  if (address->len == 0) {
    if (size > 0) out[0] = '\0';
  } else if (address->sa.sa_family == AF_INET) {
    inet_ntop(AF_INET, &address->in.sin_addr, host, sizeof host);
    snprintf(out, size, "%s:%u", host, ntohs(address->in.sin_port));
  } else {
    inet_ntop(AF_INET6, &address->in6.sin6_addr, host, sizeof host);
    uint32_t scope = address->in6.sin6_scope_id;
    if (scope != 0)
      snprintf(out, size, "[%s%%%u]:%u", host, scope, ntohs(address->in6.sin6_port));
    else
      snprintf(out, size, "[%s]:%u", host, ntohs(address->in6.sin6_port));
  }
}

void address_set(address_t *address, const struct sockaddr *sa, socklen_t len) {
  memset(address, 0, sizeof *address);
  if (sa->sa_family == AF_INET && len >= sizeof address->in) {
    memcpy(&address->in, sa, sizeof address->in);
    address->len = sizeof address->in;
  } else if (sa->sa_family == AF_INET6 && len >= sizeof address->in6) {
    memcpy(&address->in6, sa, sizeof address->in6);
    address->len = sizeof address->in6;
  }
}

bool address_equal(const address_t *a, const address_t *b) {
  if (a->len != b->len) return false;
  if (a->len == 0) return true;
  if (a->sa.sa_family == AF_INET)
    return a->in.sin_port == b->in.sin_port && a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
  return a->in6.sin6_port == b->in6.sin6_port && a->in6.sin6_scope_id == b->in6.sin6_scope_id &&
         memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr, sizeof a->in6.sin6_addr) == 0;
}

bool address_is_loopback(const address_t *address) {
  if (address->len == 0) return false;
  if (address->sa.sa_family == AF_INET) return (ntohl(address->in.sin_addr.s_addr) >> 24) == 127;
  const struct in6_addr *in6 = &address->in6.sin6_addr;
  return IN6_IS_ADDR_LOOPBACK(in6) || (IN6_IS_ADDR_V4MAPPED(in6) && in6->s6_addr[12] == 127);
}

bool address_is_wildcard(const address_t *address) {
  if (address->len == 0) return true;
  if (address->sa.sa_family == AF_INET) return address->in.sin_addr.s_addr == INADDR_ANY;
  return IN6_IS_ADDR_UNSPECIFIED(&address->in6.sin6_addr);
}

uint16_t address_port(const address_t *address) {
  if (address->len == 0) return 0;
  return ntohs(address->sa.sa_family == AF_INET ? address->in.sin_port : address->in6.sin6_port);
}

void address_set_port(address_t *address, uint16_t port) {
  if (address->sa.sa_family == AF_INET6)
    address->in6.sin6_port = htons(port);
  else
    address->in.sin_port = htons(port);
}
