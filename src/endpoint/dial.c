/* SPDX-License-Identifier: MIT */
#include "endpoint/dial.h"

#include <stdlib.h>
#include <string.h>

#include "endpoint/host.h"
#include "endpoint/route.h"
#include "endpoint/send.h"
#include "endpoint/trouble.h"
#include "endpoint/turn.h"
#include "quic/packet.h"

#define NS_PER_MS UINT64_C(1000000)
/* Attempts at one address that has answered, each beyond the first after the one before made no progress. */
#define TRIES_MAX 3
/* From an answer that does not prove the peer to the next attempt at those that have not answered: at least this, and
 * twice what the answer took, for the rest of an honest answer; twice as long each time, up to the last. */
#define NEXT_FIRST (10 * NS_PER_MS)
#define NEXT_LAST (1000 * NS_PER_MS)
#define NEXT_DOUBLINGS_MAX 7
/* An attempt keeps others from theirs for so long, or for three times what its address took to answer; once it has been
 * answered for less, or for twice. */
#define PATIENCE_FIRST (30 * NS_PER_MS)
#define PATIENCE_ANSWERED (10 * NS_PER_MS)
#define PATIENCE_LAST (1000 * NS_PER_MS)
/* A peer that has proved its key ought to say that it has accepted ours before others are tried again: at least this,
 * twice as long each time, or so many times what the proof took. Long, since the peer's program may have the connection
 * already, and sees it end when another takes its place. */
#define CONFIRM_FIRST (1000 * NS_PER_MS)
#define CONFIRM_DOUBLINGS_MAX 2
#define CONFIRM_PROOFS 5
/* Absences of the loop do not count, up to so many times the timeout. */
#define GRACE 8
#define ATTEMPTS_MAX 4 /* of one dial at a time */
#define OPEN SIZE_MAX  /* as attempt_t.candidate */

/* One handshake. */
typedef struct {
  quic_conn_t *quic;
  quic_path_t seen; /* the one path that QUIC sees */
  /* Whose packets it takes and where its own go, an index of conn_t.candidates. OPEN: nobody has answered it; its
   * packets go to every address that has not been heard, and the first answer that it can open binds it. */
  size_t candidate;
  uint64_t began_at;
  uint64_t answered_at; /* first; 0: not yet */
  bool held;            /* its first flight waits for dial_t.open_at */
  bool proved;          /* the peer has proved its key */
} attempt_t;

typedef struct dial {
  uint8_t node_id[IROH_KEY_BYTES];
  char alpn[IROH_ALPN_MAX];
  size_t alpn_len;
  attempt_t attempts[ATTEMPTS_MAX];
  size_t count;
  uint64_t began_at, ends_at;
  uint64_t grace;    /* how much later it may still end for the loop's absences */
  uint64_t race_at;  /* when addresses that have answered get attempts of their own */
  uint64_t open_at;  /* when those that have not get another first flight */
  unsigned answered; /* open attempts that were */
  unsigned proofs;   /* attempts that were proved */
  iroh_close_t best; /* what tells most about the failures so far; kind 0: none */
  kept_cids_t kept_cids;
  bool written; /* its first packet has left */
} dial_t;

static uint64_t sooner(uint64_t a, uint64_t b) { return a < b ? a : b; }
static uint64_t later(uint64_t a, uint64_t b) { return a > b ? a : b; }

/* ---- candidates ---------------------------------------------------------------------------------- */

static bool has_attempt(const dial_t *dial, size_t candidate) {
  for (size_t i = 0; i < dial->count; i++)
    if (dial->attempts[i].candidate == candidate) return true;
  return false;
}

/* Whether it may still answer. What has answered once is not made unreachable by what the kernel says: anybody can send
 * an ICMP message. */
static bool may_answer(const candidate_t *candidate) {
  return !candidate->failed && (!candidate->unreachable || candidate->answered_after != 0);
}

/* Whether it is left to the open attempt. */
static bool is_silent(const conn_t *conn, size_t i) {
  const candidate_t *candidate = &conn->candidates[i];
  return may_answer(candidate) && candidate->waiting_since == 0 && !has_attempt(conn->dial, i);
}

_Static_assert(2 * CANDIDATES_MAX <= 64, "a bit for each candidate");

