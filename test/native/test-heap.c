/* SPDX-License-Identifier: MIT */
#include "base/heap.h"

#include "test.h"

typedef struct {
  int name;
  heap_node_t deadline;
} timer_thing_t;

static void heap_top_is_the_least_key(void **state) {
  (void)state;
  heap_t heap;
  heap_init(&heap);
  assert_null(heap_top(&heap));
  timer_thing_t things[3] = {{.name = 0}, {.name = 1}, {.name = 2}};
  assert_int_equal(heap_set(&heap, &things[0].deadline, 30), 0);
  assert_int_equal(heap_set(&heap, &things[1].deadline, 10), 0);
  assert_int_equal(heap_set(&heap, &things[2].deadline, 20), 0);
  assert_int_equal(container_of(heap_top(&heap), timer_thing_t, deadline)->name, 1);
  assert_int_equal(heap_top(&heap)->key, 10);
  heap_deinit(&heap);
}

static void heap_set_moves_a_node_both_ways(void **state) {
  (void)state;
  heap_t heap;
  heap_init(&heap);
  heap_node_t a = {0}, b = {0};
  assert_int_equal(heap_set(&heap, &a, 10), 0);
  assert_int_equal(heap_set(&heap, &b, 20), 0);
  assert_int_equal(heap_set(&heap, &a, 30), 0);
  assert_ptr_equal(heap_top(&heap), &b);
  assert_int_equal(heap_set(&heap, &a, 5), 0);
  assert_ptr_equal(heap_top(&heap), &a);
  assert_int_equal(heap.count, 2);
  heap_deinit(&heap);
}

static void heap_remove_is_harmless_when_absent(void **state) {
  (void)state;
  heap_t heap;
  heap_init(&heap);
  heap_node_t a = {0}, b = {0};
  heap_remove(&heap, &a);
  assert_int_equal(heap_set(&heap, &a, UINT64_MAX), 0);
  heap_remove(&heap, &b);
  assert_ptr_equal(heap_top(&heap), &a);
  heap_remove(&heap, &a);
  heap_remove(&heap, &a);
  assert_false(heap_has(&a));
  assert_null(heap_top(&heap));
  heap_deinit(&heap);
}

static void heap_deinit_leaves_nodes_in_no_heap(void **state) {
  (void)state;
  heap_t heap;
  heap_init(&heap);
  heap_node_t a = {0};
  assert_int_equal(heap_set(&heap, &a, 1), 0);
  heap_deinit(&heap);
  assert_false(heap_has(&a));
  assert_null(heap_top(&heap));
}

static void heap_stays_whole_without_memory(void **state) {
  (void)state;
  heap_t heap;
  heap_init(&heap);
  heap_node_t nodes[64] = {{0}};
  alloc_fail_after(1);
  size_t count = 0;
  while (heap_set(&heap, &nodes[count], 100 - count) == 0) count++;
  assert_false(heap_has(&nodes[count]));
  assert_ptr_equal(heap_top(&heap), &nodes[count - 1]);
  assert_int_equal(heap_set(&heap, &nodes[0], 1), 0);
  assert_ptr_equal(heap_top(&heap), &nodes[0]);
  alloc_succeed();
  heap_deinit(&heap);
}

static heap_node_t *least_of(heap_node_t *nodes, size_t count) {
  heap_node_t *least = NULL;
  for (size_t i = 0; i < count; i++) {
    if (heap_has(&nodes[i]) && (!least || nodes[i].key < least->key)) least = &nodes[i];
  }
  return least;
}

static void heap_agrees_with_a_model(void **state) {
  (void)state;
  uint64_t seed = 44;
  heap_node_t nodes[200] = {{0}};
  heap_t heap;
  heap_init(&heap);
  for (int step = 0; step < 20000; step++) {
    heap_node_t *node = &nodes[random_below(&seed, ARRAY_LEN(nodes))];
    size_t action = random_below(&seed, 10);
    if (action < 6) {
      assert_int_equal(heap_set(&heap, node, random_below(&seed, 1000)), 0);
    } else if (action < 8) {
      heap_remove(&heap, node);
    } else if (heap_top(&heap)) {
      heap_remove(&heap, heap_top(&heap));
    }
    heap_node_t *least = least_of(nodes, ARRAY_LEN(nodes));
    assert_true((least == NULL) == (heap_top(&heap) == NULL));
    if (least) assert_int_equal(heap_top(&heap)->key, least->key);
  }
  heap_deinit(&heap);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(heap_top_is_the_least_key),           cmocka_unit_test(heap_set_moves_a_node_both_ways),
      cmocka_unit_test(heap_remove_is_harmless_when_absent), cmocka_unit_test(heap_deinit_leaves_nodes_in_no_heap),
      cmocka_unit_test(heap_stays_whole_without_memory),     cmocka_unit_test(heap_agrees_with_a_model),
  };
  return cmocka_run_group_tests_name("heap", tests, NULL, NULL);
}
