// SPDX-License-Identifier: MIT
// What the pairs are, what theory allows them, and which of them fail the run when they stay relayed.
'use strict'

const KINDS = ['none', 'full-cone', 'port-restricted', 'symmetric', 'double', 'udp-blocked']

const ABOUT = {
  none: 'public addresses',
  'full-cone': 'one port for all peers, open to everyone (endpoint-independent mapping and filtering)',
  'port-restricted': 'the port is kept, open to whom it was used with (Linux masquerade)',
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

/** These stay relayed only by a fault. */
const MUST_BE_DIRECT = new Set([
  'none > none',
  'full-cone > none',
  'port-restricted > none',
  'symmetric > none',
  'double > none',
  'one LAN',
  'ipv6 > ipv6',
  'ipv6-firewall > ipv6'
])

const PORT_FILTERED = ['port-restricted', 'double']

/** 'direct', 'by luck' (many ports must be tried) or 'relayed'. */
function theory(pair) {
  const kinds = pair.split(' > ')
  if (kinds.includes('udp-blocked')) return 'relayed'
  const symmetric = kinds.filter((kind) => kind === 'symmetric').length
  if (symmetric === 2) return 'relayed'
  return symmetric === 1 && kinds.some((kind) => PORT_FILTERED.includes(kind)) ? 'by luck' : 'direct'
}

module.exports = { ABOUT, MUST_BE_DIRECT, PAIRS, theory }
