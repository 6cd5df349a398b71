// SPDX-License-Identifier: MIT
'use strict'

const net = require('node:net')

/** What the variable's value is read of. */
const MAX_CHARACTERS = 65_536

/** Splits 'host:port', '[ip]:port', and either without a port. @returns {{ host: string, port: string }} port: '' for any */
function splitPort(entry) {
  const bracketed = /^\[([^\]]*)\](?::(\d+))?$/.exec(entry)
  if (bracketed) return { host: bracketed[1], port: bracketed[2] ?? '' }
  const named = /^([^:]*):(\d+)$/.exec(entry)
  return named ? { host: named[1], port: named[2] } : { host: entry, port: '' }
}

/** @returns {((host: string) => boolean) | null} for an IP address or a network of them; null: it is neither */
function addressRule(text) {
  const [address, prefix, ...rest] = text.split('/')
  const family = net.isIP(address)
  if (family === 0 || rest.length > 0) return null
  const bits = prefix === undefined ? (family === 6 ? 128 : 32) : Number(prefix)
  if (prefix === '' || !Number.isInteger(bits) || bits < 0 || bits > (family === 6 ? 128 : 32)) return null
  const list = new net.BlockList()
  list.addSubnet(address, bits, `ipv${family}`)
  return (host) => net.isIP(host) > 0 && list.check(host, `ipv${net.isIP(host)}`)
}

/** A host, and all below it: 'example.com', '.example.com' and '*.example.com' are one. */
function nameRule(text) {
  if (/^\*[^.]/.test(text)) return (host) => host.endsWith(text.slice(1))
  const name = text.replace(/^\*?\.+/, '').replace(/\.$/, '')
  return (host) => name !== '' && (host === name || host.endsWith(`.${name}`))
}

function ruleOf(entry) {
  if (entry === '*') return () => true
  const { host: text, port } = splitPort(entry)
  const isHost = addressRule(text) ?? nameRule(text)
  return (host, hostPort) => (port === '' || port === hostPort) && isHost(host)
}

/**
 * Reads NO_PROXY: hosts that are reached without a proxy, apart by commas or blanks. A name stands for what is below it, too;
 * an address may be a network (`10.0.0.0/8`); `:port` makes it one port alone; `*` is everything.
 * @param {string} text
 * @returns {(host: string, port: string) => boolean} host: IPv6 without brackets
 */
function readNoProxy(text) {
  const entries = text
    .slice(0, MAX_CHARACTERS)
    .toLowerCase()
    .split(/[\s,]+/)
  const rules = entries.filter((entry) => entry !== '').map(ruleOf)
  return (host, port) => {
    const plain = host.toLowerCase().replace(/\.$/, '')
    return rules.some((rule) => rule(plain, port))
  }
}

module.exports = { readNoProxy }
