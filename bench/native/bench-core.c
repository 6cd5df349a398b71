/* SPDX-License-Identifier: MIT
 *
 * The C core without Node: hub and spoke as two processes on loopback. What JavaScript's figures can be held against.
 * `make -C test/native bench` builds and runs it. */
#include "iroh.h"

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
#define ALPN_LEN (sizeof ALPN - 1)

enum {
  WARM_UP_MS = 300,
  MEASURE_MS = 1000,
  HIGH_WATER = 1024 * 1024,
  LOW_WATER = 256 * 1024,
  CHUNK = 64 * 1024,
  SMALL = 100,
  MAX_DEPTH = 64,
  SAMPLES_MAX = 100000,
  IDLE_FIRST = 50, /* connections that pay for code and pools, and are not counted */
  IDLE_COUNTED = 1000
};

typedef enum { FRAMES, BULK, PING_PONG, HANDSHAKES, IDLE } job_t;

typedef struct {
  job_t job;
  const char *title;
  size_t frame_size; /* its length prefix included */
  unsigned at_once;
} scenario_t;

typedef struct {
  double per_second, cpu_per_million, p50_us, p99_us, kilobytes;
} result_t;

typedef struct {
  uint8_t node_id[IROH_KEY_BYTES];
  char address[IROH_ADDRESS_MAX];
} hub_address_t;

typedef struct {
  const scenario_t *scenario;
  bool is_hub;
  int result_fd;
  uv_loop_t loop;
  uv_timer_t timer;
  iroh_endpoint_t *ep;
  hub_address_t hub;
  iroh_handle_t stream;
  uint8_t *chunk; /* whole frames, ready to be copied */
  size_t chunk_len;
  bool started, warm;
  uint64_t count, count_at_start;
  double at_start, cpu_at_start, kilobytes_at_start;
  double sent_at, *samples;
  size_t sample_count;
} side_t;

static void check(int error, const char *what) {
  if (error >= 0) return;
  fprintf(stderr, "bench-core: %s: %s\n", what, iroh_error_text(error));
  _exit(1);
}

/* ---- the measured window ------------------------------------------------------------------------- */

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

static double resident_kilobytes(void) {
  size_t bytes = 0;
  uv_resident_set_memory(&bytes);
  return (double)bytes / 1024;
}

