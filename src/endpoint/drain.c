/* SPDX-License-Identifier: MIT
 * What happened, gathered from all connections and told in one call. Memory that events point to is kept until the
 * call has returned; only then is it reused, and the peers get credit for what was delivered. */
#include "endpoint/drain.h"

#include <stdlib.h>
#include <string.h>

#include "endpoint/admit.h"
#include "endpoint/conn.h"
#include "endpoint/notes.h"
#include "endpoint/paths.h"
#include "endpoint/policy.h"
#include "endpoint/relay.h"
#include "endpoint/relieve.h"
#include "endpoint/route.h"
#include "endpoint/service.h"
#include "endpoint/targets.h"
#include "endpoint/turn.h"

/* The code of the STOP_SENDING that ends a stream whose frames cannot be told apart any more (docs/reference/wire.md). */
#define STOP_CODE_BAD_FRAME 4

/* Whether there is memory for one more event. */
static bool has_room(iroh_endpoint_t *ep) {
  if (ep->event_count < ep->event_cap) return true;
  size_t cap = ep->event_cap == 0 ? 64 : ep->event_cap * 2;
  iroh_event_t *events = realloc(ep->events, cap * sizeof *events);
  if (events == NULL) return false;
  ep->events = events;
  ep->event_cap = cap;
  return true;
}

/* One more event, about a connection or (0) the endpoint; NULL without memory. */
static iroh_event_t *push(iroh_endpoint_t *ep, iroh_handle_t conn, iroh_event_kind_t kind) {
  if (!has_room(ep)) return NULL;
  iroh_event_t *event = &ep->events[ep->event_count++];
  *event = (iroh_event_t){.kind = kind, .conn = conn};
  return event;
}

/* The same for what happened on a connection, or on a stream of it: better no connection than one that has silently lost
 * something. */
static iroh_event_t *push_of(conn_t *conn, iroh_event_kind_t kind, iroh_handle_t stream) {
  iroh_event_t *event = push(conn->ep, conn->handle, kind);
  if (event != NULL) {
    event->stream = stream;
  } else {
    quic_conn_drop(conn->quic, IROH_ERR_NO_MEMORY);
    turn_mark(conn);
  }
  return event;
}

static void push_number(conn_t *conn, iroh_event_kind_t kind, iroh_handle_t stream, uint64_t number) {
  iroh_event_t *event = push_of(conn, kind, stream);
  if (event != NULL) event->number = number;
}

/* ---- streams ------------------------------------------------------------------------------------- */

static void push_segment(conn_t *conn, iroh_handle_t handle, const frame_segment_t *segment) {
  iroh_metrics_t *metrics = &conn->ep->metrics;
  iroh_event_t *event = push_of(conn, segment->error == 0 ? IROH_EVENT_FRAMES : IROH_EVENT_FRAME_ERROR, handle);
  if (event == NULL) return;
  if (segment->error == 0) {
    metrics->frames_received += segment->count;
    event->data = segment->text;
    event->len = segment->len;
    event->ascii = segment->ascii;
    event->number = segment->count;
  } else {
    metrics->frames_bad += segment->count;
    event->error = segment->error;
    event->number = segment->fatal ? 0 : 1;
  }
}

static void collect_frames(conn_t *conn, quic_stream_t *stream, iroh_handle_t handle) {
  frame_reader_t *reader = quic_stream_reader(stream);
  if (reader == NULL) return; /* paused: told when it goes on */
  frame_segment_t segment;
  while (frame_reader_next(reader, &segment)) {
    push_segment(conn, handle, &segment);
    if (segment.fatal) quic_stream_stop(stream, STOP_CODE_BAD_FRAME);
  }
  int error;
  if (quic_stream_take_end(stream, &error)) {
    iroh_event_t *event = push_of(conn, error == 0 ? IROH_EVENT_END : IROH_EVENT_FRAME_ERROR, handle);
    if (event != NULL) event->error = error;
  }
  /* What was handed out stays where it is until it was told, also when a closing connection's streams come twice. */
  if (!frame_reader_is_handing_out(reader)) quic_stream_delivered(stream);
}

