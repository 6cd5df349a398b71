/* SPDX-License-Identifier: MIT
 *
 * Plumtree: who gets messages, who their ids, and how what is missing is asked for.
 */
#include "gossip-net.h"

/* A topic with neighbours 1 to `count`, the first three of them eager. */
static void begin(one_t *one, size_t count) {
  one_begin(one, NULL);
  befriend(one, 1, count);
  gossip_actions_clear(&one->out);
}

static int broadcast(one_t *one, uint32_t number, bool neighbors) {
  gossip_actions_clear(&one->out);
  return gossip_topic_broadcast(one->topic, (uint8_t *)&number, sizeof(number), neighbors, one->now, &one->out);
}

static void islands_are_joined(void **state) {
  (void)state;
  net_t net;
  net_begin(&net, 6, 5);
  net_join(&net, 1, 0);
  net_join(&net, 2, 0);
  net_join(&net, 4, 3);
  net_join(&net, 5, 3);
  net_run(&net, SEC);
  net_broadcast(&net, 0, 1);
  net_run(&net, SEC);
  for (size_t i = 0; i < 6; i++) assert_int_equal(net.received[i], i == 1 || i == 2);
  net_run(&net, 11 * SEC);
  net_join(&net, 3, 0);
  net_run(&net, SEC);
  net_broadcast(&net, 5, 2);
  net_run(&net, SEC);
  for (size_t i = 0; i < 6; i++) assert_int_equal(net.received[i], (i == 1 || i == 2) + (i != 5));
  net_end(&net);
}

static void a_broadcast_goes_to_some_and_is_announced_to_the_others(void **state) {
  (void)state;
  one_t one;
  begin(&one, 5);
  assert_int_equal(broadcast(&one, 7, false), 0);
  assert_int_equal(sends(&one, GOSSIP_GOSSIP, ANYONE), 3);
  gossip_frame_t *frame = NULL;
  for (size_t i = 0; i < one.out.count; i++) {
    if (one.out.items[i].kind != GOSSIP_ACTION_SEND) continue;
    if (!frame) frame = one.out.items[i].frame;
    assert_ptr_equal(one.out.items[i].frame, frame);
  }
  assert_int_equal(frame->round, 0);
  pass(&one, 10 * MS);
  assert_int_equal(sends(&one, GOSSIP_IHAVE, ANYONE), 2);
  /* Nothing is sent of what was sent before. */
  assert_int_equal(broadcast(&one, 7, false), 1);
  assert_int_equal(one.out.count, 0);
  pass(&one, 120 * SEC);
  assert_int_equal(broadcast(&one, 7, false), 0);
  assert_int_equal(gossip_topic_counters(one.topic)->broadcasts, 2);
  one_end(&one);
}

static void neighbours_alone_get_what_is_for_neighbours(void **state) {
  (void)state;
  one_t one;
  begin(&one, 5);
  assert_int_equal(broadcast(&one, 7, true), 0);
  gossip_message_t message;
  for (size_t peer = 1; peer <= 5; peer++) {
    assert_true(sent(&one, GOSSIP_GOSSIP, peer, 0, &message));
    assert_true(message.neighbors);
  }
  assert_int_equal(broadcast(&one, 7, true), 0);
  uint8_t id[GOSSIP_ID_BYTES];
  iroh_blake3((const uint8_t *)"hi", 2, id);
  gossip_message_t near = {
      .kind = GOSSIP_GOSSIP, .id = id, .content = (const uint8_t *)"hi", .content_len = 2, .neighbors = true};
  for (int i = 0; i < 2; i++) {
    feed(&one, 1, &near);
    assert_int_equal(one.out.count, 1);
    assert_int_equal(one.out.items[0].kind, GOSSIP_ACTION_RECEIVED);
    assert_true(one.out.items[0].neighbors);
  }
  one_end(&one);
}

static void content_has_a_limit(void **state) {
  (void)state;
  static uint8_t content[4096];
  one_t one;
  begin(&one, 1);
  gossip_actions_clear(&one.out);
  assert_int_equal(gossip_topic_broadcast(one.topic, content, 4058, false, one.now, &one.out), IROH_ERR_TOO_LONG);
  assert_int_equal(gossip_topic_broadcast(one.topic, content, 4059, true, one.now, &one.out), IROH_ERR_TOO_LONG);
  assert_int_equal(one.out.count, 0);
  assert_int_equal(gossip_topic_broadcast(one.topic, content, 4057, false, one.now, &one.out), 0);
  assert_int_equal(gossip_topic_broadcast(one.topic, content, 4058, true, one.now, &one.out), 0);
  assert_int_equal(one.out.items[0].frame->len, 4 + 4095);
  assert_int_equal(one.out.items[1].frame->len, 4 + 4095);
  one_end(&one);
}

