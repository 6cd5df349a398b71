/* SPDX-License-Identifier: MIT */
#include "base/blake3.h"

#include "base/text.h"
#include "test.h"

#define KEY "whats the Elvish word for friend"
#define CONTEXT "BLAKE3 2019-12-27 16:29:52 test vectors context"
enum { MODES = 3, INPUT_MAX = 102400, EXTENDED = 131 };

/* From the official test vectors, around the borders of blocks, chunks and subtrees. The input is 0, 1, ... 250, 0, ... */
static const struct {
  size_t len;
  const char *out[MODES]; /* hash, keyed hash with KEY, key derived with CONTEXT */
} vectors[] = {
    {0,
     {"af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
      "92b2b75604ed3c761f9d6f62392c8a9227ad0ea3f09573e783f1498a4ed60d26",
      "2cc39783c223154fea8dfb7c1b1660f2ac2dcbd1c1de8277b0b0dd39b7e50d7d"}},
    {1,
     {"2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213",
      "6d7878dfff2f485635d39013278ae14f1454b8c0a3a2d34bc1ab38228a80c95b",
      "b3e2e340a117a499c6cf2398a19ee0d29cca2bb7404c73063382693bf66cb06c"}},
    {63,
     {"e9bc37a594daad83be9470df7f7b3798297c3d834ce80ba85d6e207627b7db7b",
      "bb1eb5d4afa793c1ebdd9fb08def6c36d10096986ae0cfe148cd101170ce37ae",
      "b6451e30b953c206e34644c6803724e9d2725e0893039cfc49584f991f451af3"}},
    {64,
     {"4eed7141ea4a5cd4b788606bd23f46e212af9cacebacdc7d1f4c6dc7f2511b98",
      "ba8ced36f327700d213f120b1a207a3b8c04330528586f414d09f2f7d9ccb7e6",
      "a5c4a7053fa86b64746d4bb688d06ad1f02a18fce9afd3e818fefaa7126bf73e"}},
    {65,
     {"de1e5fa0be70df6d2be8fffd0e99ceaa8eb6e8c93a63f2d8d1c30ecb6b263dee",
      "c0a4edefa2d2accb9277c371ac12fcdbb52988a86edc54f0716e1591b4326e72",
      "51fd05c3c1cfbc8ed67d139ad76f5cf8236cd2acd26627a30c104dfd9d3ff8a8"}},
    {1023,
     {"10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11",
      "c951ecdf03288d0fcc96ee3413563d8a6d3589547f2c2fb36d9786470f1b9d6e",
      "74a16c1c3d44368a86e1ca6df64be6a2f64cce8f09220787450722d85725dea5"}},
    {1024,
     {"42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7",
      "75c46f6f3d9eb4f55ecaaee480db732e6c2105546f1e675003687c31719c7ba4",
      "7356cd7720d5b66b6d0697eb3177d9f8d73a4a5c5e968896eb6a689684302706"}},
    {1025,
     {"d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444",
      "357dc55de0c7e382c900fd6e320acc04146be01db6a8ce7210b7189bd664ea69",
      "effaa245f065fbf82ac186839a249707c3bddf6d3fdda22d1b95a3c970379bcb"}},
    {2048,
     {"e776b6028c7cd22a4d0ba182a8bf62205d2ef576467e838ed6f2529b85fba24a",
      "879cf1fa2ea0e79126cb1063617a05b6ad9d0b696d0d757cf053439f60a99dd1",
      "7b2945cb4fef70885cc5d78a87bf6f6207dd901ff239201351ffac04e1088a23"}},
    {2049,
     {"5f4d72f40d7a5f82b15ca2b2e44b1de3c2ef86c426c95c1af0b6879522563030",
      "9f29700902f7c86e514ddc4df1e3049f258b2472b6dd5267f61bf13983b78dd5",
      "2ea477c5515cc3dd606512ee72bb3e0e758cfae7232826f35fb98ca1bcbdf273"}},
    {3072,
     {"b98cb0ff3623be03326b373de6b9095218513e64f1ee2edd2525c7ad1e5cffd2",
      "044a0e7b172a312dc02a4c9a818c036ffa2776368d7f528268d2e6b5df191770",
      "050df97f8c2ead654d9bb3ab8c9178edcd902a32f8495949feadcc1e0480c46b"}},
    {8192,
     {"aae792484c8efe4f19e2ca7d371d8c467ffb10748d8a5a1ae579948f718a2a63",
      "dc9637c8845a770b4cbf76b8daec0eebf7dc2eac11498517f08d44c8fc00d58a",
      "ad01d7ae4ad059b0d33baa3c01319dcf8088094d0359e5fd45d6aeaa8b2d0c3d"}},
    {31744,
     {"62b6960e1a44bcc1eb1a611a8d6235b6b4b78f32e7abc4fb4c6cdcce94895c47",
      "efa53b389ab67c593dba624d898d0f7353ab99e4ac9d42302ee64cbf9939a419",
      "39772aef80e0ebe60596361e45b061e8f417429d529171b6764468c22928e28e"}},
    {102400,
     {"bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085",
      "1c35d1a5811083fd7119f5d5d1ba027b4d01c0c6c49fb6ff2cf75393ea5db4a7",
      "4652cff7a3f385a6103b5c260fc1593e13c778dbe608efb092fe7ee69df6e9c6"}},
};

