/* SPDX-License-Identifier: MIT */
#include "wire/gossip.h"

#include "iroh.h"
#include "wire/postcard.h"

/* The first byte of a message, and the one behind it counted from the first kind of its layer. */
enum { LAYER_MEMBERSHIP, LAYER_BROADCAST, MEMBERSHIP_KINDS = 6, BROADCAST_KINDS = 4, TAG_BYTES = 2 };
enum { PRIORITY_HIGH, PRIORITY_LOW };
enum { SCOPE_SWARM, SCOPE_NEIGHBORS };
/* A peer without data, a have of a round below 128. */
enum { ENTRY_LEAST = GOSSIP_ID_BYTES + 1 };

_Static_assert(GOSSIP_DISCONNECT - GOSSIP_JOIN + 1 == MEMBERSHIP_KINDS, "kinds in the order of their tags");
_Static_assert(GOSSIP_IHAVE - GOSSIP_GOSSIP + 1 == BROADCAST_KINDS, "kinds in the order of their tags");

static bool read_kind(postcard_t *reader, gossip_kind_t *out) {
  uint32_t layer, tag;
  if (!postcard_read_u32(reader, &layer) || !postcard_read_u32(reader, &tag)) return false;
  if (layer == LAYER_MEMBERSHIP && tag < MEMBERSHIP_KINDS)
    *out = GOSSIP_JOIN + tag;
  else if (layer == LAYER_BROADCAST && tag < BROADCAST_KINDS)
    *out = GOSSIP_GOSSIP + tag;
  else
    return false;
  return true;
}

static bool read_id(postcard_t *reader, const uint8_t **out) {
  return postcard_read_fixed(reader, GOSSIP_ID_BYTES, out);
}

static bool read_optional_id(postcard_t *reader, const uint8_t **out) {
  bool is_there;
  if (!postcard_read_bool(reader, &is_there)) return false;
  *out = NULL;
  return !is_there || read_id(reader, out);
}

static bool read_data(postcard_t *reader, gossip_data_t *out) {
  bool is_there;
  if (!postcard_read_bool(reader, &is_there)) return false;
  *out = (gossip_data_t){NULL, 0};
  return !is_there || postcard_read_bytes(reader, &out->bytes, &out->len);
}

static bool read_peer(postcard_t *reader, gossip_peer_t *out) {
  return read_id(reader, &out->id) && read_data(reader, &out->data);
}

static bool read_have(postcard_t *reader, gossip_have_t *out) {
  return read_id(reader, &out->id) && postcard_read_u16(reader, &out->round);
}

static bool read_peers(postcard_t *reader, gossip_list_t *out) {
  gossip_peer_t peer;
  if (!postcard_read_count(reader, ENTRY_LEAST, &out->count)) return false;
  out->at = reader->at;
  for (size_t i = 0; i < out->count; i++)
    if (!read_peer(reader, &peer)) return false;
  out->end = reader->at;
  return true;
}

static bool read_haves(postcard_t *reader, gossip_list_t *out) {
  gossip_have_t have;
  if (!postcard_read_count(reader, ENTRY_LEAST, &out->count)) return false;
  out->at = reader->at;
  for (size_t i = 0; i < out->count; i++)
    if (!read_have(reader, &have)) return false;
  out->end = reader->at;
  return true;
}

static bool read_priority(postcard_t *reader, bool *high) {
  uint32_t priority;
  if (!postcard_read_u32(reader, &priority) || priority > PRIORITY_LOW) return false;
  *high = priority == PRIORITY_HIGH;
  return true;
}

static bool read_scope(postcard_t *reader, gossip_message_t *out) {
  uint32_t scope;
  if (!postcard_read_u32(reader, &scope) || scope > SCOPE_NEIGHBORS) return false;
  out->neighbors = scope == SCOPE_NEIGHBORS;
  return out->neighbors || postcard_read_u16(reader, &out->round);
}

