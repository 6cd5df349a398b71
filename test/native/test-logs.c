/* SPDX-License-Identifier: MIT
 * What may be written to disk: for its owner alone, through no link, and nothing of peers whose address is not proved. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/private-file.h"
#include "quic-pair.h"
#include "quic/internal.h"
#include "test.h"

typedef struct {
  char path[64];
  int fd;
} folder_t;

static void folder_init(folder_t *folder) {
  strcpy(folder->path, "/tmp/test-logs-XXXXXX");
  assert_non_null(mkdtemp(folder->path));
  assert_int_equal(private_dir_open(folder->path, &folder->fd), 0);
}

/* Calls `each` with every name; returns how many there are. */
static size_t folder_each(const folder_t *folder, void (*each)(const folder_t *, const char *)) {
  size_t count = 0;
  DIR *dir = opendir(folder->path);
  assert_non_null(dir);
  for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
    if (entry->d_name[0] == '.') continue;
    count++;
    if (each != NULL) each(folder, entry->d_name);
  }
  closedir(dir);
  return count;
}

static size_t folder_count(const folder_t *folder) { return folder_each(folder, NULL); }

static void remove_one(const folder_t *folder, const char *name) {
  if (unlinkat(folder->fd, name, 0) != 0) assert_int_equal(unlinkat(folder->fd, name, AT_REMOVEDIR), 0);
}

static void folder_deinit(folder_t *folder) {
  folder_each(folder, remove_one);
  close(folder->fd);
  assert_int_equal(rmdir(folder->path), 0);
}

