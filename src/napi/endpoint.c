/* SPDX-License-Identifier: MIT
 *
 * The functions of an endpoint: those of iroh.h, one each.
 */
#include <stdlib.h>
#include <string.h>

#include "call.h"
#include "convert.h"
#include "exports.h"
#include "host.h"

/* ---- open ---------------------------------------------------------------------------------------- */

/* What the config borrows while the endpoint opens. */
typedef struct {
  texts_t binds, alpns;
  char *key_log_file, *qlog_dir;
} borrowed_t;

static void borrowed_deinit(borrowed_t *borrowed) {
  texts_deinit(&borrowed->binds);
  texts_deinit(&borrowed->alpns);
  free(borrowed->key_log_file);
  free(borrowed->qlog_dir);
}

static bool read_seed(napi_env env, napi_value value, uint8_t seed[IROH_KEY_BYTES]) {
  void *bytes = NULL;
  size_t len = 0;
  if (napi_get_buffer_info(env, value, &bytes, &len) != napi_ok || len != IROH_KEY_BYTES)
    return convert_refuse(env, "expected 32 bytes of secret key");
  memcpy(seed, bytes, len);
  return true;
}

static bool read_option(napi_env env, napi_value options, const char *name, napi_value *out) {
  return napi_get_named_property(env, options, name, out) == napi_ok || convert_refuse(env, name);
}

static bool read_path(napi_env env, napi_value options, const char *name, char **out) {
  napi_value value;
  napi_valuetype type;
  if (!read_option(env, options, name, &value) || napi_typeof(env, value, &type) != napi_ok) return false;
  if (type == napi_undefined) return true;
  *out = convert_text_new(env, value);
  return *out != NULL || convert_refuse(env, name);
}

static bool read_numbers(napi_env env, napi_value options, iroh_endpoint_config_t *config) {
  struct {
    const char *name;
    uint32_t *out;
  } numbers[] = {
      {"keepAliveMs", &config->keep_alive_ms},
      {"idleTimeoutMs", &config->idle_timeout_ms},
      {"handshakeTimeoutMs", &config->handshake_timeout_ms},
      {"maxConnections", &config->max_connections},
      {"maxConnectionsPerPeer", &config->max_connections_per_peer},
      {"maxHandshakes", &config->max_handshakes},
      {"maxStreamsBidi", &config->max_streams_bidi},
      {"maxStreamsUni", &config->max_streams_uni},
      {"streamWindow", &config->stream_window},
      {"connectionWindow", &config->connection_window},
      {"maxReceiveBuffer", &config->max_receive_buffer},
      {"maxSendBuffer", &config->max_send_buffer},
      {"maxSendTotal", &config->max_send_total},
      {"sendLowWater", &config->low_water},
      {"maxDatagrams", &config->max_datagrams},
      {"maxUdpPayload", &config->max_udp_payload},
  };
  uint32_t congestion = IROH_CC_DEFAULT;
  napi_value value;
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    if (!read_option(env, options, numbers[i].name, &value)) return false;
    if (napi_get_value_uint32(env, value, numbers[i].out) != napi_ok) return convert_refuse(env, numbers[i].name);
  }
  if (!read_option(env, options, "congestionControl", &value)) return false;
  if (napi_get_value_uint32(env, value, &congestion) != napi_ok || congestion > IROH_CC_BBR2)
    return convert_refuse(env, "congestionControl");
  config->congestion_control = (iroh_cc_t)congestion;
  return true;
}

static bool read_flag(napi_env env, napi_value options, const char *name, bool *out) {
  napi_value value;
  return read_option(env, options, name, &value) &&
         (napi_get_value_bool(env, value, out) == napi_ok || convert_refuse(env, name));
}

