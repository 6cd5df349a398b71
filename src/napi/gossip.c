/* SPDX-License-Identifier: MIT
 * Gossip: the functions of iroh.h on it, one each. */
#include "call.h"
#include "convert.h"
#include "exports.h"

#define NEIGHBORS_MAX 256

static bool read_number(napi_env env, napi_value options, const char *name, uint32_t *out) {
  napi_value value;
  return (napi_get_named_property(env, options, name, &value) == napi_ok &&
          napi_get_value_uint32(env, value, out) == napi_ok) ||
         convert_refuse(env, name);
}

static bool read_config(napi_env env, napi_value options, iroh_gossip_config_t *config) {
  const struct {
    const char *name;
    uint32_t *out;
  } numbers[] = {
      {"maxMessageSize", &config->max_message_size},
      {"activeView", &config->active_view},
      {"passiveView", &config->passive_view},
      {"shuffleMs", &config->shuffle_ms},
      {"keepPayloadsMs", &config->keep_payloads_ms},
      {"keepIdsMs", &config->keep_ids_ms},
      {"maxPayloadBytes", &config->max_payload_bytes},
      {"maxIds", &config->max_ids},
      {"maxOutbox", &config->max_outbox},
      {"maxOutboxes", &config->max_outboxes},
      {"maxConnections", &config->max_connections},
      {"maxStreams", &config->max_streams},
      {"idleMs", &config->idle_ms},
  };
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    if (!read_number(env, options, numbers[i].name, numbers[i].out)) return false;
  uint32_t needs_data;
  if (!read_number(env, options, "needsData", &needs_data)) return false;
  config->needs_data = needs_data != 0;
  return true;
}

/* gossipOpen(endpoint, options) -> swarm or error code */
static napi_value gossip_open(napi_env env, napi_callback_info info) {
  call_t call;
  iroh_gossip_config_t config = {0};
  iroh_handle_t swarm;
  if (!call_begin_endpoint(env, info, 2, &call) || !read_config(env, call.args[1], &config)) return call.early;
  int result = iroh_gossip_open(call.core, &config, &swarm);
  return make_number(env, result == 0 ? (double)swarm : result);
}

/* gossipClose(endpoint, swarm) -> 0 or error code */
static napi_value gossip_close(napi_env env, napi_callback_info info) {
  call_t call;
  iroh_handle_t swarm;
  if (!call_begin_endpoint(env, info, 2, &call) || !call_handle(&call, 1, &swarm)) return call.early;
  return make_number(env, iroh_gossip_close(call.core, swarm));
}

/* gossipAddConn(endpoint, swarm, connection) -> 0 or error code */
static napi_value gossip_add_conn(napi_env env, napi_callback_info info) {
  call_t call;
  iroh_handle_t swarm, conn;
  if (!call_begin_endpoint(env, info, 3, &call) || !call_handle(&call, 1, &swarm) || !call_handle(&call, 2, &conn))
    return call.early;
  return make_number(env, iroh_gossip_add_conn(call.core, swarm, conn));
}

/* gossipDialFailed(endpoint, swarm, nodeId) -> 0 or error code */
static napi_value gossip_dial_failed(napi_env env, napi_callback_info info) {
  call_t call;
  iroh_handle_t swarm;
  uint8_t node_id[IROH_KEY_BYTES];
  if (!call_begin_endpoint(env, info, 3, &call) || !call_handle(&call, 1, &swarm) || !call_node_id(&call, 2, node_id))
    return call.early;
  return make_number(env, iroh_gossip_dial_failed(call.core, swarm, node_id));
}

/* gossipSetData(endpoint, swarm, bytes) -> 0 or error code */
static napi_value gossip_set_data(napi_env env, napi_callback_info info) {
  call_t call;
  iroh_handle_t swarm;
  const uint8_t *data;
  size_t len;
  if (!call_begin_endpoint(env, info, 3, &call) || !call_handle(&call, 1, &swarm) || !call_bytes(&call, 2, &data, &len))
    return call.early;
  return make_number(env, iroh_gossip_set_data(call.core, swarm, data, len));
}

