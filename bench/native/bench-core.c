/* SPDX-License-Identifier: MIT
 *
 * The C core without Node: hub and spoke as two processes on loopback. What JavaScript's figures can be held against.
 * `make -C test/native bench` builds and runs it. */
#include "iroh.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#define ALPN "bench/1"
#define WARM_UP_MS 300
#define MEASURE_MS 1000
#define HIGH_WATER (1024 * 1024)
#define LOW_WATER (256 * 1024)
#define CHUNK (64 * 1024)
#define SMALL 100
#define SAMPLES_MAX 100000

typedef enum { FRAMES, BULK, PING_PONG, HANDSHAKES } job_t;

typedef struct {
  job_t job;
  const char *title, *unit;
  size_t size;    /* of a frame, its length prefix included */
  unsigned at_once;
  double scale;   /* from counts a second to the unit */
} scenario_t;

typedef struct {
  double per_second, cpu_per_million, p50_us, p99_us;
} result_t;

typedef struct {
  uint8_t node_id[IROH_KEY_BYTES];
  char address[IROH_ADDRESS_MAX];
} hub_address_t;

typedef struct {
  const scenario_t *scenario;
  bool is_hub;
  uv_loop_t loop;
  uv_timer_t timer;
  iroh_endpoint_t *ep;
  hub_address_t hub;
  iroh_handle_t stream;
  int result_fd;
  bool started, warm;
  uint64_t count, count_at_start;
  double at_start, cpu_at_start, sent_at;
  uint8_t *chunk;          /* whole frames ready to be copied */
  size_t chunk_len;
  double *samples;
  size_t sample_count;
} side_t;

static void check(int error, const char *what) {
  if (error >= 0) return;
  fprintf(stderr, "bench-core: %s: %s\n", what, iroh_error_text(error));
  _exit(1);
}

