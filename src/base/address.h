/* SPDX-License-Identifier: MIT
 * Socket addresses as values: reading, writing, comparing. Knows no sockets. */
#ifndef IROH_BASE_ADDRESS_H
#define IROH_BASE_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

typedef struct {
  union {
    struct sockaddr sa;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
  };
  socklen_t len; /* 0: none */
} address_t;

/* Reads "192.0.2.1:4433" or "[2001:db8::1]:4433" ("[fe80::1%eth0]:1" too); else IROH_ERR_INVALID_ADDRESS. */
int address_parse(const char *text, address_t *out);
/* Writes the same form into `size` bytes (IROH_ADDRESS_MAX is enough), NUL included. */
void address_format(const address_t *address, char *out, size_t size);
/* Copies a socket address of either family; anything else gives an empty one. */
void address_set(address_t *address, const struct sockaddr *sa, socklen_t len);
bool address_equal(const address_t *a, const address_t *b);
/* 127.0.0.0/8, ::1, and the former mapped into IPv6. */
bool address_is_loopback(const address_t *address);
/* 0.0.0.0 or ::. */
bool address_is_wildcard(const address_t *address);
uint16_t address_port(const address_t *address);
void address_set_port(address_t *address, uint16_t port);

#endif
