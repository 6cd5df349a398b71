/* SPDX-License-Identifier: MIT */
#include "wire/gossip.h"

#include "base/text.h"
#include "test.h"
#include "wire/postcard.h"

/* The public keys of the secret keys 01.., 02.. and 03.., and BLAKE3 of "hello", of nothing and of 4057 times 'a'. */
#define K1 "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c"
#define K2 "8139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394"
#define K3 "ed4928c628d1c2c6eae90338905995612959273a5c63f93636c14614ac8737d1"
#define HELLO "ea8f163db38682925e4491c5e58d4bb3506ef8c14eb78a86e908c5624a67200f"
#define NOTHING "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
#define MANY "1569b11a061fac024d87e9da801a18caecc85e0a9e92a0b0bb411098cfb10b97"
/* AddrInfo: https://relay.example./, 192.0.2.1:4433 and [2001:db8::1]:4433. */
#define ADDR_INFO                                  \
  "011768747470733a2f2f72656c61792e6578616d706c65" \
  "2e2f0200c0000201d1220120010db8000000000000000000000001d122"

enum { ROOM = 8192 };

static uint8_t k1[32], k2[32], k3[32], hello[32], nothing[32], many[32], addr_info[52], unknown[2];
static uint8_t content_many[4057];

static int unhex(const char *hex, uint8_t *out, size_t len) { return text_hex_decode(hex, strlen(hex), out, len); }

static int make_values(void **state) {
  (void)state;
  memset(content_many, 'a', sizeof content_many);
  return unhex(K1, k1, 32) | unhex(K2, k2, 32) | unhex(K3, k3, 32) | unhex(HELLO, hello, 32) |
         unhex(NOTHING, nothing, 32) | unhex(MANY, many, 32) | unhex(ADDR_INFO, addr_info, sizeof addr_info);
}

#define HELLO_BYTES (const uint8_t *)"hello", .content_len = 5
#define NO_DATA \
  { NULL, 0 }
#define EMPTY_DATA \
  { unknown, 0 }
#define UNKNOWN_DATA \
  { unknown, sizeof unknown }
#define ADDR_INFO_DATA \
  { addr_info, sizeof addr_info }

static const gossip_peer_t two_peers[] = {{k2, NO_DATA}, {k1, UNKNOWN_DATA}}, one_peer[] = {{k3, NO_DATA}};
static const gossip_have_t one_have[] = {{hello, 1}};

/* Whole frames. */
static const struct {
  const char *hex;
  gossip_message_t message;
} vectors[] = {
    {"00000003000000", {.kind = GOSSIP_JOIN}},
    {"0000000400000100", {.kind = GOSSIP_JOIN, .data = EMPTY_DATA}},
    {"00000006000001020000", {.kind = GOSSIP_JOIN, .data = UNKNOWN_DATA}},
    {"0000003800000134" ADDR_INFO, {.kind = GOSSIP_JOIN, .data = ADDR_INFO_DATA}},
    {"000000240001" K2 "0006", {.kind = GOSSIP_FORWARD_JOIN, .peer = {k2, NO_DATA}, .ttl = 6}},
    {"000000690002" K1 "02" K2 "00" K1 "0102000006",
     {.kind = GOSSIP_SHUFFLE, .id = k1, .peers = two_peers, .count = 2, .ttl = 6}},
    {"00000003000300", {.kind = GOSSIP_SHUFFLE_REPLY}},
    {"00000024000301" K3 "00", {.kind = GOSSIP_SHUFFLE_REPLY, .peers = one_peer, .count = 1}},
    {"0000000400040000", {.kind = GOSSIP_NEIGHBOR, .high = true}},
    {"0000000400040100", {.kind = GOSSIP_NEIGHBOR}},
    {"0000000700040001020000", {.kind = GOSSIP_NEIGHBOR, .high = true, .data = UNKNOWN_DATA}},
    {"000000390004000134" ADDR_INFO, {.kind = GOSSIP_NEIGHBOR, .high = true, .data = ADDR_INFO_DATA}},
    {"0000000400050100", {.kind = GOSSIP_DISCONNECT, .alive = true}},
    {"0000000400050000", {.kind = GOSSIP_DISCONNECT}},
    {"0000002a0100" HELLO "0568656c6c6f0001", {.kind = GOSSIP_GOSSIP, .id = hello, .content = HELLO_BYTES, .round = 1}},
    {"0000002a0100" HELLO "0568656c6c6f0000", {.kind = GOSSIP_GOSSIP, .id = hello, .content = HELLO_BYTES}},
    {"0000002b0100" HELLO "0568656c6c6f00ac02",
     {.kind = GOSSIP_GOSSIP, .id = hello, .content = HELLO_BYTES, .round = 300}},
    {"000000290100" HELLO "0568656c6c6f01",
     {.kind = GOSSIP_GOSSIP, .id = hello, .content = HELLO_BYTES, .neighbors = true}},
    {"000000250100" NOTHING "000000", {.kind = GOSSIP_GOSSIP, .id = nothing}},
    {"000000020101", {.kind = GOSSIP_PRUNE}},
    {"00000024010201" HELLO "01", {.kind = GOSSIP_GRAFT, .id = hello, .round = 1}},
    {"0000000401020002", {.kind = GOSSIP_GRAFT, .round = 2}},
    {"00000024010301" HELLO "01", {.kind = GOSSIP_IHAVE, .haves = one_have, .count = 1}},
    {"00000003010300", {.kind = GOSSIP_IHAVE}},
};

