/* SPDX-License-Identifier: MIT */
#include "base/secret.h"

#include "test.h"

static void secret_derive_depends_on_seed_and_label_alone(void **state) {
  (void)state;
  uint8_t seed[SECRET_BYTES] = {1}, other_seed[SECRET_BYTES] = {2};
  uint8_t secret[SECRET_BYTES], again[SECRET_BYTES];
  secret_derive(seed, "tokens", secret);
  secret_derive(seed, "tokens", again);
  assert_memory_equal(secret, again, SECRET_BYTES);
  secret_derive(seed, "resets", again);
  assert_memory_not_equal(secret, again, SECRET_BYTES);
  secret_derive(other_seed, "tokens", again);
  assert_memory_not_equal(secret, again, SECRET_BYTES);
}

static void secret_random_is_fresh_each_time(void **state) {
  (void)state;
  uint8_t a[SECRET_BYTES], b[SECRET_BYTES];
  secret_random(a, sizeof(a));
  secret_random(b, sizeof(b));
  assert_memory_not_equal(a, b, sizeof(a));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(secret_derive_depends_on_seed_and_label_alone),
      cmocka_unit_test(secret_random_is_fresh_each_time),
  };
  return cmocka_run_group_tests_name("secret", tests, NULL, NULL);
}
