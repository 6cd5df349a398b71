/* SPDX-License-Identifier: MIT
 * Connections: the functions of iroh.h on them, one each. */
#include <math.h>

#include "call.h"
#include "convert.h"
#include "exports.h"

/* connOpen(endpoint, nodeId, addresses: string[], alpn, timeoutMs, onHearsay) -> connection or error code */
static napi_value conn_open(napi_env env, napi_callback_info info) {
  call_t call;
  uint8_t node_id[IROH_KEY_BYTES];
  char alpn[IROH_ALPN_MAX + 1];
  size_t alpn_len;
  uint32_t timeout_ms;
  bool on_hearsay;
  texts_t addresses;
  iroh_handle_t conn = 0;
  if (!call_begin_endpoint(env, info, 6, &call) || !call_node_id(&call, 1, node_id) ||
      !call_text(&call, 3, alpn, sizeof alpn, &alpn_len) || !call_u32(&call, 4, &timeout_ms) ||
      !call_bool(&call, 5, &on_hearsay) || !convert_texts(env, call.args[2], &addresses))
    return call.early;
  int result = iroh_conn_open(call.core, node_id, (const char *const *)addresses.items, addresses.count, alpn, alpn_len,
                              timeout_ms, on_hearsay, &conn);
  texts_deinit(&addresses);
  return make_number(env, result == 0 ? (double)conn : result);
}

/* connClose(endpoint, connection, code, reason) -> 0 or error code */
static napi_value conn_close(napi_env env, napi_callback_info info) {
  call_t call;
  iroh_handle_t conn;
  uint64_t code;
  char reason[IROH_REASON_MAX];
  size_t len;
  if (!call_begin_endpoint(env, info, 4, &call) || !call_handle(&call, 1, &conn) || !call_u64(&call, 2, &code) ||
      !call_text(&call, 3, reason, sizeof reason, &len))
    return call.early;
  return make_number(env, iroh_conn_close(call.core, conn, code, reason, len));
}

/* connIdentity(endpoint, connection) -> [NodeId of the peer, ALPN, whether we dialled] or error code */
static napi_value conn_identity(napi_env env, napi_callback_info info) {
  call_t call;
  iroh_handle_t conn;
  iroh_conn_info_t facts;
  napi_value array;
  if (!call_begin_endpoint(env, info, 2, &call) || !call_handle(&call, 1, &conn)) return call.early;
  int result = iroh_conn_info(call.core, conn, &facts);
  if (result != 0) return make_number(env, result);
  napi_value parts[] = {make_node_id(env, facts.remote_node_id), make_text(env, facts.alpn, facts.alpn_len), NULL};
  napi_get_boolean(env, facts.is_client, &parts[2]);
  if (napi_create_array_with_length(env, 3, &array) != napi_ok) return NULL;
  for (uint32_t i = 0; i < 3; i++) {
    if (parts[i] == NULL || napi_set_element(env, array, i, parts[i]) != napi_ok) return NULL;
  }
  return array;
}

static bool set_addresses(napi_env env, napi_value object, const iroh_conn_info_t *info) {
  return set_property(env, object, "remoteAddress", make_text(env, info->remote_address, NAPI_AUTO_LENGTH)) &&
         set_property(env, object, "localAddress", make_text(env, info->local_address, NAPI_AUTO_LENGTH));
}

static bool set_numbers(napi_env env, napi_value object, const iroh_conn_info_t *info) {
  const struct {
    const char *name;
    double value;
  } numbers[] = {
      {"rttMs", (double)info->rtt_ns / 1e6},
      {"minRttMs", (double)info->min_rtt_ns / 1e6},
      {"rttVarMs", (double)info->rtt_var_ns / 1e6},
      {"congestionWindow", (double)info->cwnd},
      {"bytesInFlight", (double)info->bytes_in_flight},
      {"slowStartThreshold", info->ssthresh == UINT64_MAX ? INFINITY : (double)info->ssthresh},
      {"bytesSent", (double)info->bytes_sent},
      {"bytesReceived", (double)info->bytes_received},
      {"packetsSent", (double)info->packets_sent},
      {"packetsReceived", (double)info->packets_received},
      {"maxUdpPayload", (double)info->max_udp_payload},
      {"maxDatagramSize", (double)info->max_datagram},
      {"streamsBidiLeft", (double)info->streams_bidi_left},
      {"streamsUniLeft", (double)info->streams_uni_left},
      {"relay", info->is_relayed ? info->relay : -1},
  };
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    if (!set_number(env, object, numbers[i].name, numbers[i].value)) return false;
  }
  return true;
}

