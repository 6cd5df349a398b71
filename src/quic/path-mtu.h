/* SPDX-License-Identifier: MIT
 *
 * How large a connection's packets may be when the path has become narrower (RFC 8899 section 4.3, RFC 9000 section 14.4).
 * ngtcp2 finds a path's size once and never lowers it again. This object lowers it when packets above the base size vanish
 * while others arrive, and looks for the larger size again later. It also tells when nothing of any substance gets
 * through. Sans-IO, nothing is allocated; docs/design/path-mtu.md has the rules and their numbers. */
#ifndef IROH_QUIC_PATH_MTU_H
#define IROH_QUIC_PATH_MTU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Every path that QUIC may use takes packets of this size (RFC 9000 section 14). */
#define PATH_MTU_BASE 1200
#define PATH_MTU_NEVER UINT64_MAX
/* Runs of packets remembered. When more are unanswered the oldest are forgotten. */
#define PATH_MTU_RUNS 32

typedef enum {
  PATH_MTU_HEAVY, /* up to the base size, but no mere acknowledgement or keep-alive */
  PATH_MTU_FULL,  /* above the base size, and known to pass */
  PATH_MTU_PROBE  /* larger than what is known to pass */
} path_mtu_kind_t;

/* Packets of one kind that were sent one after the other. */
typedef struct {
  uint64_t first, last; /* packet numbers */
  uint32_t size;        /* of a probe */
  uint8_t kind;         /* path_mtu_kind_t */
} path_mtu_run_t;

typedef struct {
  size_t limit;  /* lowered to this; SIZE_MAX: not lowered */
  size_t before; /* what passed before it was lowered, to be tried first; 0: that was tried */
  uint64_t lowered_at;
  uint64_t begin; /* packets before this number belong to another path, or to what is past */
  uint64_t next;  /* behind the last packet sent */
  path_mtu_run_t runs[PATH_MTU_RUNS];
  size_t oldest, count;
  uint64_t acked;       /* behind the largest acknowledged packet */
  uint64_t full_acked;  /* behind the largest acknowledged packet above the base size */
  uint64_t heavy_acked; /* behind the largest acknowledged packet of any kind above */
  uint64_t cautious_at; /* from then on the base size is used until the peer answers */
  uint64_t raise_at, raise_wait;
  uint64_t probe, probe_until; /* the number of the probe on its way, or PATH_MTU_NEVER */
  /* Since when nothing heavier than a keep-alive was acknowledged though it was sent; PATH_MTU_NEVER: not so. */
  uint64_t heavy_since;
  unsigned heavy_sent, heard;
  uint64_t heard_at;
  /* Of the acknowledgement being read. */
  size_t cursor;
  uint64_t largest;
} path_mtu_t;

void path_mtu_init(path_mtu_t *mtu);
/* From now on packets go by another path, of which nothing is known. */
void path_mtu_moved(path_mtu_t *mtu);

/* ---- sending: `full` is the size that the path was found to take --------------------------------- */

/* The size that packets of data may have. */
size_t path_mtu_size(const path_mtu_t *mtu, size_t full);
/* The size of the next packet. *probe_out: it is to be padded to that size. */
size_t path_mtu_next(const path_mtu_t *mtu, size_t full, uint64_t now, bool *probe_out);
/* The number of a packet of which the header has the low `len` bytes. */
uint64_t path_mtu_number(const path_mtu_t *mtu, const uint8_t *low, size_t len);
/* A packet was sent. True: path_mtu_expect is to follow. */
bool path_mtu_sent(path_mtu_t *mtu, uint64_t number, size_t size, size_t full, uint64_t now);
/* An answer is due after `pto`, the probe timeout (RFC 9002 section 6.2). */
void path_mtu_expect(path_mtu_t *mtu, uint64_t pto, uint64_t now);
/* A packet was sent that tells nothing of this path. */
void path_mtu_skipped(path_mtu_t *mtu, uint64_t number);
/* This host does not let packets of this size leave. */
void path_mtu_too_large(path_mtu_t *mtu, size_t size, uint64_t now);

/* ---- receiving ----------------------------------------------------------------------------------- */

/* An ACK frame: its ranges of packet numbers, the largest numbers first, and its end. */
void path_mtu_ack_begin(path_mtu_t *mtu, uint64_t largest);
/* False: smaller numbers are of no interest. */
bool path_mtu_acked(path_mtu_t *mtu, uint64_t first, uint64_t last);
void path_mtu_ack_end(path_mtu_t *mtu, uint64_t pto, uint64_t now);
/* A packet of the peer's came. */
void path_mtu_heard(path_mtu_t *mtu, uint64_t now);
/* The peer is heard, and nothing but keep-alives has reached it for a while, or its word that it has does not reach us. */
bool path_mtu_is_stalled(const path_mtu_t *mtu, uint64_t pto, uint64_t now);

#endif