static double seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double cpu_seconds(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static int compare_doubles(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* ---- the measured window ---- */

static void report(side_t *side) {
  uint64_t count = side->count - side->count_at_start;
  result_t result = {.per_second = (double)count / (seconds_now() - side->at_start),
                     .cpu_per_million = count ? (cpu_seconds() - side->cpu_at_start) / ((double)count / 1e6) : 0};
  if (side->sample_count > 0) {
    qsort(side->samples, side->sample_count, sizeof *side->samples, compare_doubles);
    result.p50_us = side->samples[side->sample_count / 2] * 1e6;
    result.p99_us = side->samples[side->sample_count * 99 / 100] * 1e6;
  }
  if (write(side->result_fd, &result, sizeof result) != sizeof result) _exit(1);
}

static void on_timer(uv_timer_t *timer) {
  side_t *side = timer->data;
  if (side->warm) {
    report(side);
    return;
  }
  side->warm = true;
  side->count_at_start = side->count;
  side->at_start = seconds_now();
  side->cpu_at_start = cpu_seconds();
  uv_timer_start(timer, on_timer, MEASURE_MS, 0);
}

static void count_up(side_t *side, uint64_t n) {
  side->count += n;
  if (side->started) return;
  side->started = true;
  uv_timer_start(&side->timer, on_timer, WARM_UP_MS, 0);
}

/* ---- jobs ---- */

/* A chunk of frames: four newlines (the core puts the length there) and an envelope. */
static void make_chunk(side_t *side) {
  static const char head[] = "\n\n\n\n{\"type\":\"bench.event\",\"id\":\"b7\",\"payload\":{\"n\":1000000000,\"data\":\"";
  static const char tail[] = "\"}}";
  size_t size = side->scenario->size, frames = size < CHUNK ? CHUNK / size : 1;
  side->chunk_len = frames * size;
  side->chunk = malloc(side->chunk_len);
  if (!side->chunk) abort();
  memset(side->chunk, 'x', side->chunk_len);
  for (size_t i = 0; i < frames; i++) {
    uint8_t *frame = side->chunk + i * size;
    memcpy(frame, head, sizeof head - 1);
    memcpy(frame + size - (sizeof tail - 1), tail, sizeof tail - 1);
  }
}

static void send_frames(side_t *side, size_t len) {
  uint8_t *room;
  check(iroh_stream_reserve(side->ep, side->stream, len, &room), "reserve");
  memcpy(room, side->chunk, len);
  int64_t sent = iroh_stream_commit_frames(side->ep, side->stream, len);
  check(sent < 0 ? (int)sent : 0, "commit");
}

/* Sends until enough waits; WRITABLE calls it again. */
static void fill(side_t *side) {
  while (iroh_stream_buffered(side->ep, side->stream) < HIGH_WATER) {
    if (side->scenario->job == FRAMES) {
      send_frames(side, side->chunk_len);
      count_up(side, side->chunk_len / side->scenario->size);
    } else {
      int64_t taken = iroh_stream_write(side->ep, side->stream, side->chunk, side->chunk_len);
      check(taken < 0 ? (int)taken : 0, "write");
      if (taken == 0) return;
      count_up(side, (uint64_t)taken);
    }
  }
}

static void drain_bytes(side_t *side, iroh_handle_t stream) {
  const uint8_t *data;
  size_t len;
  while (iroh_stream_peek(side->ep, stream, &data, &len) == IROH_DATA) {
    check(iroh_stream_consume(side->ep, stream, len), "consume");
    count_up(side, len);
  }
}

static void ping(side_t *side) {
  side->sent_at = seconds_now();
  send_frames(side, side->scenario->size);
}

static void dial(side_t *side) {
  const char *address = side->hub.address;
  iroh_handle_t conn;
  check(iroh_conn_open(side->ep, side->hub.node_id, &address, 1, ALPN, sizeof ALPN - 1, 0, &conn), "connect");
}

static void on_connected(side_t *side, iroh_handle_t conn) {
  int64_t id;
  if (side->scenario->job == HANDSHAKES) {
    count_up(side, 1);
    iroh_conn_close(side->ep, conn, 0, "", 0);
    dial(side);
    return;
  }
  check(iroh_stream_open(side->ep, conn, true, &side->stream, &id), "open stream");
  if (side->scenario->job == PING_PONG) {
    check(iroh_stream_set_framed(side->ep, side->stream, 1 << 20, 64), "set framed");
    ping(side);
  } else {
    fill(side);
  }
}

static void on_stream_opened(side_t *side, iroh_handle_t stream) {
  side->stream = stream;
  if (side->scenario->job == BULK) drain_bytes(side, stream);
  else check(iroh_stream_set_framed(side->ep, stream, 1 << 20, 64), "set framed");
}

static void on_frames(side_t *side, uint64_t frames) {
  count_up(side, frames);
  if (side->scenario->job != PING_PONG) return;
  if (side->is_hub) {
    send_frames(side, side->scenario->size);
    return;
  }
  if (side->warm && side->sample_count < SAMPLES_MAX) side->samples[side->sample_count++] = seconds_now() - side->sent_at;
  ping(side);
}

static void on_event(side_t *side, const iroh_event_t *event) {
  switch (event->kind) {
  case IROH_EVENT_CONNECTED: on_connected(side, event->conn); break;
  case IROH_EVENT_STREAM_OPENED: on_stream_opened(side, event->stream); break;
  case IROH_EVENT_FRAMES: on_frames(side, event->number); break;
  case IROH_EVENT_READABLE: drain_bytes(side, event->stream); break;
  case IROH_EVENT_WRITABLE: if (!side->is_hub) fill(side); break;
  case IROH_EVENT_FRAME_ERROR: check(event->error, "frame"); break;
  case IROH_EVENT_CLOSED:
    if (!side->is_hub && event->close->kind != IROH_CLOSE_LOCAL) check(event->close->error, "connection");
    break;
  default: break;
  }
}

static void on_events(void *ctx, const iroh_event_t *events, size_t count) {
  for (size_t i = 0; i < count; i++) on_event(ctx, &events[i]);
}

static void on_closed(void *ctx) {
  (void)ctx;
}

/* ---- processes ---- */

static void open_endpoint(side_t *side) {
  const char *bind = "127.0.0.1:0", *alpn = ALPN;
  iroh_endpoint_config_t config = {.binds = &bind, .bind_count = 1, .alpns = &alpn, .alpn_count = 1,
                                   .on_events = on_events, .on_closed = on_closed, .ctx = side,
                                   .low_water = LOW_WATER};
  check(iroh_key_generate(config.seed), "key");
  check(iroh_key_public(config.seed, side->hub.node_id), "key");
  uv_loop_init(&side->loop);
  uv_timer_init(&side->loop, &side->timer);
  side->timer.data = side;
  check(iroh_endpoint_open(&side->loop, &config, &side->ep), "endpoint");
}

/* Runs until the parent has the results and ends it. */
_Noreturn static void run_side(const scenario_t *scenario, bool is_hub, int address_fd, int result_fd) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  side_t side = {.scenario = scenario, .is_hub = is_hub, .result_fd = result_fd};
  side.samples = malloc(SAMPLES_MAX * sizeof *side.samples);
  if (!side.samples) abort();
  make_chunk(&side);
  open_endpoint(&side);
  if (is_hub) {
    iroh_endpoint_addresses(side.ep, &side.hub.address, 1);
    if (write(address_fd, &side.hub, sizeof side.hub) != sizeof side.hub) _exit(1);
  } else {
    if (read(address_fd, &side.hub, sizeof side.hub) != sizeof side.hub) _exit(1);
    for (unsigned i = 0; i < scenario->at_once; i++) dial(&side);
  }
  uv_run(&side.loop, UV_RUN_DEFAULT);
  _exit(1);
}

static pid_t start_side(const scenario_t *scenario, bool is_hub, int address_fd, int result_fds[2]) {
  pid_t pid = fork();
  if (pid < 0) {
    perror("bench-core: fork");
    exit(1);
  }
  if (pid == 0) {
    close(result_fds[0]);
    run_side(scenario, is_hub, address_fd, result_fds[1]);
  }
  close(result_fds[1]);
  return pid;
}

static bool run_scenario(const scenario_t *scenario) {
  int addresses[2], from_hub[2], from_spoke[2];
  if (pipe(addresses) || pipe(from_hub) || pipe(from_spoke)) {
    perror("bench-core: pipe");
    exit(1);
  }
  pid_t hub_pid = start_side(scenario, true, addresses[1], from_hub);
  pid_t spoke_pid = start_side(scenario, false, addresses[0], from_spoke);
  result_t hub = {0}, spoke = {0};
  bool ok = read(from_spoke[0], &spoke, sizeof spoke) == sizeof spoke;
  if (ok && scenario->job != HANDSHAKES) ok = read(from_hub[0], &hub, sizeof hub) == sizeof hub;
  kill(hub_pid, SIGKILL);
  kill(spoke_pid, SIGKILL);
  waitpid(hub_pid, NULL, 0);
  waitpid(spoke_pid, NULL, 0);
  close(addresses[0]);
  close(addresses[1]);
  close(from_hub[0]);
  close(from_spoke[0]);
  if (!ok) {
    printf("%-34s failed\n", scenario->title);
  } else if (scenario->job == PING_PONG) {
    printf("%-34s p50 %.0f p99 %.0f %s\n", scenario->title, spoke.p50_us, spoke.p99_us, scenario->unit);
  } else if (scenario->job == HANDSHAKES) {
    printf("%-34s %.0f %s\n", scenario->title, spoke.per_second, scenario->unit);
  } else {
    double cpu = (hub.cpu_per_million + spoke.cpu_per_million) / scenario->scale;
    printf("%-34s %.2f %s, %.2f CPU s per %s\n", scenario->title, hub.per_second * scenario->scale, scenario->unit,
           scenario->job == BULK ? cpu / 1e3 : cpu * scenario->scale, scenario->job == BULK ? "GB" : "M");
  }
  fflush(stdout);
  return ok;
}

int main(void) {
  static const scenario_t scenarios[] = {
    {FRAMES, "100 B frames", "M/s", SMALL, 1, 1e-6},
    {FRAMES, "1 KiB frames", "M/s", 1024, 1, 1e-6},
    {FRAMES, "64 KiB frames", "M/s", 65536, 1, 1e-6},
    {BULK, "raw stream", "MB/s", CHUNK, 1, 1e-6},
    {PING_PONG, "round trip of 100 B frames", "us", SMALL, 1, 1},
    {HANDSHAKES, "handshakes one after another", "/s", SMALL, 1, 1},
    {HANDSHAKES, "handshakes, 64 at once", "/s", SMALL, 64, 1},
  };
  int failed = 0;
  for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++) failed += !run_scenario(&scenarios[i]);
  return failed > 0;
}
