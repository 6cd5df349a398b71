/* SPDX-License-Identifier: MIT */
#include "quic/path-mtu.h"

#include <string.h>

#include "base/base.h"

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S (1000 * NS_PER_MS)
/* So many packets above the base size lost, the first ones behind the last that passed: at a random loss of 10 % this
 * happens once in a million times. */
#define LOST_MAX 6
/* RFC 9002 section 6.1.1. */
#define REORDERING 3
/* The base size is used after a probe timeout without an answer, and not before this: a busy peer is not a narrow path. */
#define CAUTIOUS_MIN (100 * NS_PER_MS)
/* Between probes of a larger size; the last is PMTU_RAISE_TIMER of RFC 8899 section 5.1.1. */
#define RAISE_FIRST (1 * NS_PER_S)
#define RAISE_LAST (600 * NS_PER_S)
/* A path lowered again within this time is unsteady: the intervals go on growing. */
#define UNSTEADY (60 * NS_PER_S)
/* No acknowledgement, keep-alive or probe of ours is larger. */
#define LIGHT_MAX 300
/* Stalled: after this long, or so many probe timeouts, and so many packets; and the peer was heard so often meanwhile, each
 * time so much later. */
#define STALL (5 * NS_PER_S)
#define STALL_PTOS 4
#define STALL_SENT 6
#define STALL_HEARD 2
#define STALL_HEARD_GAP (1 * NS_PER_S)

/* Sizes tried on the way up: IPv6's least, common tunnels, an Ethernet with PPPoE; then what passed before. */
static const size_t steps[] = {1232, 1280, 1342, 1372, 1406, 1444, 4096, 8192};

static void forget_stall(path_mtu_t *mtu) {
  mtu->heavy_since = PATH_MTU_NEVER;
  mtu->heavy_sent = mtu->heard = 0;
}

/* What was sent so far proves nothing any more. */
static void forget_sent(path_mtu_t *mtu) {
  mtu->begin = mtu->full_acked = mtu->heavy_acked = mtu->next;
  mtu->oldest = mtu->count = 0;
  mtu->cautious_at = mtu->probe = PATH_MTU_NEVER;
}

void path_mtu_init(path_mtu_t *mtu) {
  memset(mtu, 0, sizeof *mtu);
  path_mtu_moved(mtu);
}

void path_mtu_moved(path_mtu_t *mtu) {
  mtu->limit = SIZE_MAX;
  mtu->before = 0;
  mtu->lowered_at = PATH_MTU_NEVER;
  mtu->raise_at = PATH_MTU_NEVER;
  mtu->raise_wait = RAISE_FIRST;
  forget_sent(mtu);
  forget_stall(mtu);
}

/* ---- the size ------------------------------------------------------------------------------------ */

static void lower(path_mtu_t *mtu, size_t before, bool try_before, uint64_t now) {
  bool unsteady = mtu->lowered_at != PATH_MTU_NEVER && now - mtu->lowered_at < UNSTEADY;
  if (!unsteady) mtu->raise_wait = RAISE_FIRST;
  mtu->limit = PATH_MTU_BASE;
  /* A burst may have been lost at full queues only: one packet of the size before is tried at once. */
  mtu->before = try_before && !unsteady ? before : 0;
  mtu->raise_at = mtu->before != 0 ? now : now + mtu->raise_wait;
  mtu->lowered_at = now;
  forget_sent(mtu);
}

static void probe_failed(path_mtu_t *mtu, uint64_t now) {
  mtu->probe = PATH_MTU_NEVER;
  mtu->before = 0;
  mtu->raise_at = now + mtu->raise_wait;
  mtu->raise_wait = 2 * mtu->raise_wait < RAISE_LAST ? 2 * mtu->raise_wait : RAISE_LAST;
}

static size_t next_step(const path_mtu_t *mtu, size_t full) {
  if (mtu->before != 0) return min_size(mtu->before, full);
  for (size_t i = 0; i < ARRAY_LEN(steps); i++)
    if (steps[i] > mtu->limit && steps[i] < full) return steps[i];
  return full;
}

size_t path_mtu_size(const path_mtu_t *mtu, size_t full) { return min_size(mtu->limit, full); }

