/* SPDX-License-Identifier: MIT
 * An endpoint on its event loop: opening, what a turn does and when, closing. */
#include "endpoint/conn.h"
#include "endpoint/dial.h"
#include "endpoint/drain.h"
#include "endpoint/endpoint.h"
#include "endpoint/flush.h"
#include "endpoint/late.h"
#include "endpoint/peer.h"
#include "endpoint/receive.h"
#include "endpoint/relay.h"
#include "endpoint/send.h"
#include "endpoint/service.h"
#include "endpoint/sockets.h"
#include "endpoint/state.h"
#include "endpoint/timer.h"
#include "endpoint/turn.h"
#include "endpoint/watch.h"

#define NS_PER_MS UINT64_C(1000000)
/* From this many bytes on, what was received is acknowledged before the program is told, which may take its time. */
#define ACK_FIRST_BYTES (128 * 1024)
/* How long a closing endpoint stays to repeat its goodbyes to peers on other hosts. */
#define CLOSE_LINGER (500 * NS_PER_MS)

/* ---- the end ------------------------------------------------------------------------------------- */

static void handle_closed(iroh_endpoint_t *ep) {
  if (--ep->handles_open > 0 || !ep->shut) return;
  if (ep->config.on_closed != NULL) ep->config.on_closed(ep->config.ctx);
  endpoint_free(ep);
}

static void on_prepare_closed(uv_handle_t *handle) { handle_closed(handle->data); }

static void on_timer_closed(ep_timer_t *timer) { handle_closed(container_of(timer, iroh_endpoint_t, timer)); }

static void on_watch_closed(netlink_t *netlink) {
  iroh_endpoint_t *ep = netlink->owner;
  watch_closed(ep);
  handle_closed(ep);
}

static void on_socket_closed(udp_socket_t *udp) {
  socket_t *socket = udp->owner;
  iroh_endpoint_t *ep = socket->ep;
  ep->metrics.recv_calls += udp->recv_calls;
  ep->metrics.send_calls += udp->send_calls;
  sockets_closed(socket);
  handle_closed(ep);
}

static void shut(iroh_endpoint_t *ep) {
  if (ep->shut) return;
  ep->shut = true;
  list_for_each(node, &ep->all) conn_free(container_of(node, conn_t, all_node));
  list_for_each(socket_node, &ep->sockets) udp_close(&container_of(socket_node, socket_t, node)->udp);
  if (ep->timer.due != NULL) ep_timer_close(&ep->timer);
  if (ep->prepare.data != NULL) uv_close((uv_handle_t *)&ep->prepare, on_prepare_closed);
  watch_end(ep);
}

/* Whether a connection still has something to say, or its end to be told, or a goodbye to repeat. */
static bool holds_closing(const conn_t *conn, uint64_t now) {
  const iroh_endpoint_t *ep = conn->ep;
  if (conn->handle != 0 && !ep->abandoned) return true;
  if (now >= ep->close_deadline) return false;
  if (list_is_linked(&conn->blocked_node)) return true;
  return quic_conn_state(conn->quic) == QUIC_CLOSING && !quic_conn_is_loopback(conn->quic);
}

/* Goes on with the closing of an endpoint, if it is closing. */
static void step_closing(iroh_endpoint_t *ep) {
  if (!ep->closing || ep->shut) return;
  uint64_t now = uv_hrtime();
  list_for_each(node, &ep->all) if (holds_closing(container_of(node, conn_t, all_node), now)) return;
  shut(ep);
}

/* Ends an abandoned endpoint, outside of any read. */
static void end_abandoned(iroh_endpoint_t *ep) {
  if (ep->shut) return;
  flush_all(ep);
  shut(ep);
}

/* ---- a turn -------------------------------------------------------------------------------------- */

static uint64_t earlier(uint64_t a, uint64_t b) { return a < b ? a : b; }

static uint64_t top_of(const heap_t *heap) {
  const heap_node_t *top = heap_top(heap);
  return top != NULL ? top->key : QUIC_NEVER;
}

/* Sets the timer to the earliest deadline. */
static void arm(iroh_endpoint_t *ep) {
  if (ep->shut) return;
  uint64_t now = uv_hrtime();
  uint64_t deadline = sockets_retire(ep, now);
  deadline = earlier(deadline, sockets_listen_again(ep, now));
  deadline = earlier(deadline, watch_again(ep, now));
  deadline = earlier(deadline, top_of(&ep->timers));
  deadline = earlier(deadline, top_of(&ep->peer_timers));
  deadline = earlier(deadline, service_deadline(ep));
  if (turn_has_work(ep)) deadline = now;
  if (ep->closing) deadline = earlier(deadline, ep->close_deadline);
  if (deadline != QUIC_NEVER) turn_at(ep, deadline);
}

/* Reports events to the program, and sends what the program and the connections have to send. `answer_first`: sends also
 * before the report, since the program may take its time. */
static void run_turn(iroh_endpoint_t *ep, bool answer_first) {
  if (answer_first) flush_all(ep);
  drain_all(ep);
  if (ep->abandoned) { /* the program did it meanwhile */
    end_abandoned(ep);
    return;
  }
  flush_all(ep);
  drain_relay(ep);
  arm(ep);
  step_closing(ep);
}

static void tick(iroh_endpoint_t *ep, uint64_t now) {
  heap_node_t *node;
  while ((node = heap_top(&ep->timers)) != NULL && node->key <= now) {
    conn_t *conn = container_of(node, conn_t, timer);
    heap_remove(&ep->timers, node);
    conn_tick(conn, now);
  }
  peers_tick(ep, now);
  service_tick(ep, now);
  run_turn(ep, true);
}