/* The candidates that the attempt's packets go to, by their bits. */
static uint64_t targets_of(const conn_t *conn, const attempt_t *attempt) {
  if (attempt->candidate != OPEN) return UINT64_C(1) << attempt->candidate;
  uint64_t to = 0;
  for (size_t i = 0; i < conn->candidate_count; i++)
    if (is_silent(conn, i)) to |= UINT64_C(1) << i;
  return to;
}

static bool any_may_answer(const conn_t *conn) {
  for (size_t i = 0; i < conn->candidate_count; i++)
    if (may_answer(&conn->candidates[i])) return true;
  return false;
}

/* Whether the answers of those that are silent are on their way to an attempt that is still open. */
static bool is_asking(const dial_t *dial) {
  for (size_t i = 0; i < dial->count; i++)
    if (dial->attempts[i].candidate == OPEN && !dial->attempts[i].held) return true;
  return false;
}

static bool wants_open(const conn_t *conn) {
  if (has_attempt(conn->dial, OPEN)) return false;
  for (size_t i = 0; i < conn->candidate_count; i++)
    if (is_silent(conn, i)) return true;
  return false;
}

static bool goes_before(const candidate_t *a, const candidate_t *b) {
  return a->tries < b->tries || (a->tries == b->tries && a->waiting_since > b->waiting_since);
}

/* Of those that wait for an attempt the one that has had the fewest, and then the one that answered last: those before it
 * were near enough to have proved themselves. OPEN: none waits. */
static size_t next_waiting(const conn_t *conn) {
  size_t first = OPEN;
  for (size_t i = 0; i < conn->candidate_count; i++) {
    const candidate_t *candidate = &conn->candidates[i];
    if (candidate->waiting_since == 0 || !may_answer(candidate)) continue;
    if (first == OPEN || goes_before(candidate, &conn->candidates[first])) first = i;
  }
  return first;
}

static void note_answer(conn_t *conn, candidate_t *candidate, uint64_t now) {
  if (candidate->answered_after == 0) candidate->answered_after = now - conn->dial->began_at;
}

/* ---- attempts ------------------------------------------------------------------------------------ */

/* False: a socket is full. */
static bool write_attempt(conn_t *conn, const attempt_t *attempt, uint64_t now, size_t *written) {
  return send_attempt(conn, attempt->quic, targets_of(conn, attempt), now, written);
}

/* QUIC takes its packet sizes from the path it sees: one fit for this host only must not be used elsewhere. */
static bool all_loopback(const conn_t *conn) {
  for (size_t i = 0; i < conn->candidate_count; i++)
    if (!address_is_loopback(&conn->candidates[i].path.remote)) return false;
  return true;
}

static quic_path_t path_of(const conn_t *conn, size_t candidate) {
  if (candidate != OPEN) return conn->candidates[candidate].path;
  if (all_loopback(conn)) return conn->candidates[0].path;
  return (quic_path_t){.remote = dial_address(conn->handle), .local = dial_address(0)};
}

/* Those who ask about a connection that is dialled get the first attempt's answers. */
static void show(conn_t *conn, const attempt_t *attempt) {
  conn->quic = attempt->quic;
  conn->seen = attempt->seen;
  conn->used = conn->candidates[attempt->candidate != OPEN ? attempt->candidate : 0].path;
}

static int add_attempt(conn_t *conn, size_t candidate, bool held, uint64_t now) {
  dial_t *dial = conn->dial;
  attempt_t *attempt = &dial->attempts[dial->count];
  *attempt = (attempt_t){.seen = path_of(conn, candidate), .candidate = candidate, .began_at = now, .held = held};
  int rv = host_dial(conn, dial->node_id, dial->alpn, dial->alpn_len, &attempt->seen, now, &attempt->quic);
  if (rv != 0) return rv;
  if (candidate != OPEN) {
    conn->candidates[candidate].tries++;
    conn->candidates[candidate].waiting_since = 0;
  }
  dial->count++;
  return 0;
}

static void forget(dial_t *dial, attempt_t *attempt) {
  dial->count--;
  memmove(attempt, attempt + 1, (size_t)(dial->attempts + dial->count - attempt) * sizeof *attempt);
}

