/* SPDX-License-Identifier: MIT
 *
 * HyParView: who becomes a neighbour, who is asked, and what is answered.
 */
#include "gossip-net.h"

static void three_peers_are_a_triangle_and_a_fourth_takes_a_place(void **state) {
  (void)state;
  net_t net;
  net_begin(&net, 4, 2);
  net_join(&net, 1, 0);
  net_join(&net, 2, 0);
  net_join(&net, 2, 1);
  for (size_t i = 0; i < 3; i++) {
    assert_int_equal(gossip_topic_neighbors(net.topics[i], NULL, 0), 2);
    assert_int_equal(net.ups[i], 2);
    assert_int_equal(net.downs[i], 0);
  }
  net_join(&net, 3, 0);
  assert_true(is_neighbor(net.topics[0], 3));
  assert_true(is_neighbor(net.topics[3], 0));
  assert_int_equal(net.downs[0], 1);
  assert_int_equal(net.last_down[0], GOSSIP_DOWN_EVICTED);
  assert_int_equal(net.downs[1] + net.downs[2], 1);
  assert_int_equal(net.last_down[net.downs[1] ? 1 : 2], GOSSIP_DOWN_DROPPED);
  net_end(&net);
}

static void who_leaves_is_missed_by_its_neighbours_alone(void **state) {
  (void)state;
  net_t net;
  net_begin(&net, 4, 2);
  for (size_t i = 1; i < 4; i++) net_join(&net, i, i - 1);
  net_run(&net, SEC);
  net_quit(&net, 3);
  for (size_t i = 0; i < 3; i++) {
    assert_false(is_neighbor(net.topics[i], 3));
    assert_true(gossip_topic_neighbors(net.topics[i], NULL, 0) >= 1);
    if (net.downs[i] > 0 && net.last_down[i] == GOSSIP_DOWN_LEFT) continue;
    assert_int_not_equal(net.last_down[i], GOSSIP_DOWN_CLOSED);
  }
  assert_int_equal(net.downs[3], 0);
  assert_true(gossip_topic_deadline(net.topics[3]) == GOSSIP_NEVER);
  net_end(&net);
}

static void neighbours_agree_that_they_are(void **state) {
  (void)state;
  net_t net;
  net_begin(&net, 30, 5);
  for (size_t i = 1; i < 30; i++) net_join(&net, i, 0);
  net_run(&net, 20 * SEC);
  for (size_t a = 0; a < 30; a++) {
    assert_true(gossip_topic_neighbors(net.topics[a], NULL, 0) >= 4);
    for (size_t b = 0; b < 30; b++) assert_int_equal(is_neighbor(net.topics[a], b), is_neighbor(net.topics[b], a));
  }
  net_end(&net);
}

static void a_join_is_answered_and_made_known(void **state) {
  (void)state;
  one_t one;
  one_begin(&one, NULL);
  assert_int_equal(gossip_topic_set_data(one.topic, (const uint8_t *)"me", 2), 0);
  befriend(&one, 1, 2);
  feed(&one, 3, &(gossip_message_t){.kind = GOSSIP_JOIN, .data = {(const uint8_t *)"three", 5}});
  assert_int_equal(acts(&one, GOSSIP_ACTION_UP, 3), 1);
  gossip_message_t message;
  assert_true(sent(&one, GOSSIP_NEIGHBOR, 3, 0, &message));
  assert_true(message.high);
  assert_int_equal(message.data.len, 2);
  for (size_t peer = 1; peer <= 2; peer++) {
    assert_true(sent(&one, GOSSIP_FORWARD_JOIN, peer, 0, &message));
    assert_memory_equal(message.peer.id, id_of(3), GOSSIP_ID_BYTES);
    assert_int_equal(message.peer.data.len, 5);
    assert_int_equal(message.ttl, 6);
  }
  /* The other side's answer to that answer ends it. */
  feed_neighbor(&one, 3, true);
  assert_int_equal(one.out.count, 0);
  /* One that begins anew is answered again at once, as often as it does. */
  for (int i = 0; i < 3; i++) {
    feed_kind(&one, 3, GOSSIP_JOIN);
    assert_int_equal(sends(&one, GOSSIP_NEIGHBOR, 3), 1);
    assert_int_equal(acts(&one, GOSSIP_ACTION_UP, 3), 0);
  }
  one_end(&one);
}