/* connInfo(endpoint, connection) -> object or error code */
static napi_value conn_info(napi_env env, napi_callback_info info) {
  call_t call;
  iroh_handle_t conn;
  iroh_conn_info_t facts;
  napi_value object;
  if (!call_begin_endpoint(env, info, 2, &call) || !call_handle(&call, 1, &conn)) return call.early;
  int result = iroh_conn_info(call.core, conn, &facts);
  if (result != 0) return make_number(env, result);
  if (napi_create_object(env, &object) != napi_ok || !set_addresses(env, object, &facts) ||
      !set_numbers(env, object, &facts))
    return NULL;
  return object;
}

/* connSystemError(endpoint, connection) -> [errno, call, address], undefined or error code */
static napi_value conn_system_error(napi_env env, napi_callback_info info) {
  call_t call;
  iroh_handle_t conn;
  iroh_system_error_t error;
  if (!call_begin_endpoint(env, info, 2, &call) || !call_handle(&call, 1, &conn)) return call.early;
  int result = iroh_conn_system_error(call.core, conn, &error);
  return result != 0 ? make_number(env, result) : make_system_error(env, &error);
}

/* connSilence(endpoint, connection, asks) -> milliseconds or error code */
static napi_value conn_silence(napi_env env, napi_callback_info info) {
  call_t call;
  iroh_handle_t conn;
  bool asks;
  if (!call_begin_endpoint(env, info, 3, &call) || !call_handle(&call, 1, &conn) || !call_bool(&call, 2, &asks))
    return call.early;
  int64_t silence = iroh_conn_silence(call.core, conn, asks);
  return make_number(env, silence < 0 ? (double)silence : (double)silence / 1e6);
}

/* sendDatagram(endpoint, connection, bytes) -> 0 or error code */
static napi_value conn_send_datagram(napi_env env, napi_callback_info info) {
  call_t call;
  iroh_handle_t conn;
  const uint8_t *data;
  size_t len;
  if (!call_begin_endpoint(env, info, 3, &call) || !call_handle(&call, 1, &conn) || !call_bytes(&call, 2, &data, &len))
    return call.early;
  return make_number(env, iroh_conn_send_datagram(call.core, conn, data, len));
}

/* updateKey(endpoint, connection) -> 0 or error code */
static napi_value conn_update_key(napi_env env, napi_callback_info info) {
  call_t call;
  iroh_handle_t conn;
  if (!call_begin_endpoint(env, info, 2, &call) || !call_handle(&call, 1, &conn)) return call.early;
  return make_number(env, iroh_conn_update_key(call.core, conn));
}

/* refuse(endpoint, connection, kinds) -> 0 or error code */
static napi_value conn_refuse(napi_env env, napi_callback_info info) {
  call_t call;
  iroh_handle_t conn;
  uint32_t kinds;
  if (!call_begin_endpoint(env, info, 3, &call) || !call_handle(&call, 1, &conn) || !call_u32(&call, 2, &kinds))
    return call.early;
  return make_number(env, iroh_conn_refuse(call.core, conn, kinds));
}

/* relayReceived(endpoint, relay, nodeIdBytes, ecn, segment, bytes) -> 0 or error code */
static napi_value relay_received(napi_env env, napi_callback_info info) {
  call_t call;
  uint32_t relay, ecn, segment;
  const uint8_t *node_id, *data;
  size_t node_id_len, len;
  if (!call_begin_endpoint(env, info, 6, &call) || !call_u32(&call, 1, &relay) ||
      !call_bytes(&call, 2, &node_id, &node_id_len) || !call_u32(&call, 3, &ecn) || !call_u32(&call, 4, &segment) ||
      !call_bytes(&call, 5, &data, &len))
    return call.early;
  if (node_id_len != IROH_KEY_BYTES || relay > UINT16_MAX) return make_number(env, IROH_ERR_INVALID_ARGUMENT);
  return make_number(
      env, iroh_endpoint_relay_received(call.core, (uint16_t)relay, node_id, (uint8_t)ecn, segment, data, len));
}

napi_status conn_export(napi_env env, napi_value exports) {
  static const export_t functions[] = {
      {"connOpen", conn_open},
      {"connClose", conn_close},
      {"connIdentity", conn_identity},
      {"connInfo", conn_info},
      {"connSystemError", conn_system_error},
      {"connSilence", conn_silence},
      {"sendDatagram", conn_send_datagram},
      {"updateKey", conn_update_key},
      {"refuse", conn_refuse},
      {"relayReceived", relay_received},
  };
  return export_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
