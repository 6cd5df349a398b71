/* SPDX-License-Identifier: MIT */
#include "quic/packet.h"

#include <string.h>

#include "base/base.h"
#include "base/secret.h"
#include "quic/ngtcp2.h"

#define REGULAR_TOKEN_LIFETIME (24 * 3600 * NGTCP2_SECONDS)
#define TRANSPORT_CONNECTION_REFUSED 0x02
#define TRANSPORT_INVALID_TOKEN 0x0b
/* A version nobody speaks, so that clients learn to skip what they do not know (RFC 9000 section 6.3). */
#define GREASE_VERSION 0x1a2a3a4aU
#define RESET_RANDOM_MAX 24
#define RESET_MIN (5 + 16)

bool quic_packet_parse(const uint8_t *data, size_t len, quic_packet_t *out) {
  ngtcp2_version_cid vc;
  if (len == 0) return false;
  int rv = ngtcp2_pkt_decode_version_cid(&vc, data, len, QUIC_CID_LEN);
  if (rv != 0 && rv != NGTCP2_ERR_VERSION_NEGOTIATION) return false;
  *out = (quic_packet_t){.dcid = vc.dcid,
                         .scid = vc.scid,
                         .dcid_len = vc.dcidlen,
                         .scid_len = vc.scidlen,
                         .long_header = (data[0] & 0x80) != 0,
                         .unknown_version = rv == NGTCP2_ERR_VERSION_NEGOTIATION};
  return vc.dcidlen <= QUIC_CID_MAX || out->unknown_version;
}

bool quic_packet_is_initial(const uint8_t *data, size_t len, quic_initial_t *out) {
  ngtcp2_pkt_hd hd;
  if (len < QUIC_INITIAL_MIN || ngtcp2_accept(&hd, data, len) != 0) return false;
  memset(out, 0, sizeof *out);
  memcpy(out->dcid, hd.dcid.data, hd.dcid.datalen);
  memcpy(out->scid, hd.scid.data, hd.scid.datalen);
  out->dcid_len = hd.dcid.datalen;
  out->scid_len = hd.scid.datalen;
  out->version = hd.version;
  out->token = hd.token;
  out->token_len = hd.tokenlen;
  return true;
}

bool quic_packet_check_token(quic_initial_t *initial, const quic_retry_t *retry, const uint8_t secret[32],
                             const address_t *remote, uint64_t now) {
  if (quic_retry_is_token(initial)) return quic_retry_check(retry, initial, remote, now);
  if (initial->token_len > 0 && initial->token[0] == NGTCP2_CRYPTO_TOKEN_MAGIC_REGULAR)
    initial->token_verified =
        ngtcp2_crypto_verify_regular_token(initial->token, initial->token_len, secret, 32, &remote->sa, remote->len,
                                           REGULAR_TOKEN_LIFETIME, now) == 0;
  /* Somebody else's token, or an old one: as if there were none. */
  return true;
}

size_t quic_packet_version_negotiation(const quic_packet_t *packet, uint8_t *buf, size_t size) {
  uint8_t random;
  secret_random(&random, 1);
  const uint32_t versions[] = {GREASE_VERSION, NGTCP2_PROTO_VER_V1};
  ngtcp2_ssize n = ngtcp2_pkt_write_version_negotiation(buf, size, random, packet->scid, packet->scid_len, packet->dcid,
                                                        packet->dcid_len, versions, ARRAY_LEN(versions));
  return n > 0 ? (size_t)n : 0;
}

size_t quic_packet_refuse(const quic_initial_t *initial, bool invalid_token, uint8_t *buf, size_t size) {
  ngtcp2_cid client, ours;
  ngtcp2_cid_init(&client, initial->scid, initial->scid_len);
  ngtcp2_cid_init(&ours, initial->dcid, initial->dcid_len);
  ngtcp2_ssize n = ngtcp2_crypto_write_connection_close(
      buf, size, initial->version, &client, &ours,
      invalid_token ? TRANSPORT_INVALID_TOKEN : TRANSPORT_CONNECTION_REFUSED, NULL, 0);
  return n > 0 ? (size_t)n : 0;
}

size_t quic_packet_stateless_reset(const uint8_t *dcid, size_t dcid_len, size_t received, const uint8_t secret[32],
                                   uint8_t *buf, size_t size) {
  if (received <= RESET_MIN || dcid_len > QUIC_CID_MAX) return 0;
  ngtcp2_cid cid;
  uint8_t token[NGTCP2_STATELESS_RESET_TOKENLEN], random[RESET_RANDOM_MAX];
  ngtcp2_cid_init(&cid, dcid, dcid_len);
  if (ngtcp2_crypto_generate_stateless_reset_token(token, secret, 32, &cid) != 0) return 0;
  size_t random_len = min_size(sizeof random, received - 1 - sizeof token);
  secret_random(random, random_len);
  ngtcp2_ssize n = ngtcp2_pkt_write_stateless_reset(buf, size, token, random, random_len);
  return n > 0 ? (size_t)n : 0;
}