/* Frees it after its last word, if it has one. What is shown is never one that is gone. */
static void drop(conn_t *conn, attempt_t *attempt, uint64_t now) {
  dial_t *dial = conn->dial;
  size_t written = 0;
  quic_conn_t *quic = attempt->quic;
  if (quic_conn_close_info(quic) != NULL) write_attempt(conn, attempt, now, &written);
  forget(dial, attempt);
  if (conn->quic == quic && dial->count > 0) show(conn, &dial->attempts[0]);
  quic_conn_free(quic);
}

/* Whether there is somebody who may remember it. */
static bool is_known(const conn_t *conn, const attempt_t *attempt) {
  return attempt->candidate != OPEN && conn->candidates[attempt->candidate].answered_after != 0;
}

/* Gives it up, and says so where somebody may remember it. */
static void leave(conn_t *conn, attempt_t *attempt, uint64_t now) {
  if (is_known(conn, attempt)) quic_conn_close(attempt->quic, 0, "", 0, now);
  drop(conn, attempt, now);
}

/* The dial is over: the attempt is the connection now. */
static void settle(conn_t *conn, attempt_t *attempt, uint64_t now) {
  dial_t *dial = conn->dial;
  attempt_t kept = *attempt;
  forget(dial, attempt);
  show(conn, &kept);
  while (dial->count > 0) leave(conn, &dial->attempts[dial->count - 1], now);
  conn->heard_at = now;
  dial_free(conn);
  turn_mark(conn);
}

/* ---- results ------------------------------------------------------------------------------------- */

/* What is not proved may be anybody's word. Rather what the peer may have said than what others have. */
static int rank(int error) {
  static const int order[] = {IROH_ERR_UNREACHABLE, IROH_ERR_PROTOCOL, IROH_ERR_HANDSHAKE,    IROH_ERR_VERSION,
                              IROH_ERR_WRONG_PEER,  IROH_ERR_REFUSED,  IROH_ERR_ALPN_MISMATCH};
  for (size_t i = 0; i < ARRAY_LEN(order); i++)
    if (order[i] == error) return (int)i + 1;
  return 0;
}

static void note_failure(dial_t *dial, const iroh_close_t *close) {
  if (dial->best.kind == 0 || rank(close->error) > rank(dial->best.error)) dial->best = *close;
}

/* The dial has failed; `attempt` tells the end as `why`. */
static void fail(conn_t *conn, attempt_t *attempt, iroh_close_t why, uint64_t now) {
  if (quic_conn_close_info(attempt->quic) == NULL && is_known(conn, attempt))
    quic_conn_close(attempt->quic, 0, "", 0, now);
  else if (quic_conn_close_info(attempt->quic) == NULL)
    quic_conn_drop(attempt->quic, why.error);
  quic_conn_end_as(attempt->quic, &why);
  settle(conn, attempt, now);
}

/* An attempt has ended without a proof. True: so has the dial. */
static bool failed(conn_t *conn, attempt_t *attempt, uint64_t now) {
  dial_t *dial = conn->dial;
  const iroh_close_t *close = quic_conn_close_info(attempt->quic);
  /* Silence is no answer. */
  if (attempt->candidate != OPEN && close->kind != IROH_CLOSE_TIMED_OUT) {
    conn->candidates[attempt->candidate].failed = true;
    note_failure(dial, close);
  }
  if (!any_may_answer(conn)) {
    fail(conn, attempt, dial->best, now);
    return true;
  }
  dial->race_at = sooner(dial->race_at, now);
  if (attempt->candidate == OPEN || dial->open_at == QUIC_NEVER) dial->open_at = now + NEXT_LAST;
  if (dial->count > 1) {
    drop(conn, attempt, now);
    return false;
  }
  /* conn->quic is never NULL: the next comes before this one goes. */
  size_t next = next_waiting(conn);
  if (add_attempt(conn, next, next == OPEN && dial->open_at > now, now) != 0) {
    fail(conn, attempt, (iroh_close_t){.kind = IROH_CLOSE_ERROR, .error = IROH_ERR_NO_MEMORY}, now);
    return true;
  }
  drop(conn, attempt, now);
  return false;
}

/* The peer has proved itself to this attempt, which alone goes on. All others are left before it says that it has finished,
 * an earlier one that the peer has not confirmed, too: of two connections that a peer sees of us the later one is ours.
 * That it has finished is said at once: until then ngtcp2 obeys Initial packets, which anybody may have made. */
