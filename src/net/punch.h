/* SPDX-License-Identifier: MIT
 * Finding a direct way to one peer (docs/design/disco.md): each side tells the other, through a relay, where it may be
 * reached, and both ping all of the other's addresses at the same time, so that NATs on the way let them through. Sans-IO:
 * datagrams and the time go in, datagrams and the addresses that answered come out. */
#ifndef IROH_NET_PUNCH_H
#define IROH_NET_PUNCH_H

#include "net/port-search.h"
#include "wire/disco.h"

#define PUNCH_NEVER UINT64_MAX
/* Pings to one address in a round: after 0, 50, 150, 350, ... ms, 6.4 s in all. */
#define PUNCH_PINGS 8
/* Transactions remembered, so that a message counts once. */
#define PUNCH_SEEN 64

/* One address of the peer, tried from one of our sockets. */
typedef struct {
  address_t address;
  unsigned via;                                 /* 0: the main socket; else one of the port search's */
  uint8_t transaction[DISCO_TRANSACTION_BYTES]; /* of its pings; the last byte counts them */
  uint64_t sent_at[PUNCH_PINGS], next_at;       /* ns; next_at PUNCH_NEVER: no more pings */
  unsigned sent, pings;                         /* of this round, and at most */
  bool told;                                    /* the caller's mark: the program knows of it */
} punch_probe_t;

typedef struct {
  uint8_t own_id[32], peer_id[32], shared[BOX_KEY_BYTES];
  punch_probe_t probes[DISCO_CANDIDATES_MAX];
  size_t probe_count;
  bool call_due;
  uint64_t called_at; /* ns; 0: never */
  uint64_t timestamp; /* of our last message, ms */
  uint64_t newest;    /* of the peer's */
  uint8_t seen[PUNCH_SEEN][DISCO_TRANSACTION_BYTES];
  size_t seen_next;
  bool pong_due;
  address_t pong_to;
  unsigned pong_via;
  uint8_t pong_transaction[DISCO_TRANSACTION_BYTES];
  uint64_t pongs_until, pongs;       /* a bound on pongs a second */
  uint64_t replaced_until, replaced; /* on addresses that took another's place, a minute */
  uint64_t again_until, again;       /* and on those pinged anew because the peer named them again, a minute */
  port_search_t search;
  address_t search_for; /* the peer's address that a search would be about; empty: none */
  bool search_varies;   /* its port there is unknown */
  uint64_t search_at;   /* ns; PUNCH_NEVER: no search is wanted */
} punch_t;

/* What is to be sent: to `to`, or, if that is empty, through the relay. */
typedef enum { PUNCH_PING, PUNCH_ANSWER, PUNCH_CALL, PUNCH_SEARCH } punch_purpose_t;
typedef struct {
  punch_purpose_t purpose;
  address_t to;
  unsigned via;
  size_t len;
  uint8_t data[DISCO_DATAGRAM_MAX];
} punch_datagram_t;

/* What a received datagram brought. */
typedef struct {
  bool called;   /* the peer wants to be pinged: it has no direct path, or lost it */
  bool answered; /* `address` has answered a ping of ours from socket `via`, after `rtt` ns */
  address_t address;
  unsigned via;
  address_t observed; /* where the peer sees us, if it said so */
  uint64_t rtt;
} punch_news_t;

/* Keys are worked out once. IROH_ERR_INVALID_NODE_ID or IROH_ERR_INTERNAL. */
int punch_init(punch_t *punch, const uint8_t seed[32], const uint8_t own_id[32], const uint8_t peer_id[32]);
/* Wipes. */
void punch_deinit(punch_t *punch);
/* A round begins: the peer is to be called, and what is known of its addresses pinged again. */
void punch_start(punch_t *punch, uint64_t now);
/* No more pings. */
void punch_stop(punch_t *punch);
/* Another address of the peer. */
void punch_add(punch_t *punch, const address_t *address, uint64_t now);
/* Another one, not to be pinged before the next round or survey. */
void punch_know(punch_t *punch, const address_t *address, uint64_t now);
/* A few pings to all that are known, and no call: how far is each? */
void punch_survey(punch_t *punch, uint64_t now);
/* Takes a datagram that came to socket `via`; `from` is empty if a relay brought it. False: not from the peer, or not
 * for the first time. */
bool punch_received(punch_t *punch, const uint8_t *data, size_t len, const address_t *from, unsigned via, uint64_t now,
                    punch_news_t *news);
/* Whether pings alone have not helped, and a port search (port-search.h) may. */
bool punch_wants_search(const punch_t *punch, uint64_t now);
/* Whether what is known of both NATs gives it a chance. */
bool punch_search_helps(const punch_t *punch, const disco_candidate_t *own, size_t own_count);
/* Begins it. */
void punch_search(punch_t *punch, const disco_candidate_t *own, size_t own_count, uint64_t now);
/* Not now, but at `at`; PUNCH_NEVER: not at all. */
void punch_postpone_search(punch_t *punch, uint64_t at);
/* The next datagram that is due, until false. `own`: where we may be reached. `wall_ms`: the time of day, which makes
 * timestamps rise across restarts. */
bool punch_next(punch_t *punch, const disco_candidate_t *own, size_t own_count, uint64_t now, uint64_t wall_ms,
                punch_datagram_t *out);
/* When punch_next has something again. */
uint64_t punch_deadline(const punch_t *punch);

#endif
