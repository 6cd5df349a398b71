/* SPDX-License-Identifier: MIT
 * A deadline in nanoseconds on a libuv loop: a timerfd where there is one (QUIC paces packets tens of microseconds
 * apart), else libuv's own milliseconds. Never keeps the loop alive. */
#ifndef IROH_ENDPOINT_TIMER_H
#define IROH_ENDPOINT_TIMER_H

#include <stdint.h>
#include <uv.h>

typedef struct ep_timer {
  union {
    uv_poll_t poll;
    uv_timer_t timer;
  } uv;
  int fd;          /* -1: uv.timer is in use */
  uint64_t armed;  /* UINT64_MAX: not */
  uint64_t due_at; /* when it could have fired at the soonest */
  void (*due)(struct ep_timer *timer);
  void (*closed)(struct ep_timer *timer);
} ep_timer_t;

int ep_timer_init(ep_timer_t *timer, uv_loop_t *loop, void (*due)(ep_timer_t *), void (*closed)(ep_timer_t *));
/* Calls `due` at or soon after `deadline` (uv_hrtime's clock). A deadline later than the armed one is not armed: the
 * earlier call finds nothing due and arms again, which is cheaper than a system call a packet. */
void ep_timer_arm(ep_timer_t *timer, uint64_t deadline);
/* `closed` follows. */
void ep_timer_close(ep_timer_t *timer);

#endif