static bool read_config(napi_env env, napi_value options, iroh_endpoint_config_t *config, borrowed_t *borrowed) {
  napi_value seed, binds, alpns;
  if (!read_option(env, options, "seed", &seed) || !read_seed(env, seed, config->seed) ||
      !read_option(env, options, "binds", &binds) || !convert_texts(env, binds, &borrowed->binds) ||
      !read_option(env, options, "alpns", &alpns) || !convert_texts(env, alpns, &borrowed->alpns) ||
      !read_path(env, options, "keyLogFile", &borrowed->key_log_file) ||
      !read_path(env, options, "qlogDir", &borrowed->qlog_dir) || !read_numbers(env, options, config) ||
      !read_flag(env, options, "plainUdp", &config->plain_udp) ||
      !read_flag(env, options, "alwaysRetry", &config->always_retry))
    return false;
  config->binds = (const char *const *)borrowed->binds.items;
  config->bind_count = borrowed->binds.count;
  config->alpns = (const char *const *)borrowed->alpns.items;
  config->alpn_count = borrowed->alpns.count;
  config->key_log_file = borrowed->key_log_file;
  config->qlog_dir = borrowed->qlog_dir;
  return true;
}

/* open(options, onEvents(batch), onClosed(), authorize(nodeId) -> boolean) -> handle or error code */
static napi_value endpoint_open(napi_env env, napi_callback_info info) {
  call_t call;
  if (!call_begin(env, info, 4, &call)) return call.early;
  iroh_endpoint_config_t config = {0};
  borrowed_t borrowed = {0};
  napi_value handle = NULL;
  if (read_config(env, call.args[0], &config, &borrowed)) {
    int result = host_open(env, &config, &call.args[1], &handle);
    if (result != 0) handle = make_number(env, result);
  }
  iroh_wipe(&config, sizeof config);
  borrowed_deinit(&borrowed);
  return handle;
}

/* ---- the rest of an endpoint ---------------------------------------------------------------------- */

/* close(handle, code, reason) -> 0 or error code */
static napi_value endpoint_close(napi_env env, napi_callback_info info) {
  call_t call;
  uint64_t code;
  char reason[IROH_REASON_MAX];
  size_t len;
  if (!call_begin_endpoint(env, info, 3, &call) || !call_u64(&call, 1, &code) ||
      !call_text(&call, 2, reason, sizeof reason, &len))
    return call.early;
  iroh_endpoint_close(call.core, code, reason, len);
  return make_number(env, 0);
}

/* abandon(handle) -> 0 or error code. The process ends: the peers are told at once, JavaScript is not entered again. */
static napi_value endpoint_abandon(napi_env env, napi_callback_info info) {
  call_t call;
  if (!call_begin_endpoint(env, info, 1, &call)) return call.early;
  host_unwrap(env, call.args[0])->silent = true;
  iroh_endpoint_abandon(call.core);
  return make_number(env, 0);
}

/* ref(handle, keep) -> 0 or error code */
static napi_value endpoint_ref(napi_env env, napi_callback_info info) {
  call_t call;
  bool keep;
  if (!call_begin_endpoint(env, info, 2, &call) || !call_bool(&call, 1, &keep)) return call.early;
  iroh_endpoint_ref(call.core, keep);
  return make_number(env, 0);
}

/* addresses(handle) -> string[] or error code */
static napi_value endpoint_addresses(napi_env env, napi_callback_info info) {
  call_t call;
  char texts[64][IROH_ADDRESS_MAX];
  napi_value array;
  if (!call_begin_endpoint(env, info, 1, &call)) return call.early;
  size_t count = iroh_endpoint_addresses(call.core, texts, sizeof texts / sizeof *texts);
  if (count > sizeof texts / sizeof *texts) count = sizeof texts / sizeof *texts;
  if (napi_create_array_with_length(env, count, &array) != napi_ok) return NULL;
  for (uint32_t i = 0; i < count; i++) {
    napi_value text = make_text(env, texts[i], NAPI_AUTO_LENGTH);
    if (text == NULL || napi_set_element(env, array, i, text) != napi_ok) return NULL;
  }
  return array;
}