static size_t vector_bytes(size_t index, uint8_t out[ROOM]) {
  size_t len = strlen(vectors[index].hex) / 2;
  assert_int_equal(unhex(vectors[index].hex, out, len), 0);
  return len;
}

/* Decodes from a block of its own, so that a read past its end is seen, and leaves it to the caller to free. */
static uint8_t *decode_apart(const uint8_t *bytes, size_t len, int expected, gossip_message_t *out) {
  uint8_t *apart = test_malloc(len ? len : 1);
  if (len) memcpy(apart, bytes, len);
  assert_int_equal(gossip_decode(apart, len, out), expected);
  return apart;
}

static void refuse(const uint8_t *bytes, size_t len) {
  gossip_message_t message;
  test_free(decode_apart(bytes, len, IROH_ERR_GOSSIP, &message));
}

static void refuse_hex(const char *hex) {
  uint8_t bytes[ROOM];
  assert_int_equal(unhex(hex, bytes, strlen(hex) / 2), 0);
  refuse(bytes, strlen(hex) / 2);
}

static void same_id(const uint8_t *a, const uint8_t *b) {
  assert_int_equal(a != NULL, b != NULL);
  if (a) assert_memory_equal(a, b, GOSSIP_ID_BYTES);
}

static void same_data(gossip_data_t a, gossip_data_t b) {
  assert_int_equal(a.bytes != NULL, b.bytes != NULL);
  assert_int_equal(a.len, b.len);
  if (a.len) assert_memory_equal(a.bytes, b.bytes, a.len);
}

static void same_peer(const gossip_peer_t *a, const gossip_peer_t *b) {
  same_id(a->id, b->id);
  same_data(a->data, b->data);
}

static void same_list(gossip_list_t read, const gossip_message_t *written) {
  gossip_peer_t peer;
  gossip_have_t have;
  assert_int_equal(read.count, written->count);
  for (size_t i = 0; i < written->count; i++) {
    if (written->peers) {
      assert_true(gossip_next_peer(&read, &peer));
      same_peer(&peer, &written->peers[i]);
    } else {
      assert_true(gossip_next_have(&read, &have));
      same_id(have.id, written->haves[i].id);
      assert_int_equal(have.round, written->haves[i].round);
    }
  }
  assert_false(gossip_next_peer(&read, &peer));
  assert_false(gossip_next_have(&read, &have));
}

static void same_message(const gossip_message_t *read, const gossip_message_t *written) {
  assert_int_equal(read->kind, written->kind);
  assert_int_equal(read->high, written->high);
  assert_int_equal(read->alive, written->alive);
  assert_int_equal(read->neighbors, written->neighbors);
  assert_int_equal(read->ttl, written->ttl);
  assert_int_equal(read->round, written->round);
  same_id(read->id, written->id);
  same_data(read->data, written->data);
  same_peer(&read->peer, &written->peer);
  assert_int_equal(read->content_len, written->content_len);
  if (read->content_len) assert_memory_equal(read->content, written->content, read->content_len);
  same_list(read->list, written);
}