static int compare_doubles(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void send_result(const side_t *side, const result_t *result) {
  if (write(side->result_fd, result, sizeof *result) != sizeof *result) _exit(1);
}

static void report_window(side_t *side) {
  double count = (double)(side->count - side->count_at_start);
  result_t result = {.per_second = count / (seconds_now() - side->at_start),
                     .cpu_per_million = (cpu_seconds() - side->cpu_at_start) / (count / 1e6)};
  if (side->sample_count > 0) {
    qsort(side->samples, side->sample_count, sizeof *side->samples, compare_doubles);
    result.p50_us = side->samples[side->sample_count / 2] * 1e6;
    result.p99_us = side->samples[side->sample_count * 99 / 100] * 1e6;
  }
  send_result(side, &result);
}

static void on_timer(uv_timer_t *timer) {
  side_t *side = timer->data;
  if (side->warm) {
    report_window(side);
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

static void count_idle(side_t *side) {
  side->count++;
  if (side->count == IDLE_FIRST) side->kilobytes_at_start = resident_kilobytes();
  if (side->count != IDLE_FIRST + IDLE_COUNTED) return;
  send_result(side, &(result_t){.kilobytes = (resident_kilobytes() - side->kilobytes_at_start) / IDLE_COUNTED});
}

/* ---- jobs ---------------------------------------------------------------------------------------- */

/* Each frame is four newlines, where the core puts the length, and an envelope. */
static void make_chunk(side_t *side) {
  static const char head[] =
      "\n\n\n\n{\"type\":\"bench.event\",\"id\":\"b7\",\"payload\":{\"n\":1000000000,\"data\":\"";
  static const char tail[] = "\"}}";
  size_t size = side->scenario->frame_size, frames = size < CHUNK ? CHUNK / size : 1;
  side->chunk_len = frames * size;
  side->chunk = malloc(side->chunk_len);
  if (side->chunk == NULL) abort();
  memset(side->chunk, 'x', side->chunk_len);
  for (uint8_t *frame = side->chunk; frame < side->chunk + side->chunk_len; frame += size) {
    memcpy(frame, head, sizeof head - 1);
    memcpy(frame + size - (sizeof tail - 1), tail, sizeof tail - 1);
  }
}

static void send_frames(side_t *side, iroh_handle_t stream, size_t len) {
  uint8_t *room;
  check(iroh_stream_reserve(side->ep, stream, len, &room), "reserve");
  memcpy(room, side->chunk, len);
  check((int)iroh_stream_commit_frames(side->ep, stream, len), "commit");
}

static void set_framed(side_t *side, iroh_handle_t stream) {
  check(iroh_stream_set_framed(side->ep, stream, 1024 * 1024, MAX_DEPTH), "set framed");
}

/* Sends until enough waits; WRITABLE calls it again. */
static void fill(side_t *side) {
  while (iroh_stream_buffered(side->ep, side->stream) < HIGH_WATER) {
    if (side->scenario->job == FRAMES) {
      send_frames(side, side->stream, side->chunk_len);
      count_up(side, side->chunk_len / side->scenario->frame_size);
    } else {
      int64_t taken = iroh_stream_write(side->ep, side->stream, side->chunk, side->chunk_len);
      check((int)taken, "write");
      count_up(side, (uint64_t)taken);
    }
  }
}

static void read_bytes(side_t *side, iroh_handle_t stream) {
  const uint8_t *data;
  size_t len;
  while (iroh_stream_peek(side->ep, stream, &data, &len) == IROH_DATA) {
    check(iroh_stream_consume(side->ep, stream, len), "consume");
    count_up(side, len);
  }
}

static void ping(side_t *side) {
  side->sent_at = seconds_now();
  send_frames(side, side->stream, side->scenario->frame_size);
}

static void dial(side_t *side) {
  const char *address = side->hub.address;
  iroh_handle_t conn;
  check(iroh_conn_open(side->ep, side->hub.node_id, &address, 1, ALPN, ALPN_LEN, 0, false, &conn), "connect");
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
  switch (side->scenario->job) {
  case PING_PONG:
    set_framed(side, side->stream);
    ping(side);
    break;
  case IDLE:
    send_frames(side, side->stream, side->scenario->frame_size);
    if (++side->count < IDLE_FIRST + IDLE_COUNTED) dial(side);
    break;
  default:
    fill(side);
  }
}

static void on_stream_opened(side_t *side, iroh_handle_t stream) {
  if (side->scenario->job == BULK)
    read_bytes(side, stream);
  else
    set_framed(side, stream);
}

static void on_frames(side_t *side, iroh_handle_t stream, uint64_t frames) {
  switch (side->scenario->job) {
  case IDLE:
    count_idle(side);
    break;
  case PING_PONG:
    if (side->is_hub) {
      send_frames(side, stream, side->scenario->frame_size);
      break;
    }
    if (side->warm && side->sample_count < SAMPLES_MAX)
      side->samples[side->sample_count++] = seconds_now() - side->sent_at;
    count_up(side, 1);
    ping(side);
    break;
  default:
    count_up(side, frames);
  }
}

static void on_event(side_t *side, const iroh_event_t *event) {
  switch (event->kind) {
  case IROH_EVENT_CONNECTED:
    on_connected(side, event->conn);
    break;
  case IROH_EVENT_STREAM_OPENED:
    on_stream_opened(side, event->stream);
    break;
  case IROH_EVENT_FRAMES:
    on_frames(side, event->stream, event->number);
    break;
  case IROH_EVENT_READABLE:
    read_bytes(side, event->stream);
    break;
  case IROH_EVENT_WRITABLE:
    fill(side);
    break;
  case IROH_EVENT_FRAME_ERROR:
    check(event->error, "frame");
    break;
  case IROH_EVENT_CLOSED:
    if (event->close->kind != IROH_CLOSE_LOCAL && !side->is_hub) check(event->close->error, "connection");
    break;
  default:
    break;
  }
}

static void on_events(void *ctx, const iroh_event_t *events, size_t count) {
  for (size_t i = 0; i < count; i++) on_event(ctx, &events[i]);
}

static void on_closed(void *ctx) { (void)ctx; }

/* ---- processes ----------------------------------------------------------------------------------- */

static void open_endpoint(side_t *side) {
  const char *bind = "127.0.0.1:0", *alpn = ALPN;
  iroh_endpoint_config_t config = {.binds = &bind,
                                   .bind_count = 1,
                                   .alpns = &alpn,
                                   .alpn_count = 1,
                                   .on_events = on_events,
                                   .on_closed = on_closed,
                                   .ctx = side,
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
  if (side.samples == NULL) abort();
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

typedef struct {
  pid_t pid;
  int fd;
} process_t;

static process_t start_side(const scenario_t *scenario, bool is_hub, int address_fd) {
  int fds[2];
  pid_t pid = pipe(fds) == 0 ? fork() : -1;
  if (pid < 0) {
    perror("bench-core");
    exit(1);
  }
  if (pid == 0) {
    close(fds[0]);
    run_side(scenario, is_hub, address_fd, fds[1]);
  }
  close(fds[1]);
  return (process_t){pid, fds[0]};
}

static bool read_result(const process_t *process, result_t *out) {
  return read(process->fd, out, sizeof *out) == sizeof *out;
}

static void end(const process_t *process) {
  kill(process->pid, SIGKILL);
  waitpid(process->pid, NULL, 0);
  close(process->fd);
}

static void print(const scenario_t *scenario, const result_t *hub, const result_t *spoke) {
  double cpu = hub->cpu_per_million + spoke->cpu_per_million;
  printf("%-30s ", scenario->title);
  switch (scenario->job) {
  case FRAMES:
    printf("%10.0f frames/s, %6.2f CPU s per million\n", hub->per_second, cpu);
    break;
  case BULK:
    printf("%10.0f MB/s, %9.2f CPU s per GB\n", hub->per_second / 1e6, cpu * 1e3);
    break;
  case PING_PONG:
    printf("%10.0f us p50, %7.0f us p99\n", spoke->p50_us, spoke->p99_us);
    break;
  case HANDSHAKES:
    printf("%10.0f /s\n", spoke->per_second);
    break;
  case IDLE:
    printf("%10.1f KB\n", hub->kilobytes);
    break;
  }
  fflush(stdout);
}

static bool run_scenario(const scenario_t *scenario) {
  int address[2];
  if (pipe(address) != 0) {
    perror("bench-core");
    exit(1);
  }
  process_t hub = start_side(scenario, true, address[1]), spoke = start_side(scenario, false, address[0]);
  close(address[0]);
  close(address[1]);
  result_t at_hub = {0}, at_spoke = {0};
  bool ok = true;
  if (scenario->job != IDLE) ok = read_result(&spoke, &at_spoke);
  if (ok && scenario->job != HANDSHAKES && scenario->job != PING_PONG) ok = read_result(&hub, &at_hub);
  end(&spoke);
  end(&hub);
  if (ok)
    print(scenario, &at_hub, &at_spoke);
  else
    printf("%-30s failed\n", scenario->title);
  return ok;
}

int main(void) {
  static const scenario_t scenarios[] = {
      {FRAMES, "100 B frames one way", SMALL, 1},          {FRAMES, "1 KiB frames one way", 1024, 1},
      {FRAMES, "64 KiB frames one way", 65536, 1},         {BULK, "plain stream one way", CHUNK, 1},
      {PING_PONG, "round trip of 100 B frames", SMALL, 1}, {HANDSHAKES, "handshakes one after another", SMALL, 1},
      {HANDSHAKES, "handshakes, 64 at once", SMALL, 64},   {IDLE, "hub memory per idle connection", SMALL, 1},
  };
  int failed = 0;
  for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++) failed += !run_scenario(&scenarios[i]);
  return failed > 0;
}