static void an_answer_of_a_contact_is_answered_once(void **state) {
  (void)state;
  one_t one;
  one_begin(&one, NULL);
  gossip_topic_join(one.topic, id_of(1), one.now, &one.out);
  assert_int_equal(sends(&one, GOSSIP_JOIN, 1), 1);
  feed_neighbor(&one, 1, true);
  assert_int_equal(acts(&one, GOSSIP_ACTION_UP, 1), 1);
  assert_int_equal(sends(&one, GOSSIP_NEIGHBOR, 1), 1);
  feed_neighbor(&one, 1, true);
  assert_int_equal(sends(&one, GOSSIP_NEIGHBOR, 1), 0);
  pass(&one, 2 * SEC);
  feed_neighbor(&one, 1, true);
  assert_int_equal(sends(&one, GOSSIP_NEIGHBOR, 1), 1);
  one_end(&one);
}

/* Fills the view with peers 1 to 5. */
static void begin_full(one_t *one) {
  one_begin(one, NULL);
  befriend(one, 1, 5);
}

static void low_priority_is_refused_when_full(void **state) {
  (void)state;
  one_t one;
  begin_full(&one);
  feed_neighbor(&one, 6, false);
  gossip_message_t message;
  assert_true(sent(&one, GOSSIP_SHUFFLE_REPLY, 6, 0, &message));
  assert_int_equal(message.list.count, 5);
  assert_true(sent(&one, GOSSIP_DISCONNECT, 6, 0, &message));
  assert_true(message.alive);
  assert_int_equal(acts(&one, GOSSIP_ACTION_RELEASE, 6), 1);
  assert_int_equal(sends(&one, GOSSIP_NEIGHBOR, ANYONE), 0);
  assert_int_equal(gossip_topic_neighbors(one.topic, NULL, 0), 5);
  one_end(&one);
}

static void high_priority_takes_a_place_of_a_newcomer(void **state) {
  (void)state;
  one_t one;
  begin_full(&one);
  feed_neighbor(&one, 6, true);
  assert_true(is_neighbor(one.topic, 6));
  assert_int_equal(acts(&one, GOSSIP_ACTION_DOWN, ANYONE), 1);
  gossip_message_t message;
  assert_true(sent(&one, GOSSIP_DISCONNECT, ANYONE, 0, &message));
  assert_true(message.alive);
  assert_true(is_neighbor(one.topic, 1));
  assert_true(is_neighbor(one.topic, 2));
  assert_int_equal(gossip_topic_passive(one.topic), 1);
  one_end(&one);
}

static void a_walk_ends_by_asking_the_joiner(void **state) {
  (void)state;
  one_t one;
  one_begin(&one, NULL);
  befriend(&one, 1, 3);
  gossip_message_t walk = {.kind = GOSSIP_FORWARD_JOIN, .peer = {id_of(9), {(const uint8_t *)"nine", 4}}, .ttl = 0};
  feed(&one, 1, &walk);
  gossip_message_t message;
  assert_true(sent(&one, GOSSIP_NEIGHBOR, 9, 0, &message));
  assert_true(message.high);
  /* It becomes a neighbour by its answer, and is dialled by what was said of it. */
  assert_int_equal(acts(&one, GOSSIP_ACTION_UP, ANYONE), 0);
  size_t len;
  assert_memory_equal(gossip_topic_data(one.topic, id_of(9), &len), "nine", 4);
  feed_neighbor(&one, 9, true);
  assert_int_equal(acts(&one, GOSSIP_ACTION_UP, 9), 1);
  assert_int_equal(sends(&one, GOSSIP_NEIGHBOR, 9), 0);
  one_end(&one);
}

