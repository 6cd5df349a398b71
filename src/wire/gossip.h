/* SPDX-License-Identifier: MIT
 *
 * iroh-gossip's messages (ALPN /iroh-gossip/1), in postcard. A sender opens a unidirectional stream for each topic; its
 * first frame is the topic's 32 bytes, each later one a message. A frame is a u32 length, big-endian, and that many
 * bytes. Pure: no allocation, no state.
 *
 *   Join          00 00 | data?                      Gossip  01 00 | id[32] | content | scope
 *   ForwardJoin   00 01 | peer | ttl u16             Prune   01 01
 *   Shuffle       00 02 | origin[32] | peers | ttl   Graft   01 02 | id? | round u16
 *   ShuffleReply  00 03 | peers                      IHave   01 03 | (id[32], round)*
 *   Neighbor      00 04 | priority | data?           scope   00 round u16 | 01
 *   Disconnect    00 05 | alive | 00                 peer    id[32] | data?
 */
#ifndef IROH_WIRE_GOSSIP_H
#define IROH_WIRE_GOSSIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GOSSIP_ID_BYTES 32          /* of a topic, a message (BLAKE3 of its content) and a peer (its NodeId) */
#define GOSSIP_LENGTH_BYTES 4       /* before each frame */
#define GOSSIP_HEADER_BYTES 36      /* the first frame of a stream, whole */
#define GOSSIP_MESSAGE_DEFAULT 4096 /* a receiver takes this much, a sender one byte less */
#define GOSSIP_MESSAGE_LEAST 512

typedef enum {
  GOSSIP_JOIN = 1,
  GOSSIP_FORWARD_JOIN,
  GOSSIP_SHUFFLE,
  GOSSIP_SHUFFLE_REPLY,
  GOSSIP_NEIGHBOR,
  GOSSIP_DISCONNECT,
  GOSSIP_GOSSIP,
  GOSSIP_PRUNE,
  GOSSIP_GRAFT,
  GOSSIP_IHAVE
} gossip_kind_t;

/* What a peer says of where it is: opaque here. `bytes` NULL: nothing was said, which is not the same as no bytes. */
typedef struct {
  const uint8_t *bytes;
  size_t len;
} gossip_data_t;

typedef struct {
  const uint8_t *id;
  gossip_data_t data;
} gossip_peer_t;

typedef struct {
  const uint8_t *id;
  uint16_t round;
} gossip_have_t;

/* Entries of a message that was decoded, each of them valid: walked with the functions below. */
typedef struct {
  const uint8_t *at, *end;
  size_t count; /* how many are left */
} gossip_list_t;

/* One message. All pointers are borrowed: from the bytes that were decoded, or from who encodes. */
typedef struct {
  gossip_kind_t kind;
  bool high;              /* NEIGHBOR: the priority */
  bool alive;             /* DISCONNECT: the sender stays in the topic */
  bool neighbors;         /* GOSSIP: only for direct neighbours; there is no round then */
  uint16_t ttl;           /* FORWARD_JOIN, SHUFFLE */
  uint16_t round;         /* GOSSIP: hops so far; GRAFT */
  const uint8_t *id;      /* GOSSIP; GRAFT, NULL: none; SHUFFLE: its origin */
  gossip_data_t data;     /* JOIN, NEIGHBOR: the sender's */
  gossip_peer_t peer;     /* FORWARD_JOIN: who joins */
  const uint8_t *content; /* GOSSIP */
  size_t content_len;
  gossip_list_t list;         /* SHUFFLE, SHUFFLE_REPLY: peers; IHAVE: haves. Set by decoding */
  const gossip_peer_t *peers; /* the same, for encoding */
  const gossip_have_t *haves;
  size_t count;
} gossip_message_t;

/* Reads a frame's bytes, without its length. Over-long varints are taken, and bytes behind the message ignored, as
 * postcard does; all else that is not a message is IROH_ERR_GOSSIP with *out undefined. Peer ids are not checked to be
 * points of the curve: what is passed on must be (iroh_node_id_is_valid). */
int gossip_decode(const uint8_t *bytes, size_t len, gossip_message_t *out);
/* The next entry of a decoded list, false at its end. */
bool gossip_next_peer(gossip_list_t *list, gossip_peer_t *out);
bool gossip_next_have(gossip_list_t *list, gossip_have_t *out);

/* How long the message is, without its length. */
size_t gossip_size(const gossip_message_t *message);
/* Writes it behind its length: GOSSIP_LENGTH_BYTES + gossip_size() bytes. */
void gossip_encode(const gossip_message_t *message, uint8_t *out);
/* Writes the first frame of a stream. */
void gossip_encode_header(const uint8_t topic[GOSSIP_ID_BYTES], uint8_t out[GOSSIP_HEADER_BYTES]);
/* The most content a broadcast may have where messages have at most `max_message` bytes: 4057 of 4096, one byte more if
 * for neighbours only. */
size_t gossip_max_content(size_t max_message, bool neighbors);

#endif