static bool read_body(postcard_t *reader, gossip_message_t *out) {
  bool reserved;
  switch (out->kind) {
  case GOSSIP_JOIN:
    return read_data(reader, &out->data);
  case GOSSIP_FORWARD_JOIN:
    return read_peer(reader, &out->peer) && postcard_read_u16(reader, &out->ttl);
  case GOSSIP_SHUFFLE:
    return read_id(reader, &out->id) && read_peers(reader, &out->list) && postcard_read_u16(reader, &out->ttl);
  case GOSSIP_SHUFFLE_REPLY:
    return read_peers(reader, &out->list);
  case GOSSIP_NEIGHBOR:
    return read_priority(reader, &out->high) && read_data(reader, &out->data);
  case GOSSIP_DISCONNECT:
    return postcard_read_bool(reader, &out->alive) && postcard_read_bool(reader, &reserved);
  case GOSSIP_GOSSIP:
    return read_id(reader, &out->id) && postcard_read_bytes(reader, &out->content, &out->content_len) &&
           read_scope(reader, out);
  case GOSSIP_PRUNE:
    return true;
  case GOSSIP_GRAFT:
    return read_optional_id(reader, &out->id) && postcard_read_u16(reader, &out->round);
  case GOSSIP_IHAVE:
    return read_haves(reader, &out->list);
  }
  return false;
}

int gossip_decode(const uint8_t *bytes, size_t len, gossip_message_t *out) {
  if (len == 0) return IROH_ERR_GOSSIP;
  postcard_t reader = {bytes, bytes + len};
  *out = (gossip_message_t){0};
  return read_kind(&reader, &out->kind) && read_body(&reader, out) ? 0 : IROH_ERR_GOSSIP;
}

bool gossip_next_peer(gossip_list_t *list, gossip_peer_t *out) {
  postcard_t reader = {list->at, list->end};
  if (list->count == 0 || !read_peer(&reader, out)) return false;
  list->at = reader.at;
  list->count--;
  return true;
}

bool gossip_next_have(gossip_list_t *list, gossip_have_t *out) {
  postcard_t reader = {list->at, list->end};
  if (list->count == 0 || !read_have(&reader, out)) return false;
  list->at = reader.at;
  list->count--;
  return true;
}

static size_t bytes_size(size_t len) { return postcard_varint_size(len) + len; }

static size_t data_size(const gossip_data_t *data) { return data->bytes ? 1 + bytes_size(data->len) : 1; }

static size_t peer_size(const gossip_peer_t *peer) { return GOSSIP_ID_BYTES + data_size(&peer->data); }

static size_t peers_size(const gossip_message_t *message) {
  size_t size = postcard_varint_size(message->count);
  for (size_t i = 0; i < message->count; i++) size += peer_size(&message->peers[i]);
  return size;
}

static size_t haves_size(const gossip_message_t *message) {
  size_t size = postcard_varint_size(message->count);
  for (size_t i = 0; i < message->count; i++) size += GOSSIP_ID_BYTES + postcard_varint_size(message->haves[i].round);
  return size;
}

static size_t scope_size(const gossip_message_t *message) {
  return message->neighbors ? 1 : 1 + postcard_varint_size(message->round);
}

size_t gossip_size(const gossip_message_t *message) {
  switch (message->kind) {
  case GOSSIP_JOIN:
    return TAG_BYTES + data_size(&message->data);
  case GOSSIP_FORWARD_JOIN:
    return TAG_BYTES + peer_size(&message->peer) + postcard_varint_size(message->ttl);
  case GOSSIP_SHUFFLE:
    return TAG_BYTES + GOSSIP_ID_BYTES + peers_size(message) + postcard_varint_size(message->ttl);
  case GOSSIP_SHUFFLE_REPLY:
    return TAG_BYTES + peers_size(message);
  case GOSSIP_NEIGHBOR:
    return TAG_BYTES + 1 + data_size(&message->data);
  case GOSSIP_DISCONNECT:
    return TAG_BYTES + 2;
  case GOSSIP_GOSSIP:
    return TAG_BYTES + GOSSIP_ID_BYTES + bytes_size(message->content_len) + scope_size(message);
  case GOSSIP_PRUNE:
    return TAG_BYTES;
  case GOSSIP_GRAFT:
    return TAG_BYTES + 1 + (message->id ? GOSSIP_ID_BYTES : 0) + postcard_varint_size(message->round);
  case GOSSIP_IHAVE:
    return TAG_BYTES + haves_size(message);
  }
  return 0;
}

