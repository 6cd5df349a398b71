/* SPDX-License-Identifier: MIT */
#include "quic-world.h"

#include <sodium.h>
#include <string.h>

#include "base/base.h"
#include "fuzz.h"
#include "quic-input.h"
#include "quic/conn.h"
#include "quic/packet.h"
#include "quic/stream.h"
#include "tls/tls.h"
#include "wire/quic-frames.h"

#define MS UINT64_C(1000000)
#define START (1000000 * MS)
#define INITIAL_RTT (333 * MS)
#define TAG_LEN 16
#define WIRE_MAX 48
#define STREAMS_MAX 48
#define CIDS_MAX 24
#define OTHER_ADDRESSES 4

typedef struct {
  size_t len;
  quic_path_t path; /* as the receiver names it */
  uint8_t data[];   /* a block of its own: AddressSanitizer sees a read past its end */
} datagram_t;

typedef struct {
  uint8_t seed[32], public_key[32];
  struct tls_identity *identity;
  quic_config_t config;
  quic_conn_t *conn;
  address_t address;
  bool open;
  size_t cids, bytes_in, bytes_out;
  bool proved; /* server: the client has shown that it gets what we send, or might have */
  datagram_t *outbox[WIRE_MAX];
  size_t outbox_len;
} side_t;

typedef struct {
  uint8_t id[QUIC_CID_MAX];
  size_t len;
} cid_t;

static side_t client, server, *target, *other;
static address_t elsewhere[OTHER_ADDRESSES];
static input_t input;
static uint64_t now, random_state, next_number[3]; /* packet numbers: Initial, Handshake, 1-RTT */
static cid_t cids[CIDS_MAX];                       /* of the target, the newest at the end */
static size_t cid_count;
static uint8_t first_dcid[QUIC_CID_MAX], other_scid[QUIC_CID_MAX];
static size_t first_dcid_len, other_scid_len;
static quic_stream_t *streams[STREAMS_MAX];
static size_t stream_count;
static bool hold; /* the target's program does not read */
static buffer_t spare_text;

/* ---- the host ------------------------------------------------------------------------------------ */

static const char *random_name(void) { return "of the input"; }
static uint32_t random_word(void) {
  random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (uint32_t)(random_state >> 32);
}
static void random_fill(void *const out, const size_t len) {
  for (size_t i = 0; i < len; i++) ((uint8_t *)out)[i] = (uint8_t)random_word();
}
static randombytes_implementation repeatable = {random_name, random_word, NULL, NULL, random_fill, NULL};

static bool cid_added(void *owner, const uint8_t *cid, size_t len) {
  CLAIM(cid != NULL && len <= QUIC_CID_MAX);
  ((side_t *)owner)->cids++;
  return true;
}
static void cid_removed(void *owner, const uint8_t *cid, size_t len) {
  CLAIM(cid != NULL && len <= QUIC_CID_MAX && ((side_t *)owner)->cids > 0);
  ((side_t *)owner)->cids--;
}
static bool authorize(void *owner, const uint8_t node_id[IROH_KEY_BYTES]) {
  (void)owner, (void)node_id;
  return true;
}
static void token_received(void *owner, const uint8_t *token, size_t len) {
  (void)owner;
  CLAIM(token != NULL && len > 0);
}
static const quic_host_t host = {cid_added, cid_removed, authorize, token_received, NULL};

static void side_init(side_t *side, uint8_t fill, const char *address) {
  memset(side->seed, fill, sizeof side->seed);
  CLAIM(iroh_key_public(side->seed, side->public_key) == 0);
  CLAIM(tls_identity_new(side->seed, side->public_key, quic_verify_peer, &side->identity) == 0);
  CLAIM(address_parse(address, &side->address) == 0);
  side->config = (quic_config_t){.identity = side->identity,
                                 .idle_timeout = 30000 * MS,
                                 .keep_alive = 5000 * MS,
                                 .handshake_timeout = 10000 * MS,
                                 .stream_window = 64 * 1024,
                                 .connection_window = 256 * 1024,
                                 .max_streams_bidi = 8,
                                 .max_streams_uni = 8,
                                 .max_send_buffer = 1024 * 1024,
                                 .low_water = 64 * 1024,
                                 .max_datagrams = 16,
                                 .qlog_dir_fd = -1,
                                 .key_log_fd = -1,
                                 .spare_text = &spare_text};
}

