/* SPDX-License-Identifier: MIT
 * The names that QUIC gets for paths. ngtcp2 (1.24) remembers for ten minutes which paths were validated: a client moves
 * back to such a path without asking whether it still works, and a server that follows its client back forgets to retire
 * the connection id it leaves, until it has none for another move. So a path that was left comes back under another name:
 * the port of its local address, which nothing is sent by, is a number. */
#include "endpoint/path-names.h"

#include <stdlib.h>

/* More than ngtcp2 remembers. */
#define NAMES_MAX 8

typedef struct {
  address_t remote;
  uint16_t port;
} name_t;

struct path_names {
  name_t names[NAMES_MAX];
  size_t count, oldest;
  uint16_t last_port;
};

static name_t *find(struct path_names *names, const address_t *remote) {
  for (size_t i = 0; i < names->count; i++)
    if (address_equal(&names->names[i].remote, remote)) return &names->names[i];
  return NULL;
}

static name_t *add(struct path_names *names, const address_t *remote) {
  name_t *name = &names->names[names->oldest];
  names->oldest = (names->oldest + 1) % NAMES_MAX;
  if (names->count < NAMES_MAX) names->count++;
  name->remote = *remote;
  return name;
}

static void note_left(conn_t *conn, const address_t *remote) {
  if (conn->path_names == NULL) conn->path_names = calloc(1, sizeof *conn->path_names);
  struct path_names *names = conn->path_names;
  if (names == NULL) return;
  name_t *name = find(names, remote);
  if (name == NULL) name = add(names, remote);
  name->port = ++names->last_port;
}

quic_path_t path_names_accepted(const conn_t *conn, socket_t *socket, const udp_message_t *message) {
  quic_path_t path = {.local = message->local, .remote = message->remote, .socket = socket};
  const name_t *name = conn->path_names != NULL ? find(conn->path_names, &message->remote) : NULL;
  if (name != NULL && path.local.len != 0) address_set_port(&path.local, name->port);
  return path;
}

void path_names_moved(conn_t *conn) {
  quic_path_t path;
  quic_conn_path(conn->quic, &path);
  if (address_equal(&path.remote, &conn->follows)) return;
  if (conn->follows.len != 0) note_left(conn, &conn->follows);
  conn->follows = path.remote;
}

quic_path_t path_names_dialled(conn_t *conn, const quic_path_t *path) {
  quic_path_t named = *path;
  named.local = dial_address(++conn->paths_named);
  return named;
}