static void a_walk_goes_on_and_is_remembered_half_way(void **state) {
  (void)state;
  one_t one;
  one_begin(&one, NULL);
  befriend(&one, 1, 5);
  for (uint16_t ttl = 6; ttl >= 1; ttl--) {
    gossip_message_t walk = {.kind = GOSSIP_FORWARD_JOIN, .peer = {id_of(10 + ttl), {NULL, 0}}, .ttl = ttl};
    size_t passive = gossip_topic_passive(one.topic);
    feed(&one, 1, &walk);
    gossip_message_t message;
    assert_true(sent(&one, GOSSIP_FORWARD_JOIN, ANYONE, 0, &message));
    assert_int_equal(message.ttl, ttl - 1);
    assert_int_equal(sends(&one, GOSSIP_FORWARD_JOIN, 1), 0);
    assert_int_equal(gossip_topic_passive(one.topic) - passive, ttl == 3);
  }
  /* However long the walk is to be. */
  feed(&one, 1, &(gossip_message_t){.kind = GOSSIP_FORWARD_JOIN, .peer = {id_of(20), {NULL, 0}}, .ttl = 65535});
  gossip_message_t message;
  assert_true(sent(&one, GOSSIP_FORWARD_JOIN, ANYONE, 0, &message));
  assert_int_equal(message.ttl, 5);
  one_end(&one);
}

static void a_walk_with_nowhere_to_go_ends(void **state) {
  (void)state;
  one_t one;
  one_begin(&one, NULL);
  befriend(&one, 1, 1);
  feed(&one, 1, &(gossip_message_t){.kind = GOSSIP_FORWARD_JOIN, .peer = {id_of(9), {NULL, 0}}, .ttl = 6});
  assert_int_equal(sends(&one, GOSSIP_NEIGHBOR, 9), 1);
  /* Of a neighbour, and of oneself. */
  befriend(&one, 2, 2);
  feed(&one, 1, &(gossip_message_t){.kind = GOSSIP_FORWARD_JOIN, .peer = {id_of(0), {NULL, 0}}, .ttl = 6});
  assert_int_equal(one.out.count, 0);
  pass(&one, 2 * SEC);
  feed(&one, 1, &(gossip_message_t){.kind = GOSSIP_FORWARD_JOIN, .peer = {id_of(2), {NULL, 0}}, .ttl = 6});
  assert_int_equal(sends(&one, GOSSIP_NEIGHBOR, 2), 1);
  one_end(&one);
}

static void ids_that_are_no_points_are_not_passed_on(void **state) {
  (void)state;
  one_t one;
  uint8_t bad[GOSSIP_ID_BYTES] = {2};
  one_begin(&one, NULL);
  befriend(&one, 1, 3);
  feed(&one, 1, &(gossip_message_t){.kind = GOSSIP_FORWARD_JOIN, .peer = {bad, {NULL, 0}}, .ttl = 6});
  assert_int_equal(one.out.count, 0);
  gossip_peer_t peers[] = {{bad, {NULL, 0}}, {id_of(7), {NULL, 0}}};
  feed(&one, 1, &(gossip_message_t){.kind = GOSSIP_SHUFFLE, .id = id_of(7), .peers = peers, .count = 2, .ttl = 6});
  gossip_message_t message;
  assert_true(sent(&one, GOSSIP_SHUFFLE, ANYONE, 0, &message));
  assert_int_equal(message.list.count, 1);
  feed(&one, 1, &(gossip_message_t){.kind = GOSSIP_SHUFFLE_REPLY, .peers = peers, .count = 2});
  assert_int_equal(gossip_topic_passive(one.topic) + sends(&one, GOSSIP_NEIGHBOR, 7), 2);
  one_end(&one);
}

