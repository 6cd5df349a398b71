/* SPDX-License-Identifier: MIT */
#include "test.h"

static void errors_have_names_texts_and_classes(void **state) {
  (void)state;
  assert_string_equal(iroh_error_name(IROH_ERR_TIMEOUT), "ERR_IROH_TIMEOUT");
  assert_string_equal(iroh_error_text(IROH_ERR_NO_MEMORY), "out of memory");
  assert_string_equal(iroh_error_class(IROH_ERR_NO_MEMORY), "fatal");
  assert_string_equal(iroh_error_class(IROH_ERR_NOT_JSON), "stream");
}

static void errors_unknown_numbers_are_internal(void **state) {
  (void)state;
  static const int numbers[] = {0, 1, -9999, INT32_MAX, INT32_MIN};
  for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
    assert_string_equal(iroh_error_name(numbers[i]), "ERR_IROH_INTERNAL");
    assert_string_equal(iroh_error_class(numbers[i]), "fatal");
  }
}

static void errors_table_is_walked_to_its_end(void **state) {
  (void)state;
  size_t count = 0;
  while (iroh_error_at(count) != 0) count++;
  assert_true(count >= 45);
  assert_int_equal(iroh_error_at(0), IROH_ERR_INVALID_ARGUMENT);
  assert_int_equal(iroh_error_at(count + 1), 0);
  assert_int_equal(iroh_error_at(SIZE_MAX), 0);
}

static void errors_are_negative_distinct_and_of_a_known_class(void **state) {
  (void)state;
  static const char *const classes[] = {"usage", "transient", "stream", "conn", "fatal"};
  for (size_t i = 0; iroh_error_at(i) != 0; i++) {
    int error = iroh_error_at(i);
    assert_true(error < 0);
    assert_true(strlen(iroh_error_text(error)) > 0);
    bool known = false;
    for (size_t c = 0; c < ARRAY_LEN(classes); c++) known |= strcmp(iroh_error_class(error), classes[c]) == 0;
    assert_true(known);
    for (size_t j = 0; j < i; j++) {
      assert_int_not_equal(iroh_error_at(j), error);
      assert_string_not_equal(iroh_error_name(iroh_error_at(j)), iroh_error_name(error));
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(errors_have_names_texts_and_classes),
      cmocka_unit_test(errors_unknown_numbers_are_internal),
      cmocka_unit_test(errors_table_is_walked_to_its_end),
      cmocka_unit_test(errors_are_negative_distinct_and_of_a_known_class),
  };
  return cmocka_run_group_tests_name("errors", tests, NULL, NULL);
}
