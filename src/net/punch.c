/* SPDX-License-Identifier: MIT */
#include "net/punch.h"

#include <string.h>

#include "base/secret.h"
#include "iroh.h"

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S (1000 * NS_PER_MS)
#define PING_FIRST (50 * NS_PER_MS)
/* A call of the peer's is answered with ours, but not more often than this. */
#define CALL_AGAIN (500 * NS_PER_MS)
/* A message older than this against the newest is refused. */
#define AGE_MAX_MS 10000
#define PONGS_PER_S 64
/* An address that the peer names again is not pinged anew before this. */
#define PING_AGAIN (500 * NS_PER_MS)
/* Where in a ping's transaction its number stands. */
#define COUNTER (DISCO_TRANSACTION_BYTES - 1)

int punch_init(punch_t *punch, const uint8_t seed[32], const uint8_t own_id[32], const uint8_t peer_id[32]) {
  memset(punch, 0, sizeof *punch);
  memcpy(punch->own_id, own_id, sizeof punch->own_id);
  memcpy(punch->peer_id, peer_id, sizeof punch->peer_id);
  return box_shared_key(seed, peer_id, punch->shared);
}

void punch_deinit(punch_t *punch) { iroh_wipe(punch, sizeof *punch); }

static void ping_again(punch_probe_t *probe, uint64_t now) {
  probe->sent = 0;
  probe->next_at = now;
}

void punch_start(punch_t *punch, uint64_t now) {
  punch->call_due = true;
  for (size_t i = 0; i < punch->probe_count; i++) ping_again(&punch->probes[i], now);
}

void punch_stop(punch_t *punch) {
  punch->call_due = false;
  for (size_t i = 0; i < punch->probe_count; i++) punch->probes[i].next_at = PUNCH_NEVER;
}

static punch_probe_t *find_probe(punch_t *punch, const address_t *address) {
  for (size_t i = 0; i < punch->probe_count; i++)
    if (address_equal(&punch->probes[i].address, address)) return &punch->probes[i];
  return NULL;
}

static punch_probe_t *add(punch_t *punch, const address_t *address) {
  punch_probe_t *probe = find_probe(punch, address);
  if (probe != NULL || punch->probe_count == DISCO_CANDIDATES_MAX) return probe;
  probe = &punch->probes[punch->probe_count++];
  *probe = (punch_probe_t){.address = *address, .next_at = PUNCH_NEVER};
  return probe;
}

void punch_add(punch_t *punch, const address_t *address, uint64_t now) {
  punch_probe_t *probe = add(punch, address);
  /* One that is being pinged goes on; one that was, only after a while. */
  if (probe == NULL || probe->next_at != PUNCH_NEVER) return;
  if (probe->sent == 0 || now - probe->sent_at[0] >= PING_AGAIN) ping_again(probe, now);
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

static void on_ping(punch_t *punch, const disco_message_t *message, const address_t *from, uint64_t now) {
  if (from->len == 0 || !may_pong(punch, now)) return;
  punch->pong_due = true;
  punch->pong_to = *from;
  memcpy(punch->pong_transaction, message->transaction, DISCO_TRANSACTION_BYTES);
  /* Where it came from is an address of the peer too, perhaps one it does not know of. Known ones are not pinged for
   * it: the two would keep each other busy. */
  punch_probe_t *probe = add(punch, from);
  if (probe != NULL && probe->sent == 0 && probe->next_at == PUNCH_NEVER) ping_again(probe, now);
}

static void on_pong(punch_t *punch, const disco_message_t *message, uint64_t now, punch_news_t *news) {
  for (size_t i = 0; i < punch->probe_count; i++) {
    punch_probe_t *probe = &punch->probes[i];
    uint8_t ping = message->transaction[COUNTER];
    if (ping >= probe->sent || memcmp(probe->transaction, message->transaction, COUNTER) != 0) continue;
    probe->next_at = PUNCH_NEVER;
    *news = (punch_news_t){
        .answered = true, .address = probe->address, .observed = message->observed, .rtt = now - probe->sent_at[ping]};
    return;
  }
}

bool punch_received(punch_t *punch, const uint8_t *data, size_t len, const address_t *from, uint64_t now,
                    punch_news_t *news) {
  disco_message_t message;
  const uint8_t *sender;
  memset(news, 0, sizeof *news);
  if (disco_sender(data, len, &sender) != DISCO_OK || memcmp(sender, punch->peer_id, sizeof punch->peer_id) != 0)
    return false;
  if (disco_open(data, len, punch->shared, &message) != DISCO_OK || !is_new(punch, &message)) return false;
  switch (message.type) {
  case DISCO_PING:
    on_ping(punch, &message, from, now);
    break;
  case DISCO_PONG:
    on_pong(punch, &message, now, news);
    break;
  case DISCO_CALL_ME_MAYBE:
    news->called = true;
    for (size_t i = 0; i < message.candidate_count; i++) punch_add(punch, &message.candidates[i].address, now);
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
  probe->next_at = probe->sent < PUNCH_PINGS ? now + (PING_FIRST << (probe->sent - 1)) : PUNCH_NEVER;
  out->to = probe->address;
  seal(punch, &message, wall_ms, out);
}

bool punch_next(punch_t *punch, const disco_candidate_t *own, size_t own_count, uint64_t now, uint64_t wall_ms,
                punch_datagram_t *out) {
  if (punch->pong_due) {
    disco_message_t message = {.type = DISCO_PONG, .observed = punch->pong_to};
    memcpy(message.transaction, punch->pong_transaction, sizeof message.transaction);
    punch->pong_due = false;
    out->to = punch->pong_to;
    seal(punch, &message, wall_ms, out);
    return true;
  }
  if (punch->call_due) {
    disco_message_t message = {.type = DISCO_CALL_ME_MAYBE, .candidate_count = own_count};
    secret_random(message.transaction, sizeof message.transaction);
    memcpy(message.candidates, own, own_count * sizeof *own);
    punch->call_due = false;
    punch->called_at = now;
    out->to = (address_t){.len = 0};
    seal(punch, &message, wall_ms, out);
    return true;
  }
  for (size_t i = 0; i < punch->probe_count; i++) {
    if (punch->probes[i].next_at > now) continue;
    write_ping(punch, &punch->probes[i], now, wall_ms, out);
    return true;
  }
  return false;
}

uint64_t punch_deadline(const punch_t *punch) {
  if (punch->pong_due || punch->call_due) return 0;
  uint64_t next = PUNCH_NEVER;
  for (size_t i = 0; i < punch->probe_count; i++)
    if (punch->probes[i].next_at < next) next = punch->probes[i].next_at;
  return next;
}
