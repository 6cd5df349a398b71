/* SPDX-License-Identifier: MIT */
#include "quic/gate.h"

#include "base/base.h"
#include "test.h"

static const uint8_t short_header[] = {0x40, 1, 2, 3, 4, 5, 6, 7, 8, 0};
static const uint8_t initial_header[] = {0xc0, 0, 0, 0, 1, 0, 0};
static const uint8_t zero_rtt_header[] = {0xd0, 0, 0, 0, 1, 0, 0};
static const uint8_t handshake_header[] = {0xe0, 0, 0, 0, 1, 0, 0};
static const uint8_t handshake_header_of_version_2[] = {0xf0, 0x6b, 0x33, 0x43, 0xcf, 0, 0};
static const uint8_t initial_header_of_version_2[] = {0xd0, 0x6b, 0x33, 0x43, 0xcf, 0, 0};

static gate_t gate;
static gate_found_t found;

static void new_gate(bool server) {
  gate_init(&gate, server, 6);
  found.count = 0;
}

#define CHECK(header, ...) \
  gate_check(&gate, header, sizeof header, (uint8_t[]){__VA_ARGS__}, sizeof((uint8_t[]){__VA_ARGS__}), &found)
#define ASSERT_CLOSES(code, header, ...)                      \
  do {                                                        \
    new_gate(gate.server);                                    \
    assert_int_equal(CHECK(header, __VA_ARGS__), GATE_CLOSE); \
    assert_int_equal(gate.error_code, code);                  \
    assert_non_null(gate.reason);                             \
  } while (0)

static void frames_have_their_packets(void **state) {
  (void)state;
  new_gate(true);
  assert_int_equal(CHECK(short_header, 0x0a, 0x00, 0x01, 'x', 0x02, 0x00, 0x00, 0x00, 0x00, 0x00), GATE_PASS);
  assert_int_equal(CHECK(handshake_header, 0x02, 0x00, 0x00, 0x00, 0x00, 0x01), GATE_PASS);
  assert_int_equal(CHECK(handshake_header_of_version_2, 0x01), GATE_PASS);
  assert_int_equal(CHECK(initial_header, 0x06, 0x00, 0x01, 0x01, 0x00), GATE_PASS);
  ASSERT_CLOSES(0x0a, handshake_header, 0x08, 0x00);
  ASSERT_CLOSES(0x0a, handshake_header, 0x1d, 0x00, 0x00);
  ASSERT_CLOSES(0x0a, handshake_header_of_version_2, 0x10, 0x05);
  ASSERT_CLOSES(0x0a, zero_rtt_header, 0x01);
}

static void servers_take_nothing_that_only_servers_send(void **state) {
  (void)state;
  new_gate(true);
  ASSERT_CLOSES(0x0a, short_header, 0x1e);
  ASSERT_CLOSES(0x0a, short_header, 0x07, 0x01, 0x05);
}

static void what_anybody_can_make_is_dropped(void **state) {
  (void)state;
  new_gate(true);
  assert_int_equal(CHECK(initial_header, 0x08, 0x00), GATE_DROP);
  assert_int_equal(CHECK(initial_header, 0x1e), GATE_DROP);
  assert_int_equal(CHECK(initial_header, 0x06, 0x00, 0x05), GATE_DROP);
  assert_int_equal(CHECK(initial_header_of_version_2, 0x10, 0x05), GATE_DROP);
  assert_int_equal(gate_check(&gate, initial_header, sizeof initial_header, NULL, 0, &found), GATE_DROP);
  assert_null(gate.reason);
}

static void unreadable_and_empty_packets_close(void **state) {
  (void)state;
  new_gate(true);
  ASSERT_CLOSES(0x07, short_header, 0x01, 0x2a, 0x05);
  ASSERT_CLOSES(0x07, short_header, 0x10);
  new_gate(true);
  assert_int_equal(gate_check(&gate, short_header, sizeof short_header, NULL, 0, &found), GATE_CLOSE);
  assert_int_equal(gate.error_code, 0x0a);
}

static void the_handshake_is_confirmed_once_it_can_be(void **state) {
  (void)state;
  new_gate(false);
  ASSERT_CLOSES(0x0a, short_header, 0x1e);
  new_gate(false);
  gate.may_confirm = true;
  assert_int_equal(CHECK(short_header, 0x1e), GATE_PASS);
}

#define ID(sequence, retire) 0x18, 0x40, sequence, retire, 0x01, 0x05, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0

