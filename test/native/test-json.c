/* SPDX-License-Identifier: MIT */
#include "wire/json.h"

#include "test.h"

#include <stdlib.h>

/* The same checker once more, with the scanning loop for processors without SSE2. */
#define JSON_PORTABLE
#define json_check json_check_portable
int json_check_portable(const uint8_t *text, size_t len, unsigned max_depth, bool *ascii_out);
#include "../../src/wire/json.c"
#undef json_check

typedef struct {
  const char *text;
  size_t len;
} text_t;

#define TEXT(literal) \
  { literal, sizeof(literal) - 1 }

/* The verdict of both checkers, on a copy of the very size so that a sanitizer sees any byte read beyond it. */
static int verdict(const char *text, size_t len, unsigned max_depth, bool *ascii_out) {
  uint8_t *copy = malloc(len ? len : 1);
  assert_non_null(copy);
  if (len) memcpy(copy, text, len);
  bool ascii = false, ascii_portable = false;
  int rv = json_check(copy, len, max_depth, &ascii);
  assert_int_equal(json_check_portable(copy, len, max_depth, &ascii_portable), rv);
  assert_int_equal(ascii, ascii_portable);
  free(copy);
  if (ascii_out) *ascii_out = ascii;
  return rv;
}

static void assert_verdict(text_t document, int expected) {
  int rv = verdict(document.text, document.len, 64, NULL);
  if (rv != expected) fail_msg("%.*s: %s", (int)document.len, document.text, rv ? iroh_error_name(rv) : "accepted");
}

static const text_t good[] = {
    TEXT("0"),
    TEXT("-0"),
    TEXT("1"),
    TEXT("-1"),
    TEXT("10"),
    TEXT("1234567890"),
    TEXT("0.5"),
    TEXT("-0.5"),
    TEXT("1e5"),
    TEXT("1E5"),
    TEXT("1e+5"),
    TEXT("1e-5"),
    TEXT("0e0"),
    TEXT("0.0e-0"),
    TEXT("123.456e789"),
    TEXT("1e99999"),
    TEXT("true"),
    TEXT("false"),
    TEXT("null"),
    TEXT(" true "),
    TEXT("\t\n\r null\t\n\r "),
    TEXT("[]"),
    TEXT("{}"),
    TEXT(" [ ] "),
    TEXT(" { } "),
    TEXT("[1]"),
    TEXT("[1,2,3]"),
    TEXT("[ 1 , 2 ]"),
    TEXT("[[],[[]],{}]"),
    TEXT("{\"a\":1}"),
    TEXT("{ \"a\" : 1 , \"b\" : [ ] }"),
    TEXT("{\"\":\"\"}"),
    TEXT("{\"a\":1,\"a\":2}"),
    TEXT("{\"a\":{\"b\":{\"c\":{}}}}"),
    TEXT("\"\""),
    TEXT("\"a\""),
    TEXT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""),
    TEXT("\"\\u0000\\u001f\\uABCD\\uabcd\\uFfFf\""),
    TEXT("\"\\ud83d\\ude00\""),
    TEXT("\"\\ud800\""),
    TEXT("\"\\udc00\\ud800x\""),
    TEXT("\"\x7f\""),
    TEXT("\"\xc2\x80\xdf\xbf\""),
    TEXT("\"\xe0\xa0\x80\xef\xbf\xbf\""),
    TEXT("\"\xed\x9f\xbf\xee\x80\x80\""),
    TEXT("\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\""),
    TEXT("\"\xe2\x80\xa8\xe2\x80\xa9\xef\xbb\xbf\""),
    TEXT("{\"\xc3\xa9\":\"\xf0\x9f\x98\x80\"}"),
    TEXT("[\"a string of more than sixteen bytes\",\"and \\n another one\"]"),
    TEXT("{\"type\":\"bench.event\",\"id\":\"000000000001\",\"payload\":{\"text\":\"xxxxxxxxxxxxxxxxxxxxx\"}}"),
};