/* gossipSubscribe(endpoint, swarm, topicIdBytes, asks) -> topic or error code */
static napi_value gossip_subscribe(napi_env env, napi_callback_info info) {
  call_t call;
  iroh_handle_t swarm, topic;
  const uint8_t *topic_id;
  size_t len;
  bool asks;
  if (!call_begin_endpoint(env, info, 4, &call) || !call_handle(&call, 1, &swarm) ||
      !call_bytes(&call, 2, &topic_id, &len) || !call_bool(&call, 3, &asks))
    return call.early;
  if (len != IROH_KEY_BYTES) return make_number(env, IROH_ERR_INVALID_ARGUMENT);
  int result = iroh_gossip_subscribe(call.core, swarm, topic_id, asks, &topic);
  return make_number(env, result == 0 ? (double)topic : result);
}

/* gossipLeave(endpoint, topic) -> 0 or error code */
static napi_value gossip_leave(napi_env env, napi_callback_info info) {
  call_t call;
  iroh_handle_t topic;
  if (!call_begin_endpoint(env, info, 2, &call) || !call_handle(&call, 1, &topic)) return call.early;
  return make_number(env, iroh_gossip_leave(call.core, topic));
}

/* gossipJoin(endpoint, topic, nodeId) -> 0 or error code */
static napi_value gossip_join(napi_env env, napi_callback_info info) {
  call_t call;
  iroh_handle_t topic;
  uint8_t node_id[IROH_KEY_BYTES];
  if (!call_begin_endpoint(env, info, 3, &call) || !call_handle(&call, 1, &topic) || !call_node_id(&call, 2, node_id))
    return call.early;
  return make_number(env, iroh_gossip_join(call.core, topic, node_id));
}

/* gossipAdmit(endpoint, topic, nodeId, admitted) -> 0 or error code */
static napi_value gossip_admit(napi_env env, napi_callback_info info) {
  call_t call;
  iroh_handle_t topic;
  uint8_t node_id[IROH_KEY_BYTES];
  bool admitted;
  if (!call_begin_endpoint(env, info, 4, &call) || !call_handle(&call, 1, &topic) || !call_node_id(&call, 2, node_id) ||
      !call_bool(&call, 3, &admitted))
    return call.early;
  return make_number(env, iroh_gossip_admit(call.core, topic, node_id, admitted));
}

/* gossipBroadcast(endpoint, topic, bytes, neighborsOnly) -> 0, 1 (nothing was sent: it was before) or error code */
static napi_value gossip_broadcast(napi_env env, napi_callback_info info) {
  call_t call;
  iroh_handle_t topic;
  const uint8_t *content;
  size_t len;
  bool neighbors;
  if (!call_begin_endpoint(env, info, 4, &call) || !call_handle(&call, 1, &topic) ||
      !call_bytes(&call, 2, &content, &len) || !call_bool(&call, 3, &neighbors))
    return call.early;
  return make_number(env, iroh_gossip_broadcast(call.core, topic, content, len, neighbors));
}

/* gossipDrain(endpoint, topic) -> 1, 0 (an event follows) or error code */
static napi_value gossip_drain(napi_env env, napi_callback_info info) {
  call_t call;
  iroh_handle_t topic;
  if (!call_begin_endpoint(env, info, 2, &call) || !call_handle(&call, 1, &topic)) return call.early;
  return make_number(env, iroh_gossip_drain(call.core, topic));
}

/* gossipNeighbors(endpoint, topic) -> NodeId[] or error code */
static napi_value gossip_neighbors(napi_env env, napi_callback_info info) {
  call_t call;
  iroh_handle_t topic;
  uint8_t ids[NEIGHBORS_MAX][IROH_KEY_BYTES];
  napi_value array;
  if (!call_begin_endpoint(env, info, 2, &call) || !call_handle(&call, 1, &topic)) return call.early;
  int64_t count = iroh_gossip_neighbors(call.core, topic, ids, NEIGHBORS_MAX);
  if (count < 0) return make_number(env, (double)count);
  if (count > NEIGHBORS_MAX) count = NEIGHBORS_MAX;
  if (napi_create_array_with_length(env, (size_t)count, &array) != napi_ok) return NULL;
  for (uint32_t i = 0; i < count; i++) {
    napi_value id = make_node_id(env, ids[i]);
    if (id == NULL || napi_set_element(env, array, i, id) != napi_ok) return NULL;
  }
  return array;
}