static uint8_t *write_length(uint8_t *at, size_t len) {
  for (int shift = 24; shift >= 0; shift -= 8) *at++ = (uint8_t)(len >> shift);
  return at;
}

static uint8_t *write_id(uint8_t *at, const uint8_t *id) { return postcard_write_fixed(at, id, GOSSIP_ID_BYTES); }

static uint8_t *write_data(uint8_t *at, const gossip_data_t *data) {
  *at++ = data->bytes != NULL;
  return data->bytes ? postcard_write_bytes(at, data->bytes, data->len) : at;
}

static uint8_t *write_peer(uint8_t *at, const gossip_peer_t *peer) {
  return write_data(write_id(at, peer->id), &peer->data);
}

static uint8_t *write_peers(uint8_t *at, const gossip_message_t *message) {
  at = postcard_write_varint(at, message->count);
  for (size_t i = 0; i < message->count; i++) at = write_peer(at, &message->peers[i]);
  return at;
}

static uint8_t *write_haves(uint8_t *at, const gossip_message_t *message) {
  at = postcard_write_varint(at, message->count);
  for (size_t i = 0; i < message->count; i++)
    at = postcard_write_varint(write_id(at, message->haves[i].id), message->haves[i].round);
  return at;
}

static uint8_t *write_gossip(uint8_t *at, const gossip_message_t *message) {
  at = postcard_write_bytes(write_id(at, message->id), message->content, message->content_len);
  *at++ = message->neighbors ? SCOPE_NEIGHBORS : SCOPE_SWARM;
  return message->neighbors ? at : postcard_write_varint(at, message->round);
}

static void write_body(uint8_t *at, const gossip_message_t *message) {
  switch (message->kind) {
  case GOSSIP_JOIN:
    write_data(at, &message->data);
    break;
  case GOSSIP_FORWARD_JOIN:
    postcard_write_varint(write_peer(at, &message->peer), message->ttl);
    break;
  case GOSSIP_SHUFFLE:
    postcard_write_varint(write_peers(write_id(at, message->id), message), message->ttl);
    break;
  case GOSSIP_SHUFFLE_REPLY:
    write_peers(at, message);
    break;
  case GOSSIP_NEIGHBOR:
    *at++ = message->high ? PRIORITY_HIGH : PRIORITY_LOW;
    write_data(at, &message->data);
    break;
  case GOSSIP_DISCONNECT:
    at[0] = message->alive;
    at[1] = 0;
    break;
  case GOSSIP_GOSSIP:
    write_gossip(at, message);
    break;
  case GOSSIP_PRUNE:
    break;
  case GOSSIP_GRAFT:
    *at++ = message->id != NULL;
    if (message->id) at = write_id(at, message->id);
    postcard_write_varint(at, message->round);
    break;
  case GOSSIP_IHAVE:
    write_haves(at, message);
    break;
  }
}

void gossip_encode(const gossip_message_t *message, uint8_t *out) {
  uint8_t *at = write_length(out, gossip_size(message));
  if (message->kind < GOSSIP_GOSSIP) {
    at[0] = LAYER_MEMBERSHIP;
    at[1] = (uint8_t)(message->kind - GOSSIP_JOIN);
  } else {
    at[0] = LAYER_BROADCAST;
    at[1] = (uint8_t)(message->kind - GOSSIP_GOSSIP);
  }
  write_body(at + TAG_BYTES, message);
}

void gossip_encode_header(const uint8_t topic[GOSSIP_ID_BYTES], uint8_t out[GOSSIP_HEADER_BYTES]) {
  write_id(write_length(out, GOSSIP_ID_BYTES), topic);
}

size_t gossip_max_content(size_t max_message, bool neighbors) {
  gossip_message_t empty = {.kind = GOSSIP_GOSSIP, .neighbors = neighbors};
  /* Without the byte of its length. A sender stays one byte below the limit. */
  size_t around = gossip_size(&empty) - 1;
  if (max_message <= around + 1) return 0;
  size_t room = max_message - 1 - around, digits = 1;
  while (postcard_varint_size(room - digits) > digits) digits++;
  return room - digits;
}