static void proved(conn_t *conn, attempt_t *attempt, uint64_t now) {
  dial_t *dial = conn->dial;
  const quic_conn_t *quic = attempt->quic;
  uint64_t wait = later(CONFIRM_FIRST << dial->proofs, CONFIRM_PROOFS * (now - attempt->began_at));
  attempt->proved = true;
  if (dial->proofs < CONFIRM_DOUBLINGS_MAX) dial->proofs++;
  dial->race_at = dial->open_at = now + wait;
  for (size_t i = dial->count; i-- > 0;)
    if (dial->attempts[i].quic != quic) leave(conn, &dial->attempts[i], now);
  size_t written = 0;
  write_attempt(conn, &dial->attempts[0], now, &written);
}

static bool is_decided(const attempt_t *attempt) {
  return quic_conn_close_info(attempt->quic) != NULL || quic_conn_state(attempt->quic) == QUIC_OPEN ||
         attempt->proved != quic_conn_is_proved(attempt->quic);
}

static attempt_t *next_decided(dial_t *dial) {
  for (size_t i = 0; i < dial->count; i++)
    if (is_decided(&dial->attempts[i])) return &dial->attempts[i];
  return NULL;
}

/* What has become of the attempts. True: the dial is over. */
static bool judge(conn_t *conn, uint64_t now) {
  attempt_t *attempt;
  while ((attempt = next_decided(conn->dial)) != NULL) {
    const iroh_close_t *close = quic_conn_close_info(attempt->quic);
    /* What the peer says once it has proved itself is its word. */
    bool by_peer = close != NULL && attempt->proved && close->kind != IROH_CLOSE_TIMED_OUT;
    if (by_peer || (close == NULL && quic_conn_state(attempt->quic) == QUIC_OPEN)) {
      settle(conn, attempt, now);
      return true;
    }
    if (close == NULL)
      proved(conn, attempt, now);
    else if (failed(conn, attempt, now))
      return true;
  }
  return false;
}

/* ---- more attempts ------------------------------------------------------------------------------- */

static uint64_t patient_until(const conn_t *conn, const attempt_t *attempt) {
  if (attempt->candidate == OPEN || attempt->proved) return QUIC_NEVER;
  uint64_t round_trip = conn->candidates[attempt->candidate].answered_after;
  if (attempt->answered_at != 0)
    return attempt->answered_at + sooner(later(2 * round_trip, PATIENCE_ANSWERED), PATIENCE_LAST);
  return attempt->began_at + sooner(later(3 * round_trip, PATIENCE_FIRST), PATIENCE_LAST);
}

/* The attempt that gives way first; NULL: none does. */
static attempt_t *least_patient(const conn_t *conn) {
  attempt_t *first = NULL;
  for (size_t i = 0; i < conn->dial->count; i++) {
    attempt_t *attempt = &conn->dial->attempts[i];
    uint64_t until = patient_until(conn, attempt);
    if (until != QUIC_NEVER && (first == NULL || until < patient_until(conn, first))) first = attempt;
  }
  return first;
}

/* When another attempt is to begin; QUIC_NEVER for never. */
static uint64_t next_at(const conn_t *conn) {
  const dial_t *dial = conn->dial;
  uint64_t open_at = wants_open(conn) ? dial->open_at : QUIC_NEVER;
  uint64_t at = sooner(open_at, next_waiting(conn) != OPEN ? dial->race_at : QUIC_NEVER);
  if (at == QUIC_NEVER || dial->count < ATTEMPTS_MAX) return at;
  const attempt_t *first = least_patient(conn);
  return first != NULL ? later(at, patient_until(conn, first)) : QUIC_NEVER;
}

static void make_room(conn_t *conn, uint64_t now) {
  if (conn->dial->count < ATTEMPTS_MAX) return;
  attempt_t *first = least_patient(conn);
  candidate_t *candidate = &conn->candidates[first->candidate];
  leave(conn, first, now);
  if (candidate->tries < TRIES_MAX) candidate->waiting_since = now;
}

