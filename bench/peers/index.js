// SPDX-License-Identifier: MIT
'use strict'

// What is measured. Every peer does the same job behind the same small interface:
//
//   const peer = await openPeer(name)
//   const address = await peer.listen((connection) => {})   // a value that survives JSON
//   const connection = await peer.connect(address)          // usable for sending when it resolves
//   await peer.close()
//
//   connection.target          EventTarget; an envelope arrives as CustomEvent `type:id` with the envelope as `detail`
//   connection.send(envelope)  JSON and framing included; what is sent in one turn of the event loop leaves together
//   connection.bufferedAmount  bytes taken and not yet handed to the system
//   connection.drained()       resolves when sending may go on
//
// The properties below say what is different about a peer: `oneProcess`, there is nothing to put into two; `scenarios`,
// only these apply; `aside`, it is measured only when it is
// named. They are here so that the process that starts the others loads no peer itself.

const PEERS = {
  'event-target-iroh': {},
  net: {},
  tls: {},
  ws: {},
  wss: {},
  'number0-iroh': {},
  'number0-iroh-plain': { scenarios: ['small', 'kib'] },
  'in-process': { oneProcess: true, scenarios: ['small', 'kib', 'bulk'] },
  hub: { aside: true },
  'hub-resume': { aside: true },
  'hub-spool': { aside: true }
}

/**
 * @param {string} name One of PEERS.
 * @returns {Promise<object>} The peer, opened.
 */
function openPeer(name) {
  return require(`./${name}`).open()
}

module.exports = { openPeer, PEERS }