static void a_shuffle_is_answered_to_its_origin(void **state) {
  (void)state;
  one_t one;
  begin_full(&one);
  gossip_peer_t peers[] = {{id_of(9), {(const uint8_t *)"nine", 4}}, {id_of(10), {NULL, 0}}, {id_of(11), {NULL, 0}}};
  feed(&one, 1, &(gossip_message_t){.kind = GOSSIP_SHUFFLE, .id = id_of(9), .peers = peers, .count = 3, .ttl = 0});
  gossip_message_t message;
  assert_true(sent(&one, GOSSIP_SHUFFLE_REPLY, 9, 0, &message));
  assert_int_equal(message.list.count, 3);
  assert_int_equal(acts(&one, GOSSIP_ACTION_RELEASE, 9), 1);
  assert_int_equal(gossip_topic_passive(one.topic), 3);
  /* One whose origin is not in its own list is somebody else's. */
  feed(&one, 1, &(gossip_message_t){.kind = GOSSIP_SHUFFLE, .id = id_of(12), .peers = peers, .count = 3, .ttl = 0});
  assert_int_equal(one.out.count, 0);
  one_end(&one);
}

static void shuffles_are_sent_soon_and_then_rarely(void **state) {
  (void)state;
  one_t one;
  begin_full(&one);
  pass(&one, 20 * SEC);
  size_t early = sends(&one, GOSSIP_SHUFFLE, ANYONE);
  assert_in_range(early, 2, 3);
  pass(&one, 600 * SEC);
  assert_in_range(sends(&one, GOSSIP_SHUFFLE, ANYONE), 8, 13);
  gossip_message_t message;
  assert_true(sent(&one, GOSSIP_SHUFFLE, ANYONE, 0, &message));
  assert_int_equal(message.ttl, 6);
  assert_memory_equal(message.id, id_of(0), GOSSIP_ID_BYTES);
  assert_int_equal(message.list.count, 4);
  one_end(&one);
}

/* Makes peers first to last known, without becoming neighbours: the view is full meanwhile. */
static void learn(one_t *one, size_t first, size_t last) {
  gossip_peer_t peers[16];
  size_t count = 0;
  for (size_t peer = first; peer <= last; peer++)
    peers[count++] = (gossip_peer_t){id_of(peer), {(const uint8_t *)"where", 5}};
  feed(one, 1, &(gossip_message_t){.kind = GOSSIP_SHUFFLE_REPLY, .peers = peers, .count = count});
}

/* How many of the passive view a message of neighbour 1 that names twice as many others, in place of all, replaces. */
static size_t replaced(one_t *one, size_t first, size_t count) {
  size_t before = gossip_topic_passive(one->topic), kept = 0;
  for (size_t peer = first; peer < first + count; peer += 15) learn(one, peer, peer + 14);
  assert_int_equal(gossip_topic_passive(one->topic), before);
  for (size_t peer = first; peer < first + count; peer++) {
    size_t len;
    if (gossip_topic_data(one->topic, id_of(peer), &len) != NULL) kept++;
  }
  return kept;
}

static void one_neighbour_replaces_a_part_of_the_passive_view(void **state) {
  (void)state;
  one_t one;
  begin_full(&one);
  learn(&one, 20, 34);
  learn(&one, 35, 49);
  assert_int_equal(gossip_topic_passive(one.topic), 30);
  size_t limited = gossip_topic_counters(one.topic)->limited;
  assert_in_range(replaced(&one, 50, 60), 1, 10);
  assert_true(gossip_topic_counters(one.topic)->limited - limited >= 50);
  one_end(&one);
}