static void a_message_is_given_once_and_passed_on(void **state) {
  (void)state;
  one_t one;
  begin(&one, 5);
  feed_gossip(&one, 1, 7, 4);
  assert_int_equal(acts(&one, GOSSIP_ACTION_RECEIVED, 1), 1);
  const gossip_action_t *action = &one.out.items[0];
  assert_int_equal(action->kind, GOSSIP_ACTION_RECEIVED);
  assert_int_equal(action->round, 4);
  assert_int_equal(action->content_len, 4);
  assert_int_equal(sends(&one, GOSSIP_GOSSIP, 1), 0);
  gossip_message_t message;
  for (size_t peer = 2; peer <= 3; peer++) {
    assert_true(sent(&one, GOSSIP_GOSSIP, peer, 0, &message));
    assert_int_equal(message.round, 5);
  }
  pass(&one, 10 * MS);
  for (size_t peer = 4; peer <= 5; peer++) assert_int_equal(sends(&one, GOSSIP_IHAVE, peer), 1);
  /* The second is turned away, and says so once. */
  feed_gossip(&one, 2, 7, 4);
  assert_int_equal(acts(&one, GOSSIP_ACTION_RECEIVED, ANYONE), 0);
  assert_int_equal(sends(&one, GOSSIP_PRUNE, 2), 1);
  assert_false(is_eager(one.topic, 2));
  feed_gossip(&one, 2, 7, 4);
  assert_int_equal(sends(&one, GOSSIP_PRUNE, 2), 0);
  /* The first is not, though it sends it again. */
  feed_gossip(&one, 1, 7, 4);
  assert_int_equal(sends(&one, GOSSIP_PRUNE, 1), 0);
  assert_int_equal(gossip_topic_counters(one.topic)->duplicates, 3);
  assert_int_equal(gossip_topic_counters(one.topic)->received, 1);
  one_end(&one);
}

static void a_round_does_not_overflow(void **state) {
  (void)state;
  one_t one;
  begin(&one, 3);
  feed_gossip(&one, 1, 7, 65535);
  gossip_message_t message;
  assert_true(sent(&one, GOSSIP_GOSSIP, 2, 0, &message));
  assert_int_equal(message.round, 65535);
  one_end(&one);
}

static void what_is_too_long_to_go_on_is_given_all_the_same(void **state) {
  (void)state;
  static uint8_t content[4058];
  uint8_t id[GOSSIP_ID_BYTES];
  one_t one;
  begin(&one, 3);
  iroh_blake3(content, sizeof(content), id);
  feed(&one, 1,
       &(gossip_message_t){.kind = GOSSIP_GOSSIP, .id = id, .content = content, .content_len = sizeof(content)});
  assert_int_equal(acts(&one, GOSSIP_ACTION_RECEIVED, 1), 1);
  assert_int_equal(sends(&one, GOSSIP_GOSSIP, ANYONE), 0);
  one_end(&one);
}

static void a_false_id_is_ignored(void **state) {
  (void)state;
  one_t one;
  begin(&one, 3);
  uint8_t id[GOSSIP_ID_BYTES] = {1};
  gossip_message_t message = {
      .kind = GOSSIP_GOSSIP, .id = id, .content = (const uint8_t *)"false", .content_len = 5, .neighbors = false};
  feed(&one, 1, &message);
  assert_int_equal(one.out.count, 0);
  message.neighbors = true;
  feed(&one, 1, &message);
  assert_int_equal(one.out.count, 0);
  assert_int_equal(gossip_topic_counters(one.topic)->invalid, 2);
  one_end(&one);
}

