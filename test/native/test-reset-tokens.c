/* SPDX-License-Identifier: MIT */
#include "net/reset-tokens.h"

#include "base/list.h"
#include "test.h"

typedef struct {
  list_t owned;
} owner_t;

static const uint8_t token_a[16] = {1, 2, 3}, token_b[16] = {1, 2, 4};

static void *find(const reset_tokens_t *tokens, const uint8_t token[16]) {
  uint8_t datagram[40];
  memset(datagram, 0x55, sizeof datagram);
  memcpy(datagram + sizeof datagram - 16, token, 16);
  return reset_tokens_find(tokens, datagram, sizeof datagram);
}

static void a_token_finds_its_owner_until_it_is_removed(void **state) {
  (void)state;
  reset_tokens_t tokens;
  owner_t one, other;
  list_init(&one.owned);
  list_init(&other.owned);
  assert_int_equal(reset_tokens_init(&tokens), 0);
  assert_null(find(&tokens, token_a));
  reset_tokens_add(&tokens, token_a, &one, &one.owned);
  reset_tokens_add(&tokens, token_b, &other, &other.owned);
  assert_ptr_equal(find(&tokens, token_a), &one);
  assert_ptr_equal(find(&tokens, token_b), &other);
  /* RFC 9000 section 10.3: at least 21 bytes. */
  assert_null(reset_tokens_find(&tokens, token_a, sizeof token_a));
  reset_tokens_remove(&tokens, token_a, &other.owned);
  assert_ptr_equal(find(&tokens, token_a), &one);
  reset_tokens_remove(&tokens, token_a, &one.owned);
  assert_null(find(&tokens, token_a));
  reset_tokens_clear(&tokens, &other.owned);
  assert_null(find(&tokens, token_b));
  assert_true(list_empty(&other.owned));
  reset_tokens_deinit(&tokens);
}

static void a_token_given_twice_outlives_no_owner(void **state) {
  (void)state;
  reset_tokens_t tokens;
  owner_t one, other;
  list_init(&one.owned);
  list_init(&other.owned);
  assert_int_equal(reset_tokens_init(&tokens), 0);
  reset_tokens_add(&tokens, token_a, &one, &one.owned);
  reset_tokens_add(&tokens, token_a, &one, &one.owned);
  reset_tokens_add(&tokens, token_a, &other, &other.owned);
  assert_ptr_equal(find(&tokens, token_a), &other);
  reset_tokens_clear(&tokens, &one.owned);
  assert_ptr_equal(find(&tokens, token_a), &other);
  reset_tokens_clear(&tokens, &other.owned);
  assert_null(find(&tokens, token_a));
  reset_tokens_deinit(&tokens);
}

static void without_memory_a_token_is_not_known(void **state) {
  (void)state;
  reset_tokens_t tokens;
  owner_t one;
  list_init(&one.owned);
  assert_int_equal(reset_tokens_init(&tokens), 0);
  size_t live = alloc_live();
  for (size_t allocations = 0; allocations < 2; allocations++) {
    alloc_fail_after(allocations);
    reset_tokens_add(&tokens, token_a, &one, &one.owned);
    alloc_succeed();
    assert_null(find(&tokens, token_a));
    assert_int_equal(alloc_live(), live);
  }
  reset_tokens_deinit(&tokens);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_token_finds_its_owner_until_it_is_removed),
      cmocka_unit_test(a_token_given_twice_outlives_no_owner),
      cmocka_unit_test(without_memory_a_token_is_not_known),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
