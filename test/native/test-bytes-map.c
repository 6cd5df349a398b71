/* SPDX-License-Identifier: MIT */
#include "base/bytes_map.h"

#include "test.h"

static int values[1024];

static void bytes_map_tells_keys_of_different_length_apart(void **state) {
  (void)state;
  static const uint8_t zeros[BYTES_MAP_KEY_MAX] = {0};
  bytes_map_t map;
  assert_int_equal(bytes_map_init(&map), 0);
  for (size_t len = 0; len <= BYTES_MAP_KEY_MAX; len++) {
    assert_int_equal(bytes_map_put(&map, zeros, len, &values[len]), 0);
  }
  assert_int_equal(bytes_map_count(&map), BYTES_MAP_KEY_MAX + 1);
  for (size_t len = 0; len <= BYTES_MAP_KEY_MAX; len++) {
    assert_ptr_equal(bytes_map_get(&map, zeros, len), &values[len]);
  }
  assert_ptr_equal(bytes_map_get(&map, NULL, 0), &values[0]);
  bytes_map_deinit(&map);
}

static void bytes_map_refuses_long_keys(void **state) {
  (void)state;
  static const uint8_t key[BYTES_MAP_KEY_MAX + 1] = {0};
  bytes_map_t map;
  assert_int_equal(bytes_map_init(&map), 0);
  assert_int_equal(bytes_map_put(&map, key, sizeof(key), &values[0]), IROH_ERR_INVALID_ARGUMENT);
  assert_int_equal(bytes_map_put(&map, key, 1, &values[0]), 0);
  assert_null(bytes_map_get(&map, key, sizeof(key)));
  assert_null(bytes_map_remove(&map, key, sizeof(key)));
  assert_int_equal(bytes_map_count(&map), 1);
  bytes_map_deinit(&map);
}

static void bytes_map_copies_its_keys(void **state) {
  (void)state;
  char key[] = "connection";
  bytes_map_t map;
  assert_int_equal(bytes_map_init(&map), 0);
  assert_int_equal(bytes_map_put(&map, key, sizeof(key), &values[1]), 0);
  key[0] = 'X';
  assert_null(bytes_map_get(&map, key, sizeof(key)));
  assert_ptr_equal(bytes_map_get(&map, "connection", sizeof(key)), &values[1]);
  bytes_map_deinit(&map);
}

static void bytes_map_put_replaces_and_remove_forgets(void **state) {
  (void)state;
  bytes_map_t map;
  assert_int_equal(bytes_map_init(&map), 0);
  assert_null(bytes_map_remove(&map, "ab", 2));
  assert_int_equal(bytes_map_put(&map, "ab", 2, &values[1]), 0);
  assert_int_equal(bytes_map_put(&map, "ab", 2, &values[2]), 0);
  assert_int_equal(bytes_map_count(&map), 1);
  assert_ptr_equal(bytes_map_remove(&map, "ab", 2), &values[2]);
  assert_null(bytes_map_remove(&map, "ab", 2));
  assert_int_equal(bytes_map_count(&map), 0);
  bytes_map_deinit(&map);
}

static void bytes_map_holds_no_memory_while_empty(void **state) {
  (void)state;
  bytes_map_t map;
  assert_int_equal(bytes_map_init(&map), 0);
  size_t live = alloc_live();
  for (uint32_t i = 0; i < 100; i++) assert_int_equal(bytes_map_put(&map, &i, sizeof(i), &values[i]), 0);
  assert_int_equal(alloc_live(), live + 1);
  for (uint32_t i = 0; i < 100; i++) assert_ptr_equal(bytes_map_remove(&map, &i, sizeof(i)), &values[i]);
  assert_int_equal(alloc_live(), live);
  bytes_map_deinit(&map);
}

