/* SPDX-License-Identifier: MIT
 *
 * Messages that neighbours announced and nobody has sent. They are waited for as long as messages of this topic have
 * lately been behind their announcements, within bounds by the round-trip time; then one that announced it is asked,
 * then the next.
 */
#include "gossip/missing.h"

#include <stdlib.h>
#include <string.h>

#include "gossip/actions.h"
#include "gossip/state.h"

/* Of a neighbour whose round-trip time is not known. */
#define RTT_UNKNOWN (60 * MILLISECOND)
/* How long to wait for what was announced: so long and a round-trip time, at least and at most; and so long however
 * short that is, for processes rest now and then. */
#define WAIT_LEAST (20 * MILLISECOND)
#define WAIT_MOST (60 * MILLISECOND)
#define REST_LEAST (80 * MILLISECOND)
#define REST_MOST (160 * MILLISECOND)
enum { ANSWER_TRIPS = 2 };
#define LEAD_LEAST (10 * MILLISECOND)
#define EARLY_APART (200 * MILLISECOND)
enum { EARLY_ENOUGH = 3 };
/* How long the last of those asked may take. */
#define LAST_ANSWER (2 * SECOND)
/* How long it is watched what would have come unasked. */
#define WATCH SECOND
/* What may be asked for at once. */
enum { WINDOW_LEAST = 2, WINDOW_AT_FIRST = 8, WINDOW_MOST = 1024 };
/* How long ago a neighbour may have brought a message to count as one that answers. */
#define BRINGING (5 * SECOND)
#define WINDOW_AGAIN (20 * MILLISECOND)
/* All times are rounded up to this, so that many are dealt with at once. */
#define GRAIN (2 * MILLISECOND)
#define GRAIN_OF_MANY (20 * MILLISECOND)
enum { MANY = 512 };
/* More are missing the more the neighbours are behind: there is time for each that is. */
#define WAIT_OF_EACH (MILLISECOND / 4)
/* What a neighbour may announce that does not come: see gossip_link_t. */
enum { CREDIT_AT_FIRST = 4096, CREDIT_LEAST = 64, CREDIT_MOST = 16384, CREDIT_EARNED = 2 };

static gossip_links_t bit_of(uint8_t place) { return place == NO_LINK ? 0 : UINT32_C(1) << place; }

int gossip_missing_init(gossip_missings_t *missing) {
  list_init(&missing->all);
  missing->due = GOSSIP_NEVER;
  return bytes_map_init(&missing->by_id);
}

static gossip_missing_t *first_of(const gossip_missings_t *missing) {
  list_node_t *node = list_first(&missing->all);
  return node ? container_of(node, gossip_missing_t, node) : NULL;
}

static void unlink_entry(gossip_missings_t *missing, gossip_missing_t *entry) {
  bytes_map_remove(&missing->by_id, entry->id, GOSSIP_ID_BYTES);
  list_remove(&entry->node);
  free(entry);
}

void gossip_missing_deinit(gossip_missings_t *missing) {
  for (gossip_missing_t *entry; (entry = first_of(missing));) unlink_entry(missing, entry);
  bytes_map_deinit(&missing->by_id);
}

void gossip_missing_welcome(gossip_link_t *link) {
  link->credit = CREDIT_AT_FIRST;
  link->window = WINDOW_AT_FIRST;
}

/* The neighbour that was the first to announce it may announce another. */
static void settle_debt(gossip_topic_t *topic, gossip_missing_t *entry, bool has_come) {
  if (entry->first == NO_LINK) return;
  gossip_link_t *link = topic->links[entry->first]->link;
  link->missing--;
  if (has_come && link->credit < CREDIT_MOST) link->credit += CREDIT_EARNED;
  if (!has_come && link->credit > CREDIT_LEAST) link->credit--;
  entry->first = NO_LINK;
}

static void narrow(gossip_link_t *link) {
  link->window = link->window / 2 > WINDOW_LEAST ? link->window / 2 : WINDOW_LEAST;
}

/* The one that was asked last is waited for no more. `right`: it had to be asked. */
static void end_asking(gossip_topic_t *topic, gossip_missing_t *entry, bool right) {
  if (entry->last == NO_LINK) return;
  gossip_link_t *link = topic->links[entry->last]->link;
  entry->last = NO_LINK;
  link->asked--;
  if (!right)
    narrow(link);
  else if (link->window < WINDOW_MOST)
    link->window++;
}

static void drop(gossip_topic_t *topic, gossip_missing_t *entry, bool has_come) {
  end_asking(topic, entry, false);
  settle_debt(topic, entry, has_come);
  unlink_entry(&topic->missing, entry);
}

static uint64_t rtt_of(const gossip_known_t *peer) { return peer->link->rtt ? peer->link->rtt : RTT_UNKNOWN; }

static uint64_t mean_rtt(const gossip_topic_t *topic) {
  uint64_t sum = 0, count = 0;
  for (size_t i = 0; i < topic->config.active_view; i++) {
    if (!topic->links[i]) continue;
    sum += rtt_of(topic->links[i]);
    count++;
  }
  return count ? sum / count : RTT_UNKNOWN;
}