/* The same for 1025 bytes of input, with more output than one block. */
static const char *const extended[MODES] = {
    "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444f4c4a22b4b399155358a994e52bf255de60035742ec71bd0"
    "8ac275a1b51cc6bfe332b0ef84b409108cda080e6269ed4b3e2c3f7d722aa4cdc98d16deb554e5627be8f955c98e1d5f9565a9194cad0c42"
    "85f93700062d9595adb992ae68ff12800ab67a",
    "357dc55de0c7e382c900fd6e320acc04146be01db6a8ce7210b7189bd664ea69362396b77fdc0d2634a552970843722066c3c15902ae5097"
    "e00ff53f1e116f1cd5352720113a837ab2452cafbde4d54085d9cf5d21ca613071551b25d52e69d6c81123872b6f19cd3bc1333edf0c52b9"
    "4de23ba772cf82636cff4542540a7738d5b930",
    "effaa245f065fbf82ac186839a249707c3bddf6d3fdda22d1b95a3c970379bcb5d31013a167509e9066273ab6e2123bc835b408b067d88f9"
    "6addb550d96b6852dad38e320b9d940f86db74d398c770f462118b35d2724efa13da97194491d96dd37c3c09cbef665953f2ee85ec83d88b"
    "88d11547a6f911c8217cca46defa2751e7f3ad"};

static uint8_t input[INPUT_MAX];

static int fill_input(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof input; i++) input[i] = (uint8_t)(i % 251);
  return 0;
}

static void init_mode(blake3_t *hash, size_t mode) {
  if (mode == 0) blake3_init(hash);
  if (mode == 1) blake3_init_keyed(hash, (const uint8_t *)KEY);
  if (mode == 2) blake3_init_derive_key(hash, CONTEXT, strlen(CONTEXT));
}

static void assert_hex(const uint8_t *bytes, size_t len, const char *expected) {
  char hex[TEXT_HEX_LEN(EXTENDED) + 1];
  text_hex_encode(bytes, len, hex);
  assert_string_equal(hex, expected);
}

static void blake3_agrees_with_the_official_vectors(void **state) {
  (void)state;
  for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
    for (size_t mode = 0; mode < MODES; mode++) {
      blake3_t hash;
      uint8_t out[32];
      init_mode(&hash, mode);
      blake3_update(&hash, input, vectors[i].len);
      blake3_final(&hash, out, sizeof out);
      assert_hex(out, sizeof out, vectors[i].out[mode]);
    }
  }
}

static void blake3_output_of_any_length_begins_the_same(void **state) {
  (void)state;
  for (size_t mode = 0; mode < MODES; mode++) {
    blake3_t hash;
    uint8_t whole[EXTENDED], part[EXTENDED + 1];
    init_mode(&hash, mode);
    blake3_update(&hash, input, 1025);
    blake3_final(&hash, whole, sizeof whole);
    assert_hex(whole, sizeof whole, extended[mode]);
    for (size_t len = 0; len <= sizeof whole; len++) {
      memset(part, 0xaa, sizeof part);
      blake3_final(&hash, part, len);
      assert_memory_equal(part, whole, len);
      assert_int_equal(part[len], 0xaa);
    }
  }
}

static void blake3_pieces_of_any_size_hash_as_the_whole(void **state) {
  (void)state;
  uint64_t seed = 3;
  for (int turn = 0; turn < 200; turn++) {
    size_t len = random_below(&seed, 20000), most = 1 + random_below(&seed, 3000);
    blake3_t hash;
    uint8_t out[32], whole[32];
    blake3_init(&hash);
    for (size_t at = 0; at < len;) {
      size_t part = min_size(len - at, random_below(&seed, most + 1));
      blake3_update(&hash, input + at, part);
      at += part;
    }
    blake3_final(&hash, out, sizeof out);
    iroh_blake3(input, len, whole);
    assert_memory_equal(out, whole, sizeof out);
  }
}

static void blake3_may_go_on_after_an_output(void **state) {
  (void)state;
  blake3_t hash;
  uint8_t out[32], whole[32];
  blake3_init(&hash);
  for (size_t at = 0; at < 5000; at += 500) {
    blake3_final(&hash, out, sizeof out);
    iroh_blake3(input, at, whole);
    assert_memory_equal(out, whole, sizeof out);
    blake3_update(&hash, input + at, 500);
  }
}

static void blake3_takes_nothing(void **state) {
  (void)state;
  uint8_t out[32];
  iroh_blake3(NULL, 0, out);
  assert_hex(out, sizeof out, vectors[0].out[0]);
}

/* What a relay's client signs: the challenge 00 .. 0f under the handshake's context. */
static void blake3_derives_the_relay_challenge(void **state) {
  (void)state;
  static const char context[] = "iroh-relay handshake v1 challenge signature";
  uint8_t out[32];
  iroh_blake3_derive_key(context, strlen(context), input, 16, out);
  assert_hex(out, sizeof out, "b7b16e505d2cb5dbaf494800092c3b05a6c45d8d3fd4f1b888c6a77240b876c0");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(blake3_agrees_with_the_official_vectors),
      cmocka_unit_test(blake3_output_of_any_length_begins_the_same),
      cmocka_unit_test(blake3_pieces_of_any_size_hash_as_the_whole),
      cmocka_unit_test(blake3_may_go_on_after_an_output),
      cmocka_unit_test(blake3_takes_nothing),
      cmocka_unit_test(blake3_derives_the_relay_challenge),
  };
  return cmocka_run_group_tests_name("blake3", tests, fill_input, NULL);
}
