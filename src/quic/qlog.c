/* SPDX-License-Identifier: MIT
 * qlog files (draft-ietf-quic-qlog-main-schema, JSON-SEQ), one a connection, as ngtcp2 writes them. */
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "quic/internal.h"

struct qlog {
  FILE *file;
};

struct qlog *qlog_open(const char *dir, bool server, const ngtcp2_cid *original_dcid) {
  char name[2 * QUIC_CID_MAX + 1], path[4096];
  text_hex_encode(original_dcid->data, original_dcid->datalen, name);
  int len = snprintf(path, sizeof path, "%s/%s-%s.sqlog", dir, name, server ? "server" : "client");
  if (len < 0 || (size_t)len >= sizeof path) return NULL;
  struct qlog *log = malloc(sizeof *log);
  if (log == NULL) return NULL;
  log->file = fopen(path, "we");
  if (log->file != NULL) return log;
  free(log);
  return NULL;
}

void qlog_close(struct qlog *log) {
  if (log == NULL) return;
  fclose(log->file);
  free(log);
}

void qlog_write(void *user_data, uint32_t flags, const void *data, size_t len) {
  quic_conn_t *conn = user_data;
  (void)flags;
  if (conn->qlog != NULL) fwrite(data, 1, len, conn->qlog->file);
}