static void a_graft_is_served_once(void **state) {
  (void)state;
  one_t one;
  begin(&one, 5);
  assert_int_equal(broadcast(&one, 7, false), 0);
  feed_graft(&one, 5, 7);
  gossip_message_t message;
  assert_true(sent(&one, GOSSIP_GOSSIP, 5, 0, &message));
  assert_true(is_eager(one.topic, 5));
  for (size_t peer = 1; peer <= 5; peer += 4) {
    feed_graft(&one, peer, 7);
    assert_int_equal(one.out.count, 0);
  }
  feed_graft(&one, 5, 8);
  assert_int_equal(one.out.count, 0);
  feed_kind(&one, 5, GOSSIP_PRUNE);
  assert_false(is_eager(one.topic, 5));
  feed(&one, 5, &(gossip_message_t){.kind = GOSSIP_GRAFT});
  assert_true(is_eager(one.topic, 5));
  /* Nothing of the sort for strangers: they are told that they are no neighbours, once in a while. */
  feed_graft(&one, 6, 7);
  assert_int_equal(sends(&one, GOSSIP_GOSSIP, 6), 0);
  assert_int_equal(sends(&one, GOSSIP_DISCONNECT, 6), 1);
  feed_graft(&one, 6, 7);
  assert_int_equal(one.out.count, 0);
  /* And what is no longer kept cannot be had. */
  pass(&one, 31 * SEC);
  feed_graft(&one, 4, 7);
  assert_int_equal(one.out.count, 0);
  one_end(&one);
}

static void what_was_announced_is_asked_for(void **state) {
  (void)state;
  one_t one;
  begin(&one, 5);
  feed_ihave(&one, 4, 7, 3);
  feed_ihave(&one, 5, 7, 2);
  assert_int_equal(one.out.count, 0);
  pass(&one, 80 * MS);
  assert_int_equal(one.out.count, 0);
  pass(&one, 100 * MS);
  gossip_message_t message;
  assert_true(sent(&one, GOSSIP_GRAFT, 4, 0, &message));
  assert_non_null(message.id);
  assert_true(is_eager(one.topic, 4));
  /* No answer: the next, and then no more. */
  assert_int_equal(sends(&one, GOSSIP_GRAFT, 5), 0);
  pass(&one, 300 * MS);
  assert_int_equal(sends(&one, GOSSIP_GRAFT, 5), 1);
  assert_int_equal(sends(&one, GOSSIP_GRAFT, 4), 0);
  pass(&one, 10 * SEC);
  assert_int_equal(sends(&one, GOSSIP_GRAFT, ANYONE), 0);
  assert_int_equal(gossip_topic_counters(one.topic)->grafts_sent, 2);
  one_end(&one);
}

static void what_comes_in_time_is_not_asked_for(void **state) {
  (void)state;
  one_t one;
  begin(&one, 5);
  feed_ihave(&one, 4, 7, 0);
  pass(&one, 20 * MS);
  feed_gossip(&one, 1, 7, 1);
  /* Who announced it has it. */
  assert_int_equal(sends(&one, GOSSIP_GOSSIP, ANYONE), 2);
  pass(&one, 5 * SEC);
  assert_int_equal(sends(&one, GOSSIP_GRAFT, ANYONE), 0);
  assert_int_equal(sends(&one, GOSSIP_IHAVE, 4), 0);
  assert_int_equal(sends(&one, GOSSIP_IHAVE, 5), 1);
  one_end(&one);
}

static void an_announcer_that_goes_is_not_asked(void **state) {
  (void)state;
  one_t one;
  begin(&one, 5);
  feed_ihave(&one, 4, 7, 0);
  feed_ihave(&one, 5, 7, 1);
  gossip_topic_closed(one.topic, id_of(4), one.now, &one.out);
  pass(&one, 200 * MS);
  assert_int_equal(sends(&one, GOSSIP_GRAFT, 4), 0);
  assert_int_equal(sends(&one, GOSSIP_GRAFT, 5), 1);
  one_end(&one);
}

static void waiting_follows_what_is_usual(void **state) {
  (void)state;
  one_t one;
  begin(&one, 5);
  /* Messages come 100 ms behind their announcements: they are not asked for earlier than that. */
  for (uint32_t number = 0; number < 50; number++) {
    feed_ihave(&one, 4, number, 0);
    pass(&one, 100 * MS);
    feed_gossip(&one, 1, number, 0);
    pass(&one, 100 * MS);
  }
  assert_in_range(gossip_topic_counters(one.topic)->grafts_sent, 0, 3);
  one_end(&one);
}

/* Feeds neighbour 1's message of `round` after neighbour 4's announcement of round 2, with no time between. */
static void announce_and_send(one_t *one, uint32_t number, uint16_t round) {
  feed_ihave(one, 4, number, 2);
  feed_gossip(one, 1, number, round);
}

