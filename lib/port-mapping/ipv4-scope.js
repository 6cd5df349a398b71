// SPDX-License-Identifier: MIT
'use strict'

const { BlockList, isIPv4 } = require('node:net')

function blocks(...subnets) {
  const list = new BlockList()
  for (const [address, prefix] of subnets) list.addSubnet(address, prefix, 'ipv4')
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
const privateList = blocks(...PRIVATE)
/** With what is no host's address outside: this network, loopback, multicast and reserved. */
const unusableList = blocks(...PRIVATE, ['0.0.0.0', 8], ['127.0.0.0', 8], ['224.0.0.0', 3])

/** Whether an address is an IPv4 one of a network behind a gateway. */
function isPrivate(address) {
  return isIPv4(address) && privateList.check(address, 'ipv4')
}

/** Whether an address is an IPv4 one that hosts outside can send to. */
function isPublic(address) {
  return isIPv4(address) && !unusableList.check(address, 'ipv4')
}

module.exports = { isPrivate, isPublic }
