/* SPDX-License-Identifier: MIT
 * What may be sent to addresses at which nobody has proved to be, on a clock of the test's own. */
#include "net/target-budget.h"

#include <stdio.h>
#include <stdlib.h>

#include "test.h"

#define MS UINT64_C(1000000)
#define SEC (1000 * MS)

typedef struct {
  target_budget_t *budget;
  target_share_t endpoint;
  uint64_t now;
} world_t;

static world_t begin(void) {
  world_t world = {.budget = malloc(sizeof(target_budget_t)), .now = 1000 * SEC};
  assert_non_null(world.budget);
  target_budget_init(world.budget);
  return world;
}

static address_t at(const char *format, unsigned host, unsigned port) {
  char text[IROH_ADDRESS_MAX];
  address_t address;
  snprintf(text, sizeof text, format, host, port);
  assert_int_equal(address_parse(text, &address), 0);
  return address;
}

static const uint8_t *node(unsigned number) {
  static uint8_t id[32];
  memset(id, 0, sizeof id);
  memcpy(id, &number, sizeof number);
  return id;
}

static bool take(world_t *world, const address_t *address, unsigned identity, target_word_t word) {
  return target_budget_take(world->budget, &world->endpoint, address, node(identity), word, 1, world->now);
}

/* How many of `tries` datagrams a second, each to find another NodeId, get through to one address. */
static unsigned flood(world_t *world, const address_t *address, target_word_t word, unsigned seconds, unsigned tries) {
  unsigned sent = 0;
  for (unsigned i = 0; i < seconds * tries; i++) {
    sent += take(world, address, i, word);
    world->now += SEC / tries;
  }
  return sent;
}

static void an_address_gets_little_on_hearsay_whoever_is_looked_for(void **state) {
  (void)state;
  world_t world = begin();
  address_t v4 = at("192.0.2.%u:%u", 1, 1000), v6 = at("[2001:db8::%u]:%u", 1, 1000);
  assert_in_range(flood(&world, &v4, TARGET_HEARSAY, 60, 100), 60, 60 + 17);
  assert_in_range(flood(&world, &v6, TARGET_HEARSAY, 60, 100), 60, 60 + 17);
  free(world.budget);
}

static void all_endpoints_share_what_an_address_gets(void **state) {
  (void)state;
  world_t world = begin();
  address_t victim = at("192.0.2.%u:%u", 1, 1000);
  unsigned sent = 0;
  for (unsigned endpoint = 0; endpoint < 60; endpoint++) {
    world.endpoint = (target_share_t){{0}};
    for (unsigned i = 0; i < 32; i++) sent += take(&world, &victim, endpoint, TARGET_HEARSAY);
  }
  assert_int_equal(sent, 16);
  free(world.budget);
}

static void a_network_gets_little_whichever_of_its_addresses_are_named(void **state) {
  (void)state;
  const char *formats[] = {"192.0.2.%u:%u", "[2001:db8:1:2::%x]:%u"};
  for (size_t f = 0; f < ARRAY_LEN(formats); f++) {
    world_t world = begin();
    unsigned sent = 0;
    for (unsigned second = 0; second < 10; second++, world.now += SEC)
      for (unsigned i = 0; i < 1000; i++) {
        address_t victim = at(formats[f], i % 250 + 1, 1000 + i);
        sent += take(&world, &victim, i, TARGET_HEARSAY);
      }
    assert_in_range(sent, 128, 128 + 10 * 16);
    address_t other = at("198.51.100.%u:%u", 1, 1);
    assert_true(take(&world, &other, 1, TARGET_HEARSAY));
    free(world.budget);
  }
}

static void an_endpoint_and_the_process_have_an_end(void **state) {
  (void)state;
  world_t world = begin();
  unsigned sent = 0, all = 0;
  for (unsigned endpoint = 0; endpoint < 8; endpoint++, all += sent, sent = 0) {
    world.endpoint = (target_share_t){{0}};
    for (unsigned i = 0; i < 4000; i++) {
      char format[32];
      snprintf(format, sizeof format, "%u.%u.%%u.1:%%u", endpoint + 20, i / 256);
      address_t victim = at(format, i % 256, 9);
      sent += take(&world, &victim, i, TARGET_HEARSAY);
    }
    assert_in_range(sent, 0, 1024);
  }
  assert_int_equal(all, 4096);
  free(world.budget);
}

static void an_ipv4_address_is_the_same_mapped_into_ipv6(void **state) {
  (void)state;
  world_t world = begin();
  address_t plain = at("192.0.2.%u:%u", 1, 1000), mapped = at("[::ffff:192.0.2.%u]:%u", 1, 1000);
  for (int i = 0; i < 16; i++) assert_true(take(&world, &plain, 1, TARGET_HEARSAY));
  assert_false(take(&world, &mapped, 1, TARGET_HEARSAY));
  free(world.budget);
}