static void a_lost_neighbour_is_replaced(void **state) {
  (void)state;
  one_t one;
  begin_full(&one);
  learn(&one, 10, 12);
  gossip_actions_clear(&one.out);
  gossip_topic_closed(one.topic, id_of(2), one.now, &one.out);
  assert_int_equal(down_reason(&one, 2), GOSSIP_DOWN_CLOSED);
  gossip_message_t message;
  assert_int_equal(sends(&one, GOSSIP_NEIGHBOR, ANYONE), 1);
  assert_true(sent(&one, GOSSIP_NEIGHBOR, ANYONE, 0, &message));
  assert_false(message.high);
  /* No answer: the next is asked. */
  pass(&one, 600 * MS);
  assert_int_equal(sends(&one, GOSSIP_NEIGHBOR, ANYONE), 1);
  /* Out of reach: the next is asked at once. */
  size_t asked = 10;
  while (asked <= 12 && sends(&one, GOSSIP_NEIGHBOR, asked) == 0) asked++;
  gossip_actions_clear(&one.out);
  gossip_topic_closed(one.topic, id_of(asked), one.now, &one.out);
  assert_int_equal(sends(&one, GOSSIP_NEIGHBOR, ANYONE), 1);
  assert_int_equal(sends(&one, GOSSIP_NEIGHBOR, asked), 0);
  one_end(&one);
}

static void who_refuses_is_left_alone_for_a_while(void **state) {
  (void)state;
  one_t one;
  begin_full(&one);
  learn(&one, 10, 10);
  gossip_actions_clear(&one.out);
  gossip_topic_closed(one.topic, id_of(2), one.now, &one.out);
  assert_int_equal(sends(&one, GOSSIP_NEIGHBOR, 10), 1);
  feed(&one, 10, &(gossip_message_t){.kind = GOSSIP_DISCONNECT, .alive = true});
  assert_int_equal(sends(&one, GOSSIP_NEIGHBOR, 10), 0);
  pass(&one, SEC);
  assert_int_equal(sends(&one, GOSSIP_NEIGHBOR, 10), 0);
  pass(&one, 3 * SEC);
  assert_int_equal(sends(&one, GOSSIP_NEIGHBOR, 10), 1);
  one_end(&one);
}

static void a_late_answer_is_good(void **state) {
  (void)state;
  one_t one;
  begin_full(&one);
  learn(&one, 10, 10);
  gossip_topic_closed(one.topic, id_of(2), one.now, &one.out);
  pass(&one, 900 * MS);
  assert_int_equal(acts(&one, GOSSIP_ACTION_RELEASE, 10), 1);
  feed_neighbor(&one, 10, false);
  assert_true(is_neighbor(one.topic, 10));
  assert_int_equal(sends(&one, GOSSIP_NEIGHBOR, 10), 1);
  one_end(&one);
}

static void contacts_are_asked_again_while_alone(void **state) {
  (void)state;
  one_t one;
  one_begin(&one, NULL);
  gossip_topic_join(one.topic, id_of(1), one.now, &one.out);
  pass(&one, 1300 * MS);
  assert_int_equal(sends(&one, GOSSIP_JOIN, 1), 1);
  assert_int_equal(acts(&one, GOSSIP_ACTION_RENEW, 1), 1);
  pass(&one, 120 * SEC);
  assert_in_range(sends(&one, GOSSIP_JOIN, 1), 5, 9);
  gossip_actions_clear(&one.out);
  gossip_topic_closed(one.topic, id_of(1), one.now, &one.out);
  assert_int_equal(acts(&one, GOSSIP_ACTION_JOIN_FAILED, 1), 1);
  pass(&one, 120 * SEC);
  assert_in_range(sends(&one, GOSSIP_JOIN, 1), 3, 9);
  assert_int_equal(acts(&one, GOSSIP_ACTION_JOIN_FAILED, 1), 0);
  feed_neighbor(&one, 1, true);
  pass(&one, 120 * SEC);
  assert_int_equal(sends(&one, GOSSIP_JOIN, 1), 0);
  one_end(&one);
}

