/* SPDX-License-Identifier: MIT */
#include "net/netlink.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "test.h"

typedef struct {
  uint8_t data[4096];
  size_t len;
} batch_t;

static void add(batch_t *batch, uint16_t type, const void *body, size_t len) {
  struct nlmsghdr header = {.nlmsg_len = (uint32_t)(sizeof header + len), .nlmsg_type = type};
  memcpy(batch->data + batch->len, &header, sizeof header);
  memcpy(batch->data + batch->len + sizeof header, body, len);
  batch->len += NLMSG_ALIGN(header.nlmsg_len);
}

static unsigned one(uint16_t type, const void *body, size_t len) {
  batch_t batch = {.len = 0};
  add(&batch, type, body, len);
  return netlink_read(batch.data, batch.len);
}

static void addresses_and_interfaces_count(void **state) {
  (void)state;
  struct ifaddrmsg address = {.ifa_family = 2};
  struct ifinfomsg link = {.ifi_index = 3};
  assert_int_equal(one(RTM_NEWADDR, &address, sizeof address), NETLINK_ADDRESSES);
  assert_int_equal(one(RTM_DELADDR, &address, sizeof address), NETLINK_ADDRESSES);
  assert_int_equal(one(RTM_NEWLINK, &link, sizeof link), NETLINK_ADDRESSES);
  address.ifa_flags = IFA_F_TENTATIVE;
  assert_int_equal(one(RTM_NEWADDR, &address, sizeof address), 0);
}

static void of_routes_only_the_default_counts(void **state) {
  (void)state;
  struct rtmsg route = {.rtm_type = RTN_UNICAST};
  assert_int_equal(one(RTM_NEWROUTE, &route, sizeof route), NETLINK_ROUTES);
  assert_int_equal(one(RTM_DELROUTE, &route, sizeof route), NETLINK_ROUTES);
  route.rtm_dst_len = 24;
  assert_int_equal(one(RTM_NEWROUTE, &route, sizeof route), 0);
}

static void several_messages_are_read_together(void **state) {
  (void)state;
  batch_t batch = {.len = 0};
  struct ifaddrmsg address = {.ifa_family = 2};
  struct rtmsg route = {.rtm_type = RTN_UNICAST};
  add(&batch, NLMSG_NOOP, "abc", 3);
  add(&batch, RTM_NEWADDR, &address, sizeof address);
  add(&batch, RTM_NEWROUTE, &route, sizeof route);
  assert_int_equal(netlink_read(batch.data, batch.len), NETLINK_ADDRESSES | NETLINK_ROUTES);
}

static void what_is_cut_short_says_nothing(void **state) {
  (void)state;
  batch_t batch = {.len = 0};
  struct ifaddrmsg address = {.ifa_family = 2};
  add(&batch, RTM_NEWADDR, &address, sizeof address);
  for (size_t len = 0; len < sizeof(struct nlmsghdr) + sizeof address; len++)
    assert_int_equal(netlink_read(batch.data, len), 0);
  memset(batch.data, 0, 4); /* a message of no length would never end */
  assert_int_equal(netlink_read(batch.data, batch.len), 0);
  memset(batch.data, 0xff, 4);
  assert_int_equal(netlink_read(batch.data, batch.len), 0);
}

typedef struct {
  unsigned what;
  int error;
  bool closed;
} heard_t;

static void on_changed(netlink_t *netlink, unsigned what) { ((heard_t *)netlink->owner)->what |= what; }

static void on_failed(netlink_t *netlink, int error) { ((heard_t *)netlink->owner)->error = error; }

static void on_closed(netlink_t *netlink) { ((heard_t *)netlink->owner)->closed = true; }

static const netlink_callbacks_t callbacks = {on_changed, on_failed, on_closed};

/* The kernel's answer is a message of the kind that tells of a change. */
static void ask_for_interface(netlink_t *netlink) {
  struct {
    struct nlmsghdr header;
    struct ifinfomsg link;
  } request = {{.nlmsg_len = sizeof request, .nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_REQUEST},
               {.ifi_index = 1}};
  assert_int_equal(send(netlink->fd, &request, sizeof request, 0), sizeof request);
}

static unsigned what_was_heard(uv_loop_t *loop, heard_t *heard) {
  heard->what = 0;
  for (int turn = 0; turn < 100; turn++) uv_run(loop, UV_RUN_NOWAIT);
  return heard->what;
}

static void goes_on_after_more_than_it_could_hold(void **state) {
  (void)state;
  uv_loop_t loop;
  netlink_t netlink;
  heard_t heard = {0};
  int size = 1;
  /* A loop with nothing that keeps it alive would not look. */
  assert_int_equal(uv_loop_init(&loop), 0);
  assert_int_equal(netlink_open(&netlink, &loop, &callbacks, &heard), 0);
  uv_ref((uv_handle_t *)&netlink.poll);
  assert_int_equal(setsockopt(netlink.fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size), 0);
  for (int i = 0; i < 64; i++) ask_for_interface(&netlink);
  assert_int_equal(what_was_heard(&loop, &heard), NETLINK_ADDRESSES | NETLINK_ROUTES);
  assert_int_equal(what_was_heard(&loop, &heard), 0);
  ask_for_interface(&netlink);
  assert_int_equal(what_was_heard(&loop, &heard), NETLINK_ADDRESSES);
  netlink_close(&netlink);
  uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(heard.error, 0);
  assert_true(heard.closed);
  assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(addresses_and_interfaces_count),        cmocka_unit_test(of_routes_only_the_default_counts),
      cmocka_unit_test(several_messages_are_read_together),    cmocka_unit_test(what_is_cut_short_says_nothing),
      cmocka_unit_test(goes_on_after_more_than_it_could_hold),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
