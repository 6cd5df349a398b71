/* SPDX-License-Identifier: MIT */
#include "endpoint/notes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Refusals told a turn; the rest is only counted. */
#define REFUSALS_MAX 64
/* Notes told a turn. */
#define NOTES_MAX 128

void notes_refusal(iroh_endpoint_t *ep, const uint8_t node_id[IROH_KEY_BYTES]) {
  if (ep->refusals == NULL) ep->refusals = malloc(REFUSALS_MAX * sizeof *ep->refusals);
  if (ep->refusals == NULL || ep->refusal_count == REFUSALS_MAX) return;
  memcpy(ep->refusals[ep->refusal_count++].node_id, node_id, IROH_KEY_BYTES);
}

static struct note *add_note(iroh_endpoint_t *ep, iroh_event_kind_t kind) {
  if (ep->notes == NULL) ep->notes = malloc(NOTES_MAX * sizeof *ep->notes);
  if (ep->notes == NULL || ep->note_count == NOTES_MAX) return NULL;
  struct note *note = &ep->notes[ep->note_count++];
  *note = (struct note){.kind = kind};
  return note;
}

void notes_observed(iroh_endpoint_t *ep, const address_t *server, const address_t *observed) {
  struct note *note = add_note(ep, IROH_EVENT_OBSERVED);
  if (note == NULL) return;
  char at[IROH_ADDRESS_MAX], seen[IROH_ADDRESS_MAX];
  address_format(server, at, sizeof at);
  address_format(observed, seen, sizeof seen);
  snprintf(note->text, sizeof note->text, "%s %s", at, seen);
}

void notes_address(const conn_t *conn, iroh_event_kind_t kind, const address_t *address, uint64_t number) {
  struct note *note = conn->announced && conn->handle != 0 ? add_note(conn->ep, kind) : NULL;
  if (note == NULL) return;
  note->conn = conn->handle;
  note->number = number;
  address_format(address, note->text, sizeof note->text);
}

bool notes_system(iroh_endpoint_t *ep, const iroh_system_error_t *system) {
  struct note *note = add_note(ep, IROH_EVENT_SYSTEM);
  if (note != NULL) note->system = *system;
  return note != NULL;
}