static void init_once(void) {
  static bool done;
  if (done) return;
  done = true;
  CLAIM(randombytes_set_implementation(&repeatable) == 0);
  buffer_init(&spare_text);
  side_init(&client, 1, "192.0.2.1:1000");
  side_init(&server, 2, "192.0.2.2:2000");
  static const char *const names[OTHER_ADDRESSES] = {"192.0.2.1:1001", "192.0.2.9:9", "[2001:db8::1]:7", "192.0.2.3:1"};
  for (size_t i = 0; i < OTHER_ADDRESSES; i++) CLAIM(address_parse(names[i], &elsewhere[i]) == 0);
}

/* ---- what the target tells by its packets -------------------------------------------------------- */

static void remember_cid(const uint8_t *id, size_t len) {
  if (cid_count > 0 && cids[cid_count - 1].len == len && memcmp(cids[cid_count - 1].id, id, len) == 0) return;
  if (cid_count == CIDS_MAX || len > QUIC_CID_MAX) return;
  memcpy(cids[cid_count].id, id, len);
  cids[cid_count++].len = len;
}

static void learn_frames(const uint8_t *payload, size_t len) {
  quic_frames_t walk = {payload, payload + len};
  quic_frame_t frame;
  while (quic_frames_next(&walk, &frame) == QUIC_FRAMES_FRAME) {
    if (frame.type == QUIC_FRAME_PATH_CHALLENGE)
      memcpy(input.challenges[input.challenge_count++ % INPUT_CHALLENGES], frame.data, QUIC_PATH_DATA_LEN);
    if (frame.type == QUIC_FRAME_NEW_CONNECTION_ID) remember_cid(walk.at - TAG_LEN - QUIC_CID_LEN, QUIC_CID_LEN);
  }
}

static void learn_long(const side_t *from, const uint8_t *data, size_t len) {
  size_t dcid_len = len > 5 ? data[5] : 0, scid_at = 7 + dcid_len;
  if (len < scid_at || dcid_len > QUIC_CID_MAX || data[scid_at - 1] > QUIC_CID_MAX) return;
  size_t scid_len = data[scid_at - 1];
  if (len < scid_at + scid_len) return;
  if (from == &client && first_dcid_len == 0) {
    memcpy(first_dcid, data + 6, dcid_len);
    first_dcid_len = dcid_len;
  }
  if (from == target) {
    remember_cid(data + scid_at, scid_len);
  } else {
    memcpy(other_scid, data + scid_at, scid_len);
    other_scid_len = scid_len;
  }
}

static void learn(const side_t *from, const uint8_t *data, size_t len) {
  if (data[0] & 0x80) {
    learn_long(from, data, len);
    return;
  }
  size_t number_len = (data[0] & 3) + 1, at = 1 + QUIC_CID_LEN;
  if (len < at + number_len + TAG_LEN) return;
  uint64_t number = 0;
  for (size_t i = 0; i < number_len; i++) number = number << 8 | data[at++];
  if (from != target) {
    if (number >= next_number[2]) next_number[2] = number + 1;
    return;
  }
  if (number > input.largest_sent) input.largest_sent = number;
  learn_frames(data + at, len - at - TAG_LEN);
}

/* ---- programs ------------------------------------------------------------------------------------ */

static void read_stream(quic_stream_t *stream) {
  const uint8_t *data;
  size_t len;
  if (!quic_stream_is_framed(stream)) {
    while (quic_stream_peek(stream, &data, &len) == IROH_DATA) CLAIM(quic_stream_consume(stream, len) == 0);
    return;
  }
  frame_reader_t *reader = quic_stream_reader(stream);
  if (reader == NULL) return;
  frame_segment_t segment;
  int error;
  while (frame_reader_next(reader, &segment))
    if (segment.fatal) quic_stream_stop(stream, 4);
  quic_stream_take_end(stream, &error);
  quic_stream_delivered(stream);
}