static void a_lost_neighbour_is_asked_again_to_heal(void **state) {
  (void)state;
  one_t one;
  begin_full(&one);
  gossip_topic_closed(one.topic, id_of(5), one.now, &one.out);
  pass(&one, 60 * SEC);
  gossip_message_t message;
  assert_true(sent(&one, GOSSIP_NEIGHBOR, 5, 0, &message));
  assert_true(message.high);
  pass(&one, 3600 * SEC);
  assert_in_range(sends(&one, GOSSIP_NEIGHBOR, 5), 5, 15);
  /* One that left is not. */
  feed(&one, 4, &(gossip_message_t){.kind = GOSSIP_DISCONNECT});
  assert_int_equal(down_reason(&one, 4), GOSSIP_DOWN_LEFT);
  pass(&one, 600 * SEC);
  assert_int_equal(sends(&one, GOSSIP_NEIGHBOR, 4), 0);
  one_end(&one);
}

static void two_parts_become_one(void **state) {
  (void)state;
  net_t net;
  net_begin(&net, 12, 3);
  for (size_t i = 1; i < 6; i++) net_join(&net, i, 0);
  for (size_t i = 7; i < 12; i++) net_join(&net, i, 6);
  net_run(&net, 5 * SEC);
  net_broadcast(&net, 1, 100);
  net_run(&net, SEC);
  for (size_t i = 0; i < 12; i++) assert_int_equal(net.received[i], i < 6 && i != 1);
  net_join(&net, 11, 5);
  net_run(&net, 2 * SEC);
  memset(net.received, 0, sizeof(net.received));
  net_broadcast(&net, 1, 101);
  net_run(&net, 2 * SEC);
  for (size_t i = 0; i < 12; i++) {
    if (i >= 6) assert_in_range(net.received[i], 1, 2); /* the one of before, too, if it came soon enough */
    if (i < 6) assert_int_equal(net.received[i], i != 1);
  }
  net_end(&net);
}

static void a_crashed_peer_is_replaced_and_joins_again(void **state) {
  (void)state;
  net_t net;
  net_begin(&net, 10, 3);
  for (size_t i = 1; i < 10; i++) net_join(&net, i, 0);
  net_run(&net, 5 * SEC);
  net_crash(&net, 0);
  net_run(&net, 3 * SEC);
  for (size_t i = 1; i < 10; i++) assert_in_range(gossip_topic_neighbors(net.topics[i], NULL, 0), 2, 3);
  net_start(&net, 0, 3);
  net_join(&net, 0, 4);
  net_run(&net, 3 * SEC);
  assert_true(gossip_topic_neighbors(net.topics[0], NULL, 0) >= 2);
  net_end(&net);
}

static bool admits(void *ctx, const uint8_t peer[GOSSIP_ID_BYTES]) {
  return memcmp(peer, id_of(*(size_t *)ctx), GOSSIP_ID_BYTES) != 0;
}

static void who_is_not_admitted_is_no_neighbour(void **state) {
  (void)state;
  size_t banned = 9;
  one_t one;
  one_begin(&one, &(gossip_config_t){.admit = admits, .ctx = &banned});
  befriend(&one, 1, 2);
  feed_kind(&one, 9, GOSSIP_JOIN);
  assert_int_equal(sends(&one, GOSSIP_DISCONNECT, 9), 1);
  assert_int_equal(sends(&one, GOSSIP_FORWARD_JOIN, ANYONE), 0);
  feed_neighbor(&one, 9, true);
  learn(&one, 8, 9);
  assert_int_equal(sends(&one, GOSSIP_NEIGHBOR, 8), 1);
  assert_int_equal(sends(&one, GOSSIP_NEIGHBOR, 9), 0);
  feed(&one, 1, &(gossip_message_t){.kind = GOSSIP_FORWARD_JOIN, .peer = {id_of(9), {NULL, 0}}, .ttl = 0});
  assert_int_equal(sends(&one, GOSSIP_NEIGHBOR, 9), 0);
  feed_gossip(&one, 9, 1, 0);
  assert_int_equal(acts(&one, GOSSIP_ACTION_RECEIVED, ANYONE), 0);
  assert_false(is_neighbor(one.topic, 9));
  banned = 1;
  gossip_actions_clear(&one.out);
  gossip_topic_evict(one.topic, id_of(1), one.now, &one.out);
  assert_int_equal(down_reason(&one, 1), GOSSIP_DOWN_EVICTED);
  pass(&one, 100 * SEC);
  assert_int_equal(sends(&one, GOSSIP_NEIGHBOR, 1), 0);
  one_end(&one);
}

