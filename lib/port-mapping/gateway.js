// SPDX-License-Identifier: MIT
'use strict'

const fs = require('node:fs')
const os = require('node:os')
const { isPrivate } = require('../base/ip-scope')

const ROUTES = '/proc/net/route'
/** The kernel lists the default route first; a router's whole table is not read. */
const MAX_ROUTE_BYTES = 64 * 1024
/** Of the servers of NAT-PMP and PCP (RFC 6886, section 1.1; RFC 6887, section 19.4). */
const GATEWAY_PORT = 5351
const RTF_UP = 0x0001
const RTF_GATEWAY = 0x0002
const RTF_REJECT = 0x0200
const HEX_32 = /^[0-9A-F]{8}$/i

/** The columns write an address as one number in the host's byte order. */
function addressOf(hex, endianness) {
  const bytes = Buffer.from(hex, 'hex')
  return (endianness === 'LE' ? bytes.reverse() : bytes).join('.')
}

function defaultRoute(line) {
  const [, destination, gateway, flags, , , metric, mask] = line.trim().split(/\s+/)
  if (![destination, gateway, mask].every((column) => HEX_32.test(column))) return null
  if (Number.parseInt(destination, 16) !== 0 || Number.parseInt(mask, 16) !== 0) return null
  const bits = Number.parseInt(flags, 16)
  if ((bits & (RTF_UP | RTF_GATEWAY | RTF_REJECT)) !== (RTF_UP | RTF_GATEWAY) || !/^\d+$/.test(metric)) return null
  return { gateway, metric: Number(metric) }
}

/**
 * The gateway of the IPv4 default route; of several the one with the lowest metric.
 * @param {string} text of /proc/net/route
 * @param {'LE' | 'BE'} [endianness] default: this host's
 * @returns {string | null} IPv4; null: there is none
 */
function parseDefaultGateway(text, endianness = os.endianness()) {
  const routes = text.split('\n').map(defaultRoute).filter(Boolean)
  if (routes.length === 0) return null
  const best = routes.reduce((a, b) => (b.metric < a.metric ? b : a))
  return addressOf(best.gateway, endianness)
}

/**
 * The gateway that may be asked for a port: that of the default route, if its address is private. Reads 64 KiB at most.
 * @returns {Promise<{ address: string, port: number } | null>} null: there is none, or it cannot be told
 */
async function findGateway() {
  let text = ''
  try {
    const stream = fs.createReadStream(ROUTES, { encoding: 'latin1', end: MAX_ROUTE_BYTES - 1 })
    for await (const chunk of stream) text += chunk
  } catch {
    return null
  }
  const address = parseDefaultGateway(text)
  return address !== null && isPrivate(address) ? { address, port: GATEWAY_PORT } : null
}

module.exports = { findGateway, parseDefaultGateway }