static void take_stream(side_t *side, quic_stream_t *stream) {
  unsigned events = quic_stream_take_events(stream);
  if (side != target) return;
  size_t i = 0;
  while (i < stream_count && streams[i] != stream) i++;
  if (i == STREAMS_MAX) {
    quic_stream_release(stream);
    return;
  }
  if (i == stream_count) streams[stream_count++] = stream;
  if ((events & STREAM_EVENT_OPENED) && quic_stream_id(stream) % 8 == 0) quic_stream_set_framed(stream, 4096, 16);
  if ((events & STREAM_EVENT_READABLE) && !hold) read_stream(stream);
}

static void collect(side_t *side) {
  if (side->conn == NULL) return;
  unsigned events = quic_conn_take_events(side->conn);
  uint8_t *datagram;
  size_t len;
  if (events & QUIC_EVENT_OPEN) side->open = true;
  while ((datagram = quic_conn_take_datagram(side->conn, &len)) != NULL) free(datagram);
  quic_stream_t *stream;
  while ((stream = quic_conn_take_stream(side->conn)) != NULL) take_stream(side, stream);
  CLAIM(quic_conn_state(side->conn) < QUIC_CLOSING || quic_conn_close_info(side->conn) != NULL);
  iroh_conn_info_t info;
  quic_conn_info(side->conn, &info);
  bool ended = quic_conn_close_info(side->conn) != NULL;
  CLAIM(ended || info.rtt_ns <= now - START + INITIAL_RTT);
  CLAIM(quic_conn_state(side->conn) != QUIC_CLOSING || quic_conn_deadline(side->conn) <= now + 10000 * MS);
}

/* ---- the network --------------------------------------------------------------------------------- */

static datagram_t *datagram_new(const uint8_t *data, size_t len) {
  datagram_t *datagram = malloc(sizeof *datagram + len);
  CLAIM(datagram != NULL);
  datagram->len = len;
  memcpy(datagram->data, data, len);
  return datagram;
}

static void drop_outbox(side_t *side) {
  while (side->outbox_len > 0) free(side->outbox[--side->outbox_len]);
}

static void write_all(side_t *side) {
  static uint8_t buf[QUIC_MAX_UDP_PAYLOAD];
  quic_path_t path;
  uint8_t ecn;
  size_t n;
  for (unsigned burst = 0; burst < 64 && side->conn != NULL; burst++) {
    n = quic_conn_write(side->conn, buf, sizeof buf, &path, &ecn, now);
    if (n == 0) break;
    CLAIM(n <= sizeof buf);
    side->bytes_out += n;
    CLAIM(side != &server || side->proved || side->bytes_out <= 3 * side->bytes_in);
    learn(side, buf, n);
    if (side->outbox_len == WIRE_MAX) continue;
    datagram_t *datagram = datagram_new(buf, n);
    datagram->path = (quic_path_t){.local = path.remote, .remote = path.local};
    side->outbox[side->outbox_len++] = datagram;
  }
  if (side->conn != NULL) quic_conn_wrote(side->conn, now);
}

static void settle(side_t *side) {
  collect(side);
  write_all(side);
  collect(side);
}

static void accept_at_server(const quic_path_t *path, const uint8_t *data, size_t len) {
  static const char *const alpns[] = {"t/1"};
  quic_initial_t initial;
  if (!quic_packet_is_initial(data, len, &initial)) return;
  if (quic_conn_new_server(&server.config, &host, &server, alpns, 1, &initial, path, now, &server.conn) != 0)
    server.conn = NULL;
}

static void feed(side_t *side, const datagram_t *datagram) {
  const uint8_t *data = datagram->data;
  size_t len = datagram->len;
  if (len == 0) return;
  if (side == &server && server.conn == NULL && !server.proved) accept_at_server(&datagram->path, data, len);
  if (side->conn == NULL || quic_conn_state(side->conn) == QUIC_GONE) return;
  side->bytes_in += len;
  /* Anything but Initial packets may prove the client's address. */
  if ((data[0] & 0xb0) != 0x80) side->proved = true;
  for (size_t at = 1; at + 5 < len && !side->proved; at++)
    if ((data[at] & 0xf0) == 0xe0 && memcmp(data + at + 1, (const uint8_t[]){0, 0, 0, 1}, 4) == 0) side->proved = true;
  quic_conn_read(side->conn, &datagram->path, 0, data, len, now);
}

static void feed_bytes(side_t *side, quic_path_t path, const uint8_t *data, size_t len) {
  datagram_t *datagram = datagram_new(data, len);
  datagram->path = path;
  feed(side, datagram);
  free(datagram);
}

