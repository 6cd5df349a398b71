/* SPDX-License-Identifier: MIT */
#include "base/address.h"

#include "test.h"

static void assert_same_text(const char *text) {
  address_t address;
  char out[IROH_ADDRESS_MAX];
  assert_int_equal(address_parse(text, &address), 0);
  address_format(&address, out, sizeof(out));
  assert_string_equal(out, text);
}

static void address_is_written_as_it_was_read(void **state) {
  (void)state;
  assert_same_text("192.0.2.1:4433");
  assert_same_text("0.0.0.0:0");
  assert_same_text("255.255.255.255:65535");
  assert_same_text("[::]:0");
  assert_same_text("[2001:db8::1]:4433");
  assert_same_text("[::ffff:192.0.2.1]:1");
  assert_same_text("[fe80::1%1]:1");
  assert_same_text("[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535");
}

static void address_parse_refuses_everything_else(void **state) {
  (void)state;
  static const char *const bad[] = {
      "",
      ":",
      "1",
      ":1",
      "1.2.3.4",
      "1.2.3.4:",
      "1.2.3.4:x",
      "1.2.3.4:65536",
      "1.2.3:1",
      "1.2.3.4.5:1",
      "256.1.1.1:1",
      "1.2.3.4:-1",
      "1.2.3.4: 1",
      "1.2.3.4:1 ",
      " 1.2.3.4:1",
      "localhost:1",
      "::1:1",
      "[]:1",
      "[::1]",
      "[::1]:",
      "[::1:1",
      "[::1]x:1",
      "[1.2.3.4]:1",
      "[::g]:1",
      "[::1%]:1",
      "[::1%0]:1",
      "1.2.3.4:000001",
      "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%a-scope-longer-than-any-that-there-is]:65535",
  };
  for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
    address_t address;
    if (address_parse(bad[i], &address) != IROH_ERR_INVALID_ADDRESS) fail_msg("'%s' was accepted", bad[i]);
  }
}

static void address_equal_looks_at_host_port_and_family(void **state) {
  (void)state;
  static const char *const texts[] = {"192.0.2.1:1", "192.0.2.1:2", "192.0.2.2:1",   "[::ffff:192.0.2.1]:1",
                                      "[::1]:1",     "[::1]:2",     "[fe80::1%1]:1", "[fe80::1%2]:1"};
  address_t addresses[ARRAY_LEN(texts) + 1] = {{.len = 0}};
  for (size_t i = 0; i < ARRAY_LEN(texts); i++) assert_int_equal(address_parse(texts[i], &addresses[i + 1]), 0);
  for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
    for (size_t j = 0; j < ARRAY_LEN(addresses); j++) {
      assert_int_equal(address_equal(&addresses[i], &addresses[j]), i == j);
    }
  }
}

static void address_set_takes_only_ip(void **state) {
  (void)state;
  address_t parsed, address;
  assert_int_equal(address_parse("[2001:db8::1]:4433", &parsed), 0);
  address_set(&address, &parsed.sa, parsed.len);
  assert_true(address_equal(&address, &parsed));
  address_set(&address, &parsed.sa, parsed.len - 1);
  assert_int_equal(address.len, 0);
  struct sockaddr_storage other = {.ss_family = AF_UNIX};
  address_set(&address, (const struct sockaddr *)&other, sizeof(other));
  assert_int_equal(address.len, 0);
  char out[IROH_ADDRESS_MAX] = "x";
  address_format(&address, out, sizeof(out));
  assert_string_equal(out, "");
  assert_int_equal(address_port(&address), 0);
}

static void address_knows_loopback_and_wildcard(void **state) {
  (void)state;
  static const struct {
    const char *text;
    bool loopback;
    bool wildcard;
  } rows[] = {
      {"127.0.0.1:1", true, false},
      {"127.255.0.9:1", true, false},
      {"128.0.0.1:1", false, false},
      {"0.0.0.0:1", false, true},
      {"[::1]:1", true, false},
      {"[::]:1", false, true},
      {"[::2]:1", false, false},
      {"[::ffff:127.0.0.1]:1", true, false},
      {"[::ffff:192.0.2.1]:1", false, false},
  };
  for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
    address_t address;
    assert_int_equal(address_parse(rows[i].text, &address), 0);
    assert_int_equal(address_is_loopback(&address), rows[i].loopback);
    assert_int_equal(address_is_wildcard(&address), rows[i].wildcard);
    assert_int_equal(address_port(&address), 1);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(address_is_written_as_it_was_read),
      cmocka_unit_test(address_parse_refuses_everything_else),
      cmocka_unit_test(address_equal_looks_at_host_port_and_family),
      cmocka_unit_test(address_set_takes_only_ip),
      cmocka_unit_test(address_knows_loopback_and_wildcard),
  };
  return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
