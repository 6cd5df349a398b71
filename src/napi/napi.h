/* SPDX-License-Identifier: MIT
 *
 * Node-API, in the one version that the addon asks for.
 */
#ifndef IROH_NAPI_NAPI_H
#define IROH_NAPI_NAPI_H

#define NAPI_VERSION 8
#include <node_api.h>

#endif
