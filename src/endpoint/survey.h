/* SPDX-License-Identifier: MIT
 * Which of several direct paths a dialled connection takes. */
#ifndef IROH_ENDPOINT_SURVEY_H
#define IROH_ENDPOINT_SURVEY_H

#include "endpoint/state.h"

/* The connection has become direct: the others are to be looked at soon. */
void survey_plan(conn_t *conn, uint64_t now);
void survey_cancel(conn_t *conn);
/* Called at survey.due_at: begins or ends it, and moves the connection if that is better. */
void survey_tick(conn_t *conn, uint64_t now);
/* An address has answered a ping from that socket after `rtt` ns. */
void survey_answered(conn_t *conn, socket_t *socket, const address_t *address, uint64_t rtt);

#endif
