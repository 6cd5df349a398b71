/* SPDX-License-Identifier: MIT
 * A hostile sender of QUIC packets to a hub on this host, for bench/flood/run.js:
 *   flood <port> <kind> <packets a second> <seconds> <first address> <addresses> [ports] [alpn]
 * Kinds: `junk` (an Initial that does not open), `fragment` (four bytes of a ClientHello), `hello` (a ClientHello, and
 * nothing after), `retry` (the same, and what a Retry asks for), `short` (a short header of no connection), `version`
 * (an unknown version). Each packet has a fresh connection id. Prints what was sent, and what came back. */
#include <arpa/inet.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/base.h"
#include "base/secret.h"
#include "quic-pair.h"
#include "quic/packet.h"
#include "tls/aes.h"

#define DATAGRAM_LEN 1200
#define CID_LEN 8
#define TOKEN_MAX 256
#define SOCKETS_MAX 4096
#define NS UINT64_C(1000000000)

typedef struct {
  uint8_t key[16], iv[12], hp[16];
} keys_t;

typedef struct {
  uint8_t bytes[DATAGRAM_LEN], scid[QUIC_CID_MAX];
  size_t len, scid_len;
} hello_t;

static uint64_t sent, retries, others;

static uint64_t now_ns(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return (uint64_t)at.tv_sec * NS + (uint64_t)at.tv_nsec;
}

/* ---- packets ------------------------------------------------------------------------------------- */

static void hmac(const uint8_t *key, size_t key_len, const void *data, size_t len, uint8_t out[32]) {
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, key, key_len);
  crypto_auth_hmacsha256_update(&state, data, len);
  crypto_auth_hmacsha256_final(&state, out);
}

static void expand(const uint8_t secret[32], const char *label, uint8_t *out, size_t len) {
  uint8_t info[40] = {0, (uint8_t)len, (uint8_t)strlen(label)}, hash[32];
  memcpy(info + 3, label, strlen(label));
  info[4 + strlen(label)] = 1;
  hmac(secret, 32, info, 5 + strlen(label), hash);
  memcpy(out, hash, len);
}

/* RFC 9001 section 5.2. */
static keys_t keys_of(const uint8_t *dcid, size_t len) {
  static const uint8_t salt[20] = {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
                                   0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a};
  uint8_t first[32], secret[32];
  keys_t keys;
  hmac(salt, sizeof salt, dcid, len, first);
  expand(first, "tls13 client in", secret, 32);
  expand(secret, "tls13 quic key", keys.key, 16);
  expand(secret, "tls13 quic iv", keys.iv, 12);
  expand(secret, "tls13 quic hp", keys.hp, 16);
  return keys;
}

static size_t put_varint2(uint8_t *at, size_t value) {
  at[0] = (uint8_t)(0x40 | value >> 8);
  at[1] = (uint8_t)value;
  return 2;
}

/* An Initial of DATAGRAM_LEN bytes with packet number `number`. */
static void seal_initial(uint8_t *out, const uint8_t *dcid, size_t dcid_len, const hello_t *hello, const uint8_t *token,
                         size_t token_len, uint8_t number, bool junk) {
  uint8_t plain[DATAGRAM_LEN] = {0}, mask[16];
  size_t at = 0;
  out[at++] = 0xc0;
  memcpy(out + at, "\0\0\0\1", 4);
  at += 4;
  out[at++] = (uint8_t)dcid_len;
  memcpy(out + at, dcid, dcid_len);
  at += dcid_len;
  out[at++] = (uint8_t)hello->scid_len;
  memcpy(out + at, hello->scid, hello->scid_len);
  at += hello->scid_len;
  at += put_varint2(out + at, token_len);
  memcpy(out + at, token, token_len);
  at += token_len;
  at += put_varint2(out + at, DATAGRAM_LEN - at - 2);
  out[at] = number;
  if (junk) {
    secret_random(out + at, DATAGRAM_LEN - at);
    return;
  }
  keys_t keys = keys_of(dcid, dcid_len);
  size_t room = DATAGRAM_LEN - at - 1 - 16;
  memcpy(plain, hello->bytes, min_size(hello->len, room));
  keys.iv[11] ^= number;
  tls_aes_gcm_t *gcm = tls_aes_gcm_new(keys.key);
  tls_aes_gcm_seal(gcm, keys.iv, out, at + 1, plain, room, out + at + 1);
  tls_aes_gcm_free(gcm);
  tls_aes_block(keys.hp, out + at + 4, mask);
  out[0] ^= mask[0] & 0x0f;
  out[at] ^= mask[1];
}

