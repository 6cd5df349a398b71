/* SPDX-License-Identifier: MIT
 * ngtcp2's headers, and the few names that differ between its releases: 0.12 (Debian 12, Ubuntu 24.04) and 1.x. */
#ifndef IROH_QUIC_VERSION_H
#define IROH_QUIC_VERSION_H

#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>

/* How many unidirectional streams a peer may open in a connection's life. ngtcp2 before 0.14 keeps some 400 bytes for
 * each until the connection ends; there it must have a bound. */
#if NGTCP2_VERSION_NUM >= 0x000e00
#define QUIC_UNI_STREAMS_MAX UINT32_MAX
#else
#define QUIC_UNI_STREAMS_MAX 100000
#endif

#if NGTCP2_VERSION_NUM >= 0x010000
typedef ngtcp2_conn_info quic_stat_t;
#define quic_stat_get ngtcp2_conn_get_conn_info
#define quic_scid_count(q) ngtcp2_conn_get_scid((q), NULL)
#define quic_dcid_count(q) ngtcp2_conn_get_active_dcid((q), NULL)
typedef ngtcp2_ccerr quic_close_error_t;
typedef ngtcp2_encryption_level quic_level_t;
#define quic_close_error_default ngtcp2_ccerr_default
#define quic_close_error_liberr ngtcp2_ccerr_set_liberr
#define quic_close_error_transport ngtcp2_ccerr_set_transport_error
#define quic_close_error_tls ngtcp2_ccerr_set_tls_alert
#define quic_close_error_application ngtcp2_ccerr_set_application_error
#define QUIC_CLOSE_IS_APPLICATION(e) ((e)->type == NGTCP2_CCERR_TYPE_APPLICATION)
#define quic_shutdown_stream_write(q, id, code) ngtcp2_conn_shutdown_stream_write((q), 0, (id), (code))
#define quic_shutdown_stream_read(q, id, code) ngtcp2_conn_shutdown_stream_read((q), 0, (id), (code))
#else
typedef ngtcp2_conn_stat quic_stat_t;
#define quic_stat_get ngtcp2_conn_get_conn_stat
#define quic_scid_count ngtcp2_conn_get_num_scid
#define quic_dcid_count ngtcp2_conn_get_num_active_dcid
typedef ngtcp2_connection_close_error quic_close_error_t;
typedef ngtcp2_crypto_level quic_level_t;
#define quic_close_error_default ngtcp2_connection_close_error_default
#define quic_close_error_liberr ngtcp2_connection_close_error_set_transport_error_liberr
#define quic_close_error_transport ngtcp2_connection_close_error_set_transport_error
#define quic_close_error_tls ngtcp2_connection_close_error_set_transport_error_tls_alert
#define quic_close_error_application ngtcp2_connection_close_error_set_application_error
#define QUIC_CLOSE_IS_APPLICATION(e) ((e)->type == NGTCP2_CONNECTION_CLOSE_ERROR_CODE_TYPE_APPLICATION)
#define quic_shutdown_stream_write(q, id, code) ngtcp2_conn_shutdown_stream_write((q), (id), (code))
#define quic_shutdown_stream_read(q, id, code) ngtcp2_conn_shutdown_stream_read((q), (id), (code))
#endif

#endif
