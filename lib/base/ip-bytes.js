// SPDX-License-Identifier: MIT
'use strict'

const net = require('node:net')

/** The 4 or 16 bytes of an IP address; the zone of an IPv6 one is left out. @param {string} address */
function addressBytes(address) {
  if (net.isIPv4(address)) return Buffer.from(address.split('.').map(Number))
  const url = new URL(`http://[${address.split('%', 1)[0]}]`) // writes groups only, no dotted end
  const [head, tail = ''] = url.hostname.slice(1, -1).split('::')
  const groups = (text) => (text === '' ? [] : text.split(':'))
  const missing = 8 - groups(head).length - groups(tail).length
  const bytes = Buffer.alloc(16)
  const all = [...groups(head), ...Array(missing).fill('0'), ...groups(tail)]
  for (const [index, group] of all.entries()) bytes.writeUInt16BE(Number.parseInt(group, 16), 2 * index)
  return bytes
}

/** The address of 4 or 16 bytes. @param {Buffer} bytes */
function addressText(bytes) {
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index).toString(16))
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}

module.exports = { addressBytes, addressText }
