/* SPDX-License-Identifier: MIT */
#include "net/punch.h"

#include <string.h>

#include "base/secret.h"
#include "iroh.h"
#include "net/relay-address.h"

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S (1000 * NS_PER_MS)
#define PING_FIRST (50 * NS_PER_MS)
/* A call of the peer's is answered with ours, but not more often than this. */
#define CALL_AGAIN (500 * NS_PER_MS)
/* A message older than this against the newest is refused. */
#define AGE_MAX_MS 10000
#define PONGS_PER_S 64
#define REPLACED_PER_MINUTE 64
/* An address that the peer names again is not pinged anew before this. */
#define PING_AGAIN (500 * NS_PER_MS)
/* And so many times: 16 calls that name all there is room for. */
#define PINGED_AGAIN_PER_MINUTE 512
/* Guessed ports are many and short-lived. */
#define PINGS_PREDICTED 4
#define PINGS_SURVEY 2
/* Pings come first; a search only where they got no answer for this long. */
#define SEARCH_AFTER (300 * NS_PER_MS)
#define SEARCH_AGAIN (3 * NS_PER_S)
/* Where in a ping's transaction its number stands. */
#define COUNTER (DISCO_TRANSACTION_BYTES - 1)

int punch_init(punch_t *punch, const uint8_t seed[32], const uint8_t own_id[32], const uint8_t peer_id[32]) {
  memset(punch, 0, sizeof *punch);
  memcpy(punch->own_id, own_id, sizeof punch->own_id);
  memcpy(punch->peer_id, peer_id, sizeof punch->peer_id);
  port_search_init(&punch->search);
  punch->search_at = PUNCH_NEVER;
  return box_shared_key(seed, peer_id, punch->shared);
}

void punch_deinit(punch_t *punch) { iroh_wipe(punch, sizeof *punch); }

static void ping_again(punch_probe_t *probe, uint64_t now) {
  probe->sent = 0;
  probe->next_at = now;
}

void punch_start(punch_t *punch, uint64_t now) {
  punch->call_due = true;
  for (size_t i = 0; i < punch->probe_count; i++) {
    punch->probes[i].pings = PUNCH_PINGS;
    ping_again(&punch->probes[i], now);
  }
}

void punch_stop(punch_t *punch) {
  punch->call_due = false;
  punch->search_at = PUNCH_NEVER;
  port_search_stop(&punch->search);
  for (size_t i = 0; i < punch->probe_count; i++) punch->probes[i].next_at = PUNCH_NEVER;
}

static punch_probe_t *find_probe(punch_t *punch, const address_t *address, unsigned via) {
  for (size_t i = 0; i < punch->probe_count; i++)
    if (punch->probes[i].via == via && address_equal(&punch->probes[i].address, address)) return &punch->probes[i];
  return NULL;
}

/* The place of one that is pinged no more, of these the one that was pinged first; NULL: all are being pinged. */
static punch_probe_t *oldest_at_rest(punch_t *punch) {
  punch_probe_t *oldest = NULL;
  for (size_t i = 0; i < punch->probe_count; i++) {
    punch_probe_t *probe = &punch->probes[i];
    if (probe->next_at == PUNCH_NEVER && (oldest == NULL || probe->sent_at[0] < oldest->sent_at[0])) oldest = probe;
  }
  return oldest;
}

/* Else a peer could have any number of addresses pinged by naming others each time. */
static bool may_replace(punch_t *punch, uint64_t now) {
  if (now >= punch->replaced_until) {
    punch->replaced_until = now + 60 * NS_PER_S;
    punch->replaced = 0;
  }
  return ++punch->replaced <= REPLACED_PER_MINUTE;
}

static bool may_ping_again(punch_t *punch, uint64_t now) {
  if (now >= punch->again_until) {
    punch->again_until = now + 60 * NS_PER_S;
    punch->again = 0;
  }
  return ++punch->again <= PINGED_AGAIN_PER_MINUTE;
}

static punch_probe_t *add(punch_t *punch, const address_t *address, unsigned via, uint64_t now) {
  if (address_is_made_up(address)) return NULL;
  punch_probe_t *probe = find_probe(punch, address, via);
  if (probe != NULL) return probe;
  if (punch->probe_count < DISCO_CANDIDATES_MAX)
    probe = &punch->probes[punch->probe_count++];
  else if (may_replace(punch, now))
    probe = oldest_at_rest(punch);
  if (probe != NULL)
    *probe = (punch_probe_t){.address = *address, .via = via, .pings = PUNCH_PINGS, .next_at = PUNCH_NEVER};
  return probe;
}

static void add_candidate(punch_t *punch, const disco_candidate_t *candidate, uint64_t now) {
  punch_probe_t *probe = add(punch, &candidate->address, 0, now);
  /* One that is being pinged goes on; one that was, only after a while. */
  if (probe == NULL || probe->next_at != PUNCH_NEVER) return;
  probe->pings = candidate->kind == DISCO_PREDICTED ? PINGS_PREDICTED : PUNCH_PINGS;
  bool again = probe->sent > 0;
  if (!again || (now - probe->sent_at[0] >= PING_AGAIN && may_ping_again(punch, now))) ping_again(probe, now);
}