/* gossipMaxContent(maxMessageSize, neighborsOnly) -> bytes */
static napi_value gossip_max_content(napi_env env, napi_callback_info info) {
  call_t call;
  uint32_t max_message_size;
  bool neighbors;
  if (!call_begin(env, info, 2, &call) || !call_u32(&call, 0, &max_message_size) || !call_bool(&call, 1, &neighbors))
    return call.early;
  return make_number(env, (double)iroh_gossip_max_content(max_message_size, neighbors));
}

/* gossipTopicInfo(endpoint, topic) -> object of numbers or error code */
static napi_value gossip_topic_info(napi_env env, napi_callback_info info) {
  call_t call;
  iroh_handle_t topic;
  iroh_gossip_topic_info_t facts;
  napi_value object;
  if (!call_begin_endpoint(env, info, 2, &call) || !call_handle(&call, 1, &topic)) return call.early;
  int result = iroh_gossip_topic_info(call.core, topic, &facts);
  if (result != 0) return make_number(env, result);
  if (napi_create_object(env, &object) != napi_ok) return NULL;
#define X(name, js, text) \
  if (!set_number(env, object, #js, (double)facts.name)) return NULL;
#include "gossip/counters.def"
#undef X
  if (!set_number(env, object, "neighbors", (double)facts.neighbors) ||
      !set_number(env, object, "eager", (double)facts.eager) ||
      !set_number(env, object, "passive", (double)facts.passive) ||
      !set_number(env, object, "waitingBytes", (double)facts.waiting_bytes) ||
      !set_number(env, object, "memory", (double)facts.memory))
    return NULL;
  return object;
}

/* gossipInfo(endpoint, swarm) -> object of numbers or error code */
static napi_value gossip_info(napi_env env, napi_callback_info info) {
  call_t call;
  iroh_handle_t swarm;
  iroh_gossip_info_t facts;
  napi_value object;
  if (!call_begin_endpoint(env, info, 2, &call) || !call_handle(&call, 1, &swarm)) return call.early;
  int result = iroh_gossip_info(call.core, swarm, &facts);
  if (result != 0) return make_number(env, result);
  const struct {
    const char *name;
    uint64_t value;
  } numbers[] = {
      {"topics", facts.topics},
      {"peers", facts.peers},
      {"connections", facts.connections},
      {"dialling", facts.dialling},
      {"waitingBytes", facts.waiting_bytes},
      {"memory", facts.memory},
      {"streamsStopped", facts.streams_stopped},
      {"framesIgnored", facts.frames_ignored},
      {"connectionsReaped", facts.connections_reaped},
      {"eventsLost", facts.events_lost},
  };
  if (napi_create_object(env, &object) != napi_ok) return NULL;
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    if (!set_number(env, object, numbers[i].name, (double)numbers[i].value)) return NULL;
  return object;
}

napi_status gossip_export(napi_env env, napi_value exports) {
  static const export_t functions[] = {
      {"gossipOpen", gossip_open},
      {"gossipClose", gossip_close},
      {"gossipAddConn", gossip_add_conn},
      {"gossipDialFailed", gossip_dial_failed},
      {"gossipSetData", gossip_set_data},
      {"gossipSubscribe", gossip_subscribe},
      {"gossipLeave", gossip_leave},
      {"gossipJoin", gossip_join},
      {"gossipAdmit", gossip_admit},
      {"gossipBroadcast", gossip_broadcast},
      {"gossipDrain", gossip_drain},
      {"gossipNeighbors", gossip_neighbors},
      {"gossipMaxContent", gossip_max_content},
      {"gossipTopicInfo", gossip_topic_info},
      {"gossipInfo", gossip_info},
  };
  return export_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