static void five_hundred_that_the_program_sends_to_one_silent_hub_get_through(void **state) {
  (void)state;
  world_t world = begin();
  address_t hub = at("192.0.2.%u:%u", 1, 4433);
  for (unsigned spoke = 0; spoke < 500; spoke++) {
    world.endpoint = (target_share_t){{0}};
    for (int flight = 0; flight < 3; flight++) assert_true(take(&world, &hub, 1, TARGET_NAMED));
  }
  /* For hours after that it is still sent enough for one of them to find it soon. */
  world.now += 3 * 3600 * SEC;
  assert_true(flood(&world, &hub, TARGET_NAMED, 10, 500) >= 10 * 128);
  free(world.budget);
}

static void a_proof_frees_the_address_for_that_node_alone_and_gives_back(void **state) {
  (void)state;
  world_t world = begin();
  address_t peer = at("192.0.2.%u:%u", 1, 1000);
  for (int i = 0; i < 16; i++) assert_true(take(&world, &peer, 1, TARGET_HEARSAY));
  assert_false(take(&world, &peer, 1, TARGET_HEARSAY));
  assert_false(target_budget_is_free(world.budget, &peer, node(1), world.now));
  target_budget_proved(world.budget, &world.endpoint, &peer, node(1), world.now);
  for (int i = 0; i < 1000; i++) assert_true(take(&world, &peer, 1, TARGET_HEARSAY));
  assert_in_range(flood(&world, &peer, TARGET_HEARSAY, 1, 100), 16, 17);
  assert_true(world.endpoint.paid_until[TARGET_NAMED] <= world.now);
  free(world.budget);
}

static void a_proof_ends(void **state) {
  (void)state;
  world_t world = begin();
  address_t peer = at("192.0.2.%u:%u", 1, 1000);
  target_budget_proved(world.budget, &world.endpoint, &peer, node(1), world.now);
  assert_true(target_budget_is_free(world.budget, &peer, node(1), world.now + 3599 * SEC));
  assert_false(target_budget_is_free(world.budget, &peer, node(1), world.now + 3600 * SEC));
  free(world.budget);
}

static void made_up_addresses_do_not_wash_a_victim_out(void **state) {
  (void)state;
  world_t world = begin();
  address_t victim = at("192.0.2.%u:%u", 1, 1000);
  unsigned sent = 0;
  for (unsigned i = 0; i < 200000; i++) {
    sent += take(&world, &victim, i, TARGET_HEARSAY);
    char format[32];
    snprintf(format, sizeof format, "%u.%u.%%u.1:%%u", i % 200 + 20, i / 256 % 256);
    address_t other = at(format, i % 256, 1 + i % 60000);
    (void)take(&world, &other, i, TARGET_HEARSAY);
    world.now += SEC / 10000;
  }
  assert_in_range(sent, 0, 16 + 20 + 1);
  free(world.budget);
}

static void port_searches_are_few_for_a_network_and_in_all(void **state) {
  (void)state;
  world_t world = begin();
  address_t one = at("192.0.2.%u:%u", 1, 1), beside = at("192.0.2.%u:%u", 9, 5);
  assert_true(target_budget_search(world.budget, &one, world.now));
  assert_true(target_budget_search(world.budget, &beside, world.now));
  assert_false(target_budget_search(world.budget, &one, world.now));
  unsigned begun = 2;
  for (unsigned i = 0; i < 100; i++) {
    char format[32];
    snprintf(format, sizeof format, "20.0.%u.%%u:%%u", i);
    address_t other = at(format, 1, 1);
    begun += target_budget_search(world.budget, &other, world.now);
  }
  assert_int_equal(begun, 10);
  assert_true(target_budget_search(world.budget, &one, world.now + 30 * SEC));
  free(world.budget);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_address_gets_little_on_hearsay_whoever_is_looked_for),
      cmocka_unit_test(all_endpoints_share_what_an_address_gets),
      cmocka_unit_test(a_network_gets_little_whichever_of_its_addresses_are_named),
      cmocka_unit_test(an_endpoint_and_the_process_have_an_end),
      cmocka_unit_test(an_ipv4_address_is_the_same_mapped_into_ipv6),
      cmocka_unit_test(five_hundred_that_the_program_sends_to_one_silent_hub_get_through),
      cmocka_unit_test(a_proof_frees_the_address_for_that_node_alone_and_gives_back),
      cmocka_unit_test(a_proof_ends),
      cmocka_unit_test(made_up_addresses_do_not_wash_a_victim_out),
      cmocka_unit_test(port_searches_are_few_for_a_network_and_in_all),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