/* Encodes, into a block no longer than promised, and reads it again. Returns the length without that of the length. */
static size_t round_trip(const gossip_message_t *message) {
  gossip_message_t read;
  size_t len = gossip_size(message);
  uint8_t *frame = test_malloc(GOSSIP_LENGTH_BYTES + len);
  gossip_encode(message, frame);
  assert_int_equal((size_t)frame[0] << 24 | frame[1] << 16 | frame[2] << 8 | frame[3], len);
  uint8_t *apart = decode_apart(frame + GOSSIP_LENGTH_BYTES, len, 0, &read);
  same_message(&read, message);
  test_free(apart);
  test_free(frame);
  return len;
}

static void gossip_vectors_are_written(void **state) {
  (void)state;
  uint8_t expected[ROOM], frame[ROOM];
  for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
    size_t len = vector_bytes(i, expected);
    assert_int_equal(GOSSIP_LENGTH_BYTES + gossip_size(&vectors[i].message), len);
    gossip_encode(&vectors[i].message, frame);
    assert_memory_equal(frame, expected, len);
  }
}

static void gossip_vectors_are_read(void **state) {
  (void)state;
  uint8_t frame[ROOM];
  gossip_message_t read;
  for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
    size_t len = vector_bytes(i, frame) - GOSSIP_LENGTH_BYTES;
    uint8_t *apart = decode_apart(frame + GOSSIP_LENGTH_BYTES, len, 0, &read);
    same_message(&read, &vectors[i].message);
    test_free(apart);
  }
}

static void gossip_longest_content_fits_one_byte_below_the_limit(void **state) {
  (void)state;
  gossip_message_t message = {.kind = GOSSIP_GOSSIP, .id = many, .content = content_many, .content_len = 4057};
  uint8_t frame[ROOM], head[4 + 36];
  assert_int_equal(unhex("00000fff0100" MANY "d91f", head, sizeof head), 0);
  assert_int_equal(round_trip(&message), GOSSIP_MESSAGE_DEFAULT - 1);
  gossip_encode(&message, frame);
  assert_memory_equal(frame, head, sizeof head);
  assert_memory_equal(frame + sizeof head, content_many, sizeof content_many);
  assert_int_equal(frame[sizeof head + sizeof content_many], 0);
  assert_int_equal(frame[sizeof head + sizeof content_many + 1], 0);
}

static void gossip_header_is_the_topic_behind_its_length(void **state) {
  (void)state;
  uint8_t topic[GOSSIP_ID_BYTES], header[GOSSIP_HEADER_BYTES], expected[GOSSIP_HEADER_BYTES];
  memset(topic, 0x23, sizeof topic);
  assert_int_equal(
      unhex("000000202323232323232323232323232323232323232323232323232323232323232323", expected, sizeof expected), 0);
  gossip_encode_header(topic, header);
  assert_memory_equal(header, expected, sizeof header);
}

static void gossip_max_content_is_exact(void **state) {
  (void)state;
  assert_int_equal(gossip_max_content(GOSSIP_MESSAGE_DEFAULT, false), 4057);
  assert_int_equal(gossip_max_content(GOSSIP_MESSAGE_DEFAULT, true), 4058);
  for (size_t max = 0; max < 70000; max += max < 600 || (max > 16300 && max < 16500) ? 1 : 311) {
    for (int neighbors = 0; neighbors <= 1; neighbors++) {
      gossip_message_t message = {.kind = GOSSIP_GOSSIP, .neighbors = neighbors};
      message.content_len = gossip_max_content(max, neighbors);
      assert_true(message.content_len == 0 || gossip_size(&message) < max);
      message.content_len++;
      assert_true(gossip_size(&message) >= max);
    }
  }
}

static void gossip_truncation_anywhere_is_refused(void **state) {
  (void)state;
  uint8_t frame[ROOM];
  for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
    size_t whole = vector_bytes(i, frame) - GOSSIP_LENGTH_BYTES;
    for (size_t len = 0; len < whole; len++) refuse(frame + GOSSIP_LENGTH_BYTES, len);
  }
}