static void bytes_map_is_hashed_with_a_key_of_its_own(void **state) {
  (void)state;
  bytes_map_t a, b;
  assert_int_equal(bytes_map_init(&a), 0);
  assert_int_equal(bytes_map_init(&b), 0);
  assert_memory_not_equal(a.hash_key, b.hash_key, sizeof(a.hash_key));
  bytes_map_deinit(&a);
  bytes_map_deinit(&b);
}

static void bytes_map_stays_whole_without_memory(void **state) {
  (void)state;
  bytes_map_t map;
  assert_int_equal(bytes_map_init(&map), 0);
  alloc_fail_after(1);
  uint32_t i = 0;
  while (bytes_map_put(&map, &i, sizeof(i), &values[i]) == 0) i++;
  alloc_succeed();
  assert_int_equal(bytes_map_count(&map), i);
  assert_null(bytes_map_get(&map, &i, sizeof(i)));
  while (i-- > 0) assert_ptr_equal(bytes_map_get(&map, &i, sizeof(i)), &values[i]);
  bytes_map_deinit(&map);
}

static void bytes_map_walk_meets_every_key_once(void **state) {
  (void)state;
  bytes_map_t map;
  assert_int_equal(bytes_map_init(&map), 0);
  for (uint32_t i = 0; i < 1000; i++) assert_int_equal(bytes_map_put(&map, &i, sizeof(i), &values[i]), 0);
  bool met[1000] = {false};
  const uint8_t *key;
  size_t key_len;
  void *value;
  size_t count = 0;
  for (size_t cursor = 0; bytes_map_next(&map, &cursor, &key, &key_len, &value); count++) {
    uint32_t i;
    assert_int_equal(key_len, sizeof(i));
    memcpy(&i, key, sizeof(i));
    assert_false(met[i]);
    assert_ptr_equal(value, &values[i]);
    met[i] = true;
  }
  assert_int_equal(count, 1000);
  size_t cursor = 0;
  assert_true(bytes_map_next(&map, &cursor, NULL, NULL, NULL));
  bytes_map_deinit(&map);
}

static void bytes_map_agrees_with_a_model(void **state) {
  (void)state;
  uint64_t seed = 43;
  void *model[512] = {NULL};
  size_t count = 0;
  bytes_map_t map;
  assert_int_equal(bytes_map_init(&map), 0);
  for (int step = 0; step < 40000; step++) {
    uint8_t key[20] = {0};
    size_t i = random_below(&seed, ARRAY_LEN(model));
    memcpy(key, &i, sizeof(i));
    if (random_below(&seed, 10) < ((step / 4000) % 2 ? 2u : 8u)) {
      void *value = &values[random_below(&seed, ARRAY_LEN(values))];
      assert_int_equal(bytes_map_put(&map, key, sizeof(key), value), 0);
      count += model[i] == NULL;
      model[i] = value;
    } else {
      assert_ptr_equal(bytes_map_remove(&map, key, sizeof(key)), model[i]);
      count -= model[i] != NULL;
      model[i] = NULL;
    }
    assert_int_equal(bytes_map_count(&map), count);
    size_t j = random_below(&seed, ARRAY_LEN(model));
    memcpy(key, &j, sizeof(j));
    assert_ptr_equal(bytes_map_get(&map, key, sizeof(key)), model[j]);
  }
  bytes_map_deinit(&map);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bytes_map_tells_keys_of_different_length_apart),
      cmocka_unit_test(bytes_map_refuses_long_keys),
      cmocka_unit_test(bytes_map_copies_its_keys),
      cmocka_unit_test(bytes_map_put_replaces_and_remove_forgets),
      cmocka_unit_test(bytes_map_holds_no_memory_while_empty),
      cmocka_unit_test(bytes_map_is_hashed_with_a_key_of_its_own),
      cmocka_unit_test(bytes_map_stays_whole_without_memory),
      cmocka_unit_test(bytes_map_walk_meets_every_key_once),
      cmocka_unit_test(bytes_map_agrees_with_a_model),
  };
  return cmocka_run_group_tests_name("bytes_map", tests, NULL, NULL);
}