static void deliver(side_t *from, size_t index, bool keep) {
  datagram_t *datagram = from->outbox[index];
  if (!keep) memmove(&from->outbox[index], &from->outbox[index + 1], (--from->outbox_len - index) * sizeof datagram);
  feed(from == &client ? &server : &client, datagram);
  if (!keep) free(datagram);
}

static void pass_time(uint64_t by) {
  now += by;
  side_t *const sides[] = {&client, &server};
  for (size_t i = 0; i < ARRAY_LEN(sides); i++) {
    side_t *side = sides[i];
    if (side->conn == NULL) continue;
    if (quic_conn_state(side->conn) != QUIC_GONE && quic_conn_deadline(side->conn) <= now)
      quic_conn_expire(side->conn, now);
    settle(side);
  }
}

/* ---- hostile packets ----------------------------------------------------------------------------- */

static quic_path_t path_to_target(uint8_t choice) {
  quic_path_t path = {.local = target->address, .remote = other->address};
  if (choice >= 0xe0) path.remote = elsewhere[choice % OTHER_ADDRESSES];
  return path;
}

static size_t put_number(uint8_t *out, uint64_t number) {
  for (int i = 0; i < 4; i++) out[i] = (uint8_t)(number >> (24 - 8 * i));
  return 4;
}

/* Mostly the next one; sometimes an earlier one, a gap or a leap. */
static uint64_t choose_number(uint64_t *next) {
  uint8_t choice = input_byte(&input);
  if (choice < 0xc0) return (*next)++;
  if (choice < 0xe0) return *next - min_size(*next, 1 + choice % 8);
  *next += choice < 0xf8 ? 2 + choice % 8 : 5000;
  return (*next)++;
}

static void put_cid(uint8_t *out, size_t *n, const uint8_t *id, size_t len) {
  out[(*n)++] = (uint8_t)len;
  memcpy(out + *n, id, len);
  *n += len;
}

static size_t put_short(uint8_t *out, size_t room) {
  size_t n = 0;
  uint8_t choice = input_byte(&input);
  static const cid_t nobody = {.len = QUIC_CID_LEN};
  const cid_t *cid = cid_count == 0 ? &nobody : choice < 0xa0 ? &cids[0] : &cids[choice % cid_count];
  out[n++] = 0x43 | (choice & 1 && choice > 0xf0 ? 0x04 : 0);
  memcpy(out + n, cid->id, cid->len);
  n += cid->len;
  n += put_number(out + n, choose_number(&next_number[2]));
  n += input_put_frames(&input, 1 + input_byte(&input) % 6, out + n, room - n - TAG_LEN);
  memset(out + n, 0, TAG_LEN);
  return n + TAG_LEN;
}

/* Initial (0), 0-RTT (1) or Handshake (2). */
static size_t put_long(unsigned type, uint8_t *out, size_t room) {
  static const uint32_t versions[] = {1, 1, 1, 1, 1, 1, 0x6b3343cf, 0x1a2a3a4a};
  uint8_t payload[1200], choice = input_byte(&input);
  size_t len = input_put_frames(&input, 1 + input_byte(&input) % 5, payload, min_size(sizeof payload, room - 128));
  size_t n = 0;
  out[n++] = (uint8_t)(0xc3 | type << 4);
  n += put_number(out + n, versions[choice >= 0xf8 ? choice % 8 : 0]);
  if (target == &client || (type == 2 && cid_count > 0) || (cid_count > 0 && choice & 1))
    put_cid(out, &n, cid_count > 0 ? cids[0].id : other_scid, cid_count > 0 ? cids[0].len : 0);
  else
    put_cid(out, &n, first_dcid, first_dcid_len);
  put_cid(out, &n, other_scid, choice == 0xf0 ? 0 : other_scid_len);
  if (type == 0) {
    size_t token = choice == 0xf1 ? 20 : 0;
    out[n++] = (uint8_t)token;
    memset(out + n, 7, token);
    n += token;
  }
  n += input_put_varint(out + n, len + 4 + TAG_LEN);
  n += put_number(out + n, choose_number(&next_number[type == 2 ? 1 : 0]));
  memcpy(out + n, payload, len);
  n += len;
  memset(out + n, 0, TAG_LEN);
  return n + TAG_LEN;
}