static void gossip_bytes_behind_a_message_are_ignored(void **state) {
  (void)state;
  uint8_t frame[ROOM];
  gossip_message_t read;
  for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
    size_t len = vector_bytes(i, frame);
    memset(frame + len, 0xff, 40);
    uint8_t *apart = decode_apart(frame + GOSSIP_LENGTH_BYTES, len - GOSSIP_LENGTH_BYTES + 40, 0, &read);
    same_message(&read, &vectors[i].message);
    test_free(apart);
  }
}

static void gossip_unknown_kinds_are_refused(void **state) {
  (void)state;
  uint8_t bytes[256] = {0};
  for (unsigned layer = 0; layer < 128; layer++) {
    for (unsigned tag = 0; tag < 128; tag++) {
      bool is_known = (layer == 0 && tag < 6) || (layer == 1 && tag < 4);
      gossip_message_t read;
      bytes[0] = (uint8_t)layer;
      bytes[1] = (uint8_t)tag;
      test_free(decode_apart(bytes, sizeof bytes, is_known ? 0 : IROH_ERR_GOSSIP, &read));
    }
  }
}

static void gossip_bytes_that_are_neither_yes_nor_no_are_refused(void **state) {
  (void)state;
  refuse_hex("000002");              /* Join: data */
  refuse_hex("0001" K2 "0206");      /* ForwardJoin: data */
  refuse_hex("000301" K3 "02");      /* ShuffleReply: data */
  refuse_hex("00040200");            /* Neighbor: priority */
  refuse_hex("00040002");            /* Neighbor: data */
  refuse_hex("00050200");            /* Disconnect: alive */
  refuse_hex("00050102");            /* Disconnect: reserved */
  refuse_hex("0100" HELLO "000200"); /* Gossip: scope */
  refuse_hex("010202" HELLO "01");   /* Graft: id */
  refuse_hex("0001" K2 "800006");    /* ForwardJoin: data; it is one byte, and no number */
}

static void gossip_reserved_byte_means_nothing(void **state) {
  (void)state;
  const uint8_t disconnect[] = {0, 5, 1, 1};
  gossip_message_t read;
  assert_int_equal(gossip_decode(disconnect, sizeof disconnect, &read), 0);
  assert_int_equal(read.kind, GOSSIP_DISCONNECT);
  assert_true(read.alive);
}

static void gossip_promises_of_more_than_there_is_are_refused(void **state) {
  (void)state;
  refuse_hex("00000103ffff");                     /* data */
  refuse_hex("000001ffffffffffffffffff01ff");     /* the longest there can be */
  refuse_hex("000302" K3 "00" K3);                /* peers */
  refuse_hex("0003ffffffffffffffffff01" K3 "00"); /* 2^64 - 1 peers */
  refuse_hex("0003808080808080808080"
             "01" K3 "00");                                  /* 2^63 peers */
  refuse_hex("0002" K1 "02" K2 "0006");                      /* a shuffle's */
  refuse_hex("010302" HELLO "01");                           /* haves */
  refuse_hex("0103ffffffffffffffffff01" HELLO "01");         /* 2^64 - 1 haves */
  refuse_hex("0100" HELLO "ffffffffffffffffff0168656c6c6f"); /* content */
  refuse_hex("0100" HELLO "ffffffffffffffffff0268656c6c6f"); /* more than 64 bits */
}

static void gossip_rounds_and_ttls_have_16_bits(void **state) {
  (void)state;
  gossip_message_t messages[] = {
      {.kind = GOSSIP_FORWARD_JOIN, .peer = {k2, NO_DATA}, .ttl = 65535},
      {.kind = GOSSIP_SHUFFLE, .id = k1, .peers = two_peers, .count = 2, .ttl = 65535},
      {.kind = GOSSIP_GOSSIP, .id = hello, .content = HELLO_BYTES, .round = 65535},
      {.kind = GOSSIP_GRAFT, .id = hello, .round = 65535},
      {.kind = GOSSIP_IHAVE, .haves = &(gossip_have_t){hello, 65535}, .count = 1},
  };
  for (size_t i = 0; i < ARRAY_LEN(messages); i++) round_trip(&messages[i]);
  refuse_hex("0001" K2 "00808004");
  refuse_hex("0002" K1 "00808004");
  refuse_hex("0100" HELLO "0000808004");
  refuse_hex("010200808004");
  refuse_hex("010301" HELLO "808004");
}

