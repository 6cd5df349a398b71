/* SPDX-License-Identifier: MIT
 * What the system says of datagrams that do not leave, or do not arrive, and of calls that it refuses for now. */
#include "endpoint/trouble.h"

#include <errno.h>

#include "base/system-error.h"
#include "endpoint/notes.h"

#define NS_PER_S UINT64_C(1000000000)
/* One errno of one call is told once in so long. */
#define TELL_EVERY (600 * NS_PER_S)

bool trouble_is_lasting(int error) {
  switch (error) {
  case ENETUNREACH:
  case EHOSTUNREACH:
  case EPERM:
  case EACCES:
  case ENETDOWN:
  case EADDRNOTAVAIL:
  case EINVAL:
  case EAFNOSUPPORT:
  case ENODEV:
  case ENXIO:
  case EHOSTDOWN:
  case ENONET:
  case EOPNOTSUPP:
    return true;
  default:
    return false;
  }
}

/* Of several words the one that tells most: a host without IPv6 has no route or no address of its own to any IPv6 address,
 * whatever else is wrong, and what a firewall forbids does not pass. */
static int rank(int error) {
  switch (error) {
  case 0:
    return 0;
  case EADDRNOTAVAIL:
    return 1;
  case ENETUNREACH:
    return 2;
  case EPERM:
  case EACCES:
    return 4;
  default:
    return 3;
  }
}

void trouble_note(conn_t *conn, int error, const char *call, const address_t *remote) {
  if (rank(error) >= rank(conn->trouble.number)) system_error_set(&conn->trouble, error, call, remote);
}

/* Of a send: what concerns the host and not the address alone. */
static bool is_ours(int error) {
  return error == EPERM || error == EACCES || error == ENETDOWN || error == ENOBUFS || error == ENOMEM;
}

void trouble_of_send(iroh_endpoint_t *ep, const udp_socket_t *socket, const address_t *remote) {
  ep->metrics.send_errors++;
  if (is_ours(socket->error)) trouble_tell(ep, socket->error, "sendmsg", remote);
}

void trouble_tell(iroh_endpoint_t *ep, int error, const char *call, const address_t *address) {
  uint64_t now = uv_hrtime();
  told_t *oldest = &ep->told[0];
  for (size_t i = 0; i < ARRAY_LEN(ep->told); i++) {
    told_t *told = &ep->told[i];
    if (told->call == call && told->error == error && told->at + TELL_EVERY > now) return;
    if (told->at < oldest->at) oldest = told;
  }
  iroh_system_error_t system;
  system_error_set(&system, error, call, address);
  if (notes_system(ep, &system)) *oldest = (told_t){.error = error, .call = call, .at = now};
}