static const text_t bad[] = {
    TEXT(""),
    TEXT(" "),
    TEXT("\n"),
    TEXT("-"),
    TEXT("+1"),
    TEXT("01"),
    TEXT("-01"),
    TEXT("00"),
    TEXT("1."),
    TEXT(".5"),
    TEXT("-.5"),
    TEXT("1.e5"),
    TEXT("1e"),
    TEXT("1e+"),
    TEXT("1e5.5"),
    TEXT("0x10"),
    TEXT("1_000"),
    TEXT("--1"),
    TEXT("- 1"),
    TEXT("NaN"),
    TEXT("Infinity"),
    TEXT("-Infinity"),
    TEXT("undefined"),
    TEXT("tru"),
    TEXT("truee"),
    TEXT("True"),
    TEXT("nul"),
    TEXT("nulll"),
    TEXT("fals"),
    TEXT("true false"),
    TEXT("1 2"),
    TEXT("1,2"),
    TEXT("1,"),
    TEXT(",1"),
    TEXT("["),
    TEXT("]"),
    TEXT("{"),
    TEXT("}"),
    TEXT("[1"),
    TEXT("[1,"),
    TEXT("[1,]"),
    TEXT("[,1]"),
    TEXT("[1,,2]"),
    TEXT("[1 2]"),
    TEXT("[1]]"),
    TEXT("[1}"),
    TEXT("{]"),
    TEXT("[}"),
    TEXT("[]]"),
    TEXT("[] []"),
    TEXT("],["),
    TEXT("{\"a\"}"),
    TEXT("{\"a\":}"),
    TEXT("{\"a\":1"),
    TEXT("{\"a\":1,"),
    TEXT("{\"a\":1,}"),
    TEXT("{,}"),
    TEXT("{:1}"),
    TEXT("{a:1}"),
    TEXT("{'a':1}"),
    TEXT("{1:1}"),
    TEXT("{\"a\" 1}"),
    TEXT("{\"a\"::1}"),
    TEXT("{\"a\",1}"),
    TEXT("{\"a\":1 \"b\":2}"),
    TEXT("{\"a\":1]"),
    TEXT("[\"a\":1]"),
    TEXT("{[]:1}"),
    TEXT("{{}}"),
    TEXT("{null}"),
    TEXT("{\"a\":1}}"),
    TEXT("\""),
    TEXT("\"a"),
    TEXT("'a'"),
    TEXT("\"a\" \"b\""),
    TEXT("\"\\\""),
    TEXT("\"\\x\""),
    TEXT("\"\\a\""),
    TEXT("\"\\'\""),
    TEXT("\"\\0\""),
    TEXT("\"\\U0041\""),
    TEXT("\"\\u\""),
    TEXT("\"\\u1\""),
    TEXT("\"\\u12\""),
    TEXT("\"\\u123\""),
    TEXT("\"\\u123g\""),
    TEXT("\"\\u{41}\""),
    TEXT("\"\\ u0041\""),
    TEXT("\"\\"),
    TEXT("\"\\u004"),
    TEXT("\"\\u0041"),
    TEXT("\"\x00\""),
    TEXT("\"\x1f\""),
    TEXT("\"\n\""),
    TEXT("\"\t\""),
    TEXT("\"a\rb\""),
    TEXT("/* c */ 1"),
    TEXT("1 // c"),
    TEXT("\xef\xbb\xbf"
         "1"),
    TEXT("1\xef\xbb\xbf"),
    TEXT("\xc2\xa0"
         "1"),
    TEXT("1\x0b"),
    TEXT("1\x0c"),
    TEXT("1\x00"),
    TEXT("\x00"),
    TEXT("[1]\x00"),
    TEXT("\xe2\x80\xa8"
         "1"),
    TEXT("[\xc3\xa9]"),
    TEXT("{\"a\":1}garbage behind it all"),
    TEXT("[\"a string of more than sixteen bytes, and no end"),
    TEXT("[\"a string with a raw newline \n in it\"]"),
};

