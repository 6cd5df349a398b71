/* SPDX-License-Identifier: MIT
 *
 * Ids on their way to the neighbours that do not get messages at once. They wait a moment for each other.
 */
#include "gossip/announce.h"

#include <stdlib.h>
#include <string.h>

#include "gossip/actions.h"
#include "gossip/state.h"

#define DISPATCH_AFTER (5 * MILLISECOND)
/* The tags and the count. */
enum { IHAVE_OVERHEAD = 3, HAVE_MAX = GOSSIP_ID_BYTES + 3, CAP_MIN = 4 };

static size_t haves_max(const gossip_topic_t *topic) {
  return min_size(HAVES_MAX, (topic->config.max_message - 1 - IHAVE_OVERHEAD) / HAVE_MAX);
}

static bool make_room(gossip_announcements_t *announcements) {
  if (announcements->count < announcements->cap) return true;
  size_t cap = announcements->cap ? announcements->cap * 2 : CAP_MIN;
  gossip_announcement_t *items = realloc(announcements->items, cap * sizeof(*items));
  if (!items) return false;
  announcements->items = items;
  announcements->cap = cap;
  return true;
}

void gossip_announce(gossip_topic_t *topic, const uint8_t id[GOSSIP_ID_BYTES], uint16_t round, gossip_links_t to) {
  gossip_announcements_t *announcements = &topic->announcements;
  if (!to || !make_room(announcements)) return;
  gossip_announcement_t *item = &announcements->items[announcements->count++];
  *item = (gossip_announcement_t){.round = round, .to = to};
  memcpy(item->id, id, GOSSIP_ID_BYTES);
  if (announcements->due == GOSSIP_NEVER) announcements->due = topic->now + DISPATCH_AFTER;
  if (announcements->count >= haves_max(topic)) gossip_announce_flush(topic);
}

void gossip_announce_drop(gossip_topic_t *topic, const uint8_t id[GOSSIP_ID_BYTES], uint8_t place) {
  for (size_t i = 0; i < topic->announcements.count; i++) {
    gossip_announcement_t *item = &topic->announcements.items[i];
    if (memcmp(item->id, id, GOSSIP_ID_BYTES) == 0) item->to &= ~(UINT32_C(1) << place);
  }
}

void gossip_announce_forget_link(gossip_topic_t *topic, uint8_t place) {
  for (size_t i = 0; i < topic->announcements.count; i++) topic->announcements.items[i].to &= ~(UINT32_C(1) << place);
}

/* What one neighbour is told. */
static size_t haves_of(const gossip_topic_t *topic, uint8_t place, gossip_have_t *out) {
  size_t count = 0;
  for (size_t i = 0; i < topic->announcements.count; i++) {
    const gossip_announcement_t *item = &topic->announcements.items[i];
    if (item->to >> place & 1) out[count++] = (gossip_have_t){item->id, item->round};
  }
  return count;
}

static bool same(const gossip_have_t *a, const gossip_have_t *b, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (a[i].id != b[i].id) return false;
  return true;
}

void gossip_announce_flush(gossip_topic_t *topic) {
  gossip_have_t buffers[2][HAVES_MAX], *haves = buffers[0], *before = buffers[1];
  size_t count_before = 0;
  /* Most are told the same: one frame for those that follow each other. */
  gossip_frame_t *frame = NULL;
  for (uint8_t place = 0; place < topic->config.active_view; place++) {
    if (!topic->links[place]) continue;
    size_t count = haves_of(topic, place, haves);
    if (count == 0) continue;
    if (!frame || count != count_before || !same(haves, before, count)) {
      gossip_frame_unref(frame);
      gossip_message_t message = {.kind = GOSSIP_IHAVE, .haves = haves, .count = count};
      frame = gossip_frame_new(topic, &message);
      gossip_have_t *swap = before;
      before = haves;
      haves = swap;
      count_before = count;
    }
    if (frame) gossip_send(topic, topic->links[place], frame);
  }
  gossip_frame_unref(frame);
  free(topic->announcements.items);
  topic->announcements = (gossip_announcements_t){.due = GOSSIP_NEVER};
}