/* The frames of a real client's first packet, but for its PADDING. */
static hello_t read_hello(const char *alpn) {
  pair_t pair;
  quic_path_t path;
  quic_initial_t initial;
  uint8_t buf[QUIC_MAX_UDP_PAYLOAD], mask[16], plain[QUIC_MAX_UDP_PAYLOAD], ecn;
  pair_init(&pair, 1);
  pair_dial(&pair, pair.server.public_key, alpn);
  size_t len = quic_conn_write(pair.client.conn, buf, sizeof buf, &path, &ecn, pair.now);
  if (!quic_packet_is_initial(buf, len, &initial)) abort();
  keys_t keys = keys_of(initial.dcid, initial.dcid_len);
  /* No token; the length takes two or four bytes. */
  size_t at = 7 + initial.dcid_len + initial.scid_len + 1;
  size_t length_len = (size_t)1 << (buf[at] >> 6);
  size_t length = 0;
  for (size_t i = 0; i < length_len; i++) length = length << 8 | (i == 0 ? buf[at] & 0x3f : buf[at + i]);
  at += length_len;
  tls_aes_block(keys.hp, buf + at + 4, mask);
  buf[0] ^= mask[0] & 0x0f;
  size_t number_len = (size_t)(buf[0] & 3) + 1;
  for (size_t i = 0; i < number_len; i++) {
    buf[at + i] ^= mask[1 + i];
    keys.iv[12 - number_len + i] ^= buf[at + i];
  }
  tls_aes_gcm_t *gcm = tls_aes_gcm_new(keys.key);
  if (!tls_aes_gcm_open(gcm, keys.iv, buf, at + number_len, buf + at + number_len, length - number_len, plain)) abort();
  tls_aes_gcm_free(gcm);
  hello_t hello = {.len = length - number_len - 16, .scid_len = initial.scid_len};
  while (hello.len > 0 && plain[hello.len - 1] == 0) hello.len--;
  memcpy(hello.bytes, plain, hello.len);
  memcpy(hello.scid, initial.scid, initial.scid_len);
  pair_deinit(&pair);
  return hello;
}

/* ---- sending ------------------------------------------------------------------------------------- */

static void answer_retry(int fd, const uint8_t *data, size_t len, const hello_t *hello) {
  uint8_t out[DATAGRAM_LEN];
  if (len < 7 || (data[0] & 0xf0) != 0xf0) {
    others++;
    return;
  }
  retries++;
  size_t at = 6 + data[5];
  size_t scid_len = data[at++];
  const uint8_t *scid = data + at;
  at += scid_len;
  if (len < at + 16 || len - at - 16 > TOKEN_MAX) return;
  seal_initial(out, scid, scid_len, hello, data + at, len - at - 16, 1, false);
  if (send(fd, out, sizeof out, 0) > 0) sent++;
}

static void receive_all(int fd, bool answer, const hello_t *hello) {
  uint8_t buf[2048];
  ssize_t n;
  while ((n = recv(fd, buf, sizeof buf, MSG_DONTWAIT)) > 0) {
    if (answer)
      answer_retry(fd, buf, (size_t)n, hello);
    else if ((buf[0] & 0xf0) == 0xf0)
      retries++;
    else
      others++;
  }
}

static int open_socket(uint32_t address, uint16_t port) {
  struct sockaddr_in local = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
  struct sockaddr_in remote = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(0x7f000001)};
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&local, sizeof local) != 0 ||
      connect(fd, (struct sockaddr *)&remote, sizeof remote) != 0) {
    perror("flood");
    exit(1);
  }
  return fd;
}

static void send_one(int fd, const char *kind, hello_t *hello) {
  uint8_t out[DATAGRAM_LEN], dcid[CID_LEN];
  size_t len = sizeof out;
  secret_random(dcid, sizeof dcid);
  if (strcmp(kind, "short") == 0) {
    len = 40;
    secret_random(out, len);
    out[0] = 0x40 | (out[0] & 0x3f);
  } else {
    seal_initial(out, dcid, sizeof dcid, hello, NULL, 0, 0, strcmp(kind, "junk") == 0);
    if (strcmp(kind, "version") == 0) out[1] = 0xfa;
  }
  if (send(fd, out, len, 0) > 0) sent++;
}

int main(int argc, char **argv) {
  static int sockets[SOCKETS_MAX];
  if (argc < 7 || sodium_init() < 0) return 2;
  const char *kind = argv[2];
  double rate = atof(argv[3]), seconds = atof(argv[4]);
  struct in_addr first;
  if (inet_pton(AF_INET, argv[5], &first) != 1) return 2;
  size_t addresses = strtoul(argv[6], NULL, 10), ports = argc > 7 ? strtoul(argv[7], NULL, 10) : 1;
  size_t count = min_size(addresses * ports, SOCKETS_MAX);
  hello_t hello = read_hello(argc > 8 ? argv[8] : "test/1");
  /* Frame type, offset, length of two bytes; then four bytes. */
  if (strcmp(kind, "fragment") == 0) {
    put_varint2(hello.bytes + 2, 4);
    hello.len = 8;
  }
  for (size_t i = 0; i < count; i++)
    sockets[i] = open_socket(ntohl(first.s_addr) + (uint32_t)(i / ports), (uint16_t)atoi(argv[1]));
  bool answer = strcmp(kind, "retry") == 0;
  uint64_t begin = now_ns(), begun = 0;
  for (uint64_t now = begin; now - begin < (uint64_t)(seconds * 1e9); now = now_ns()) {
    uint64_t due = (uint64_t)((double)(now - begin) / 1e9 * rate);
    /* What this process was too slow for is not made up for. */
    if (due > begun + 200) begun = due - 200;
    for (; begun < due; begun++) send_one(sockets[begun % count], kind, &hello);
    for (size_t i = 0; i < count; i++) receive_all(sockets[i], answer, &hello);
    usleep(1000);
  }
  printf("{\"sent\":%llu,\"retries\":%llu,\"others\":%llu}\n", (unsigned long long)sent, (unsigned long long)retries,
         (unsigned long long)others);
  return 0;
}