/* Inside of a string. */
static const text_t bad_utf8[] = {
    TEXT("\x80"),
    TEXT("\xbf"),
    TEXT("\xc0\x80"),
    TEXT("\xc1\xbf"),
    TEXT("\xc2"),
    TEXT("\xc2\x7f"),
    TEXT("\xc2\xc0"),
    TEXT("\xdf"),
    TEXT("\xe0\x80\x80"),
    TEXT("\xe0\x9f\xbf"),
    TEXT("\xe0\xa0"),
    TEXT("\xe1\x80"),
    TEXT("\xe1\x80\x7f"),
    TEXT("\xe1\x7f\x80"),
    TEXT("\xed\xa0\x80"),
    TEXT("\xed\xbf\xbf"),
    TEXT("\xef\xbf"),
    TEXT("\xef"),
    TEXT("\xf0\x80\x80\x80"),
    TEXT("\xf0\x8f\xbf\xbf"),
    TEXT("\xf0\x90\x80"),
    TEXT("\xf0\x90\x80\xc0"),
    TEXT("\xf0\x9f"),
    TEXT("\xf4\x90\x80\x80"),
    TEXT("\xf5\x80\x80\x80"),
    TEXT("\xf8\x88\x80\x80\x80"),
    TEXT("\xfe"),
    TEXT("\xff"),
    TEXT("\xc3\xa9\x80"),
    TEXT("\xc3\xa9\xc3"),
    TEXT("\xe4\xbd\xa0\xe5\xa5"),
};

static void json_accepts_what_rfc8259_allows(void **state) {
  (void)state;
  for (size_t i = 0; i < ARRAY_LEN(good); i++) assert_verdict(good[i], 0);
}

static void json_refuses_everything_else(void **state) {
  (void)state;
  for (size_t i = 0; i < ARRAY_LEN(bad); i++) assert_verdict(bad[i], IROH_ERR_NOT_JSON);
}

static void json_refuses_ill_formed_utf8_wherever_it_is(void **state) {
  (void)state;
  for (size_t i = 0; i < ARRAY_LEN(bad_utf8); i++) {
    for (size_t before = 0; before < 40; before++) {
      char document[128];
      size_t len = 0;
      document[len++] = '"';
      memset(document + len, 'x', before);
      len += before;
      memcpy(document + len, bad_utf8[i].text, bad_utf8[i].len);
      len += bad_utf8[i].len;
      assert_int_equal(verdict(document, len, 64, NULL), IROH_ERR_NOT_JSON);
      document[len++] = '"';
      assert_int_equal(verdict(document, len, 64, NULL), IROH_ERR_NOT_JSON);
    }
  }
}

/* Every byte at every place of strings of every length around the width of the scanning loops. */
static void json_judges_each_byte_of_a_string(void **state) {
  (void)state;
  for (size_t len = 1; len <= 36; len++) {
    for (size_t at = 0; at < len; at++) {
      for (int c = 0; c < 256; c++) {
        char document[64];
        memset(document, 'x', sizeof(document));
        document[0] = document[len + 1] = '"';
        document[at + 1] = (char)c;
        bool plain = c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
        if (c == '\\' && at + 1 < len) continue;
        assert_int_equal(verdict(document, len + 2, 0, NULL), plain ? 0 : IROH_ERR_NOT_JSON);
      }
    }
  }
}

static void json_every_control_character_is_refused_between_tokens(void **state) {
  (void)state;
  for (int c = 0; c < 256; c++) {
    char document[] = "[1?]";
    document[2] = (char)c;
    bool allowed = c == ' ' || c == '\t' || c == '\n' || c == '\r' || (c >= '0' && c <= '9');
    assert_int_equal(verdict(document, 4, 64, NULL), allowed ? 0 : IROH_ERR_NOT_JSON);
  }
}

