/* SPDX-License-Identifier: MIT */
#include "base/box.h"

#include "base/text.h"
#include "test.h"

static void from_hex(const char *hex, uint8_t *out) {
  assert_int_equal(text_hex_decode(hex, strlen(hex), out, strlen(hex) / 2), 0);
}

static const uint8_t nonce[BOX_NONCE_BYTES] = {1, 2, 3};

/* The pair that libsodium's own test converts. */
static void box_key_is_the_x25519_form_of_the_seed(void **state) {
  (void)state;
  uint8_t seed[32], expected[32], secret[32];
  from_hex("421151a459faeade3d247115f94aedae42318124095afabe4d1451a559faedee", seed);
  from_hex("8052030376d47112be7f73ed7a019293dd12ad910b654455798b4667d73de166", expected);
  assert_int_equal(box_key_from_seed(seed, secret), 0);
  assert_memory_equal(secret, expected, 32);
}

static void box_shared_key_is_the_same_on_both_sides_only(void **state) {
  (void)state;
  uint8_t seeds[3][32], public_keys[3][32], ab[32], ba[32], ac[32];
  for (size_t i = 0; i < 3; i++) {
    memset(seeds[i], (int)(i + 1), 32);
    assert_int_equal(iroh_key_public(seeds[i], public_keys[i]), 0);
  }
  assert_int_equal(box_shared_key(seeds[0], public_keys[1], ab), 0);
  assert_int_equal(box_shared_key(seeds[1], public_keys[0], ba), 0);
  assert_int_equal(box_shared_key(seeds[0], public_keys[2], ac), 0);
  assert_memory_equal(ab, ba, 32);
  assert_memory_not_equal(ab, ac, 32);
}

static void box_shared_key_refuses_what_is_no_node_id(void **state) {
  (void)state;
  static const char *const bad[] = {
      "0000000000000000000000000000000000000000000000000000000000000000", /* small order */
      "0100000000000000000000000000000000000000000000000000000000000000", /* small order */
      "0200000000000000000000000000000000000000000000000000000000000000", /* not on the curve */
  };
  uint8_t seed[32] = {7}, public_key[32], shared[32];
  for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
    from_hex(bad[i], public_key);
    assert_int_equal(box_shared_key(seed, public_key, shared), IROH_ERR_INVALID_NODE_ID);
  }
}

/* The example of "Cryptography in NaCl", which every crypto_box is measured by: section 10. */
static void box_seal_agrees_with_nacl(void **state) {
  (void)state;
  uint8_t shared[32], n[24], plain[131], expected[147], sealed[147], opened[131];
  from_hex("1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389", shared);
  from_hex("69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37", n);
  from_hex(
      "be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f4"
      "1db66cce314adb310e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52"
      "f0a089bc76897040e082f937763848645e0705",
      plain);
  from_hex(
      "f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b"
      "4da7f011ec48c97271d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae90224368517acfeabd6bb3732bc0e9da"
      "99832b61ca01b6de56244a9e88d5f9b37973f622a43d14a6599b1f654cb45a74e355a5",
      expected);
  box_seal(shared, n, plain, sizeof plain, sealed);
  assert_memory_equal(sealed, expected, sizeof expected);
  assert_int_equal(box_open(shared, n, sealed, sizeof sealed, opened), 0);
  assert_memory_equal(opened, plain, sizeof plain);
}

static void box_open_refuses_what_was_changed(void **state) {
  (void)state;
  const uint8_t plain[] = "probe";
  uint8_t shared[32] = {9}, other_nonce[24] = {4}, sealed[sizeof plain + BOX_MAC_BYTES], opened[sizeof plain];
  box_seal(shared, nonce, plain, sizeof plain, sealed);
  for (size_t i = 0; i < sizeof sealed; i++) {
    sealed[i] ^= 0x10;
    assert_int_equal(box_open(shared, nonce, sealed, sizeof sealed, opened), IROH_ERR_INVALID_KEY);
    sealed[i] ^= 0x10;
  }
  for (size_t len = 0; len < sizeof sealed; len++)
    assert_int_equal(box_open(shared, nonce, sealed, len, opened), IROH_ERR_INVALID_KEY);
  assert_int_equal(box_open(shared, other_nonce, sealed, sizeof sealed, opened), IROH_ERR_INVALID_KEY);
  shared[0] ^= 1;
  assert_int_equal(box_open(shared, nonce, sealed, sizeof sealed, opened), IROH_ERR_INVALID_KEY);
  shared[0] ^= 1;
  assert_int_equal(box_open(shared, nonce, sealed, sizeof sealed, opened), 0);
  assert_memory_equal(opened, plain, sizeof plain);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(box_key_is_the_x25519_form_of_the_seed),
      cmocka_unit_test(box_shared_key_is_the_same_on_both_sides_only),
      cmocka_unit_test(box_shared_key_refuses_what_is_no_node_id),
      cmocka_unit_test(box_seal_agrees_with_nacl),
      cmocka_unit_test(box_open_refuses_what_was_changed),
  };
  return cmocka_run_group_tests_name("box", tests, NULL, NULL);
}
