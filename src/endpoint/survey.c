/* SPDX-License-Identifier: MIT
 * Which of several direct paths a dialled connection takes. The first that answered is used at once; a second later all
 * are pinged at the same time, and the connection moves to one that is clearly quicker, or as quick and private. */
#include "endpoint/survey.h"

#include "endpoint/path-names.h"
#include "endpoint/peer.h"
#include "endpoint/route.h"
#include "endpoint/turn.h"

#define NS_PER_MS UINT64_C(1000000)
#define SETTLE (1000 * NS_PER_MS)
#define DURATION (500 * NS_PER_MS)
/* Quicker by this much of the round trip, and by this long: else two equal paths would take turns. */
#define QUICKER_PART 5
#define QUICKER (2 * NS_PER_MS)

static bool is_private(const address_t *address) {
  if (address->sa.sa_family == AF_INET6) {
    const uint8_t *bytes = address->in6.sin6_addr.s6_addr;
    return (bytes[0] & 0xfe) == 0xfc || IN6_IS_ADDR_LINKLOCAL(&address->in6.sin6_addr);
  }
  uint32_t host = ntohl(address->in.sin_addr.s_addr);
  return host >> 24 == 10 || host >> 20 == 0xac1 || host >> 16 == 0xc0a8 || host >> 16 == 0xa9fe;
}

void survey_plan(conn_t *conn, uint64_t now) {
  conn->survey.running = false;
  conn->survey.due_at = conn->peer != NULL ? now + SETTLE : QUIC_NEVER;
}

void survey_cancel(conn_t *conn) { conn->survey.due_at = QUIC_NEVER; }

void survey_answered(conn_t *conn, socket_t *socket, const address_t *address, uint64_t rtt) {
  survey_t *survey = &conn->survey;
  if (!survey->running) return;
  address_t used = route_now(conn).remote;
  if (address_equal(address, &used)) {
    if (survey->used_rtt == 0 || rtt < survey->used_rtt) survey->used_rtt = rtt;
  } else if (survey->best_rtt == 0 || rtt < survey->best_rtt) {
    survey->best_rtt = rtt;
    survey->best = (quic_path_t){.remote = *address, .socket = socket};
  }
}

static bool is_better(const survey_t *survey, const address_t *used) {
  if (survey->best_rtt == 0 || survey->used_rtt == 0) return false;
  uint64_t part = survey->used_rtt / QUICKER_PART;
  if (survey->best_rtt + (part > QUICKER ? part : QUICKER) < survey->used_rtt) return true;
  return is_private(&survey->best.remote) && !is_private(used) && survey->best_rtt <= survey->used_rtt + QUICKER;
}

static void begin(conn_t *conn, uint64_t now) {
  size_t direct = 0;
  for (size_t i = 0; i < conn->candidate_count; i++) {
    if (conn->candidates[i].relay != NULL) continue;
    peer_add(conn->peer, &conn->candidates[i].path.remote, now);
    direct++;
  }
  if (direct < 2 && peer_known(conn->peer) < 2) {
    survey_cancel(conn);
    return;
  }
  conn->survey = (survey_t){.running = true, .due_at = now + DURATION};
  peer_survey(conn->ep, conn->peer, now);
}

static void end(conn_t *conn, uint64_t now) {
  survey_t *survey = &conn->survey;
  survey->running = false;
  survey->done = true;
  survey_cancel(conn);
  address_t used = route_now(conn).remote;
  if (!is_better(survey, &used)) return;
  quic_path_t path = path_names_dialled(conn, &survey->best);
  quic_conn_probe(conn->quic, &path, now);
  turn_mark(conn);
}

void survey_tick(conn_t *conn, uint64_t now) {
  if (conn->survey.due_at > now) return;
  if (conn->survey.running)
    end(conn, now);
  else
    begin(conn, now);
}
