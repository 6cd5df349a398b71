/* SPDX-License-Identifier: MIT
 * The kernel's word that this host's network has changed (rtnetlink, rtnetlink(7)): addresses, interfaces, the default
 * route. Elsewhere than on Linux there is none. */
#ifndef IROH_NET_NETLINK_H
#define IROH_NET_NETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

/* What changed. */
enum {
  NETLINK_ADDRESSES = 1, /* an address or an interface came, went or changed its state */
  NETLINK_ROUTES = 2     /* a default route did */
};

/* Reads what one receive brought; messages of other kinds and malformed ones say nothing. */
unsigned netlink_read(const uint8_t *data, size_t len);

typedef struct netlink netlink_t;

typedef struct {
  /* NETLINK_ADDRESSES, NETLINK_ROUTES or both. */
  void (*changed)(netlink_t *netlink, unsigned what);
  /* It can be read no more, and says nothing from now on; netlink_close() is to follow. */
  void (*failed)(netlink_t *netlink, int error);
  /* It is shut, and may be opened again. */
  void (*closed)(netlink_t *netlink);
} netlink_callbacks_t;

struct netlink {
  /* read-only */
  void *owner;
  /* private */
  uv_poll_t poll;
  int fd;
  const netlink_callbacks_t *callbacks;
};

/* Begins to listen, without keeping the loop alive; the callbacks are called from the loop. IROH_ERR_UNSUPPORTED, or
 * IROH_ERR_SYSTEM (base/system-error.h) where a sandbox forbids it; then nothing is left open. */
int netlink_open(netlink_t *netlink, uv_loop_t *loop, const netlink_callbacks_t *callbacks, void *owner);
/* `closed` follows. */
void netlink_close(netlink_t *netlink);

#endif