static void hostile_short(void) {
  uint8_t packet[1400], where = input_byte(&input);
  size_t n = put_short(packet, sizeof packet);
  feed_bytes(target, path_to_target(where), packet, n);
}

static void hostile_long(bool padded) {
  uint8_t packet[4096];
  size_t n = 0;
  unsigned count = 1 + input_byte(&input) % 2;
  uint8_t where = input_byte(&input);
  while (count-- > 0) {
    uint8_t type = input_byte(&input);
    n += type < 0xe0 ? put_long(type < 0x70 ? 0 : type < 0xd0 ? 2 : 1, packet + n, 1400) : put_short(packet + n, 1400);
  }
  if (padded && n < 1200) {
    memset(packet + n, 0, 1200 - n);
    n = 1200;
  }
  feed_bytes(target, path_to_target(where), packet, n);
}

/* Retry and Version Negotiation. */
static void hostile_answer(bool retry) {
  uint8_t packet[256];
  size_t n = 0;
  packet[n++] = retry ? 0xf0 : 0x80;
  n += put_number(packet + n, retry ? 1 : 0);
  put_cid(packet, &n, cid_count > 0 ? cids[0].id : other_scid, cid_count > 0 ? cids[0].len : 0);
  uint8_t choice = input_byte(&input);
  if (choice & 1)
    put_cid(packet, &n, first_dcid, first_dcid_len);
  else
    put_cid(packet, &n, (const uint8_t[8]){choice}, 8);
  for (unsigned more = input_byte(&input) % 64; more > 0; more--) packet[n++] = input_byte(&input);
  if (retry) {
    memset(packet + n, 0, TAG_LEN);
    n += TAG_LEN;
  }
  feed_bytes(target, path_to_target(0), packet, n);
}

/* A waiting datagram of the other side, bent. */
static void bend(void) {
  if (other->outbox_len == 0) return;
  const datagram_t *model = other->outbox[input_byte(&input) % other->outbox_len];
  datagram_t *datagram = datagram_new(model->data, model->len);
  uint8_t choice = input_byte(&input);
  for (unsigned changes = choice % 8; changes > 0; changes--) {
    size_t at = ((size_t)input_byte(&input) << 8 | input_byte(&input)) % datagram->len;
    datagram->data[at] = input_byte(&input);
  }
  size_t len = datagram->len;
  if (choice >= 0xe0) len = ((size_t)input_byte(&input) << 8 | input_byte(&input)) % len;
  feed_bytes(target, path_to_target(input_byte(&input)), datagram->data, len);
  free(datagram);
}

static void noise(void) {
  uint8_t packet[256];
  size_t n = 0;
  for (unsigned len = 1 + input_byte(&input) % 200; len > 0; len--) packet[n++] = input_byte(&input);
  feed_bytes(target, path_to_target(input_byte(&input)), packet, n);
}

/* ---- commands of the target's program ------------------------------------------------------------ */

static void command_stream(uint8_t what) {
  static const uint8_t zeros[40000];
  if (stream_count == 0) return;
  size_t i = input_byte(&input) % stream_count;
  quic_stream_t *stream = streams[i];
  switch (what) {
  case 0:
    quic_stream_write(stream, zeros, input_byte(&input));
    break;
  case 1:
    quic_stream_write(stream, zeros, sizeof zeros);
    break;
  case 2:
    quic_stream_finish(stream);
    break;
  case 3:
    quic_stream_reset(stream, 3);
    break;
  case 4:
    quic_stream_stop(stream, 4);
    break;
  case 5:
    streams[i] = streams[--stream_count];
    quic_stream_release(stream);
    break;
  case 6:
    quic_stream_set_priority(stream, input_byte(&input) % 3);
    break;
  case 7:
    quic_stream_pause(stream, input_byte(&input) & 1);
    break;
  }
}

static void command_open(bool bidirectional) {
  quic_stream_t *stream;
  if (stream_count == STREAMS_MAX || quic_conn_open_stream(target->conn, bidirectional, &stream) != 0) return;
  streams[stream_count++] = stream;
  if (input_byte(&input) & 1) quic_stream_announce(stream);
}