static iroh_handle_t name_stream(conn_t *conn, quic_stream_t *stream) {
  iroh_endpoint_t *ep = conn->ep;
  unsigned kind = (quic_stream_id(stream) & 2) == 0 ? IROH_REFUSE_BIDI : IROH_REFUSE_UNI;
  if (conn->refuses & kind) {
    ep->metrics.streams_refused++;
    quic_stream_refuse(stream, IROH_CODE_UNWANTED);
    return 0;
  }
  iroh_handle_t handle = turn_new_handle(ep);
  if (map_put(&ep->streams, handle, stream) != 0) {
    quic_stream_release(stream);
    return 0;
  }
  quic_stream_set_handle(stream, handle);
  push_number(conn, IROH_EVENT_STREAM_OPENED, handle, (uint64_t)quic_stream_id(stream));
  return handle;
}

static void collect_stream(conn_t *conn, quic_stream_t *stream) {
  unsigned events = quic_stream_take_events(stream);
  if (conn->link != NULL) {
    service_stream(conn, stream, events);
    return;
  }
  iroh_handle_t handle = quic_stream_handle(stream);
  if (events & STREAM_EVENT_OPENED) handle = name_stream(conn, stream);
  if (handle == 0) return; /* nobody takes it, or it may be gone */
  if (events & STREAM_EVENT_READABLE) {
    if (quic_stream_is_framed(stream))
      collect_frames(conn, stream, handle);
    else
      push_of(conn, IROH_EVENT_READABLE, handle);
  }
  if (events & STREAM_EVENT_RESET) push_number(conn, IROH_EVENT_RESET, handle, quic_stream_reset_code(stream));
  if (events & STREAM_EVENT_STOPPED) push_number(conn, IROH_EVENT_STOPPED, handle, quic_stream_stop_code(stream));
  if (events & STREAM_EVENT_WRITABLE) push_of(conn, IROH_EVENT_WRITABLE, handle);
  if (events & STREAM_EVENT_FINISHED) push_of(conn, IROH_EVENT_FINISHED, handle);
}

/* ---- connections --------------------------------------------------------------------------------- */

static void announce(conn_t *conn) {
  iroh_metrics_t *metrics = &conn->ep->metrics;
  bool server = quic_conn_is_server(conn->quic);
  conn->announced = true;
  conn_leave_handshake(conn);
  metrics->connections_open++;
  if (server)
    metrics->connections_accepted++;
  else
    metrics->connections_dialled++;
  push_of(conn, server ? IROH_EVENT_ACCEPTED : IROH_EVENT_CONNECTED, 0);
  targets_path_proved(conn, uv_hrtime());
  paths_opened(conn, uv_hrtime());
}

static void collect_datagrams(conn_t *conn) {
  iroh_endpoint_t *ep = conn->ep;
  ep->metrics.quic_datagrams_dropped += quic_conn_take_dropped(conn->quic);
  uint8_t *data;
  size_t len;
  while ((data = quic_conn_take_datagram(conn->quic, &len)) != NULL) {
    if (conn->link != NULL || (conn->refuses & IROH_REFUSE_DATAGRAMS)) {
      free(data); /* a service has none */
      ep->metrics.quic_datagrams_dropped++;
      continue;
    }
    if (ep->datagram_count == ep->datagram_cap) {
      size_t cap = ep->datagram_cap == 0 ? 64 : ep->datagram_cap * 2;
      uint8_t **grown = realloc(ep->datagrams, cap * sizeof *grown);
      if (grown == NULL) {
        ep->metrics.quic_datagrams_dropped++;
        free(data);
        continue;
      }
      ep->datagrams = grown;
      ep->datagram_cap = cap;
    }
    ep->datagrams[ep->datagram_count++] = data;
    iroh_event_t *event = push_of(conn, IROH_EVENT_DATAGRAM, 0);
    if (event == NULL) return;
    event->data = data;
    event->len = len;
  }
}