static void gossip_overlong_numbers_are_taken(void **state) {
  (void)state;
  /* Kinds in five bytes, the data's length in ten, a round in three: as many as each may have. */
  static const struct {
    const char *hex;
    gossip_message_t message;
  } overlong[] = {
      {"80808080008080808000"
       "018280808080808080800000"
       "00",
       {.kind = GOSSIP_JOIN, .data = UNKNOWN_DATA}},
      {"81808080008280808000"
       "00828000",
       {.kind = GOSSIP_GRAFT, .round = 2}},
      {"0004"
       "8180808000"
       "00",
       {.kind = GOSSIP_NEIGHBOR}},
      {"0103"
       "8100" HELLO "8100",
       {.kind = GOSSIP_IHAVE, .haves = one_have, .count = 1}},
      {"0100" HELLO "85800068656c6c6f"
       "8000"
       "8100",
       {.kind = GOSSIP_GOSSIP, .id = hello, .content = HELLO_BYTES, .round = 1}},
  };
  for (size_t i = 0; i < ARRAY_LEN(overlong); i++) {
    uint8_t bytes[128];
    size_t len = strlen(overlong[i].hex) / 2;
    gossip_message_t read;
    assert_int_equal(unhex(overlong[i].hex, bytes, len), 0);
    assert_int_equal(gossip_decode(bytes, len, &read), 0);
    same_message(&read, &overlong[i].message);
  }
  refuse_hex("8080808080000000"); /* a layer in six bytes */
  refuse_hex("80808080100000");   /* in five, of more than 32 bits */
  refuse_hex("81000200"
             "82808000"); /* a round in four bytes */
}

/* As many as a message of the usual size can have. */
static void gossip_long_lists_are_read_whole(void **state) {
  (void)state;
  gossip_peer_t peers[124];
  gossip_have_t haves[ARRAY_LEN(peers)];
  for (size_t i = 0; i < ARRAY_LEN(peers); i++) {
    peers[i] = (gossip_peer_t){i % 2 ? k1 : k2, NO_DATA};
    haves[i] = (gossip_have_t){i % 2 ? hello : many, (uint16_t)i};
  }
  gossip_message_t reply = {.kind = GOSSIP_SHUFFLE_REPLY, .peers = peers, .count = ARRAY_LEN(peers)};
  gossip_message_t ihave = {.kind = GOSSIP_IHAVE, .haves = haves, .count = ARRAY_LEN(haves)};
  assert_int_equal(round_trip(&reply), 2 + 1 + 124 * 33);
  assert_int_equal(round_trip(&ihave), 2 + 1 + 124 * 33);
}

static gossip_data_t random_data(uint64_t *random) {
  static uint8_t bytes[300];
  if (random_below(random, 3) == 0) return (gossip_data_t)NO_DATA;
  return (gossip_data_t){bytes, random_below(random, sizeof bytes)};
}