static off_t size_of(const folder_t *folder, const char *name) {
  struct stat st;
  assert_int_equal(fstatat(folder->fd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
  return st.st_size;
}

static void assert_private(const folder_t *folder, const char *name) {
  struct stat st;
  assert_int_equal(fstatat(folder->fd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
  assert_true(S_ISREG(st.st_mode));
  assert_int_equal(st.st_mode & 0777, 0600);
}

static int append_to(const folder_t *folder, const char *name) {
  char path[160];
  int fd;
  snprintf(path, sizeof path, "%s/%s", folder->path, name);
  int rv = private_file_append(path, &fd);
  assert_int_equal(rv == 0, fd >= 0);
  if (fd >= 0) close(fd);
  return rv;
}

static void make(const folder_t *folder, const char *name, mode_t mode) {
  int fd = openat(folder->fd, name, O_CREAT | O_EXCL | O_WRONLY, 0600);
  assert_true(fd >= 0);
  assert_int_equal(fchmod(fd, mode), 0);
  close(fd);
}

static void a_private_file_is_its_owners_alone(void **state) {
  (void)state;
  folder_t folder;
  folder_init(&folder);
  mode_t old = umask(0);
  assert_int_equal(append_to(&folder, "new"), 0);
  umask(old);
  assert_private(&folder, "new");
  assert_int_equal(append_to(&folder, "new"), 0);

  make(&folder, "group", 0640);
  make(&folder, "others", 0602);
  make(&folder, "target", 0600);
  make(&folder, "twice", 0600);
  assert_int_equal(symlinkat("target", folder.fd, "link"), 0);
  assert_int_equal(symlinkat("nowhere", folder.fd, "dangling"), 0);
  assert_int_equal(linkat(folder.fd, "twice", folder.fd, "again", 0), 0);
  assert_int_equal(mkfifoat(folder.fd, "pipe", 0600), 0);
  assert_int_equal(mkdirat(folder.fd, "folder", 0700), 0);
  static const char *const refused[] = {"group", "others", "link", "dangling", "twice", "pipe", "folder", "no/file"};
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
    assert_int_equal(append_to(&folder, refused[i]), IROH_ERR_LOG_FILE);
  assert_int_equal(faccessat(folder.fd, "nowhere", F_OK, 0), -1);
  folder_deinit(&folder);
}

static void a_directory_must_be_there(void **state) {
  (void)state;
  folder_t folder;
  char path[160];
  int fd;
  folder_init(&folder);
  make(&folder, "file", 0600);
  static const char *const refused[] = {"file", "missing"};
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
    snprintf(path, sizeof path, "%s/%s", folder.path, refused[i]);
    assert_int_equal(private_dir_open(path, &fd), IROH_ERR_LOG_FILE);
    assert_int_equal(fd, -1);
  }
  folder_deinit(&folder);
}

static bool server_is_there(const pair_t *pair) { return pair->server.conn != NULL; }
static bool server_is_open(const pair_t *pair) { return pair->server.opened; }
static bool client_is_closed(const pair_t *pair) { return pair->client.closed; }

/* A server that logs into the folder, and its first packet of a client. */
static void dial_into(pair_t *pair, folder_t *folder, uint64_t seed) {
  pair_init(pair, seed);
  folder_init(folder);
  pair->server.config.qlog_dir_fd = folder->fd;
  pair->server.config.key_log_fd = private_file_new(folder->fd, "keys");
  assert_true(pair->server.config.key_log_fd >= 0);
  pair_dial(pair, pair->server.public_key, "test/1");
  assert_true(pair_run(pair, server_is_there, PAIR_S));
}

static void logs_deinit(pair_t *pair, folder_t *folder) {
  int key_log_fd = pair->server.config.key_log_fd;
  pair_deinit(pair);
  close(key_log_fd);
  folder_deinit(folder);
}

static void a_first_packet_writes_nothing(void **state) {
  (void)state;
  pair_t pair;
  folder_t folder;
  dial_into(&pair, &folder, 1);
  pair.blackhole = true;
  pair_run(&pair, client_is_closed, 11 * PAIR_S);
  assert_int_equal(folder_count(&folder), 1);
  assert_int_equal(size_of(&folder, "keys"), 0);
  logs_deinit(&pair, &folder);
}

static void assert_record_of_all(const folder_t *folder, const char *name) {
  assert_private(folder, name);
  if (strcmp(name, "keys") == 0) return;
  char text[4096] = {0};
  int fd = openat(folder->fd, name, O_RDONLY);
  assert_true(read(fd, text, sizeof text - 1) > 0);
  close(fd);
  assert_non_null(strstr(text, "packet_received"));
  assert_non_null(strstr(text, "\"packet_type\":\"initial\""));
}

static void a_peer_that_answers_is_recorded_from_the_first_packet_on(void **state) {
  (void)state;
  pair_t pair;
  folder_t folder;
  dial_into(&pair, &folder, 2);
  assert_true(pair_run(&pair, server_is_open, PAIR_S));
  assert_true(size_of(&folder, "keys") > 0);
  quic_conn_free(pair.server.conn);
  pair.server.conn = NULL;
  assert_int_equal(folder_each(&folder, assert_record_of_all), 2);
  logs_deinit(&pair, &folder);
}

static void a_refused_peer_is_recorded(void **state) {
  (void)state;
  pair_t pair;
  folder_t folder;
  dial_into(&pair, &folder, 3);
  pair.server.refuse = true;
  assert_true(pair_run(&pair, client_is_closed, 11 * PAIR_S));
  assert_int_equal(folder_count(&folder), 2);
  logs_deinit(&pair, &folder);
}

static void write_log(quic_conn_t *conn, const char *text) { qlog_write(conn, 0, text, strlen(text)); }

static void an_id_that_comes_again_leaves_the_first_log_alone(void **state) {
  (void)state;
  folder_t folder;
  folder_init(&folder);
  ngtcp2_cid cid;
  ngtcp2_cid_init(&cid, (const uint8_t[]){1, 2, 3}, 3);
  static const char *const texts[] = {"first", "another", "and another"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    quic_conn_t conn = {.qlog = qlog_new(folder.fd, true, true, &cid)};
    write_log(&conn, texts[i]);
    qlog_free(conn.qlog);
    assert_int_equal(folder_count(&folder), i + 1);
  }
  assert_int_equal(size_of(&folder, "010203-server.sqlog"), 5);
  folder_deinit(&folder);
}

static void what_is_held_is_bounded(void **state) {
  (void)state;
  folder_t folder;
  folder_init(&folder);
  ngtcp2_cid cid;
  ngtcp2_cid_init(&cid, (const uint8_t[]){1, 2, 3}, 3);
  quic_conn_t conn = {.qlog = qlog_new(folder.fd, true, false, &cid)};
  char record[1001];
  memset(record, 'x', 1000);
  record[1000] = '\0';
  for (int i = 0; i < 100; i++) write_log(&conn, record);
  assert_int_equal(folder_count(&folder), 0);
  qlog_address_proved(conn.qlog);
  write_log(&conn, "y");
  qlog_free(conn.qlog);
  assert_int_equal(size_of(&folder, "010203-server.sqlog"), 16 * 1000 + 1);
  folder_deinit(&folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_private_file_is_its_owners_alone),
      cmocka_unit_test(a_directory_must_be_there),
      cmocka_unit_test(a_first_packet_writes_nothing),
      cmocka_unit_test(a_peer_that_answers_is_recorded_from_the_first_packet_on),
      cmocka_unit_test(a_refused_peer_is_recorded),
      cmocka_unit_test(an_id_that_comes_again_leaves_the_first_log_alone),
      cmocka_unit_test(what_is_held_is_bounded),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