static void collect_path(conn_t *conn) {
  targets_path_proved(conn, uv_hrtime());
  quic_path_t path = route_now(conn);
  address_format(&path.remote, conn->path_text, sizeof conn->path_text);
  conn->ep->metrics.path_migrations++;
  iroh_event_t *event = push_of(conn, IROH_EVENT_PATH, 0);
  if (event == NULL) return;
  event->data = (const uint8_t *)conn->path_text;
  event->len = strlen(conn->path_text);
}

static void collect_close(conn_t *conn) {
  iroh_metrics_t *metrics = &conn->ep->metrics;
  const iroh_close_t *close = quic_conn_close_info(conn->quic);
  if (!conn->announced) {
    if (conn->refused || close->error == IROH_ERR_DENIED)
      metrics->handshakes_refused++;
    else
      metrics->handshakes_failed++;
  } else {
    metrics->connections_closed++;
    metrics->connections_open--;
  }
  bool known = conn->announced || !quic_conn_is_server(conn->quic);
  conn_leave_handshake(conn);
  iroh_event_t *event = known ? push_of(conn, IROH_EVENT_CLOSED, 0) : NULL;
  if (event != NULL) {
    event->close = close;
    event->error = close->error;
    bool is_out_of_reach = close->kind == IROH_CLOSE_TIMED_OUT || close->error == IROH_ERR_UNREACHABLE;
    if (is_out_of_reach && conn->trouble.number != 0) event->system = &conn->trouble;
  } else {
    conn_forget(conn);
  }
}

static void unpause(quic_stream_t *stream, void *ctx) {
  (void)ctx;
  if (quic_stream_is_framed(stream)) quic_stream_pause(stream, false);
}

/* What paused streams hold was acknowledged to the peer: it is told before the end. */
static void collect_paused(conn_t *conn) {
  quic_stream_t *stream;
  quic_conn_each_stream(conn->quic, unpause, NULL);
  while ((stream = quic_conn_take_stream(conn->quic)) != NULL) collect_stream(conn, stream);
}

static void collect(conn_t *conn) {
  unsigned events = quic_conn_take_events(conn->quic);
  if ((events & QUIC_EVENT_OPEN) && !conn->announced && !conn->refused && admit_conn(conn, uv_hrtime())) announce(conn);
  if (conn->announced) {
    quic_stream_t *stream;
    while ((stream = quic_conn_take_stream(conn->quic)) != NULL) collect_stream(conn, stream);
    if (events & QUIC_EVENT_DATAGRAM) collect_datagrams(conn);
    if (events & (QUIC_EVENT_PATH | QUIC_EVENT_PATH_FAILED))
      paths_changed(conn, (events & QUIC_EVENT_PATH) != 0, uv_hrtime());
    if (events & QUIC_EVENT_PATH) collect_path(conn);
    if (conn->link != NULL && (events & QUIC_EVENT_STREAMS_UNI)) service_streams_allowed(conn);
    unsigned streams = events & (QUIC_EVENT_STREAMS_BIDI | QUIC_EVENT_STREAMS_UNI);
    if (streams != 0) push_number(conn, IROH_EVENT_STREAMS, 0, streams / QUIC_EVENT_STREAMS_BIDI);
  }
  if (events & QUIC_EVENT_CLOSED) {
    if (conn->announced) collect_paused(conn);
    if (conn->link != NULL) service_closed(conn, false);
    collect_close(conn);
  }
}

/* ---- the turn ------------------------------------------------------------------------------------ */

static void collect_refusals(iroh_endpoint_t *ep) {
  for (size_t i = 0; i < ep->refusal_count; i++) {
    iroh_event_t *event = push(ep, 0, IROH_EVENT_REFUSED);
    if (event == NULL) return;
    event->data = ep->refusals[i].node_id;
    event->len = IROH_KEY_BYTES;
  }
}

