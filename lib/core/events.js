// SPDX-License-Identifier: MIT
'use strict'

// The numbers of iroh.h.

/** Kinds of events (iroh_event_kind_t). */
const Event = Object.freeze({
  ACCEPTED: 1,
  CONNECTED: 2,
  CLOSED: 3,
  STREAM_OPENED: 4,
  STREAMS: 5,
  READABLE: 6,
  FRAMES: 7,
  FRAME_ERROR: 8,
  END: 9,
  WRITABLE: 10,
  FINISHED: 11,
  STOPPED: 12,
  RESET: 13,
  DATAGRAM: 14,
  PATH: 15,
  REFUSED: 16,
  RELAY_SEND: 17,
  OBSERVED: 18,
  CANDIDATE: 19,
  PROBE: 20,
  NETWORK: 21,
  GOSSIP_DIAL: 22,
  GOSSIP_ADMIT: 23,
  GOSSIP_UP: 24,
  GOSSIP_DOWN: 25,
  GOSSIP_RECEIVED: 26,
  GOSSIP_FAILED: 27,
  GOSSIP_DRAINED: 28,
  GOSSIP_LEFT: 29,
  SYSTEM: 30
})

/** Elements an event takes in a batch: kind, connection, stream, number, error, data. */
const EVENT_SIZE = 6

/** Close kinds by number (iroh_close_kind_t). */
const CLOSE_KINDS = [
  '',
  'locally-closed',
  'application-closed',
  'connection-closed',
  'timed-out',
  'reset',
  'transport-error'
]

/** What reading a stream says when it has no bytes (iroh_peek_t). */
const EMPTY = 2
const END = 3

module.exports = { CLOSE_KINDS, EMPTY, END, EVENT_SIZE, Event }
