/* SPDX-License-Identifier: MIT */
#include "base/map.h"

#include "test.h"

#include <stdlib.h>

static int values[4096];

static void map_gets_what_was_put(void **state) {
  (void)state;
  map_t map;
  map_init(&map);
  assert_null(map_get(&map, 7));
  assert_int_equal(map_put(&map, 7, &values[1]), 0);
  assert_int_equal(map_put(&map, 0, &values[2]), 0);
  assert_int_equal(map_put(&map, UINT64_MAX, &values[3]), 0);
  assert_ptr_equal(map_get(&map, 7), &values[1]);
  assert_ptr_equal(map_get(&map, 0), &values[2]);
  assert_ptr_equal(map_get(&map, UINT64_MAX), &values[3]);
  assert_null(map_get(&map, 8));
  assert_int_equal(map_count(&map), 3);
  map_deinit(&map);
}

static void map_put_replaces(void **state) {
  (void)state;
  map_t map;
  map_init(&map);
  assert_int_equal(map_put(&map, 7, &values[1]), 0);
  assert_int_equal(map_put(&map, 7, &values[2]), 0);
  assert_ptr_equal(map_get(&map, 7), &values[2]);
  assert_int_equal(map_count(&map), 1);
  map_deinit(&map);
}

static void map_remove_returns_the_value_once(void **state) {
  (void)state;
  map_t map;
  map_init(&map);
  assert_null(map_remove(&map, 7));
  assert_int_equal(map_put(&map, 7, &values[1]), 0);
  assert_int_equal(map_put(&map, 8, &values[2]), 0);
  assert_ptr_equal(map_remove(&map, 7), &values[1]);
  assert_null(map_remove(&map, 7));
  assert_ptr_equal(map_get(&map, 8), &values[2]);
  map_deinit(&map);
}

static void map_holds_no_memory_while_empty(void **state) {
  (void)state;
  size_t live = alloc_live();
  map_t map;
  map_init(&map);
  for (uint64_t key = 0; key < 100; key++) assert_int_equal(map_put(&map, key, &values[key]), 0);
  assert_int_equal(alloc_live(), live + 1);
  for (uint64_t key = 0; key < 100; key++) assert_ptr_equal(map_remove(&map, key), &values[key]);
  assert_int_equal(alloc_live(), live);
  map_deinit(&map);
}

static void map_shrinks_when_mostly_empty(void **state) {
  (void)state;
  map_t map;
  map_init(&map);
  for (uint64_t key = 0; key < ARRAY_LEN(values); key++) assert_int_equal(map_put(&map, key, &values[key]), 0);
  size_t full = map.capacity;
  for (uint64_t key = 10; key < ARRAY_LEN(values); key++) assert_non_null(map_remove(&map, key));
  assert_true(map.capacity <= 128);
  assert_true(map.capacity < full);
  for (uint64_t key = 0; key < 10; key++) assert_ptr_equal(map_get(&map, key), &values[key]);
  map_deinit(&map);
}

static void map_walk_meets_every_key_once(void **state) {
  (void)state;
  map_t map;
  map_init(&map);
  size_t cursor = 0;
  assert_false(map_next(&map, &cursor, NULL, NULL));
  for (uint64_t key = 0; key < 1000; key++) assert_int_equal(map_put(&map, key * 12345, &values[key]), 0);
  bool met[1000] = {false};
  uint64_t key;
  void *value;
  size_t count = 0;
  for (cursor = 0; map_next(&map, &cursor, &key, &value); count++) {
    assert_int_equal(key % 12345, 0);
    assert_false(met[key / 12345]);
    assert_ptr_equal(value, &values[key / 12345]);
    met[key / 12345] = true;
  }
  assert_int_equal(count, 1000);
  map_deinit(&map);
}

static void map_stays_whole_without_memory(void **state) {
  (void)state;
  map_t map;
  map_init(&map);
  alloc_fail_after(0);
  assert_int_equal(map_put(&map, 1, &values[1]), IROH_ERR_NO_MEMORY);
  assert_int_equal(map_count(&map), 0);
  alloc_fail_after(1);
  uint64_t key = 0;
  while (map_put(&map, key, &values[key]) == 0) key++;
  assert_int_equal(map_count(&map), key);
  assert_int_equal(map_put(&map, 0, &values[99]), 0);
  assert_null(map_get(&map, key));
  alloc_succeed();
  for (; key < 1000; key++) assert_int_equal(map_put(&map, key, &values[key]), 0);
  alloc_fail_after(0);
  for (key = 1; key < 1000; key++) assert_ptr_equal(map_remove(&map, key), &values[key]);
  alloc_succeed();
  assert_ptr_equal(map_get(&map, 0), &values[99]);
  map_deinit(&map);
}

/* Against a plain array, over keys that are dense, far apart, or equal in their low bits. */
static void map_agrees_with_a_model(void **state) {
  (void)state;
  static const uint64_t strides[] = {1, 4, 1024, UINT64_C(1) << 32, UINT64_C(0x9e3779b97f4a7c15)};
  uint64_t seed = 42;
  for (size_t s = 0; s < ARRAY_LEN(strides); s++) {
    void *model[512] = {NULL};
    size_t count = 0;
    map_t map;
    map_init(&map);
    for (int step = 0; step < 20000; step++) {
      size_t i = random_below(&seed, ARRAY_LEN(model));
      /* Waves of mostly putting and mostly removing. */
      if (random_below(&seed, 10) < ((step / 2000) % 2 ? 2u : 8u)) {
        void *value = &values[random_below(&seed, ARRAY_LEN(values))];
        assert_int_equal(map_put(&map, i * strides[s], value), 0);
        count += model[i] == NULL;
        model[i] = value;
      } else {
        assert_ptr_equal(map_remove(&map, i * strides[s]), model[i]);
        count -= model[i] != NULL;
        model[i] = NULL;
      }
      assert_int_equal(map_count(&map), count);
      size_t j = random_below(&seed, ARRAY_LEN(model));
      assert_ptr_equal(map_get(&map, j * strides[s]), model[j]);
    }
    for (size_t i = 0; i < ARRAY_LEN(model); i++) assert_ptr_equal(map_get(&map, i * strides[s]), model[i]);
    map_deinit(&map);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(map_gets_what_was_put),
      cmocka_unit_test(map_put_replaces),
      cmocka_unit_test(map_remove_returns_the_value_once),
      cmocka_unit_test(map_holds_no_memory_while_empty),
      cmocka_unit_test(map_shrinks_when_mostly_empty),
      cmocka_unit_test(map_walk_meets_every_key_once),
      cmocka_unit_test(map_stays_whole_without_memory),
      cmocka_unit_test(map_agrees_with_a_model),
  };
  return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}
