/* SPDX-License-Identifier: MIT */
#include "base/list.h"

#include "test.h"

typedef struct {
  char name;
  list_node_t node;
} thing_t;

/* The names in order, as a string. */
static const char *names_of(const list_t *list, char *out) {
  char *end = out;
  list_for_each(node, list) *end++ = container_of(node, thing_t, node)->name;
  *end = '\0';
  return out;
}

static void list_keeps_the_order_of_pushing(void **state) {
  (void)state;
  char names[8];
  list_t list;
  list_init(&list);
  thing_t a = {.name = 'a'}, b = {.name = 'b'}, c = {.name = 'c'};
  assert_string_equal(names_of(&list, names), "");
  list_push_back(&list, &b.node);
  list_push_back(&list, &c.node);
  list_push_front(&list, &a.node);
  assert_string_equal(names_of(&list, names), "abc");
  assert_ptr_equal(list_first(&list), &a.node);
}

static void list_pop_front_empties_it(void **state) {
  (void)state;
  list_t list;
  list_init(&list);
  thing_t a = {.name = 'a'}, b = {.name = 'b'};
  list_push_back(&list, &a.node);
  list_push_back(&list, &b.node);
  assert_ptr_equal(list_pop_front(&list), &a.node);
  assert_false(list_is_linked(&a.node));
  assert_ptr_equal(list_pop_front(&list), &b.node);
  assert_null(list_pop_front(&list));
  assert_null(list_first(&list));
  assert_true(list_empty(&list));
}

static void list_remove_twice_is_harmless(void **state) {
  (void)state;
  char names[8];
  list_t list;
  list_init(&list);
  thing_t a = {.name = 'a'}, b = {.name = 'b'}, fresh = {.name = 'f'};
  list_push_back(&list, &a.node);
  list_push_back(&list, &b.node);
  assert_true(list_is_linked(&a.node));
  list_remove(&a.node);
  list_remove(&a.node);
  assert_false(list_is_linked(&a.node));
  list_remove(&fresh.node);
  assert_false(list_is_linked(&fresh.node));
  assert_string_equal(names_of(&list, names), "b");
  list_push_back(&list, &a.node);
  assert_string_equal(names_of(&list, names), "ba");
}

static void list_walk_may_remove_what_it_meets(void **state) {
  (void)state;
  char names[8];
  list_t list;
  list_init(&list);
  thing_t things[4] = {{.name = 'a'}, {.name = 'b'}, {.name = 'c'}, {.name = 'd'}};
  for (size_t i = 0; i < ARRAY_LEN(things); i++) list_push_back(&list, &things[i].node);
  list_for_each(node, &list) {
    if (container_of(node, thing_t, node)->name % 2 == 0) list_remove(node);
  }
  assert_string_equal(names_of(&list, names), "ac");
  list_for_each(node, &list) list_remove(node);
  assert_true(list_empty(&list));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(list_keeps_the_order_of_pushing),
      cmocka_unit_test(list_pop_front_empties_it),
      cmocka_unit_test(list_remove_twice_is_harmless),
      cmocka_unit_test(list_walk_may_remove_what_it_meets),
  };
  return cmocka_run_group_tests_name("list", tests, NULL, NULL);
}
