/* SPDX-License-Identifier: MIT
 * qlog files (draft-ietf-quic-qlog-main-schema, JSON-SEQ), one a connection, as ngtcp2 writes them. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/private-file.h"
#include "base/secret.h"
#include "base/text.h"
#include "quic/internal.h"

/* What is held of a connection whose peer has not proved its address; records beyond it are dropped. */
#define HELD_MAX ((size_t)16 * 1024)
#define SUFFIX_BYTES 8

struct qlog {
  int dir_fd;
  bool server, is_proved;
  ngtcp2_cid original_dcid;
  FILE *file;    /* NULL: not yet, or it cannot be opened */
  buffer_t held; /* until there is a file */
};

/* The client chooses the id, and may choose one that another connection had: a file that is there is left alone. */
static int open_new(const struct qlog *log) {
  char id[2 * QUIC_CID_MAX + 1], suffix[2 * SUFFIX_BYTES + 1], name[128];
  uint8_t random[SUFFIX_BYTES];
  const char *role = log->server ? "server" : "client";
  text_hex_encode(log->original_dcid.data, log->original_dcid.datalen, id);
  snprintf(name, sizeof name, "%s-%s.sqlog", id, role);
  int fd = private_file_new(log->dir_fd, name);
  if (fd >= 0) return fd;
  secret_random(random, sizeof random);
  text_hex_encode(random, sizeof random, suffix);
  snprintf(name, sizeof name, "%s-%s-%s.sqlog", id, role, suffix);
  return private_file_new(log->dir_fd, name);
}

struct qlog *qlog_new(int dir_fd, bool server, bool address_proved, const ngtcp2_cid *original_dcid) {
  struct qlog *log = calloc(1, sizeof *log);
  if (log == NULL) return NULL;
  log->dir_fd = dir_fd;
  log->server = server;
  log->original_dcid = *original_dcid;
  buffer_init(&log->held);
  if (address_proved) qlog_address_proved(log);
  return log;
}

void qlog_address_proved(struct qlog *log) {
  if (log == NULL || log->is_proved) return;
  log->is_proved = true;
  int fd = open_new(log);
  log->file = fd >= 0 ? fdopen(fd, "w") : NULL;
  if (fd >= 0 && log->file == NULL) close(fd);
  if (log->file != NULL && log->held.len > 0) fwrite(log->held.data, 1, log->held.len, log->file);
  buffer_deinit(&log->held);
}

void qlog_free(struct qlog *log) {
  if (log == NULL) return;
  if (log->file != NULL) fclose(log->file);
  buffer_deinit(&log->held);
  free(log);
}

void qlog_write(void *user_data, uint32_t flags, const void *data, size_t len) {
  quic_conn_t *conn = user_data;
  struct qlog *log = conn->qlog;
  (void)flags;
  if (log == NULL) return;
  if (log->file != NULL)
    fwrite(data, 1, len, log->file);
  else if (!log->is_proved && len <= HELD_MAX - log->held.len)
    buffer_append(&log->held, data, len); /* out of memory: a record is lost */
}