size_t path_mtu_next(const path_mtu_t *mtu, size_t full, uint64_t now, bool *probe_out) {
  *probe_out = false;
  if (now >= mtu->cautious_at) return min_size(PATH_MTU_BASE, full);
  if (mtu->limit >= full) return full;
  *probe_out = mtu->probe == PATH_MTU_NEVER && now >= mtu->raise_at;
  return *probe_out ? next_step(mtu, full) : mtu->limit;
}

/* ---- sending ------------------------------------------------------------------------------------- */

uint64_t path_mtu_number(const path_mtu_t *mtu, const uint8_t *low, size_t len) {
  uint64_t value = 0, window = UINT64_C(1) << (8 * len);
  for (size_t i = 0; i < len; i++) value = value << 8 | low[i];
  uint64_t number = (mtu->next & ~(window - 1)) | value;
  return number < mtu->next ? number + window : number;
}

/* `back`: 0 for the newest. */
static path_mtu_run_t *run_at(path_mtu_t *mtu, size_t back) {
  return &mtu->runs[(mtu->oldest + mtu->count - 1 - back) % PATH_MTU_RUNS];
}

static void drop_oldest(path_mtu_t *mtu) {
  mtu->oldest = (mtu->oldest + 1) % PATH_MTU_RUNS;
  mtu->count--;
}

static void remember(path_mtu_t *mtu, uint64_t number, size_t size, path_mtu_kind_t kind) {
  path_mtu_run_t *last = mtu->count > 0 ? run_at(mtu, 0) : NULL;
  if (last != NULL && last->kind == kind && kind != PATH_MTU_PROBE && last->last + 1 == number) {
    last->last = number;
    return;
  }
  if (mtu->count == PATH_MTU_RUNS) drop_oldest(mtu);
  mtu->count++;
  *run_at(mtu, 0) = (path_mtu_run_t){.first = number, .last = number, .size = (uint32_t)size, .kind = (uint8_t)kind};
}

void path_mtu_expect(path_mtu_t *mtu, uint64_t pto, uint64_t now) {
  if (mtu->cautious_at == PATH_MTU_NEVER) mtu->cautious_at = now + (pto > CAUTIOUS_MIN ? pto : CAUTIOUS_MIN);
  if (mtu->probe != PATH_MTU_NEVER && mtu->probe_until == PATH_MTU_NEVER) mtu->probe_until = now + pto;
}

void path_mtu_skipped(path_mtu_t *mtu, uint64_t number) { mtu->next = number + 1; }

bool path_mtu_sent(path_mtu_t *mtu, uint64_t number, size_t size, size_t full, uint64_t now) {
  mtu->next = number + 1;
  if (size <= LIGHT_MAX || size > full) return false; /* the latter: ngtcp2 looks for the path's size */
  path_mtu_kind_t kind = size > mtu->limit ? PATH_MTU_PROBE : size > PATH_MTU_BASE ? PATH_MTU_FULL : PATH_MTU_HEAVY;
  remember(mtu, number, size, kind);
  if (mtu->heavy_since == PATH_MTU_NEVER) mtu->heavy_since = now;
  mtu->heavy_sent++;
  if (kind == PATH_MTU_PROBE) {
    mtu->probe = number;
    mtu->probe_until = PATH_MTU_NEVER;
  }
  return kind == PATH_MTU_PROBE || (kind == PATH_MTU_FULL && mtu->cautious_at == PATH_MTU_NEVER);
}

void path_mtu_too_large(path_mtu_t *mtu, size_t size, uint64_t now) {
  if (size <= PATH_MTU_BASE) return;
  if (size <= mtu->limit)
    lower(mtu, size, false, now);
  else if (mtu->probe != PATH_MTU_NEVER)
    probe_failed(mtu, now);
}

/* ---- receiving ----------------------------------------------------------------------------------- */

void path_mtu_ack_begin(path_mtu_t *mtu, uint64_t largest) {
  mtu->cursor = 0;
  mtu->largest = largest;
}

