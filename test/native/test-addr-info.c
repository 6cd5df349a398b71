/* SPDX-License-Identifier: MIT */
#include "wire/addr-info.h"

#include "test.h"

static address_t parsed(const char *text) {
  address_t address;
  assert_int_equal(address_parse(text, &address), 0);
  return address;
}

/* A relay "r", 10.0.0.1:1, 10.0.0.2:5000 and [::5]:5000. */
static const uint8_t full[] = {1, 1, 'r', 3, 0, 10, 0, 0, 1, 1, 0, 10, 0, 0, 2, 0x88, 0x27, 1,
                               0, 0, 0,   0, 0, 0,  0, 0, 0, 0, 0, 0,  0, 0, 0, 5,    0x88, 0x27};

static void counts_addresses(void **state) {
  (void)state;
  size_t count;
  assert_true(addr_info_count(full, sizeof full, &count));
  assert_int_equal(count, 3);
  assert_true(addr_info_count((const uint8_t[]){0, 0}, 2, &count));
  assert_int_equal(count, 0);
  assert_true(addr_info_count((const uint8_t[]){0, 0, 9, 9}, 4, &count));
}

static void malformed_bytes_are_told_apart(void **state) {
  (void)state;
  size_t count;
  for (size_t len = 0; len < sizeof full; len++) assert_false(addr_info_count(full, len, &count));
  assert_false(addr_info_count((const uint8_t[]){2, 0}, 2, &count));
  assert_false(addr_info_count((const uint8_t[]){0, 0xff, 0xff, 0xff}, 4, &count));
}

static void only_where_a_peer_was_found_is_vouched_for(void **state) {
  (void)state;
  uint8_t out[sizeof full + ADDR_INFO_MORE];
  address_t found = parsed("192.0.2.7:5000");
  const uint8_t wanted[] = {1, 1, 'r', 1, 0, 192, 0, 2, 7, 0x88, 0x27};
  assert_int_equal(addr_info_vouch(full, sizeof full, &found, out), sizeof wanted);
  assert_memory_equal(out, wanted, sizeof wanted);
}

static void of_a_relayed_one_the_relay_is(void **state) {
  (void)state;
  uint8_t out[sizeof full + ADDR_INFO_MORE];
  const uint8_t wanted[] = {1, 1, 'r', 0};
  assert_int_equal(addr_info_vouch(full, sizeof full, &(address_t){.len = 0}, out), sizeof wanted);
  assert_memory_equal(out, wanted, sizeof wanted);
}

static void on_this_host_its_port_is_at_all_its_addresses(void **state) {
  (void)state;
  uint8_t out[sizeof full + ADDR_INFO_MORE];
  address_t found = parsed("127.0.0.1:5000");
  const uint8_t wanted[] = {1, 1, 'r', 3, 0, 10, 0, 0, 2, 0x88, 0x27, 0, 127, 0, 0, 1, 0x88, 0x27, 1,
                            0, 0, 0,   0, 0, 0,  0, 0, 0, 0,    0,    0, 0,   0, 0, 5, 0x88, 0x27};
  assert_int_equal(addr_info_vouch(full, sizeof full, &found, out), sizeof wanted);
  assert_memory_equal(out, wanted, sizeof wanted);
}

static void what_is_malformed_says_nothing(void **state) {
  (void)state;
  uint8_t out[16 + ADDR_INFO_MORE];
  address_t found = parsed("[2001:db8::1]:1");
  assert_int_equal(addr_info_vouch((const uint8_t[]){7, 7, 7}, 3, &found, out), 2 + 1 + 16 + 1);
  assert_int_equal(out[0], 0);
  assert_int_equal(out[1], 1);
  assert_int_equal(addr_info_vouch(NULL, 0, &(address_t){.len = 0}, out), 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(counts_addresses),
      cmocka_unit_test(malformed_bytes_are_told_apart),
      cmocka_unit_test(only_where_a_peer_was_found_is_vouched_for),
      cmocka_unit_test(of_a_relayed_one_the_relay_is),
      cmocka_unit_test(on_this_host_its_port_is_at_all_its_addresses),
      cmocka_unit_test(what_is_malformed_says_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