static void gossip_random_messages_survive(void **state) {
  (void)state;
  uint64_t random = 5;
  const uint8_t *const ids[] = {k1, k2, k3, hello};
  for (int i = 0; i < 20000; i++) {
    gossip_peer_t peers[20];
    gossip_have_t haves[ARRAY_LEN(peers)];
    gossip_message_t message = {.kind = (gossip_kind_t)(GOSSIP_JOIN + random_below(&random, GOSSIP_IHAVE))};
    uint16_t number = (uint16_t)(random_next(&random) >> random_below(&random, 64));
    bool yes = random_below(&random, 2) == 1;
    for (size_t j = 0; j < ARRAY_LEN(peers); j++) {
      peers[j] = (gossip_peer_t){ids[random_below(&random, ARRAY_LEN(ids))], random_data(&random)};
      haves[j] = (gossip_have_t){peers[j].id, (uint16_t)random_next(&random)};
    }
    switch (message.kind) {
    case GOSSIP_NEIGHBOR:
      message.high = yes;
      message.data = peers[0].data;
      break;
    case GOSSIP_JOIN:
      message.data = peers[0].data;
      break;
    case GOSSIP_FORWARD_JOIN:
      message.peer = peers[0];
      message.ttl = number;
      break;
    case GOSSIP_SHUFFLE:
      message.id = k3;
      message.ttl = number;
      __attribute__((fallthrough));
    case GOSSIP_SHUFFLE_REPLY:
      message.peers = peers;
      message.count = random_below(&random, ARRAY_LEN(peers) + 1);
      break;
    case GOSSIP_DISCONNECT:
      message.alive = yes;
      break;
    case GOSSIP_GOSSIP:
      message.id = hello;
      message.content = content_many;
      message.content_len = random_below(&random, sizeof content_many + 1);
      message.neighbors = yes;
      message.round = yes ? 0 : number;
      break;
    case GOSSIP_PRUNE:
      break;
    case GOSSIP_GRAFT:
      message.id = yes ? many : NULL;
      message.round = number;
      break;
    case GOSSIP_IHAVE:
      message.haves = haves;
      message.count = random_below(&random, ARRAY_LEN(haves) + 1);
      break;
    }
    round_trip(&message);
  }
}

static void postcard_varints_have_their_sizes(void **state) {
  (void)state;
  static const struct {
    uint64_t value;
    const char *hex;
  } varints[] = {{0, "00"},
                 {127, "7f"},
                 {128, "8001"},
                 {300, "ac02"},
                 {16383, "ff7f"},
                 {16384, "808001"},
                 {65535, "ffff03"},
                 {UINT32_MAX, "ffffffff0f"},
                 {UINT64_MAX, "ffffffffffffffffff01"}};
  for (size_t i = 0; i < ARRAY_LEN(varints); i++) {
    uint8_t bytes[10], expected[10];
    size_t len = strlen(varints[i].hex) / 2;
    assert_int_equal(unhex(varints[i].hex, expected, len), 0);
    assert_int_equal(postcard_varint_size(varints[i].value), len);
    assert_ptr_equal(postcard_write_varint(bytes, varints[i].value), bytes + len);
    assert_memory_equal(bytes, expected, len);
    uint16_t short_number = 0;
    uint32_t number = 0;
    assert_int_equal(postcard_read_u16(&(postcard_t){bytes, bytes + len}, &short_number),
                     varints[i].value <= UINT16_MAX);
    assert_int_equal(postcard_read_u32(&(postcard_t){bytes, bytes + len}, &number), varints[i].value <= UINT32_MAX);
    if (varints[i].value <= UINT16_MAX) assert_int_equal(short_number, varints[i].value);
    if (varints[i].value <= UINT32_MAX) assert_int_equal(number, varints[i].value);
    for (size_t part = 0; part < len; part++)
      assert_false(postcard_read_u32(&(postcard_t){bytes, bytes + part}, &number));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gossip_vectors_are_written),
      cmocka_unit_test(gossip_vectors_are_read),
      cmocka_unit_test(gossip_longest_content_fits_one_byte_below_the_limit),
      cmocka_unit_test(gossip_header_is_the_topic_behind_its_length),
      cmocka_unit_test(gossip_max_content_is_exact),
      cmocka_unit_test(gossip_truncation_anywhere_is_refused),
      cmocka_unit_test(gossip_bytes_behind_a_message_are_ignored),
      cmocka_unit_test(gossip_unknown_kinds_are_refused),
      cmocka_unit_test(gossip_bytes_that_are_neither_yes_nor_no_are_refused),
      cmocka_unit_test(gossip_reserved_byte_means_nothing),
      cmocka_unit_test(gossip_promises_of_more_than_there_is_are_refused),
      cmocka_unit_test(gossip_rounds_and_ttls_have_16_bits),
      cmocka_unit_test(gossip_overlong_numbers_are_taken),
      cmocka_unit_test(gossip_long_lists_are_read_whole),
      cmocka_unit_test(gossip_random_messages_survive),
      cmocka_unit_test(postcard_varints_have_their_sizes),
  };
  return cmocka_run_group_tests_name("gossip-wire", tests, make_values, NULL);
}