static void probe_passed(path_mtu_t *mtu, path_mtu_run_t *run) {
  if (run->size > mtu->limit) mtu->limit = run->size;
  mtu->before = 0;
  mtu->raise_at = 0; /* the next step at once */
  if (mtu->probe == run->first) mtu->probe = PATH_MTU_NEVER;
  run->kind = PATH_MTU_HEAVY; /* acknowledgements are repeated */
}

bool path_mtu_acked(path_mtu_t *mtu, uint64_t first, uint64_t last) {
  while (mtu->cursor < mtu->count && run_at(mtu, mtu->cursor)->first > last) mtu->cursor++;
  for (size_t back = mtu->cursor; back < mtu->count && run_at(mtu, back)->last >= first; back++) {
    path_mtu_run_t *run = run_at(mtu, back);
    uint64_t behind = (run->last < last ? run->last : last) + 1;
    if (behind > mtu->heavy_acked) {
      mtu->heavy_acked = behind;
      forget_stall(mtu);
    }
    if (run->kind == PATH_MTU_FULL && behind > mtu->full_acked) mtu->full_acked = behind;
    if (run->kind == PATH_MTU_PROBE) probe_passed(mtu, run);
  }
  return mtu->cursor < mtu->count && first > mtu->begin;
}

/* Packets above the base size that are lost, and none behind them has passed. */
static uint64_t lost_count(path_mtu_t *mtu) {
  uint64_t count = 0;
  for (size_t back = 0; back < mtu->count; back++) {
    const path_mtu_run_t *run = run_at(mtu, back);
    if (run->kind != PATH_MTU_FULL || run->first + REORDERING > mtu->largest) continue;
    if (run->last < mtu->full_acked) break;
    uint64_t first = run->first > mtu->full_acked ? run->first : mtu->full_acked;
    uint64_t last = run->last + REORDERING > mtu->largest ? mtu->largest - REORDERING : run->last;
    if (last >= first) count += last - first + 1;
  }
  return count;
}

static void drop_answered(path_mtu_t *mtu) {
  while (mtu->count > 0) {
    const path_mtu_run_t *run = &mtu->runs[mtu->oldest];
    uint64_t answered = run->kind == PATH_MTU_FULL ? mtu->full_acked : mtu->heavy_acked;
    if (run->last >= answered || (run->kind == PATH_MTU_PROBE && run->first == mtu->probe)) return;
    drop_oldest(mtu);
  }
}

/* Whether packets above the base size may be on their way. */
static bool full_in_flight(path_mtu_t *mtu) {
  for (size_t back = 0; back < mtu->count; back++) {
    const path_mtu_run_t *run = run_at(mtu, back);
    if (run->last <= mtu->largest) return false;
    if (run->kind == PATH_MTU_FULL) return true;
  }
  return false;
}

void path_mtu_ack_end(path_mtu_t *mtu, uint64_t pto, uint64_t now) {
  if (mtu->largest < mtu->acked || mtu->largest < mtu->begin || mtu->largest >= mtu->next) return;
  mtu->acked = mtu->largest + 1;
  mtu->cautious_at = PATH_MTU_NEVER;
  if (full_in_flight(mtu)) path_mtu_expect(mtu, pto, now);
  if (mtu->probe != PATH_MTU_NEVER && mtu->largest > mtu->probe &&
      (mtu->largest >= mtu->probe + REORDERING || now >= mtu->probe_until))
    probe_failed(mtu, now);
  if (lost_count(mtu) >= LOST_MAX)
    lower(mtu, mtu->limit, true, now);
  else
    drop_answered(mtu);
}

void path_mtu_heard(path_mtu_t *mtu, uint64_t now) {
  if (mtu->heavy_since == PATH_MTU_NEVER) return;
  uint64_t since = mtu->heard > 0 ? mtu->heard_at : mtu->heavy_since;
  if (now - since < STALL_HEARD_GAP) return;
  mtu->heard++;
  mtu->heard_at = now;
}

bool path_mtu_is_stalled(const path_mtu_t *mtu, uint64_t pto, uint64_t now) {
  if (mtu->heavy_since == PATH_MTU_NEVER || mtu->heard < STALL_HEARD || mtu->heavy_sent < STALL_SENT) return false;
  uint64_t patience = STALL_PTOS * pto;
  return now - mtu->heavy_since >= (patience > STALL ? patience : STALL);
}