static void json_prefixes_of_a_document_are_not_documents(void **state) {
  (void)state;
  for (size_t i = 0; i < ARRAY_LEN(good); i++) {
    const char *text = good[i].text;
    size_t start = strspn(text, " \t\n\r");
    if (!strchr("{[\"tfn", text[start])) continue;
    size_t len = good[i].len;
    while (strchr(" \t\n\r", text[len - 1])) len--;
    for (size_t cut = 0; cut < len; cut++) assert_int_equal(verdict(text, cut, 64, NULL), IROH_ERR_NOT_JSON);
  }
}

static void json_tells_whether_it_is_ascii(void **state) {
  (void)state;
  bool ascii;
  for (size_t i = 0; i < ARRAY_LEN(good); i++) {
    bool expected = true;
    for (size_t j = 0; j < good[i].len; j++) expected &= (uint8_t)good[i].text[j] < 0x80;
    assert_int_equal(verdict(good[i].text, good[i].len, 64, &ascii), 0);
    assert_int_equal(ascii, expected);
  }
  assert_int_equal(json_check((const uint8_t *)"1", 1, 0, NULL), 0);
}

/* `depth` arrays or objects or both, one in the other. */
static size_t nest(char *out, unsigned depth, const char *kinds) {
  char *end = out;
  size_t kind_count = strlen(kinds);
  for (unsigned i = 0; i < depth; i++) {
    bool object = kinds[i % kind_count] == '{';
    memcpy(end, object ? "{\"k\":" : "[", object ? 5 : 1);
    end += object ? 5 : 1;
  }
  *end++ = '0';
  for (unsigned i = depth; i-- > 0;) *end++ = kinds[i % kind_count] == '{' ? '}' : ']';
  return (size_t)(end - out);
}

static void json_refuses_to_go_deeper_than_told(void **state) {
  (void)state;
  static const char *const kinds[] = {"[", "{", "[{", "{[[{"};
  static const unsigned depths[] = {0, 1, 2, 63, 64, 65, 128, JSON_DEPTH_MAX};
  static char document[8 * (JSON_DEPTH_MAX + 1)];
  for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
    for (size_t d = 0; d < ARRAY_LEN(depths); d++) {
      size_t len = nest(document, depths[d], kinds[k]);
      assert_int_equal(verdict(document, len, depths[d], NULL), 0);
      assert_int_equal(verdict(document, len - 1, depths[d], NULL), IROH_ERR_NOT_JSON);
      len = nest(document, depths[d] + 1, kinds[k]);
      assert_int_equal(verdict(document, len, depths[d], NULL), IROH_ERR_TOO_DEEP);
    }
  }
  assert_int_equal(verdict("[[],[],[[]]]", 12, 2, NULL), IROH_ERR_TOO_DEEP);
  assert_int_equal(verdict("[[],[],[[]]]", 12, 3, NULL), 0);
  assert_int_equal(verdict("1", 1, JSON_DEPTH_MAX + 1, NULL), IROH_ERR_INVALID_ARGUMENT);
}

static void json_survives_a_million_brackets(void **state) {
  (void)state;
  size_t len = 1000000;
  char *brackets = malloc(len);
  assert_non_null(brackets);
  memset(brackets, '[', len);
  assert_int_equal(verdict(brackets, len, JSON_DEPTH_MAX, NULL), IROH_ERR_TOO_DEEP);
  free(brackets);
}