/* setAlpns(handle, string[]) -> 0 or error code */
static napi_value endpoint_set_alpns(napi_env env, napi_callback_info info) {
  call_t call;
  texts_t alpns;
  if (!call_begin_endpoint(env, info, 2, &call) || !convert_texts(env, call.args[1], &alpns)) return call.early;
  int result = iroh_endpoint_set_alpns(call.core, (const char *const *)alpns.items, alpns.count);
  texts_deinit(&alpns);
  return make_number(env, result);
}

/* setCandidates(handle, string[]) -> 0 or error code; strings as iroh_endpoint_set_candidates takes them */
static napi_value endpoint_set_candidates(napi_env env, napi_callback_info info) {
  call_t call;
  texts_t addresses;
  if (!call_begin_endpoint(env, info, 2, &call) || !convert_texts(env, call.args[1], &addresses)) return call.early;
  int result = iroh_endpoint_set_candidates(call.core, (const char *const *)addresses.items, addresses.count);
  texts_deinit(&addresses);
  return make_number(env, result);
}

/* askAddress(handle, server) -> 0 or error code */
static napi_value endpoint_ask_address(napi_env env, napi_callback_info info) {
  call_t call;
  char server[IROH_ADDRESS_MAX];
  size_t len;
  if (!call_begin_endpoint(env, info, 2, &call) || !call_text(&call, 1, server, sizeof server, &len)) return call.early;
  return make_number(env, iroh_endpoint_ask_address(call.core, server));
}

/* allow(handle, nodeId) -> 0 or error code */
static napi_value endpoint_allow(napi_env env, napi_callback_info info) {
  call_t call;
  uint8_t node_id[IROH_KEY_BYTES];
  if (!call_begin_endpoint(env, info, 2, &call) || !call_node_id(&call, 1, node_id)) return call.early;
  return make_number(env, iroh_endpoint_allow(call.core, node_id));
}

/* deny(handle, nodeId) -> 0 or error code */
static napi_value endpoint_deny(napi_env env, napi_callback_info info) {
  call_t call;
  uint8_t node_id[IROH_KEY_BYTES];
  if (!call_begin_endpoint(env, info, 2, &call) || !call_node_id(&call, 1, node_id)) return call.early;
  return make_number(env, iroh_endpoint_deny(call.core, node_id));
}

/* networkChanged(handle) -> 0 or error code */
static napi_value endpoint_network_changed(napi_env env, napi_callback_info info) {
  call_t call;
  if (!call_begin_endpoint(env, info, 1, &call)) return call.early;
  return make_number(env, iroh_endpoint_network_changed(call.core));
}

/* rebind(handle) -> 0 or error code */
static napi_value endpoint_rebind(napi_env env, napi_callback_info info) {
  call_t call;
  if (!call_begin_endpoint(env, info, 1, &call)) return call.early;
  return make_number(env, iroh_endpoint_rebind(call.core));
}

/* metrics(handle) -> object of numbers or error code */
static napi_value endpoint_metrics(napi_env env, napi_callback_info info) {
  call_t call;
  iroh_metrics_t metrics;
  napi_value object;
  if (!call_begin_endpoint(env, info, 1, &call)) return call.early;
  iroh_endpoint_metrics(call.core, &metrics);
  if (napi_create_object(env, &object) != napi_ok) return NULL;
#define X(name, js, text) \
  if (!set_number(env, object, #js, (double)metrics.name)) return NULL;
#include "base/metrics.def"
#undef X
  return object;
}

napi_status endpoint_export(napi_env env, napi_value exports) {
  static const export_t functions[] = {
      {"open", endpoint_open},
      {"close", endpoint_close},
      {"abandon", endpoint_abandon},
      {"ref", endpoint_ref},
      {"addresses", endpoint_addresses},
      {"setAlpns", endpoint_set_alpns},
      {"allow", endpoint_allow},
      {"deny", endpoint_deny},
      {"networkChanged", endpoint_network_changed},
      {"rebind", endpoint_rebind},
      {"metrics", endpoint_metrics},
      {"setCandidates", endpoint_set_candidates},
      {"askAddress", endpoint_ask_address},
  };
  return export_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
