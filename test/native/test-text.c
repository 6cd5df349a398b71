/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include "test.h"

/* RFC 4648 section 10, in lower case without padding. */
static const struct {
  const char *bytes;
  const char *hex;
  const char *base32;
} vectors[] = {
    {"", "", ""},
    {"f", "66", "my"},
    {"fo", "666f", "mzxq"},
    {"foo", "666f6f", "mzxw6"},
    {"foob", "666f6f62", "mzxw6yq"},
    {"fooba", "666f6f6261", "mzxw6ytb"},
    {"foobar", "666f6f626172", "mzxw6ytboi"},
};

static void text_encodes_rfc4648_vectors(void **state) {
  (void)state;
  for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
    char out[32];
    size_t len = strlen(vectors[i].bytes);
    text_hex_encode((const uint8_t *)vectors[i].bytes, len, out);
    assert_string_equal(out, vectors[i].hex);
    assert_int_equal(strlen(out), TEXT_HEX_LEN(len));
    text_base32_encode((const uint8_t *)vectors[i].bytes, len, out);
    assert_string_equal(out, vectors[i].base32);
    assert_int_equal(strlen(out), TEXT_BASE32_LEN(len));
    assert_int_equal(TEXT_BASE32_BYTES(strlen(out)), len);
  }
}

static void text_decodes_rfc4648_vectors_in_either_case(void **state) {
  (void)state;
  for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
    uint8_t out[32];
    size_t len = strlen(vectors[i].bytes);
    assert_int_equal(text_hex_decode(vectors[i].hex, strlen(vectors[i].hex), out, len), 0);
    assert_memory_equal(out, vectors[i].bytes, len);
    assert_int_equal(text_base32_decode(vectors[i].base32, strlen(vectors[i].base32), out, len), 0);
    assert_memory_equal(out, vectors[i].bytes, len);
  }
  uint8_t out[4];
  assert_int_equal(text_hex_decode("DeadBEEF", 8, out, 4), 0);
  assert_memory_equal(out, "\xde\xad\xbe\xef", 4);
  assert_int_equal(text_base32_decode("MzXw6", 5, out, 3), 0);
  assert_memory_equal(out, "foo", 3);
}

static void text_round_trips_every_length(void **state) {
  (void)state;
  uint64_t seed = 46;
  for (size_t len = 0; len <= 100; len++) {
    uint8_t bytes[100], back[100];
    char out[256];
    for (size_t i = 0; i < len; i++) bytes[i] = (uint8_t)random_next(&seed);
    text_base32_encode(bytes, len, out);
    assert_int_equal(text_base32_decode(out, strlen(out), back, len), 0);
    assert_memory_equal(back, bytes, len);
    text_hex_encode(bytes, len, out);
    assert_int_equal(text_hex_decode(out, strlen(out), back, len), 0);
    assert_memory_equal(back, bytes, len);
  }
}

static void text_refuses_wrong_lengths(void **state) {
  (void)state;
  uint8_t out[8];
  assert_int_equal(text_hex_decode("666", 3, out, 1), IROH_ERR_INVALID_ARGUMENT);
  assert_int_equal(text_hex_decode("6666", 4, out, 1), IROH_ERR_INVALID_ARGUMENT);
  assert_int_equal(text_hex_decode("", 0, out, 1), IROH_ERR_INVALID_ARGUMENT);
  /* One, three and six characters stand for no number of bytes. */
  static const char *const odd[] = {"a", "aaa", "aaaaaa"};
  for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
    size_t len = strlen(odd[i]);
    assert_int_equal(text_base32_decode(odd[i], len, out, TEXT_BASE32_BYTES(len)), IROH_ERR_INVALID_ARGUMENT);
  }
  assert_int_equal(text_base32_decode("mzxw6", 5, out, SIZE_MAX), IROH_ERR_INVALID_ARGUMENT);
}

static void text_refuses_foreign_characters(void **state) {
  (void)state;
  static const char good_hex[] = "0123456789abcdefABCDEF";
  static const char good_base32[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  for (int c = 0; c < 256; c++) {
    uint8_t out[5];
    char hex[2] = {'0', (char)c};
    char base32[8] = {'a', 'a', 'a', (char)c, 'a', 'a', 'a', 'a'};
    bool is_hex = c && strchr(good_hex, c);
    bool is_base32 = c && strchr(good_base32, c);
    assert_int_equal(text_hex_decode(hex, 2, out, 1) == 0, is_hex);
    assert_int_equal(text_base32_decode(base32, 8, out, 5) == 0, is_base32);
  }
}

static void text_base32_refuses_left_over_bits(void **state) {
  (void)state;
  uint8_t out[4];
  assert_int_equal(text_base32_decode("my", 2, out, 1), 0);
  assert_int_equal(text_base32_decode("mz", 2, out, 1), IROH_ERR_INVALID_ARGUMENT);
  assert_int_equal(text_base32_decode("mzxw7", 5, out, 3), IROH_ERR_INVALID_ARGUMENT);
  assert_int_equal(text_base32_decode("mzxw6yr", 7, out, 4), IROH_ERR_INVALID_ARGUMENT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(text_encodes_rfc4648_vectors),    cmocka_unit_test(text_decodes_rfc4648_vectors_in_either_case),
      cmocka_unit_test(text_round_trips_every_length),   cmocka_unit_test(text_refuses_wrong_lengths),
      cmocka_unit_test(text_refuses_foreign_characters), cmocka_unit_test(text_base32_refuses_left_over_bits),
  };
  return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
