/* SPDX-License-Identifier: MIT
 * The endpoint's sockets: opening them, choosing one, and moving to fresh ones. */
#include "endpoint/sockets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/system-error.h"
#include "endpoint/route.h"
#include "endpoint/trouble.h"
#include "endpoint/turn.h"

#define RETIRE_AFTER (3 * UINT64_C(1000000000))
/* Sockets of port searches, with all peers: two searches. */
#define SPARES_MAX 512
/* Receiving that has failed is tried again after. */
#define DEAF_FOR (100 * UINT64_C(1000000))

static int open_socket(iroh_endpoint_t *ep, const address_t *bind, list_t *into) {
  socket_t *socket = calloc(1, sizeof *socket);
  if (socket == NULL) return IROH_ERR_NO_MEMORY;
  socket->ep = ep;
  int rv = udp_open(&socket->udp, ep->loop, bind, ep->config.plain_udp, ep->socket_hooks, socket);
  if (rv != 0) {
    free(socket);
    return rv;
  }
  ep->handles_open++;
  socket->fixed = address_port(bind) != 0;
  udp_ref(&socket->udp, ep->reffed);
  list_push_back(into, &socket->node);
  return 0;
}

static size_t count_spares(const iroh_endpoint_t *ep) {
  size_t count = 0;
  list_for_each(node, &ep->sockets) count += container_of(node, socket_t, node)->spare ? 1 : 0;
  return count;
}

/* The endpoint goes on without a socket that the system has just refused. */
static void tell_refusal(iroh_endpoint_t *ep, const address_t *bind) {
  iroh_system_error_t why;
  iroh_take_system_error(&why);
  if (why.number != 0) trouble_tell(ep, why.number, why.call, bind);
}

socket_t *sockets_open_spare(iroh_endpoint_t *ep, const address_t *to, uint64_t retire_at) {
  const socket_t *main_socket = sockets_for(ep, to);
  list_t opened;
  list_init(&opened);
  if (ep->closing || main_socket == NULL || count_spares(ep) >= SPARES_MAX) return NULL;
  address_t bind = main_socket->udp.bound;
  address_set_port(&bind, 0);
  if (open_socket(ep, &bind, &opened) != 0) {
    tell_refusal(ep, &bind);
    return NULL;
  }
  list_node_t *node = list_pop_front(&opened);
  list_push_back(&ep->sockets, node);
  socket_t *socket = container_of(node, socket_t, node);
  socket->retire_at = retire_at;
  socket->spare = true;
  return socket;
}

static void close_all(list_t *sockets) {
  list_for_each(node, sockets) udp_close(&container_of(node, socket_t, node)->udp);
}

/* A host without one of the families is served by the other, also where a sandbox forbids it; one that is short of something
 * now is not to be without the family for good. */
static bool may_lack(iroh_endpoint_t *ep, int rv, const address_t *bind) {
  if (rv == IROH_ERR_NO_MEMORY) return false;
  switch (system_error_last()->number) {
  case EMFILE:
  case ENFILE:
  case ENOBUFS:
  case ENOMEM:
    return false;
  case EAFNOSUPPORT:
  case EADDRNOTAVAIL:
    return true;
  default:
    trouble_tell(ep, system_error_last()->number, system_error_last()->call, bind);
    return true;
  }
}

int sockets_open(iroh_endpoint_t *ep, const char *const *binds, size_t count) {
  static const char *const any[] = {"0.0.0.0:0", "[::]:0"};
  bool defaults = count == 0;
  if (defaults) {
    binds = any;
    count = ARRAY_LEN(any);
  }
  if (count > SOCKETS_MAX) return IROH_ERR_LIMIT;
  int rv = 0;
  size_t opened = 0;
  for (size_t i = 0; i < count; i++) {
    address_t address;
    rv = address_parse(binds[i], &address);
    if (rv == 0) rv = open_socket(ep, &address, &ep->sockets);
    if (rv == 0) opened++;
    if (rv != 0 && !(defaults && may_lack(ep, rv, &address))) goto fail;
  }
  if (opened > 0) return 0;
fail:
  close_all(&ep->sockets);
  return rv;
}

void sockets_closed(socket_t *socket) {
  /* Whoever waited for it finds another. */
  if (!socket->ep->shut) turn_wake_blocked(socket->ep);
  list_remove(&socket->node);
  if (socket->slot != NULL) *socket->slot = NULL;
  free(socket->pending.data);
  free(socket);
}

