/* SPDX-License-Identifier: MIT */
#include "endpoint/timer.h"

#include <string.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/timerfd.h>
#endif

#include "base/base.h"
#include "iroh.h"

#define NS_PER_MS 1000000u
#define NS_PER_S 1000000000u

static void on_timer(uv_timer_t *handle) {
  ep_timer_t *timer = handle->data;
  timer->armed = UINT64_MAX;
  timer->due(timer);
}

#if defined(__linux__)
static void on_poll(uv_poll_t *handle, int status, int events) {
  ep_timer_t *timer = handle->data;
  uint64_t expirations;
  (void)status, (void)events;
  if (read(timer->fd, &expirations, sizeof expirations) < 0) return;
  timer->armed = UINT64_MAX;
  timer->due(timer);
}

static int init_timerfd(ep_timer_t *timer, uv_loop_t *loop) {
  timer->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (timer->fd < 0) return IROH_ERR_SYSTEM;
  if (uv_poll_init(loop, &timer->uv.poll, timer->fd) != 0) {
    close(timer->fd);
    timer->fd = -1;
    return IROH_ERR_SYSTEM;
  }
  uv_poll_start(&timer->uv.poll, UV_READABLE, on_poll);
  return 0;
}
#else
static int init_timerfd(ep_timer_t *timer, uv_loop_t *loop) {
  (void)timer, (void)loop;
  return IROH_ERR_UNSUPPORTED;
}
#endif

int ep_timer_init(ep_timer_t *timer, uv_loop_t *loop, void (*due)(ep_timer_t *), void (*closed)(ep_timer_t *)) {
  memset(timer, 0, sizeof *timer);
  timer->fd = -1;
  timer->armed = UINT64_MAX;
  timer->due = due;
  timer->closed = closed;
  if (init_timerfd(timer, loop) != 0 && uv_timer_init(loop, &timer->uv.timer) != 0) return IROH_ERR_SYSTEM;
  uv_handle_t *handle = (uv_handle_t *)&timer->uv;
  handle->data = timer;
  uv_unref(handle);
  return 0;
}

void ep_timer_arm(ep_timer_t *timer, uint64_t deadline) {
  if (deadline >= timer->armed) return;
  timer->armed = deadline;
  uint64_t now = uv_hrtime();
  timer->due_at = deadline > now ? deadline : now;
#if defined(__linux__)
  if (timer->fd >= 0) {
    /* A time of zero would disarm it. */
    uint64_t at = deadline > 0 ? deadline : 1;
    struct itimerspec spec = {.it_value = {(time_t)(at / NS_PER_S), (long)(at % NS_PER_S)}};
    timerfd_settime(timer->fd, TFD_TIMER_ABSTIME, &spec, NULL);
    return;
  }
#endif
  uint64_t ms = deadline > now ? (deadline - now + NS_PER_MS - 1) / NS_PER_MS : 0;
  uv_timer_start(&timer->uv.timer, on_timer, ms, 0);
}

static void on_closed(uv_handle_t *handle) {
  ep_timer_t *timer = handle->data;
  if (timer->fd >= 0) close(timer->fd);
  timer->fd = -1;
  timer->closed(timer);
}

void ep_timer_close(ep_timer_t *timer) { uv_close((uv_handle_t *)&timer->uv, on_closed); }
