// SPDX-License-Identifier: MIT
// What the pairs are, what theory allows them, and how often they may stay relayed before the run fails.
'use strict'

const KINDS = ['none', 'full-cone', 'port-restricted', 'sequential', 'symmetric', 'double', 'udp-blocked']

const ABOUT = {
  none: 'public addresses',
  'full-cone': 'one port for all peers, open to everyone (endpoint-independent mapping and filtering)',
  'port-restricted': 'the port is kept, open to whom it was used with (Linux masquerade)',
  sequential: 'the next port for each peer, open to that peer (snat, numgen inc)',
  symmetric: 'a random port for each peer, open to that peer (masquerade random,fully-random)',
  double: 'a port-restricted NAT behind another one',
  'udp-blocked': 'no UDP at all',
  'one LAN': 'both behind one port-restricted NAT, on one network',
  hairpin: 'both behind one full-cone NAT, on networks that do not reach each other',
  ipv6: 'no IPv4; public addresses',
  'ipv6-firewall': 'no IPv4; nothing comes in unasked'
}

/** Each is 'dialler > acceptor', or a place both are in. */
const PAIRS = [
  ...KINDS.flatMap((dialler) => KINDS.map((acceptor) => `${dialler} > ${acceptor}`)),
  'one LAN',
  'hairpin',
  'ipv6 > ipv6',
  'ipv6 > ipv6-firewall',
  'ipv6-firewall > ipv6',
  'ipv6-firewall > ipv6-firewall'
]

/** NATs that let in only whom was sent to, at the port that was sent to. */
const FILTERED = ['port-restricted', 'sequential', 'symmetric', 'double']

/** NATs that give another port for each peer. */
const VARYING = ['sequential', 'symmetric']

/** 'direct', 'by prediction' (of the next port), 'by luck' (many ports must be tried) or 'relayed'. */
function theory(pair) {
  const kinds = pair.split(' > ')
  if (kinds.includes('udp-blocked')) return 'relayed'
  if (!kinds.every((kind) => FILTERED.includes(kind))) return 'direct'
  if (kinds.every((kind) => VARYING.includes(kind))) return 'relayed'
  if (kinds.includes('symmetric')) return 'by luck'
  return kinds.includes('sequential') ? 'by prediction' : 'direct'
}

/** Of so many runs of a pair so many may stay relayed. */
function mayStayRelayed(pair, runs) {
  if (theory(pair) === 'relayed') return runs
  if (theory(pair) === 'by luck') return Math.max(1, Math.floor(runs / 10))
  return 0
}

module.exports = { ABOUT, PAIRS, mayStayRelayed, theory }