void punch_add(punch_t *punch, const address_t *address, uint64_t now) {
  add_candidate(punch, &(disco_candidate_t){.address = *address}, now);
}

void punch_know(punch_t *punch, const address_t *address, uint64_t now) { add(punch, address, 0, now); }

void punch_survey(punch_t *punch, uint64_t now) {
  for (size_t i = 0; i < punch->probe_count; i++) {
    punch->probes[i].pings = PINGS_SURVEY;
    ping_again(&punch->probes[i], now);
  }
}

/* ---- searching for a port ------------------------------------------------------------------------ */

static bool has_kind(const disco_candidate_t *candidates, size_t count, disco_kind_t kind) {
  for (size_t i = 0; i < count; i++)
    if (candidates[i].kind == kind) return true;
  return false;
}

static void plan_search(punch_t *punch, const disco_message_t *call, uint64_t now) {
  punch->search_for.len = 0;
  punch->search_varies = has_kind(call->candidates, call->candidate_count, DISCO_VARYING);
  disco_kind_t wanted = punch->search_varies ? DISCO_VARYING : DISCO_OBSERVED;
  for (size_t i = 0; i < call->candidate_count && punch->search_for.len == 0; i++) {
    const disco_candidate_t *candidate = &call->candidates[i];
    if (candidate->kind == wanted && !address_is_made_up(&candidate->address)) punch->search_for = candidate->address;
  }
  if (punch->search_for.len == 0)
    punch->search_at = PUNCH_NEVER;
  else if (punch->search_at == PUNCH_NEVER && port_search_may_begin(&punch->search))
    punch->search_at = now + (punch->search.searches == 0 ? SEARCH_AFTER : SEARCH_AGAIN);
}

bool punch_wants_search(const punch_t *punch, uint64_t now) { return punch->search_at <= now; }

void punch_postpone_search(punch_t *punch, uint64_t at) { punch->search_at = at; }

bool punch_search_helps(const punch_t *punch, const disco_candidate_t *own, size_t own_count) {
  bool own_varies = has_kind(own, own_count, DISCO_VARYING);
  /* Where the ports of both are random there is no hope, and where those of neither are, no need. Whom no STUN server has
   * seen has no UDP. */
  return own_varies != punch->search_varies && (own_varies || has_kind(own, own_count, DISCO_OBSERVED));
}

void punch_search(punch_t *punch, const disco_candidate_t *own, size_t own_count, uint64_t now) {
  punch->search_at = PUNCH_NEVER;
  unsigned random;
  secret_random(&random, sizeof random);
  port_search_role_t role = has_kind(own, own_count, DISCO_VARYING) ? PORT_SEARCH_SPREAD : PORT_SEARCH_GUESS;
  port_search_begin(&punch->search, role, &punch->search_for, random, now);
}

/* ---- in ------------------------------------------------------------------------------------------ */

/* Messages may overtake each other on different ways, so each is known by its transaction; what is far older than the
 * newest is not looked for. */
static bool is_new(punch_t *punch, const disco_message_t *message) {
  if (message->type == DISCO_PONG) return true;
  if (message->timestamp + AGE_MAX_MS < punch->newest) return false;
  for (size_t i = 0; i < PUNCH_SEEN; i++)
    if (memcmp(punch->seen[i], message->transaction, DISCO_TRANSACTION_BYTES) == 0) return false;
  memcpy(punch->seen[punch->seen_next], message->transaction, DISCO_TRANSACTION_BYTES);
  punch->seen_next = (punch->seen_next + 1) % PUNCH_SEEN;
  if (message->timestamp > punch->newest) punch->newest = message->timestamp;
  return true;
}

static bool may_pong(punch_t *punch, uint64_t now) {
  if (now >= punch->pongs_until) {
    punch->pongs_until = now + NS_PER_S;
    punch->pongs = 0;
  }
  return ++punch->pongs <= PONGS_PER_S;
}

static void on_ping(punch_t *punch, const disco_message_t *message, const address_t *from, unsigned via, uint64_t now) {
  if (from->len == 0 || !may_pong(punch, now)) return;
  punch->pong_due = true;
  punch->pong_to = *from;
  punch->pong_via = via;
  memcpy(punch->pong_transaction, message->transaction, DISCO_TRANSACTION_BYTES);
  /* Where it came from is an address of the peer too, perhaps one it does not know of. Known ones are not pinged for
   * it: the two would keep each other busy. */
  punch_probe_t *probe = add(punch, from, via, now);
  if (probe != NULL && probe->sent == 0 && probe->next_at == PUNCH_NEVER) ping_again(probe, now);
}

static void on_pong(punch_t *punch, const disco_message_t *message, uint64_t now, punch_news_t *news) {
  for (size_t i = 0; i < punch->probe_count; i++) {
    punch_probe_t *probe = &punch->probes[i];
    uint8_t ping = message->transaction[COUNTER];
    if (ping >= probe->sent || memcmp(probe->transaction, message->transaction, COUNTER) != 0) continue;
    probe->next_at = PUNCH_NEVER;
    *news = (punch_news_t){.answered = true,
                           .address = probe->address,
                           .via = probe->via,
                           .observed = message->observed,
                           .rtt = now - probe->sent_at[ping]};
    return;
  }
}