static uint64_t longer(uint64_t a, uint64_t b) { return a > b ? a : b; }

static uint64_t first_wait(const gossip_topic_t *topic) {
  const gossip_missings_t *missing = &topic->missing;
  uint64_t rtt = mean_rtt(topic);
  uint64_t least = longer(WAIT_LEAST + rtt, REST_LEAST), most = longer(WAIT_MOST + rtt, REST_MOST);
  uint64_t usual = missing->gap ? missing->gap + 4 * missing->gap_deviation : most;
  uint64_t wait = usual < least ? least : usual > most ? most : usual;
  return wait + bytes_map_count(&missing->by_id) * WAIT_OF_EACH;
}

/* How much later than announced a message has to come for its announcer to be the better link. */
static uint64_t lead(const gossip_topic_t *topic) { return LEAD_LEAST + mean_rtt(topic) / 2; }

/* A message came unasked that long after its announcement. */
static void learn_gap(gossip_missings_t *missing, uint64_t gap) {
  if (!missing->gap) {
    missing->gap = gap + 1;
    missing->gap_deviation = gap / 2;
    return;
  }
  uint64_t off = gap > missing->gap ? gap - missing->gap : missing->gap - gap;
  missing->gap_deviation = (3 * missing->gap_deviation + off) / 4;
  missing->gap = (7 * missing->gap + gap) / 8 + 1;
}

static void wake_at(gossip_missings_t *missing, gossip_missing_t *entry, uint64_t due) {
  uint64_t grain = bytes_map_count(&missing->by_id) < MANY ? GRAIN : GRAIN_OF_MANY;
  entry->due = (due + grain - 1) / grain * grain;
  if (entry->due < missing->due) missing->due = entry->due;
}

static gossip_missing_t *add(gossip_topic_t *topic, gossip_known_t *from, const gossip_have_t *have) {
  gossip_missings_t *missing = &topic->missing;
  if (from->link->missing >= from->link->credit || bytes_map_count(&missing->by_id) >= MISSING_MAX) {
    topic->counters.limited++;
    return NULL;
  }
  gossip_missing_t *entry = malloc(sizeof(*entry));
  if (!entry) return NULL;
  *entry = (gossip_missing_t){.announced_at = topic->now,
                              .round = have->round,
                              .best = from->link->place,
                              .last = NO_LINK,
                              .first = from->link->place};
  memcpy(entry->id, have->id, GOSSIP_ID_BYTES);
  if (bytes_map_put(&missing->by_id, entry->id, GOSSIP_ID_BYTES, entry)) {
    free(entry);
    return NULL;
  }
  list_push_back(&missing->all, &entry->node);
  from->link->missing++;
  wake_at(missing, entry, topic->now + first_wait(topic));
  return entry;
}

static gossip_missing_t *find(const gossip_topic_t *topic, const uint8_t id[GOSSIP_ID_BYTES]) {
  return bytes_map_get(&topic->missing.by_id, id, GOSSIP_ID_BYTES);
}

void gossip_missing_announced(gossip_topic_t *topic, gossip_known_t *from, const gossip_have_t *have) {
  gossip_missing_t *entry = find(topic, have->id);
  bool is_new = !entry;
  if (is_new) entry = add(topic, from, have);
  if (!entry || entry->arrived) return;
  if (have->round < entry->round) {
    entry->round = have->round;
    entry->best = from->link->place;
  }
  /* All that announced it before were asked in vain, so far. */
  if (!is_new && !entry->waiting) {
    uint64_t soon = topic->now + ANSWER_TRIPS * rtt_of(from) + WAIT_LEAST;
    if (soon < entry->due) wake_at(&topic->missing, entry, soon);
  }
  /* One that was asked and announces it again could not send it. */
  entry->waiting |= bit_of(from->link->place);
}

/* Messages come in time by the links that there are. */
static void forget_early(gossip_topic_t *topic) {
  for (size_t i = 0; i < topic->config.active_view; i++)
    if (topic->links[i]) topic->links[i]->link->early = 0;
}

/* Whether a link has been better for a while, and not only while another rested. */
static bool is_early_again(gossip_topic_t *topic, uint8_t place) {
  gossip_link_t *link = topic->links[place]->link;
  if (link->early && topic->now - link->early_at < EARLY_APART) return false;
  link->early_at = topic->now;
  if (++link->early < EARLY_ENOUGH) return false;
  link->early = 0;
  return true;
}