static void a_much_shorter_way_is_taken(void **state) {
  (void)state;
  one_t one;
  begin(&one, 5);
  announce_and_send(&one, 1, 3);
  assert_int_equal(sends(&one, GOSSIP_GRAFT, ANYONE), 0);
  assert_int_equal(sends(&one, GOSSIP_PRUNE, ANYONE), 0);
  announce_and_send(&one, 2, 9);
  gossip_message_t message;
  assert_true(sent(&one, GOSSIP_GRAFT, 4, 0, &message));
  assert_null(message.id);
  assert_int_equal(message.round, 2);
  assert_int_equal(sends(&one, GOSSIP_PRUNE, 1), 1);
  assert_true(is_eager(one.topic, 4));
  assert_false(is_eager(one.topic, 1));
  one_end(&one);
}

static void an_earlier_link_is_taken(void **state) {
  (void)state;
  one_t one;
  begin(&one, 5);
  /* Not for once: its neighbours rest now and then. */
  for (uint32_t number = 0; number < 3; number++) {
    feed_ihave(&one, 4, number, 5);
    pass(&one, 70 * MS);
    feed_gossip(&one, 1, number, 5);
    assert_int_equal(sends(&one, GOSSIP_GRAFT, 4), number == 2);
    assert_int_equal(sends(&one, GOSSIP_PRUNE, 1), number == 2);
    pass(&one, SEC);
  }
  one_end(&one);
}

static void one_of_two_links_is_kept(void **state) {
  (void)state;
  one_t one;
  begin(&one, 5);
  /* Message 7 comes by 1, message 8 by 2; the copies cross. Not both links may go. */
  feed_gossip(&one, 1, 7, 0);
  feed_gossip(&one, 2, 8, 0);
  feed_gossip(&one, 2, 7, 0);
  assert_int_equal(sends(&one, GOSSIP_PRUNE, 2), 1);
  feed_gossip(&one, 1, 8, 0);
  assert_int_equal(sends(&one, GOSSIP_PRUNE, 1), 0);
  one_end(&one);
}

static void who_asked_is_sent_messages_until_it_declines(void **state) {
  (void)state;
  one_t one;
  begin(&one, 5);
  feed(&one, 2, &(gossip_message_t){.kind = GOSSIP_GRAFT});
  /* That its messages come twice says nothing of what it gets of others. */
  feed_gossip(&one, 1, 7, 0);
  feed_gossip(&one, 2, 7, 0);
  assert_int_equal(sends(&one, GOSSIP_PRUNE, 2), 1);
  assert_true(is_eager(one.topic, 2));
  feed_kind(&one, 2, GOSSIP_PRUNE);
  assert_false(is_eager(one.topic, 2));
  one_end(&one);
}

static void what_is_asked_for_grows_while_it_is_right(void **state) {
  (void)state;
  one_t one;
  begin(&one, 5);
  for (uint32_t number = 0; number < 200; number++) feed_ihave(&one, 4, number, 0);
  pass(&one, 250 * MS);
  size_t asked = sends(&one, GOSSIP_GRAFT, 4);
  assert_int_equal(asked, 8);
  for (uint32_t number = 0; number < 8; number++) feed_gossip(&one, 4, number, 1);
  pass(&one, 50 * MS);
  assert_int_equal(sends(&one, GOSSIP_GRAFT, 4), 16);
  one_end(&one);
}

static void what_is_asked_for_shrinks_while_it_is_not(void **state) {
  (void)state;
  one_t one;
  begin(&one, 5);
  for (uint32_t number = 0; number < 8; number++) feed_ihave(&one, 4, number, 0);
  pass(&one, 250 * MS);
  assert_int_equal(sends(&one, GOSSIP_GRAFT, 4), 8);
  /* All come another way. */
  for (uint32_t number = 0; number < 8; number++) feed_gossip(&one, 1, number, 0);
  for (uint32_t number = 8; number < 40; number++) feed_ihave(&one, 4, number, 0);
  pass(&one, 250 * MS);
  assert_int_equal(sends(&one, GOSSIP_GRAFT, 4), 2);
  one_end(&one);
}

static void a_new_neighbour_is_told_of_the_last_messages(void **state) {
  (void)state;
  one_t one;
  begin(&one, 1);
  assert_int_equal(broadcast(&one, 7, false), 0);
  pass(&one, 11 * SEC);
  assert_int_equal(broadcast(&one, 8, false), 0);
  pass(&one, SEC);
  befriend(&one, 2, 2);
  pass(&one, 10 * MS);
  gossip_message_t message;
  assert_true(sent(&one, GOSSIP_IHAVE, 2, 0, &message));
  assert_int_equal(message.list.count, 1);
  assert_int_equal(sends(&one, GOSSIP_IHAVE, 1), 0);
  feed_graft(&one, 2, 8);
  assert_int_equal(sends(&one, GOSSIP_GOSSIP, 2), 1);
  one_end(&one);
}

