/* SPDX-License-Identifier: MIT
 * Loaded by LD_PRELOAD: makes one call of the system fail. The first bytes of the file that FAULTS names say which, as long as
 * they do: "<call> <errno>". */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define SIZE 64

static const volatile char *faults;

__attribute__((constructor)) static void load(void) {
  const char *path = getenv("FAULTS");
  int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  void *map = fd >= 0 ? mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
  if (fd >= 0) close(fd);
  if (map != MAP_FAILED) faults = map;
}

/* Whether this call is to fail now; errno is set then. */
static int fails(const char *call) {
  char text[SIZE], name[SIZE];
  int error;
  if (faults == NULL) return 0;
  for (size_t i = 0; i < SIZE; i++) text[i] = faults[i];
  text[SIZE - 1] = '\0';
  if (sscanf(text, "%63s %d", name, &error) != 2 || strcmp(name, call) != 0) return 0;
  errno = error;
  return 1;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int getifaddrs(struct ifaddrs **out) { return fails("getifaddrs") ? -1 : NEXT(getifaddrs)(out); }

int socket(int family, int type, int protocol) {
  int is_udp = (family == AF_INET || family == AF_INET6) && (type & 0xf) == SOCK_DGRAM;
  if (is_udp && fails("socket")) return -1;
  if (family == AF_NETLINK && fails("socket(AF_NETLINK)")) return -1;
  return NEXT(socket)(family, type, protocol);
}

int bind(int fd, const struct sockaddr *address, socklen_t len) {
  if (fails(address->sa_family == AF_NETLINK ? "bind(AF_NETLINK)" : "bind")) return -1;
  return NEXT(bind)(fd, address, len);
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t len) {
  return fails("setsockopt") ? -1 : NEXT(setsockopt)(fd, level, name, value, len);
}

int getsockname(int fd, struct sockaddr *address, socklen_t *len) {
  return fails("getsockname") ? -1 : NEXT(getsockname)(fd, address, len);
}

int timerfd_create(int clock, int flags) {
  return fails("timerfd_create") ? -1 : NEXT(timerfd_create)(clock, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
  return message->msg_name != NULL && fails("sendmsg") ? -1 : NEXT(sendmsg)(fd, message, flags);
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags) {
  int is_udp = message->msg_name != NULL && (flags & MSG_ERRQUEUE) == 0;
  return is_udp && fails("recvmsg") ? -1 : NEXT(recvmsg)(fd, message, flags);
}

int recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout) {
  return fails("recvmsg") ? -1 : NEXT(recvmmsg)(fd, messages, count, flags, timeout);
}

ssize_t recvfrom(int fd, void *data, size_t len, int flags, struct sockaddr *from, socklen_t *from_len) {
  int is_netlink = from_len != NULL && *from_len == 12; /* sizeof struct sockaddr_nl */
  return is_netlink && fails("recvfrom(AF_NETLINK)") ? -1 : NEXT(recvfrom)(fd, data, len, flags, from, from_len);
}

/* Those of the logs are opened so, and no other. */
static int is_log(int flags) { return (flags & O_NOFOLLOW) != 0 || (flags & O_DIRECTORY) != 0; }

#define OPEN(name)                                                                                                     \
  int name(const char *path, int flags, ...) {                                                                         \
    va_list rest;                                                                                                      \
    va_start(rest, flags);                                                                                             \
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;                                     \
    va_end(rest);                                                                                                      \
    return is_log(flags) && fails("open") ? -1 : NEXT(name)(path, flags, mode);                                        \
  }
OPEN(open)
OPEN(open64)