gossip_arrival_t gossip_missing_arrived(gossip_topic_t *topic, const uint8_t id[GOSSIP_ID_BYTES], uint8_t place) {
  if (place != NO_LINK) topic->links[place]->link->came_at = topic->now;
  gossip_missing_t *entry = find(topic, id);
  if (!entry) {
    forget_early(topic);
    return (gossip_arrival_t){.earliest = NO_LINK, .nearest = NO_LINK};
  }
  uint64_t gap = topic->now - entry->announced_at;
  bool is_early = entry->waiting & bit_of(entry->first) && gap >= lead(topic) && is_early_again(topic, entry->first);
  gossip_arrival_t arrival = {.announcers = entry->waiting | entry->asked,
                              .earliest = is_early ? entry->first : NO_LINK,
                              .nearest = entry->best,
                              .round = entry->round};
  if (entry->asked & bit_of(place)) {
    settle_debt(topic, entry, true);
    end_asking(topic, entry, true);
    entry->arrived = true;
    entry->waiting = 0;
    wake_at(&topic->missing, entry, topic->now + WATCH);
    return arrival;
  }
  if (arrival.announcers & ~bit_of(place)) learn_gap(&topic->missing, gap);
  drop(topic, entry, true);
  return arrival;
}

void gossip_missing_again(gossip_topic_t *topic, const uint8_t id[GOSSIP_ID_BYTES], uint8_t place) {
  gossip_missing_t *entry = find(topic, id);
  if (!entry || entry->asked & bit_of(place)) return;
  learn_gap(&topic->missing, topic->now - entry->announced_at);
  for (size_t i = 0; i < topic->config.active_view; i++)
    if (entry->asked >> i & 1 && topic->links[i]) narrow(topic->links[i]->link);
  drop(topic, entry, true);
}

void gossip_missing_forget_link(gossip_topic_t *topic, uint8_t place) {
  list_for_each(node, &topic->missing.all) {
    gossip_missing_t *entry = container_of(node, gossip_missing_t, node);
    if (entry->first == place) settle_debt(topic, entry, true);
    if (entry->best == place) entry->best = NO_LINK;
    entry->waiting &= ~bit_of(place);
    if (entry->last == place) end_asking(topic, entry, true);
    entry->asked &= ~bit_of(place);
    if (!entry->waiting && !entry->asked) drop(topic, entry, true);
  }
}

static bool may_be_asked(const gossip_topic_t *topic, const gossip_missing_t *entry, uint8_t place) {
  if (!(entry->waiting & bit_of(place))) return false;
  const gossip_link_t *link = topic->links[place]->link;
  return link->asked < link->window;
}

/* Whom to ask: who announced it first, or over the fewest hops, or anyone. NO_LINK: all of them have enough to do. */
static uint8_t choose(const gossip_topic_t *topic, const gossip_missing_t *entry) {
  if (may_be_asked(topic, entry, entry->first)) return entry->first;
  if (may_be_asked(topic, entry, entry->best)) return entry->best;
  for (uint8_t place = 0; place < topic->config.active_view; place++)
    if (may_be_asked(topic, entry, place)) return place;
  return NO_LINK;
}

static void ask(gossip_topic_t *topic, gossip_missing_t *entry) {
  uint8_t place = choose(topic, entry);
  if (place == NO_LINK) {
    wake_at(&topic->missing, entry, topic->now + WINDOW_AGAIN);
    return;
  }
  gossip_known_t *peer = topic->links[place];
  end_asking(topic, entry, false);
  entry->last = place;
  peer->link->asked++;
  entry->waiting &= ~bit_of(place);
  entry->asked |= bit_of(place);
  uint64_t answer = ANSWER_TRIPS * rtt_of(peer) + WAIT_LEAST;
  wake_at(&topic->missing, entry, topic->now + (entry->waiting || answer > LAST_ANSWER ? answer : LAST_ANSWER));
  gossip_message_t message = {.kind = GOSSIP_GRAFT, .id = entry->id, .round = entry->round};
  if (!gossip_tell(topic, peer, &message)) return;
  peer->link->eager = true;
  peer->link->pruned_at = 0;
  topic->counters.grafts_sent++;
}

static bool is_bringing(const gossip_topic_t *topic, uint8_t place) {
  uint64_t came_at = topic->links[place]->link->came_at;
  return came_at && topic->now - came_at < BRINGING;
}

void gossip_missing_tick(gossip_topic_t *topic) {
  gossip_missings_t *missing = &topic->missing;
  if (topic->now < missing->due) return;
  missing->due = GOSSIP_NEVER;
  list_for_each(node, &missing->all) {
    gossip_missing_t *entry = container_of(node, gossip_missing_t, node);
    if (entry->due <= topic->now) {
      bool is_old = topic->now - entry->announced_at >= topic->config.keep_payloads;
      /* One that is slow, but answers, was not asked in vain. */
      if (!entry->arrived && entry->last != NO_LINK && is_bringing(topic, entry->last)) end_asking(topic, entry, true);
      if (entry->arrived || !entry->waiting || is_old) {
        drop(topic, entry, entry->arrived);
        continue;
      }
      ask(topic, entry);
    }
    if (entry->due < missing->due) missing->due = entry->due;
  }
}

size_t gossip_missing_memory(const gossip_missings_t *missing) {
  return bytes_map_count(&missing->by_id) * sizeof(gossip_missing_t) +
         missing->by_id.capacity * sizeof(bytes_map_slot_t);
}
