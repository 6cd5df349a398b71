/* SPDX-License-Identifier: MIT */
#include "base/key.h"

#include "base/text.h"
#include "test.h"

#include <sodium.h>

/* RFC 8032 section 7.1: tests 1, 2, 3 and SHA(abc). */
static const struct {
  const char *seed;
  const char *public_key;
  const char *message;
  const char *signature;
} vectors[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24"
     "655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aee"
     "b00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28d"
     "c027beceea1ec40a"},
    {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e"
     "2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17a"
     "d9bef1177331a704"},
};

static size_t from_hex(const char *hex, uint8_t *out) {
  size_t len = strlen(hex) / 2;
  assert_int_equal(text_hex_decode(hex, strlen(hex), out, len), 0);
  return len;
}

static void key_agrees_with_rfc8032(void **state) {
  (void)state;
  for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
    uint8_t seed[32], expected_public[32], message[64], expected_sig[64], public_key[32], sig[64];
    from_hex(vectors[i].seed, seed);
    from_hex(vectors[i].public_key, expected_public);
    size_t len = from_hex(vectors[i].message, message);
    from_hex(vectors[i].signature, expected_sig);
    assert_int_equal(iroh_key_public(seed, public_key), 0);
    assert_memory_equal(public_key, expected_public, 32);
    assert_int_equal(iroh_key_sign(seed, message, len, sig), 0);
    assert_memory_equal(sig, expected_sig, 64);
    assert_true(iroh_key_verify(public_key, message, len, sig));
    assert_true(iroh_node_id_is_valid(public_key));
  }
}

static void key_verify_refuses_what_was_not_signed(void **state) {
  (void)state;
  uint8_t seed[32], public_key[32], sig[64], message[] = "message";
  assert_int_equal(iroh_key_generate(seed), 0);
  assert_int_equal(iroh_key_public(seed, public_key), 0);
  assert_int_equal(iroh_key_sign(seed, message, sizeof(message), sig), 0);
  assert_true(iroh_key_verify(public_key, message, sizeof(message), sig));
  assert_false(iroh_key_verify(public_key, message, sizeof(message) - 1, sig));
  for (size_t i = 0; i < 64; i++) {
    sig[i] ^= 1;
    assert_false(iroh_key_verify(public_key, message, sizeof(message), sig));
    sig[i] ^= 1;
  }
  public_key[3] ^= 1;
  assert_false(iroh_key_verify(public_key, message, sizeof(message), sig));
}

static void key_generate_gives_fresh_seeds(void **state) {
  (void)state;
  uint8_t a[32], b[32];
  assert_int_equal(iroh_key_generate(a), 0);
  assert_int_equal(iroh_key_generate(b), 0);
  assert_memory_not_equal(a, b, 32);
}

static void key_parse_reads_hex_and_base32_in_either_case(void **state) {
  (void)state;
  uint8_t key[32], parsed[32];
  char hex[TEXT_HEX_LEN(32) + 1], base32[TEXT_BASE32_LEN(32) + 1];
  assert_int_equal(iroh_key_generate(key), 0);
  text_hex_encode(key, 32, hex);
  text_base32_encode(key, 32, base32);
  assert_int_equal(strlen(hex), 64);
  assert_int_equal(strlen(base32), 52);
  for (int upper = 0; upper < 2; upper++) {
    memset(parsed, 0, 32);
    assert_int_equal(iroh_key_parse(hex, 64, parsed), 0);
    assert_memory_equal(parsed, key, 32);
    memset(parsed, 0, 32);
    assert_int_equal(iroh_key_parse(base32, 52, parsed), 0);
    assert_memory_equal(parsed, key, 32);
    for (char *c = hex; *c; c++) *c = *c >= 'a' ? (char)(*c - 32) : *c;
    for (char *c = base32; *c; c++) *c = *c >= 'a' ? (char)(*c - 32) : *c;
  }
}

static void key_parse_refuses_everything_else(void **state) {
  (void)state;
  uint8_t out[32];
  char text[65];
  memset(text, 'a', sizeof(text));
  for (size_t len = 0; len <= sizeof(text); len++) {
    int expected = len == 64 || len == 52 ? 0 : IROH_ERR_INVALID_NODE_ID;
    assert_int_equal(iroh_key_parse(text, len, out), expected);
  }
  text[51] = 'b';
  assert_int_equal(iroh_key_parse(text, 52, out), IROH_ERR_INVALID_NODE_ID);
  text[51] = 'a';
  text[0] = 'g';
  assert_int_equal(iroh_key_parse(text, 64, out), IROH_ERR_INVALID_NODE_ID);
  assert_int_equal(iroh_key_parse(text, 52, out), 0);
  text[0] = '1';
  assert_int_equal(iroh_key_parse(text, 64, out), 0);
  assert_int_equal(iroh_key_parse(text, 52, out), IROH_ERR_INVALID_NODE_ID);
}

static void node_id_must_be_a_point_somebody_can_hold(void **state) {
  (void)state;
  static const char *const bad[] = {
      /* small order */
      "0000000000000000000000000000000000000000000000000000000000000000",
      "0100000000000000000000000000000000000000000000000000000000000000",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
      "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
      /* not canonical */
      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
      /* not on the curve */
      "0200000000000000000000000000000000000000000000000000000000000000",
  };
  uint8_t node_id[32];
  for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
    from_hex(bad[i], node_id);
    assert_false(iroh_node_id_is_valid(node_id));
  }
  /* A key nobody's seed leads to: somebody's, moved by a point of order eight. */
  uint8_t honest[32], twist[32], mixed[32];
  from_hex(vectors[0].public_key, honest);
  from_hex(bad[3], twist);
  assert_int_equal(crypto_core_ed25519_add(mixed, honest, twist), 0);
  assert_false(iroh_node_id_is_valid(mixed));
}

static void key_pair_holds_seed_and_public_key(void **state) {
  (void)state;
  uint8_t seed[32], public_key[32];
  key_pair_t *pair;
  from_hex(vectors[1].seed, seed);
  from_hex(vectors[1].public_key, public_key);
  assert_int_equal(key_pair_new(seed, &pair), 0);
  assert_memory_equal(key_pair_seed(pair), seed, 32);
  assert_memory_equal(key_pair_public(pair), public_key, 32);
  key_pair_free(pair);
  key_pair_free(NULL);
}

static void wipe_leaves_zeros(void **state) {
  (void)state;
  uint8_t bytes[40], zeros[32] = {0};
  memset(bytes, 0xaa, sizeof(bytes));
  iroh_wipe(bytes, 32);
  assert_memory_equal(bytes, zeros, 32);
  assert_int_equal(bytes[32], 0xaa);
  iroh_wipe(NULL, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(key_agrees_with_rfc8032),
      cmocka_unit_test(key_verify_refuses_what_was_not_signed),
      cmocka_unit_test(key_generate_gives_fresh_seeds),
      cmocka_unit_test(key_parse_reads_hex_and_base32_in_either_case),
      cmocka_unit_test(key_parse_refuses_everything_else),
      cmocka_unit_test(node_id_must_be_a_point_somebody_can_hold),
      cmocka_unit_test(key_pair_holds_seed_and_public_key),
      cmocka_unit_test(wipe_leaves_zeros),
  };
  return cmocka_run_group_tests_name("key", tests, NULL, NULL);
}
