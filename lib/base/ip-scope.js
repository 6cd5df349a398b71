// SPDX-License-Identifier: MIT
'use strict'

const net = require('node:net')
const { addressBytes } = require('./ip-bytes')

function blocks(family, subnets) {
  const list = new net.BlockList()
  for (const [address, prefix] of subnets) list.addSubnet(address, prefix, family)
  return list
}

/** Private (RFC 1918), shared (RFC 6598) and link-local (RFC 3927). */
const PRIVATE = [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16]
]
const privateList = blocks('ipv4', PRIVATE)
/** With what is no host's address outside: this network, loopback, multicast, reserved and broadcast. */
const unusableList = blocks('ipv4', [...PRIVATE, ['0.0.0.0', 8], ['127.0.0.0', 8], ['224.0.0.0', 3]])
/** Where IPv6 has hosts outside, but for 6to4 and Teredo, which lead to an IPv4 address of the writer's choice. */
const globalList = blocks('ipv6', [['2000::', 3]])
const tunnelList = blocks('ipv6', [
  ['2001::', 32],
  ['2002::', 16]
])
/** NAT64 (RFC 6052): the last 32 bits are an IPv4 address. */
const nat64List = blocks('ipv6', [['64:ff9b::', 96]])

/** Whether an address is an IPv4 one of a network behind a gateway. */
function isPrivate(address) {
  return net.isIPv4(address) && privateList.check(address, 'ipv4')
}

/** Whether an address is an IPv4 one that hosts outside can send to. */
function isPublic(address) {
  return net.isIPv4(address) && !unusableList.check(address, 'ipv4')
}

/**
 * Whether an address of either family is one that hosts outside can send to: not this host's, not of its networks only,
 * and not another form of such a one. An IPv4 address mapped into IPv6 is none.
 * @param {string} address
 */
function isOutside(address) {
  if (net.isIPv4(address)) return isPublic(address)
  if (!net.isIPv6(address) || address.includes('%')) return false
  if (nat64List.check(address, 'ipv6')) return isPublic(addressBytes(address).subarray(12).join('.'))
  return globalList.check(address, 'ipv6') && !tunnelList.check(address, 'ipv6')
}

module.exports = { isOutside, isPrivate, isPublic }