bool punch_received(punch_t *punch, const uint8_t *data, size_t len, const address_t *from, unsigned via, uint64_t now,
                    punch_news_t *news) {
  disco_message_t message;
  const uint8_t *sender;
  memset(news, 0, sizeof *news);
  if (disco_sender(data, len, &sender) != DISCO_OK || memcmp(sender, punch->peer_id, sizeof punch->peer_id) != 0)
    return false;
  if (disco_open(data, len, punch->shared, &message) != DISCO_OK || !is_new(punch, &message)) return false;
  switch (message.type) {
  case DISCO_PING:
    on_ping(punch, &message, from, via, now);
    break;
  case DISCO_PONG:
    on_pong(punch, &message, now, news);
    break;
  case DISCO_CALL_ME_MAYBE:
    news->called = true;
    for (size_t i = 0; i < message.candidate_count; i++) add_candidate(punch, &message.candidates[i], now);
    plan_search(punch, &message, now);
    if (punch->called_at == 0 || now - punch->called_at >= CALL_AGAIN) punch->call_due = true;
    break;
  }
  return true;
}

/* ---- out ----------------------------------------------------------------------------------------- */

static void seal(punch_t *punch, disco_message_t *message, uint64_t wall_ms, punch_datagram_t *out) {
  uint8_t nonce[BOX_NONCE_BYTES];
  secret_random(nonce, sizeof nonce);
  punch->timestamp = wall_ms > punch->timestamp ? wall_ms : punch->timestamp + 1;
  message->timestamp = punch->timestamp;
  out->len = disco_seal(message, punch->own_id, punch->shared, nonce, out->data);
}

static void write_ping(punch_t *punch, punch_probe_t *probe, uint64_t now, uint64_t wall_ms, punch_datagram_t *out) {
  disco_message_t message = {.type = DISCO_PING};
  /* Pongs to earlier pings prove as much: only the last byte of the transaction tells the pings of a round apart. */
  if (probe->sent == 0) secret_random(probe->transaction, COUNTER);
  memcpy(message.transaction, probe->transaction, COUNTER);
  message.transaction[COUNTER] = (uint8_t)probe->sent;
  probe->sent_at[probe->sent++] = now;
  probe->next_at = probe->sent < probe->pings ? now + (PING_FIRST << (probe->sent - 1)) : PUNCH_NEVER;
  out->purpose = PUNCH_PING;
  out->to = probe->address;
  out->via = probe->via;
  seal(punch, &message, wall_ms, out);
}

/* Its pong is not waited for: whoever gets it pings back. */
static bool write_search_ping(punch_t *punch, uint64_t now, uint64_t wall_ms, punch_datagram_t *out) {
  disco_message_t message = {.type = DISCO_PING};
  if (!port_search_next(&punch->search, now, &out->to, &out->via)) return false;
  secret_random(message.transaction, sizeof message.transaction);
  out->purpose = PUNCH_SEARCH;
  seal(punch, &message, wall_ms, out);
  return true;
}

bool punch_next(punch_t *punch, const disco_candidate_t *own, size_t own_count, uint64_t now, uint64_t wall_ms,
                punch_datagram_t *out) {
  if (punch->pong_due) {
    disco_message_t message = {.type = DISCO_PONG, .observed = punch->pong_to};
    memcpy(message.transaction, punch->pong_transaction, sizeof message.transaction);
    punch->pong_due = false;
    out->purpose = PUNCH_ANSWER;
    out->to = punch->pong_to;
    out->via = punch->pong_via;
    seal(punch, &message, wall_ms, out);
    return true;
  }
  if (punch->call_due) {
    disco_message_t message = {.type = DISCO_CALL_ME_MAYBE, .candidate_count = own_count};
    secret_random(message.transaction, sizeof message.transaction);
    if (own_count > 0) memcpy(message.candidates, own, own_count * sizeof *own);
    punch->call_due = false;
    punch->called_at = now;
    out->purpose = PUNCH_CALL;
    out->to = (address_t){.len = 0};
    out->via = 0;
    seal(punch, &message, wall_ms, out);
    return true;
  }
  for (size_t i = 0; i < punch->probe_count; i++) {
    if (punch->probes[i].next_at > now) continue;
    write_ping(punch, &punch->probes[i], now, wall_ms, out);
    return true;
  }
  return write_search_ping(punch, now, wall_ms, out);
}

uint64_t punch_deadline(const punch_t *punch) {
  if (punch->pong_due || punch->call_due) return 0;
  uint64_t next = punch->search_at < punch->search.next_at ? punch->search_at : punch->search.next_at;
  for (size_t i = 0; i < punch->probe_count; i++)
    if (punch->probes[i].next_at < next) next = punch->probes[i].next_at;
  return next;
}
