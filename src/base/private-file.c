/* SPDX-License-Identifier: MIT */
#include "base/private-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/system-error.h"
#include "iroh.h"

#define OWNER_ONLY (S_IRUSR | S_IWUSR)
#define OTHERS (S_IRWXG | S_IRWXO)

static bool is_private(int fd) {
  struct stat st;
  return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 && st.st_uid == geteuid() &&
         (st.st_mode & OTHERS) == 0;
}

int private_file_append(const char *path, int *fd_out) {
  *fd_out = -1;
  /* O_NONBLOCK: a pipe that nobody reads would hold up the process. A regular file does not mind. */
  int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, OWNER_ONLY);
  if (fd < 0) return system_refused(IROH_ERR_LOG_FILE, errno, "open", NULL);
  if (!is_private(fd)) {
    close(fd);
    return IROH_ERR_LOG_FILE;
  }
  *fd_out = fd;
  return 0;
}

int private_dir_open(const char *path, int *fd_out) {
  *fd_out = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (*fd_out < 0) return system_refused(IROH_ERR_LOG_FILE, errno, "open", NULL);
  if (faccessat(*fd_out, ".", W_OK | X_OK, AT_EACCESS) == 0) return 0;
  system_refused(IROH_ERR_LOG_FILE, errno, "faccessat", NULL);
  close(*fd_out);
  *fd_out = -1;
  return IROH_ERR_LOG_FILE;
}

int iroh_close_on_exec(int fd) {
  int flags = fcntl(fd, F_GETFD);
  if (flags >= 0 && fcntl(fd, F_SETFD, flags | FD_CLOEXEC) == 0) return 0;
  return system_refused(IROH_ERR_SYSTEM, errno, "fcntl", NULL);
}

int private_file_new(int dir_fd, const char *name) {
  return openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, OWNER_ONLY);
}
