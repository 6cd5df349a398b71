// SPDX-License-Identifier: MIT
'use strict'

/** [name, kind, what it counts] */
const TABLE = [
  ['sockets', 'gauge', 'TCP connections open'],
  ['clients', 'gauge', 'authenticated connections open'],
  ['nodes', 'gauge', 'NodeIds with at least one authenticated connection'],
  ['queuedBytes', 'gauge', 'bytes that wait for clients, all together'],
  ['peersRemembered', 'gauge', 'pairs of a client and one it sent to, which is told when the client leaves'],
  ['connectionsRefused', 'counter', 'TCP connections refused because a limit was reached'],
  ['acceptsFailed', 'counter', 'TCP connections the system did not hand over'],
  ['connectionsTimedOut', 'counter', 'TCP connections dropped because they were not authenticated in time'],
  ['upgradesRefused', 'counter', 'requests to /relay that were not a valid upgrade'],
  ['authFailed', 'counter', 'clients that did not prove their NodeId'],
  ['accessDenied', 'counter', 'clients the access rule denied'],
  ['accessRevoked', 'counter', 'clients closed because a list that changed lets them in no longer'],
  ['accessFailed', 'counter', 'clients denied because the access rule failed'],
  ['clientsAccepted', 'counter', 'clients authenticated and allowed'],
  ['clientsClosed', 'counter', 'authenticated connections that ended, for whatever reason'],
  ['clientsReplaced', 'counter', 'clients that became inactive because another connected with their NodeId'],
  ['clientsSilent', 'counter', 'clients closed because they did not answer a ping'],
  ['writeTimeouts', 'counter', 'clients closed because they did not read'],
  ['badFrames', 'counter', 'clients closed because of a bad frame'],
  ['framesReceived', 'counter', 'datagram frames received'],
  ['bytesReceived', 'counter', 'bytes of datagram frames received'],
  ['framesSent', 'counter', 'datagram frames forwarded'],
  ['bytesSent', 'counter', 'bytes of datagram frames forwarded'],
  ['droppedUnknown', 'counter', 'datagram frames dropped because their receiver is not here'],
  ['droppedQueueFull', 'counter', "datagram frames dropped because their receiver's queue was full"],
  ['droppedTooLong', 'counter', 'datagram frames dropped because they are too long to be sent on'],
  ['controlDropped', 'counter', 'other frames dropped because a client does not read'],
  ['pingsReceived', 'counter', 'pings received'],
  ['pingsSent', 'counter', 'pings sent'],
  ['goneSent', 'counter', 'endpoint-gone frames sent'],
  ['rateLimited', 'counter', 'times a client was not read for a while because it sent too much'],
  ['tlsReloads', 'counter', 'times the certificate was read anew'],
  ['tlsReloadsFailed', 'counter', 'times the certificate could not be read and the old one was kept'],
  ['stunAnswered', 'counter', 'STUN binding requests answered'],
  ['quicAnswered', 'counter', 'QUIC packets answered with Version Negotiation'],
  ['packets', 'gauge', 'NodeIds whose signed packet is held'],
  ['packetsTaken', 'counter', 'signed packets published, also those held already'],
  ['packetsRefused', 'counter', 'signed packets refused: forged, malformed, of another time, or too many'],
  ['packetsAsked', 'counter', 'requests for a signed packet over HTTP'],
  ['dnsAnswered', 'counter', 'DNS queries answered'],
  ['udpIgnored', 'counter', 'UDP datagrams that were none of these'],
  ['udpRateLimited', 'counter', 'UDP datagrams ignored because their sender, or all together, sent too many']
]

const PREFIX = 'event_target_iroh_relay_'

function snake(name) {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/** The counters and gauges of one relay server, as fields to add to. */
class RelayMetrics {
  constructor() {
    for (const [name] of TABLE) this[name] = 0
  }

  /** In the text format of Prometheus. */
  toPrometheus() {
    const lines = TABLE.flatMap(([name, kind, help]) => {
      const metric = PREFIX + snake(name) + (kind === 'counter' ? '_total' : '')
      return [`# HELP ${metric} ${help}`, `# TYPE ${metric} ${kind}`, `${metric} ${this[name]}`]
    })
    return `${lines.join('\n')}\n`
  }
}

module.exports = { RelayMetrics }