/* ---- the four hooks, and what else begins a turn ------------------------------------------------- */

/* Before the loop waits: what was written or closed in this turn, outside our own callbacks, leaves now. */
static void on_prepare(uv_prepare_t *handle) {
  iroh_endpoint_t *ep = handle->data;
  if (turn_has_work(ep)) run_turn(ep, true);
  if (late_is_over(ep) && !ep->shut) tick(ep, uv_hrtime());
  step_closing(ep);
}

static void on_due(ep_timer_t *timer) {
  iroh_endpoint_t *ep = container_of(timer, iroh_endpoint_t, timer);
  uint64_t now = uv_hrtime();
  if (!late_holds(ep, now)) tick(ep, now);
}

static void on_readable(udp_socket_t *udp) {
  socket_t *socket = udp->owner;
  iroh_endpoint_t *ep = socket->ep;
  size_t bytes = receive_readable(socket);
  run_turn(ep, bytes > ACK_FIRST_BYTES);
}

static void on_writable(udp_socket_t *udp) {
  socket_t *socket = udp->owner;
  send_pending(socket);
  run_turn(socket->ep, true);
}

static void on_unreachable(udp_socket_t *udp, const address_t *remote, int error) {
  socket_t *socket = udp->owner;
  uint64_t now = uv_hrtime();
  list_for_each(node, &socket->ep->dials) dial_unreachable(container_of(node, conn_t, dial_node), remote, error, now);
}

static const udp_callbacks_t socket_hooks = {on_readable, on_writable, on_unreachable, on_socket_closed};
static const netlink_callbacks_t watch_hooks = {watch_on_changed, watch_on_failed, on_watch_closed};

int iroh_endpoint_relay_received(iroh_endpoint_t *ep, uint16_t relay, const uint8_t node_id[IROH_KEY_BYTES],
                                 uint8_t ecn, size_t segment, const uint8_t *data, size_t len) {
  if (ep->shut) return IROH_ERR_CLOSED;
  if (ep->reading || ep->telling) return IROH_ERR_BUSY;
  /* Counted on for the time of the call: whoever answers needs its number. */
  relay_peer_t *peer = relay_peers_use(&ep->relay_peers, relay, node_id);
  if (peer == NULL) return IROH_ERR_INVALID_ARGUMENT;
  const udp_message_t message = {.data = data,
                                 .len = len,
                                 .segment = segment,
                                 .remote = relay_address(relay, peer->number),
                                 .local = relay_address(relay, 0),
                                 .ecn = ecn & 3};
  receive_message(ep, NULL, &message, uv_hrtime());
  relay_peers_release(&ep->relay_peers, peer);
  if (ep->abandoned) end_abandoned(ep); /* the program did it in its authorize function */
  return 0;
}

/* ---- the beginning and the program's end ---------------------------------------------------------- */

static int start_hooks(iroh_endpoint_t *ep) {
  ep->socket_hooks = &socket_hooks;
  ep->watch_hooks = &watch_hooks;
  int rv = ep_timer_init(&ep->timer, ep->loop, on_due, on_timer_closed);
  if (rv != 0) return rv;
  ep->handles_open++;
  uv_prepare_init(ep->loop, &ep->prepare);
  ep->handles_open++;
  ep->prepare.data = ep;
  uv_prepare_start(&ep->prepare, on_prepare);
  uv_unref((uv_handle_t *)&ep->prepare);
  watch_begin(ep);
  return 0;
}

int iroh_endpoint_open(struct uv_loop_s *loop, const iroh_endpoint_config_t *config, iroh_endpoint_t **out) {
  *out = NULL;
  iroh_endpoint_t *ep;
  int rv = endpoint_new(loop, config, &ep);
  if (rv != 0) return rv;
  rv = start_hooks(ep);
  if (rv == 0) rv = sockets_open(ep, config->binds, config->bind_count);
  if (rv == 0) {
    iroh_system_error_t settled; /* of a family that the host lacks */
    iroh_take_system_error(&settled);
    *out = ep;
    return 0;
  }
  /* Handles that are open take a turn of the loop to close; on_closed is not called for an endpoint never given. */
  ep->config.on_closed = NULL;
  ep->closing = ep->abandoned = true;
  if (ep->handles_open == 0)
    endpoint_free(ep);
  else
    shut(ep);
  return rv;
}

void iroh_endpoint_ref(iroh_endpoint_t *ep, bool ref) {
  ep->reffed = ref;
  list_for_each(node, &ep->sockets) udp_ref(&container_of(node, socket_t, node)->udp, ref);
}

void iroh_endpoint_close(iroh_endpoint_t *ep, uint64_t code, const char *reason, size_t reason_len) {
  if (ep->closing) return;
  ep->closing = true;
  service_end(ep);
  uint64_t now = uv_hrtime();
  ep->close_deadline = now + CLOSE_LINGER;
  iroh_endpoint_ref(ep, true);
  const goodbye_t goodbye = {.code = code, .reason = reason, .reason_len = reason_len};
  list_for_each(node, &ep->all) conn_end(container_of(node, conn_t, all_node), &goodbye, now);
}

void iroh_endpoint_abandon(iroh_endpoint_t *ep) {
  if (ep->abandoned) return;
  ep->abandoned = true;
  iroh_endpoint_close(ep, 0, "", 0);
  /* From inside a read (the program may end in its authorize function) the rest waits until the read is over. */
  if (!ep->reading) end_abandoned(ep);
}