static void leaving_tells_the_neighbours(void **state) {
  (void)state;
  one_t one;
  begin_full(&one);
  gossip_actions_clear(&one.out);
  gossip_topic_quit(one.topic, one.now, &one.out);
  for (size_t peer = 1; peer <= 5; peer++) {
    gossip_message_t message;
    assert_int_equal(sends(&one, GOSSIP_SHUFFLE_REPLY, peer), 1);
    assert_true(sent(&one, GOSSIP_DISCONNECT, peer, 0, &message));
    assert_false(message.alive);
    assert_int_equal(acts(&one, GOSSIP_ACTION_RELEASE, peer), 1);
  }
  assert_int_equal(acts(&one, GOSSIP_ACTION_DOWN, ANYONE), 0);
  feed_neighbor(&one, 6, true);
  assert_int_equal(one.out.count, 0);
  one_end(&one);
}

/* One that had this one for a neighbour before it began anew goes on as if nothing had been, until it reads the Join. */
static void who_is_asked_to_let_one_in_may_talk_before_it_answers(void **state) {
  (void)state;
  one_t one;
  one_begin(&one, NULL);
  gossip_topic_join(one.topic, id_of(1), one.now, &one.out);
  feed_ihave(&one, 1, 7, 2);
  assert_int_equal(one.out.count, 0);
  feed_graft(&one, 1, 7);
  assert_int_equal(one.out.count, 0);
  feed_gossip(&one, 1, 8, 2);
  assert_int_equal(acts(&one, GOSSIP_ACTION_RECEIVED, 1), 1);
  assert_int_equal(sends(&one, GOSSIP_DISCONNECT, 1), 0);
  feed_neighbor(&one, 1, true);
  assert_true(is_neighbor(one.topic, 1));
  one_end(&one);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(three_peers_are_a_triangle_and_a_fourth_takes_a_place),
      cmocka_unit_test(who_leaves_is_missed_by_its_neighbours_alone),
      cmocka_unit_test(neighbours_agree_that_they_are),
      cmocka_unit_test(a_join_is_answered_and_made_known),
      cmocka_unit_test(an_answer_of_a_contact_is_answered_once),
      cmocka_unit_test(low_priority_is_refused_when_full),
      cmocka_unit_test(high_priority_takes_a_place_of_a_newcomer),
      cmocka_unit_test(a_walk_ends_by_asking_the_joiner),
      cmocka_unit_test(a_walk_goes_on_and_is_remembered_half_way),
      cmocka_unit_test(a_walk_with_nowhere_to_go_ends),
      cmocka_unit_test(ids_that_are_no_points_are_not_passed_on),
      cmocka_unit_test(a_shuffle_is_answered_to_its_origin),
      cmocka_unit_test(shuffles_are_sent_soon_and_then_rarely),
      cmocka_unit_test(one_neighbour_replaces_a_part_of_the_passive_view),
      cmocka_unit_test(a_lost_neighbour_is_replaced),
      cmocka_unit_test(who_refuses_is_left_alone_for_a_while),
      cmocka_unit_test(a_late_answer_is_good),
      cmocka_unit_test(contacts_are_asked_again_while_alone),
      cmocka_unit_test(a_lost_neighbour_is_asked_again_to_heal),
      cmocka_unit_test(two_parts_become_one),
      cmocka_unit_test(a_crashed_peer_is_replaced_and_joins_again),
      cmocka_unit_test(who_is_not_admitted_is_no_neighbour),
      cmocka_unit_test(leaving_tells_the_neighbours),
      cmocka_unit_test(who_is_asked_to_let_one_in_may_talk_before_it_answers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