static void collect_notes(iroh_endpoint_t *ep) {
  for (size_t i = 0; i < ep->note_count; i++) {
    iroh_event_t *event = push(ep, ep->notes[i].conn, ep->notes[i].kind);
    if (event == NULL) return;
    event->number = ep->notes[i].number;
    event->data = (const uint8_t *)ep->notes[i].text;
    event->len = strlen(ep->notes[i].text);
    event->system = &ep->notes[i].system;
  }
}

static void collect_network(iroh_endpoint_t *ep) {
  if (ep->network_changes == 0) return;
  iroh_event_t *event = push(ep, 0, IROH_EVENT_NETWORK);
  if (event != NULL) event->number = ep->network_changes;
  ep->network_changes = 0;
}

static void collect_of_service(iroh_endpoint_t *ep) {
  while (has_room(ep) && service_next_event(ep, &ep->events[ep->event_count])) ep->event_count++;
}

/* The program may have released the stream meanwhile. */
static void settle_stream(iroh_endpoint_t *ep, const iroh_event_t *event) {
  quic_stream_t *stream = map_get(&ep->streams, event->stream);
  if (stream == NULL) return;
  quic_stream_delivered(stream);
  turn_mark(quic_conn_owner(quic_stream_conn(stream)));
}

static void settle(iroh_endpoint_t *ep) {
  for (size_t i = 0; i < ep->event_count; i++) {
    const iroh_event_t *event = &ep->events[i];
    if (event->kind == IROH_EVENT_FRAMES || event->kind == IROH_EVENT_FRAME_ERROR) settle_stream(ep, event);
    if (event->kind == IROH_EVENT_CLOSED) {
      conn_t *conn = conn_of_handle(ep, event->conn);
      if (conn != NULL) conn_forget(conn);
    }
  }
  service_told(ep);
  for (size_t i = 0; i < ep->datagram_count; i++) free(ep->datagrams[i]);
  ep->event_count = ep->datagram_count = ep->refusal_count = ep->note_count = 0;
}

static void tell(iroh_endpoint_t *ep) {
  if (ep->event_count == 0) return;
  ep->telling = true;
  ep->config.on_events(ep->config.ctx, ep->events, ep->event_count);
  ep->telling = false;
}

void drain_all(iroh_endpoint_t *ep) {
  if (ep->abandoned) return;
  service_resume(ep);
  /* What the program's own calls bring about meanwhile is told in the next turn. */
  list_node_t *last = ep->eventful.head.prev;
  list_node_t *node;
  policy_ask_again(ep);
  if (ep->abandoned) return; /* the program ended in its function */
  while ((node = list_pop_front(&ep->eventful)) != NULL) {
    conn_t *conn = container_of(node, conn_t, eventful_node);
    bool was_last = node == last;
    collect(conn);
    turn_mark(conn);
    if (was_last) break;
  }
  collect_refusals(ep);
  collect_notes(ep);
  collect_network(ep);
  collect_of_service(ep);
  tell(ep);
  settle(ep);
  relieve(ep);
}

void drain_relay(iroh_endpoint_t *ep) {
  relay_peers_t *peers = &ep->relay_peers;
  if (peers->batch_count == 0) return;
  for (size_t i = 0; i < peers->batch_count && !ep->abandoned; i++) {
    const relay_batch_t *batch = &peers->batches[i];
    iroh_event_t *event = push(ep, 0, IROH_EVENT_RELAY_SEND);
    if (event == NULL) break;
    event->number = batch->relay;
    event->node_id = batch->node_id;
    event->ecn = batch->ecn;
    event->segment = batch->segment;
    event->data = peers->bytes.data + batch->offset;
    event->len = batch->len;
  }
  tell(ep);
  ep->event_count = 0;
  relay_peers_sent(peers);
}

void drain_deinit(iroh_endpoint_t *ep) {
  free(ep->events);
  free(ep->datagrams);
  free(ep->refusals);
  free(ep->notes);
}