static void json_refuses_proto_keys(void **state) {
  (void)state;
  static const text_t forbidden[] = {
      TEXT("{\"__proto__\":1}"),
      TEXT("{ \"__proto__\" : {} }"),
      TEXT("{\"a\":1,\"__proto__\":1}"),
      TEXT("[[{\"a\":{\"b\":[{\"__proto__\":null}]}}]]"),
      TEXT("{\"\\u005f_proto__\":1}"),
      TEXT("{\"__proto_\\u005F\":1}"),
      TEXT("{\"\\u005f\\u005f\\u0070\\u0072\\u006f\\u0074\\u006f\\u005f\\u005f\":1}"),
      TEXT("{\"__pr\\u006fto__\":{\"polluted\":true}}"),
  };
  static const text_t allowed[] = {
      TEXT("\"__proto__\""),           TEXT("[\"__proto__\"]"),
      TEXT("{\"a\":\"__proto__\"}"),   TEXT("{\"__proto_\":1}"),
      TEXT("{\"__proto___\":1}"),      TEXT("{\"__PROTO__\":1}"),
      TEXT("{\"_\\n_proto__\":1}"),    TEXT("{\"\\\\u005f_proto__\":1}"),
      TEXT("{\"\\u005f_proto_\":1}"),  TEXT("{\"\\u005f_proto___\":1}"),
      TEXT("{\"\\u015f_proto__\":1}"), TEXT("{\"constructor\":1,\"prototype\":2}"),
      TEXT("{\"\\u005f\":1}"),         TEXT("{\"__proto\xc3\xa9\":1}"),
  };
  for (size_t i = 0; i < ARRAY_LEN(forbidden); i++) assert_verdict(forbidden[i], IROH_ERR_FORBIDDEN_KEY);
  for (size_t i = 0; i < ARRAY_LEN(allowed); i++) assert_verdict(allowed[i], 0);
}

static size_t mutate(uint64_t *seed, char *text, size_t len, size_t room) {
  static const char alphabet[] = "{}[]:,\"\\ \n-+.eE019tfnu/\xc3\xa9\xe4\xbd\xa0\xf0\x9f\x98\x80\x01\x7f";
  size_t at = random_below(seed, len + 1);
  char c = alphabet[random_below(seed, sizeof(alphabet) - 1)];
  switch (random_below(seed, 3)) {
  case 0:
    if (len == room) return len;
    memmove(text + at + 1, text + at, len - at);
    text[at] = c;
    return len + 1;
  case 1:
    if (at == len) return len;
    memmove(text + at, text + at + 1, len - at - 1);
    return len - 1;
  default:
    if (at < len) text[at] = c;
    return len;
  }
}

/* That both checkers agree is asserted by verdict(). */
static void json_mutations_get_the_same_verdict_in_a_larger_text(void **state) {
  (void)state;
  uint64_t seed = 47;
  size_t accepted = 0;
  for (int i = 0; i < 100000; i++) {
    char text[256];
    const text_t *source = &good[random_below(&seed, ARRAY_LEN(good))];
    size_t len = source->len;
    text[0] = '[';
    memcpy(text + 1, source->text, len);
    for (size_t left = 1 + random_below(&seed, 3); left > 0; left--) len = mutate(&seed, text + 1, len, 200);
    bool ascii, ascii_inside;
    int rv = verdict(text + 1, len, 64, &ascii);
    if (rv) continue;
    accepted++;
    text[len + 1] = ']';
    assert_int_equal(verdict(text, len + 2, 65, &ascii_inside), 0);
    assert_int_equal(ascii, ascii_inside);
  }
  assert_true(accepted > 10000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(json_accepts_what_rfc8259_allows),
      cmocka_unit_test(json_refuses_everything_else),
      cmocka_unit_test(json_refuses_ill_formed_utf8_wherever_it_is),
      cmocka_unit_test(json_judges_each_byte_of_a_string),
      cmocka_unit_test(json_every_control_character_is_refused_between_tokens),
      cmocka_unit_test(json_prefixes_of_a_document_are_not_documents),
      cmocka_unit_test(json_tells_whether_it_is_ascii),
      cmocka_unit_test(json_refuses_to_go_deeper_than_told),
      cmocka_unit_test(json_survives_a_million_brackets),
      cmocka_unit_test(json_refuses_proto_keys),
      cmocka_unit_test(json_mutations_get_the_same_verdict_in_a_larger_text),
  };
  return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
