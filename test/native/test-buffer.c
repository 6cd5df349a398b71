/* SPDX-License-Identifier: MIT */
#include "base/buffer.h"

#include "test.h"

static void buffer_appends_in_order(void **state) {
  (void)state;
  buffer_t buffer;
  buffer_init(&buffer);
  uint64_t seed = 45;
  uint8_t expected[10000];
  size_t len = 0;
  while (len < sizeof(expected)) {
    size_t n = min_size(1 + random_below(&seed, 300), sizeof(expected) - len);
    for (size_t i = 0; i < n; i++) expected[len + i] = (uint8_t)random_next(&seed);
    assert_int_equal(buffer_append(&buffer, expected + len, n), 0);
    len += n;
    assert_int_equal(buffer.len, len);
    assert_true(buffer.cap >= len);
  }
  assert_memory_equal(buffer.data, expected, len);
  buffer_deinit(&buffer);
}

static void buffer_holds_no_memory_while_new(void **state) {
  (void)state;
  size_t live = alloc_live();
  buffer_t buffer;
  buffer_init(&buffer);
  assert_int_equal(buffer_append(&buffer, NULL, 0), 0);
  assert_int_equal(buffer_reserve(&buffer, 0), 0);
  assert_int_equal(alloc_live(), live);
  assert_int_equal(buffer_append(&buffer, "x", 1), 0);
  assert_int_equal(alloc_live(), live + 1);
  buffer_deinit(&buffer);
  assert_int_equal(alloc_live(), live);
}

static void buffer_grows_geometrically(void **state) {
  (void)state;
  buffer_t buffer;
  buffer_init(&buffer);
  size_t calls = alloc_calls();
  for (int i = 0; i < 1000000; i++) assert_int_equal(buffer_append(&buffer, "x", 1), 0);
  assert_true(alloc_calls() - calls < 40);
  assert_true(buffer.cap <= 2 * buffer.len);
  buffer_deinit(&buffer);
}

static void buffer_reserve_makes_room_at_once(void **state) {
  (void)state;
  buffer_t buffer;
  buffer_init(&buffer);
  assert_int_equal(buffer_append(&buffer, "abc", 3), 0);
  assert_int_equal(buffer_reserve(&buffer, 5000), 0);
  assert_int_equal(buffer.len, 3);
  assert_true(buffer.cap >= 5003);
  uint8_t *data = buffer.data;
  assert_int_equal(buffer_reserve(&buffer, 5000), 0);
  assert_ptr_equal(buffer.data, data);
  assert_memory_equal(buffer.data, "abc", 3);
  buffer_deinit(&buffer);
}

static void buffer_clear_keeps_and_release_idle_frees(void **state) {
  (void)state;
  size_t live = alloc_live();
  buffer_t buffer;
  buffer_init(&buffer);
  assert_int_equal(buffer_append(&buffer, "abc", 3), 0);
  buffer_release_idle(&buffer);
  assert_int_equal(buffer.len, 3);
  buffer_clear(&buffer);
  assert_int_equal(buffer.len, 0);
  assert_true(buffer.cap >= 3);
  buffer_release_idle(&buffer);
  assert_int_equal(buffer.cap, 0);
  assert_int_equal(alloc_live(), live);
}

static void buffer_stays_whole_without_memory(void **state) {
  (void)state;
  buffer_t buffer;
  buffer_init(&buffer);
  assert_int_equal(buffer_append(&buffer, "abc", 3), 0);
  alloc_fail_after(0);
  uint8_t big[4096] = {0};
  assert_int_equal(buffer_append(&buffer, big, sizeof(big)), IROH_ERR_NO_MEMORY);
  assert_int_equal(buffer_reserve(&buffer, sizeof(big)), IROH_ERR_NO_MEMORY);
  alloc_succeed();
  assert_int_equal(buffer_reserve(&buffer, SIZE_MAX), IROH_ERR_NO_MEMORY);
  assert_int_equal(buffer_reserve(&buffer, SIZE_MAX / 2), IROH_ERR_NO_MEMORY);
  assert_int_equal(buffer.len, 3);
  assert_memory_equal(buffer.data, "abc", 3);
  buffer_deinit(&buffer);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(buffer_appends_in_order),
      cmocka_unit_test(buffer_holds_no_memory_while_new),
      cmocka_unit_test(buffer_grows_geometrically),
      cmocka_unit_test(buffer_reserve_makes_room_at_once),
      cmocka_unit_test(buffer_clear_keeps_and_release_idle_frees),
      cmocka_unit_test(buffer_stays_whole_without_memory),
  };
  return cmocka_run_group_tests_name("buffer", tests, NULL, NULL);
}
