/* SPDX-License-Identifier: MIT
 * The budget for addresses that nobody has proved to be at (net/target-budget.h), as all endpoints of the process share
 * it: on the threads of several event loops, so behind a lock. It is the only state that is the process's: a victim does
 * not care which endpoint, thread or identity sends. */
#include "endpoint/targets.h"

#include <pthread.h>

#include "endpoint/route.h"

/* Packets of a dial on hearsay to what has answered, until it has proved to be the NodeId. */
#define HANDSHAKE_DATAGRAMS 16

static target_budget_t shared;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void init(void) { target_budget_init(&shared); }

static void enter(void) {
  pthread_once(&once, init);
  pthread_mutex_lock(&lock);
}

bool targets_take(iroh_endpoint_t *ep, const address_t *address, const uint8_t node_id[IROH_KEY_BYTES],
                  target_word_t word, unsigned count, uint64_t now) {
  enter();
  bool taken = target_budget_take(&shared, &ep->targets, address, node_id, word, count, now);
  pthread_mutex_unlock(&lock);
  if (!taken) ep->metrics.unproved_held_back += count;
  return taken;
}

bool targets_search(const address_t *address, uint64_t now) {
  enter();
  bool allowed = target_budget_search(&shared, address, now);
  pthread_mutex_unlock(&lock);
  return allowed;
}

void targets_proved(iroh_endpoint_t *ep, const address_t *address, const uint8_t node_id[IROH_KEY_BYTES],
                    uint64_t now) {
  if (address->len == 0 || address_is_made_up(address)) return;
  enter();
  target_budget_proved(&shared, &ep->targets, address, node_id, now);
  pthread_mutex_unlock(&lock);
}

static bool is_free(const address_t *address, const uint8_t node_id[IROH_KEY_BYTES], uint64_t now) {
  enter();
  bool free = target_budget_is_free(&shared, address, node_id, now);
  pthread_mutex_unlock(&lock);
  return free;
}

static bool has_answered(conn_t *conn, const address_t *remote) {
  const candidate_t *candidate = route_candidate(conn, remote);
  return candidate != NULL && candidate->answered_after != 0;
}

bool targets_allow(conn_t *conn, const address_t *remote, unsigned count) {
  /* Whom we accepted is not sent more than three times what came from there (RFC 9000 section 8.1). */
  if (quic_conn_is_server(conn->quic) || address_equal(remote, &conn->proved)) return true;
  const uint8_t *node_id = quic_conn_peer(conn->quic);
  uint64_t now = uv_hrtime();
  if (!conn->on_hearsay) return targets_take(conn->ep, remote, node_id, TARGET_NAMED, count, now);
  if (is_free(remote, node_id, now)) return true;
  /* What answers a dial is no bystander: the handshake goes on, within what that may take. */
  bool answered = has_answered(conn, remote);
  if (answered && !conn->hearsay_heard) {
    conn->hearsay_heard = true;
    conn->hearsay_left += HANDSHAKE_DATAGRAMS;
  }
  if (conn->hearsay_left < count) {
    conn->ep->metrics.unproved_held_back += count;
    return false;
  }
  conn->hearsay_left -= count;
  return targets_take(conn->ep, remote, node_id, answered ? TARGET_NAMED : TARGET_HEARSAY, count, now);
}

void targets_path_proved(conn_t *conn, uint64_t now) {
  quic_path_t path = route_now(conn);
  const address_t *remote = &path.remote;
  if (address_is_made_up(remote)) return;
  conn->proved = *remote;
  targets_proved(conn->ep, remote, quic_conn_peer(conn->quic), now);
}
