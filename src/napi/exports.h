/* SPDX-License-Identifier: MIT
 *
 * Each puts the functions of one subject on `exports`.
 */
#ifndef IROH_NAPI_EXPORTS_H
#define IROH_NAPI_EXPORTS_H

#include "napi.h"

napi_status endpoint_export(napi_env env, napi_value exports);
napi_status conn_export(napi_env env, napi_value exports);
napi_status stream_export(napi_env env, napi_value exports);
napi_status identity_export(napi_env env, napi_value exports);
napi_status hash_export(napi_env env, napi_value exports);
napi_status gossip_export(napi_env env, napi_value exports);

#endif
