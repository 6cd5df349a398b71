// SPDX-License-Identifier: MIT
'use strict'

// What the parts of the library show each other and not their users.
module.exports = {
  /** connection[kEvent](kind, stream, number, error, data): one event of the core. */
  kEvent: Symbol('event'),
  /** send[kStream], recv[kStream]: the StreamHandle behind a half. */
  kStream: Symbol('stream'),
  /** send[kBusy], recv[kBusy]: whether a call waits on the half. */
  kBusy: Symbol('busy'),
  /** endpoint[kRequeue](connection): gives an accepted connection back to accept(). */
  kRequeue: Symbol('requeue'),
  /** target[kSendJson](json): sends an envelope that is already JSON. */
  kSendJson: Symbol('sendJson'),
  asyncDispose: Symbol.asyncDispose ?? Symbol.for('nodejs.asyncDispose')
}
