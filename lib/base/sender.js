// SPDX-License-Identifier: MIT
'use strict'

const MAPPED = '::ffff:'

/** The address without the clothes an IPv6 socket puts on IPv4. */
function plainAddress(address) {
  return address.startsWith(MAPPED) && address.includes('.') ? address.slice(MAPPED.length) : address
}

/** What counts as one sender: an IPv4 address, or the /64 network of an IPv6 address. */
function senderOf(address = '') {
  const plain = plainAddress(address)
  if (!plain.includes(':')) return plain
  const [head, tail] = plain.split('%', 1)[0].split('::')
  const groups = head === '' ? [] : head.split(':')
  if (tail !== undefined) {
    const missing = 8 - groups.length - (tail === '' ? 0 : tail.split(':').length)
    groups.push(...Array(missing).fill('0'))
  }
  return `${groups.slice(0, 4).join(':')}::/64`
}

module.exports = { plainAddress, senderOf }