socket_t *sockets_for(iroh_endpoint_t *ep, const address_t *remote) {
  list_for_each(node, &ep->sockets) {
    socket_t *socket = container_of(node, socket_t, node);
    if (socket->retire_at == 0 && !socket->udp.closing && socket->udp.bound.sa.sa_family == remote->sa.sa_family)
      return socket;
  }
  return NULL;
}

socket_t *sockets_live(iroh_endpoint_t *ep, const quic_path_t *path) {
  list_for_each(node, &ep->sockets) {
    socket_t *socket = container_of(node, socket_t, node);
    if (socket == path->socket && !socket->udp.closing) return socket;
  }
  return sockets_for(ep, &path->remote);
}

/* Peers that dialled us know us by this socket's address only; and a NAT has let in those whom we dialled from it. */
static bool is_used(iroh_endpoint_t *ep, const socket_t *socket) {
  list_for_each(node, &ep->all) {
    if (route_now(container_of(node, conn_t, all_node)).socket == socket) return true;
  }
  return false;
}

void sockets_deafen(socket_t *socket, uint64_t now) {
  udp_listen(&socket->udp, false);
  socket->listen_at = now + DEAF_FOR;
}

uint64_t sockets_listen_again(iroh_endpoint_t *ep, uint64_t now) {
  uint64_t next = QUIC_NEVER;
  list_for_each(node, &ep->sockets) {
    socket_t *socket = container_of(node, socket_t, node);
    if (socket->listen_at == 0) continue;
    if (socket->listen_at > now) {
      next = socket->listen_at < next ? socket->listen_at : next;
      continue;
    }
    socket->listen_at = 0;
    udp_listen(&socket->udp, true);
  }
  return next;
}

uint64_t sockets_retire(iroh_endpoint_t *ep, uint64_t now) {
  uint64_t next = QUIC_NEVER;
  list_for_each(node, &ep->sockets) {
    socket_t *socket = container_of(node, socket_t, node);
    if (socket->retire_at == 0 || socket->udp.closing) continue;
    if (socket->retire_at <= now && is_used(ep, socket)) socket->retire_at = now + RETIRE_AFTER;
    if (socket->retire_at <= now)
      udp_close(&socket->udp);
    else if (socket->retire_at < next)
      next = socket->retire_at;
  }
  return next;
}

/* Whether one of the sockets is bound to the same address at whatever port. */
static bool has_address(const list_t *sockets, const address_t *wanted) {
  list_for_each(node, sockets) {
    address_t bound = container_of(node, socket_t, node)->udp.bound;
    address_set_port(&bound, 0);
    if (address_equal(&bound, wanted)) return true;
  }
  return false;
}

int sockets_rebind(iroh_endpoint_t *ep, uint64_t now) {
  list_t fresh;
  list_init(&fresh);
  list_for_each(node, &ep->sockets) {
    socket_t *old = container_of(node, socket_t, node);
    if (old->retire_at != 0 || old->udp.closing) continue;
    address_t bind = old->udp.bound;
    address_set_port(&bind, 0);
    if (has_address(&fresh, &bind)) continue;
    int rv = open_socket(ep, &bind, &fresh);
    if (rv != 0) {
      close_all(&fresh);
      list_node_t *closing;
      while ((closing = list_pop_front(&fresh)) != NULL) list_push_back(&ep->sockets, closing);
      return rv;
    }
  }
  list_for_each(node, &ep->sockets) {
    socket_t *old = container_of(node, socket_t, node);
    if (!old->fixed) old->retire_at = now + RETIRE_AFTER;
  }
  /* First, so that they are what we dial from. */
  list_node_t *node;
  while ((node = list_pop_front(&fresh)) != NULL) list_push_front(&ep->sockets, node);
  turn_wake_blocked(ep);
  turn_at(ep, now + RETIRE_AFTER);
  return 0;
}

size_t iroh_endpoint_addresses(const iroh_endpoint_t *ep, char (*out)[IROH_ADDRESS_MAX], size_t max) {
  size_t count = 0;
  list_for_each(node, &ep->sockets) {
    const socket_t *socket = container_of(node, socket_t, node);
    if (socket->retire_at != 0 || socket->udp.closing) continue;
    if (count < max) address_format(&socket->udp.bound, out[count], IROH_ADDRESS_MAX);
    count++;
  }
  return count;
}