static void command_conn(uint8_t what) {
  quic_conn_t *conn = target->conn;
  if (conn == NULL || quic_conn_state(conn) == QUIC_GONE) return;
  uint8_t choice;
  quic_path_t path = {.local = target->address, .remote = other->address};
  switch (what) {
  case 0:
  case 1:
    command_open(what == 0);
    break;
  case 2:
    quic_conn_send_datagram(conn, first_dcid, input_byte(&input) % 20);
    break;
  case 3:
    quic_conn_update_key(conn, now);
    break;
  case 4:
  case 5:
    choice = input_byte(&input);
    path.local = elsewhere[choice % 2];
    if (choice & 0x80) path.remote = elsewhere[choice % OTHER_ADDRESSES];
    if (what == 4)
      quic_conn_migrate(conn, &path, now);
    else
      quic_conn_probe(conn, &path, now);
    break;
  case 6:
    quic_conn_nudge(conn);
    break;
  case 7:
    if (input_byte(&input) < 0x20) quic_conn_close(conn, 1, "x", 1, now);
    break;
  case 8:
    quic_conn_allow_uni_streams(conn, 1);
    break;
  case 9:
    hold = !hold;
    break;
  }
}

/* ---- one input ----------------------------------------------------------------------------------- */

static void act(void) {
  uint8_t op = input_byte(&input), index;
  side_t *from = op & 1 ? &client : &server;
  if (op < 0x28) {
    if (from->outbox_len == 0) from = from == &client ? &server : &client;
    if (from->outbox_len > 0) deliver(from, 0, false);
  } else if (op < 0x38) {
    index = input_byte(&input);
    if (from->outbox_len > 0) deliver(from, index % from->outbox_len, op & 2);
  } else if (op < 0x40) {
    if (from->outbox_len > 0) free(from->outbox[--from->outbox_len]); /* lost */
  } else if (op < 0x80) {
    hostile_short();
  } else if (op < 0xa0) {
    hostile_long(op & 1);
  } else if (op < 0xa4) {
    hostile_answer(op & 1);
  } else if (op < 0xb0) {
    bend();
  } else if (op < 0xb4) {
    noise();
  } else if (op < 0xc8) {
    pass_time((uint64_t)(op - 0xb3) * (1 + input_byte(&input)) * (MS / 4));
  } else if (op < 0xe0) {
    command_stream(op % 8);
  } else if (op < 0xf8) {
    command_conn(op % 10);
  }
  /* Several packets may come before the endpoint gets to write. */
  if (op % 5 != 0) {
    settle(&client);
    settle(&server);
  }
}

static void open_both(void) {
  for (unsigned round = 0; round < 40 && !(client.open && server.open); round++) {
    side_t *side = round & 1 ? &server : &client;
    while (side->outbox_len > 0) deliver(side, 0, false);
    settle(&client);
    settle(&server);
    pass_time(5 * MS);
  }
  CLAIM(client.open && server.open);
}

static void reset_side(side_t *side) {
  side->conn = NULL;
  side->open = side->proved = false;
  side->cids = side->bytes_in = side->bytes_out = side->outbox_len = 0;
}

void world_run(const uint8_t *data, size_t size, bool open) {
  init_once();
  input = (input_t){.at = data, .left = size};
  now = START;
  random_state = cid_count = first_dcid_len = other_scid_len = stream_count = 0;
  hold = false;
  memset(next_number, 0, sizeof next_number);
  reset_side(&client);
  reset_side(&server);
  uint8_t choice = input_byte(&input);
  target = choice & 1 ? &client : &server;
  other = choice & 1 ? &server : &client;
  client.config.congestion_control = server.config.congestion_control = (iroh_cc_t)((choice >> 2) % 5);

  quic_path_t path = {.local = client.address, .remote = server.address};
  CLAIM(quic_conn_new_client(&client.config, &host, &client, server.public_key, "t/1", 3, NULL, 0, 10000 * MS, &path,
                             now, &client.conn) == 0);
  write_all(&client);
  if (open) {
    open_both();
    if (choice & 2) { /* from here on only hostile packets come */
      quic_conn_free(other->conn);
      other->conn = NULL;
      drop_outbox(other);
    }
  }
  while (input.left > 0) act();
  quic_conn_free(client.conn);
  quic_conn_free(server.conn);
  drop_outbox(&client);
  drop_outbox(&server);
  CLAIM(client.cids == 0 && server.cids == 0);
}