static void connection_ids_are_numbered_one_by_one(void **state) {
  (void)state;
  new_gate(true);
  assert_int_equal(CHECK(short_header, ID(5, 0), ID(1, 0), ID(2, 0)), GATE_PASS);
  assert_int_equal(CHECK(short_header, ID(29, 12)), GATE_PASS);
  assert_int_equal(CHECK(short_header, ID(54, 0)), GATE_CLOSE);
  assert_int_equal(gate.error_code, 0x09);
  ASSERT_CLOSES(0x09, short_header, ID(50, 50));
  ASSERT_CLOSES(0x07, short_header, ID(1, 2));
}

static void answers_need_a_question(void **state) {
  (void)state;
  new_gate(true);
  ASSERT_CLOSES(0x0a, short_header, 0x1b, 1, 2, 3, 4, 5, 6, 7, 8);
  new_gate(true);
  gate_challenge_sent(&gate, (const uint8_t[8]){1, 2, 3, 4, 5, 6, 7, 8});
  for (uint8_t i = 0; i < GATE_CHALLENGES - 1; i++) gate_challenge_sent(&gate, (const uint8_t[8]){i});
  assert_int_equal(CHECK(short_header, 0x1b, 1, 2, 3, 4, 5, 6, 7, 8), GATE_PASS);
  assert_int_equal(CHECK(short_header, 0x1b, 1, 2, 3, 4, 5, 6, 7, 8), GATE_PASS);
  assert_int_equal(CHECK(short_header, 0x1b, 9, 9, 9, 9, 9, 9, 9, 9), GATE_CLOSE);
  /* From here on some are forgotten. */
  gate_challenge_sent(&gate, (const uint8_t[8]){9});
  assert_int_equal(CHECK(short_header, 0x1b, 9, 9, 9, 9, 9, 9, 9, 9), GATE_PASS);
}

static void tls_after_the_handshake_is_left_out(void **state) {
  (void)state;
  new_gate(false);
  uint8_t payload[] = {0x06, 0x00, 0x02, 0x05, 0x05, 0x0a, 0x00, 0x01, 'x'};
  const uint8_t left[] = {0x01, 0x00, 0x00, 0x00, 0x00, 0x0a, 0x00, 0x01, 'x'};
  assert_int_equal(gate_check(&gate, short_header, sizeof short_header, payload, sizeof payload, &found), GATE_PASS);
  assert_memory_equal(payload, left, sizeof left);
}

static void a_packet_brings_few_tokens(void **state) {
  (void)state;
  new_gate(false);
  uint8_t payload[3 * (GATE_TOKENS + 1)];
  for (size_t i = 0; i < sizeof payload; i += 3) memcpy(payload + i, (const uint8_t[]){0x07, 0x01, 0x05}, 3);
  assert_int_equal(gate_check(&gate, short_header, sizeof short_header, payload, sizeof payload, &found), GATE_PASS);
  assert_int_equal(payload[3 * (GATE_TOKENS - 1)], 0x07);
  assert_memory_equal(payload + 3 * GATE_TOKENS, ((const uint8_t[]){0x01, 0x00, 0x00}), 3);
}

static void stopped_streams_are_noted(void **state) {
  (void)state;
  new_gate(true);
  assert_int_equal(CHECK(short_header, 0x05, 0x04, 0x40, 0x4d, 0x01), GATE_PASS);
  assert_int_equal(CHECK(short_header, 0x05, 0x08, 0x01), GATE_PASS);
  assert_int_equal(found.count, 2);
  assert_int_equal(found.stops[0].stream_id, 4);
  assert_int_equal(found.stops[0].code, 77);
  assert_int_equal(found.stops[1].stream_id, 8);
  for (size_t i = 0; i < 2 * GATE_STOPS; i++) assert_int_equal(CHECK(short_header, 0x05, 0x04, 0x01), GATE_PASS);
  assert_int_equal(found.count, GATE_STOPS);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(frames_have_their_packets),
      cmocka_unit_test(servers_take_nothing_that_only_servers_send),
      cmocka_unit_test(what_anybody_can_make_is_dropped),
      cmocka_unit_test(unreadable_and_empty_packets_close),
      cmocka_unit_test(the_handshake_is_confirmed_once_it_can_be),
      cmocka_unit_test(connection_ids_are_numbered_one_by_one),
      cmocka_unit_test(answers_need_a_question),
      cmocka_unit_test(tls_after_the_handshake_is_left_out),
      cmocka_unit_test(a_packet_brings_few_tokens),
      cmocka_unit_test(stopped_streams_are_noted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