static void what_is_refused_is_announced_until_it_is_sent(void **state) {
  (void)state;
  one_t one;
  begin(&one, 1);
  assert_int_equal(broadcast(&one, 7, false), 0);
  gossip_frame_t *frame = one.out.items[0].frame;
  gossip_frame_ref(frame);
  for (int i = 0; i < 3; i++) {
    gossip_actions_clear(&one.out);
    gossip_topic_refused(one.topic, id_of(1), frame, one.now, &one.out);
    pass(&one, 100 * MS);
    gossip_message_t message;
    assert_true(sent(&one, GOSSIP_IHAVE, 1, 0, &message));
    assert_int_equal(message.list.count, 1);
    feed_graft(&one, 1, 7);
    assert_int_equal(sends(&one, GOSSIP_GOSSIP, 1), 1);
  }
  /* So is an announcement. */
  gossip_topic_refused(one.topic, id_of(1), frame, one.now, &one.out);
  pass(&one, 100 * MS);
  for (size_t i = 0; i < one.out.count; i++) {
    if (one.out.items[i].kind != GOSSIP_ACTION_SEND) continue;
    gossip_frame_unref(frame);
    frame = one.out.items[i].frame;
    gossip_frame_ref(frame);
  }
  assert_int_equal(frame->kind, GOSSIP_IHAVE);
  gossip_topic_refused(one.topic, id_of(1), frame, one.now, &one.out);
  pass(&one, 100 * MS);
  assert_int_equal(sends(&one, GOSSIP_IHAVE, 1), 1);
  pass(&one, SEC);
  assert_int_equal(sends(&one, GOSSIP_IHAVE, 1), 0);
  assert_int_equal(gossip_topic_counters(one.topic)->refused, 4);
  gossip_frame_unref(frame);
  one_end(&one);
}

static void announcements_wait_for_each_other(void **state) {
  (void)state;
  one_t one;
  begin(&one, 5);
  uint64_t controls = gossip_topic_counters(one.topic)->control_sent;
  for (uint32_t number = 0; number < 300; number++) feed_gossip(&one, 1, number, 0);
  controls = gossip_topic_counters(one.topic)->control_sent - controls;
  pass(&one, 10 * MS);
  /* 116 an IHave: two each went at once, and the last now. */
  assert_int_equal(controls, 4);
  assert_int_equal(sends(&one, GOSSIP_IHAVE, ANYONE), 2);
  gossip_message_t message;
  assert_true(sent(&one, GOSSIP_IHAVE, 4, 0, &message));
  assert_int_equal(message.list.count, 300 - 2 * 116);
  assert_ptr_equal(one.out.items[0].frame, one.out.items[1].frame);
  one_end(&one);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(islands_are_joined),
      cmocka_unit_test(a_broadcast_goes_to_some_and_is_announced_to_the_others),
      cmocka_unit_test(neighbours_alone_get_what_is_for_neighbours),
      cmocka_unit_test(content_has_a_limit),
      cmocka_unit_test(a_message_is_given_once_and_passed_on),
      cmocka_unit_test(a_round_does_not_overflow),
      cmocka_unit_test(what_is_too_long_to_go_on_is_given_all_the_same),
      cmocka_unit_test(a_false_id_is_ignored),
      cmocka_unit_test(a_graft_is_served_once),
      cmocka_unit_test(what_was_announced_is_asked_for),
      cmocka_unit_test(what_comes_in_time_is_not_asked_for),
      cmocka_unit_test(an_announcer_that_goes_is_not_asked),
      cmocka_unit_test(waiting_follows_what_is_usual),
      cmocka_unit_test(a_much_shorter_way_is_taken),
      cmocka_unit_test(an_earlier_link_is_taken),
      cmocka_unit_test(one_of_two_links_is_kept),
      cmocka_unit_test(who_asked_is_sent_messages_until_it_declines),
      cmocka_unit_test(what_is_asked_for_grows_while_it_is_right),
      cmocka_unit_test(what_is_asked_for_shrinks_while_it_is_not),
      cmocka_unit_test(a_new_neighbour_is_told_of_the_last_messages),
      cmocka_unit_test(what_is_refused_is_announced_until_it_is_sent),
      cmocka_unit_test(announcements_wait_for_each_other),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
