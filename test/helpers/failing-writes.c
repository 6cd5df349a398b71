// SPDX-License-Identifier: MIT
// For LD_PRELOAD: writes to files of a spool fail. The file that FAILING_WRITES names says how: an errno, how many writes go
// well before, and how many fail after that (-1: all). Short writes have the errno 0.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static int is_spool(int fd) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return strstr(path, ".mdb") != NULL;
}

// 0: it goes on; 1: it is short; else the errno
static int failure(int fd) {
  const char *control = getenv("FAILING_WRITES");
  if (!control || !is_spool(fd)) return 0;
  int error = 0, before = 0, times = 0;
  FILE *file = fopen(control, "re");
  if (!file) return 0;
  int read = fscanf(file, "%d %d %d", &error, &before, &times);
  fclose(file);
  if (read != 3 || times == 0) return 0;
  int fails = before <= 0;
  if (before > 0) before--;
  else if (times > 0) times--;
  if (!(file = fopen(control, "we"))) return 0;
  fprintf(file, "%d %d %d", error, before, times);
  fclose(file);
  if (!fails) return 0;
  return error == 0 ? 1 : error;
}

#define FORWARD(name, ...) ((ssize_t(*)())dlsym(RTLD_NEXT, #name))(__VA_ARGS__)
#define INTERPOSE(name, parameters, whole, shortened) \
  ssize_t name parameters {                                        \
    int what = failure(fd);                                        \
    if (what == 0) return whole;                                   \
    if (what == 1) return shortened;                               \
    errno = what;                                                  \
    return -1;                                                     \
  }

INTERPOSE(write, (int fd, const void *p, size_t n), FORWARD(write, fd, p, n), FORWARD(write, fd, p, n / 2))
INTERPOSE(pwrite, (int fd, const void *p, size_t n, off_t at), FORWARD(pwrite, fd, p, n, at), FORWARD(pwrite, fd, p, n / 2, at))
INTERPOSE(pwrite64, (int fd, const void *p, size_t n, off64_t at), FORWARD(pwrite64, fd, p, n, at), FORWARD(pwrite64, fd, p, n / 2, at))
INTERPOSE(writev, (int fd, const struct iovec *v, int n), FORWARD(writev, fd, v, n), FORWARD(write, fd, v[0].iov_base, v[0].iov_len / 2))
INTERPOSE(pwritev, (int fd, const struct iovec *v, int n, off_t at), FORWARD(pwritev, fd, v, n, at), FORWARD(pwrite, fd, v[0].iov_base, v[0].iov_len / 2, at))
INTERPOSE(pwritev64, (int fd, const struct iovec *v, int n, off64_t at), FORWARD(pwritev64, fd, v, n, at), FORWARD(pwrite64, fd, v[0].iov_base, v[0].iov_len / 2, at))