static void add_more(conn_t *conn, uint64_t now) {
  dial_t *dial = conn->dial;
  while (next_at(conn) <= now) {
    /* Those that are silent before those that have had their turn. */
    size_t next = wants_open(conn) && dial->open_at <= now ? OPEN : next_waiting(conn);
    make_room(conn, now);
    if (add_attempt(conn, next, false, now) != 0) dial->race_at = dial->open_at = now + NEXT_LAST;
  }
}

/* After anything has happened. */
static void go_on(conn_t *conn, uint64_t now) {
  if (judge(conn, now)) return;
  add_more(conn, now);
  show(conn, &conn->dial->attempts[0]);
  turn_mark(conn);
}

/* ---- in ------------------------------------------------------------------------------------------ */

static void bind_to(conn_t *conn, attempt_t *attempt, size_t candidate, uint64_t now) {
  dial_t *dial = conn->dial;
  attempt->candidate = candidate;
  unsigned doublings = dial->answered < NEXT_DOUBLINGS_MAX ? dial->answered : NEXT_DOUBLINGS_MAX;
  uint64_t wait = later(NEXT_FIRST << doublings, 2 * (now - attempt->began_at));
  dial->answered++;
  dial->open_at = now + sooner(wait, NEXT_LAST);
  dial->race_at = sooner(dial->race_at, dial->open_at);
}

/* Whether it shows the reset token that the peer has given this attempt (RFC 9000 section 10.3.1). */
static bool is_reset(const attempt_t *attempt, const uint8_t *data, size_t len) {
  return attempt->proved && quic_conn_matches_reset(attempt->quic, data, len);
}

static attempt_t *attempt_of(dial_t *dial, const uint8_t *data, size_t len) {
  quic_packet_t packet;
  if (!quic_packet_parse(data, len, &packet)) return NULL;
  for (size_t i = 0; i < dial->count; i++) {
    attempt_t *attempt = &dial->attempts[i];
    if (quic_conn_owns_cid(attempt->quic, packet.dcid, packet.dcid_len) || is_reset(attempt, data, len)) return attempt;
  }
  return NULL;
}

static bool takes_from(const conn_t *conn, const attempt_t *attempt, size_t candidate) {
  return attempt->candidate == candidate || (attempt->candidate == OPEN && !has_attempt(conn->dial, candidate));
}

void dial_received(conn_t *conn, const udp_message_t *message, const uint8_t *data, size_t len, uint64_t now) {
  dial_t *dial = conn->dial;
  candidate_t *candidate = route_candidate(conn, &message->remote);
  if (candidate == NULL || candidate->failed) return;
  size_t from = (size_t)(candidate - conn->candidates);
  attempt_t *attempt = attempt_of(dial, data, len);
  if (attempt != NULL && takes_from(conn, attempt, from)) {
    bool opened = quic_conn_read(attempt->quic, &attempt->seen, message->ecn, data, len, now);
    bool ended = quic_conn_close_info(attempt->quic) != NULL;
    if (opened || ended) note_answer(conn, candidate, now);
    if (opened && attempt->answered_at == 0) attempt->answered_at = now;
    if ((opened || ended) && attempt->candidate == OPEN) bind_to(conn, attempt, from, now);
  } else if (!has_attempt(dial, from) && !is_asking(dial) && candidate->tries < TRIES_MAX) {
    note_answer(conn, candidate, now);
    if (candidate->waiting_since == 0) candidate->waiting_since = now;
  }
  go_on(conn, now);
}

/* Ends the dial if no address is left that may still answer. */
static bool is_out_of_reach(conn_t *conn, uint64_t now) {
  dial_t *dial = conn->dial;
  if (any_may_answer(conn)) return false;
  note_failure(dial, &(iroh_close_t){.kind = IROH_CLOSE_ERROR, .error = IROH_ERR_UNREACHABLE});
  fail(conn, &dial->attempts[0], dial->best, now);
  return true;
}

void dial_unreachable(conn_t *conn, const address_t *remote, int error, uint64_t now) {
  candidate_t *candidate = conn->dial != NULL ? route_candidate(conn, remote) : NULL;
  if (candidate == NULL) return;
  trouble_note(conn, error, "icmp", remote);
  candidate->unreachable = true;
  is_out_of_reach(conn, now);
}

/* ---- out and time -------------------------------------------------------------------------------- */

void dial_overslept(conn_t *conn, uint64_t absence) {
  dial_t *dial = conn->dial;
  if (dial == NULL) return;
  uint64_t granted = sooner(absence, dial->grace);
  dial->grace -= granted;
  dial->ends_at += granted;
}

/* The program may have gone on for long before the first packet could leave. */
static void begin_now(dial_t *dial, uint64_t now) {
  if (dial->written) return;
  dial->written = true;
  dial->ends_at += now - dial->began_at;
  dial->began_at = dial->attempts[0].began_at = now;
}

bool dial_write(conn_t *conn, uint64_t now, size_t *written) {
  dial_t *dial = conn->dial;
  bool sent = true;
  begin_now(dial, now);
  for (size_t i = 0; i < dial->count; i++)
    if (!dial->attempts[i].held) sent = write_attempt(conn, &dial->attempts[i], now, written) && sent;
  /* The system may have refused to send anywhere. */
  if (!is_out_of_reach(conn, now) && next_decided(dial) != NULL) go_on(conn, now);
  return sent;
}

void dial_tick(conn_t *conn, uint64_t now) {
  dial_t *dial = conn->dial;
  if (dial->ends_at <= now) {
    fail(conn, &dial->attempts[0], (iroh_close_t){.kind = IROH_CLOSE_TIMED_OUT, .error = IROH_ERR_TIMEOUT}, now);
    return;
  }
  for (size_t i = 0; i < dial->count; i++) {
    attempt_t *attempt = &dial->attempts[i];
    if (attempt->held)
      attempt->held = dial->open_at > now;
    else if (quic_conn_deadline(attempt->quic) <= now)
      quic_conn_expire(attempt->quic, now);
  }
  go_on(conn, now);
}

uint64_t dial_deadline(const conn_t *conn) {
  const dial_t *dial = conn->dial;
  uint64_t at = sooner(dial->ends_at, next_at(conn));
  for (size_t i = 0; i < dial->count; i++)
    at = sooner(at, dial->attempts[i].held ? dial->open_at : quic_conn_deadline(dial->attempts[i].quic));
  return at;
}

/* ---- beginning and end --------------------------------------------------------------------------- */

int dial_begin(conn_t *conn, const uint8_t node_id[IROH_KEY_BYTES], const char *alpn, size_t alpn_len, uint64_t timeout,
               uint64_t now) {
  if (alpn_len == 0 || alpn_len > IROH_ALPN_MAX) return IROH_ERR_INVALID_ARGUMENT;
  dial_t *dial = calloc(1, sizeof *dial);
  if (dial == NULL) return IROH_ERR_NO_MEMORY;
  conn->dial = dial;
  conn->kept_cids = &dial->kept_cids;
  memcpy(dial->node_id, node_id, sizeof dial->node_id);
  memcpy(dial->alpn, alpn, alpn_len);
  dial->alpn_len = alpn_len;
  dial->began_at = now;
  dial->ends_at = now + timeout;
  dial->grace = GRACE * timeout;
  dial->race_at = dial->open_at = QUIC_NEVER;
  int rv = add_attempt(conn, conn->candidate_count > 1 ? OPEN : 0, false, now);
  if (rv != 0) return rv;
  show(conn, &dial->attempts[0]);
  return 0;
}

/* Everything of the dial's but the attempt that conn->quic is, and what leads to it. */
void dial_free(conn_t *conn) {
  dial_t *dial = conn->dial;
  if (dial == NULL) return;
  for (size_t i = 0; i < dial->count; i++)
    if (dial->attempts[i].quic != conn->quic) quic_conn_free(dial->attempts[i].quic);
  conn->dial = NULL;
  host_end_keeping(conn);
  free(dial);
}

void dial_stop(conn_t *conn, const goodbye_t *goodbye, uint64_t now) {
  dial_t *dial = conn->dial;
  size_t written = 0;
  /* Everyone who may have begun to answer is told. */
  for (size_t i = 0; i < dial->count; i++) {
    quic_conn_t *quic = dial->attempts[i].quic;
    if (goodbye->denied)
      quic_conn_deny(quic, goodbye->reason, now);
    else
      quic_conn_close(quic, goodbye->code, goodbye->reason, goodbye->reason_len, now);
    write_attempt(conn, &dial->attempts[i], now, &written);
  }
  settle(conn, &dial->attempts[0], now);
}
