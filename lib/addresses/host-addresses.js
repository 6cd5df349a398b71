// SPDX-License-Identifier: MIT
'use strict'

const { formatAddress, parseAddress } = require('./node-addr')
const { knownAddresses, listInterfaces } = require('../base/interfaces')

function isWildcard(host) {
  return host === '0.0.0.0' || host === '::'
}

function isLinkLocal(host) {
  return /^fe[89ab]/i.test(host)
}

/** The addresses of this host's interfaces a wildcard stands for. */
function hostAddresses(items, family, internal) {
  return items
    .filter((item) => item.family === `IPv${family}` && item.internal === internal && !isLinkLocal(item.address))
    .map((item) => item.address)
}

/**
 * This host's addresses, but for those of the loopback and of one link only.
 * @throws {IrohError} ERR_IROH_SYSTEM: they cannot be listed
 */
function outsideAddresses() {
  const items = Object.values(listInterfaces()).flat()
  return [4, 6].flatMap((family) => hostAddresses(items, family, false))
}

/**
 * Whether an interface that is up has this address, as a socket tells it; true where no interface can be listed.
 * @param {string} address
 */
function isOwnAddress(address) {
  const bare = address.replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*$/, '')
  const items = knownAddresses()
  return items.length === 0 || items.some((item) => item.address === bare)
}

/**
 * Bound addresses as others can dial them: a wildcard becomes the host's addresses, loopback ones only where there is
 * nothing else. Where the interfaces cannot be listed, what was known of them last.
 * @param {string[]} bound
 * @returns {string[]}
 */
function dialableAddresses(bound) {
  const parsed = bound.map(parseAddress)
  const items = parsed.some(({ host }) => isWildcard(host)) ? knownAddresses() : []
  const expand = (internal) =>
    parsed.flatMap(({ host, port, family }) => {
      const hosts = isWildcard(host) ? hostAddresses(items, family, internal) : [host]
      return hosts.map((item) => formatAddress(item, port))
    })
  const outside = expand(false)
  return [...new Set(outside.length > 0 ? outside : expand(true))]
}

module.exports = { dialableAddresses, isOwnAddress, outsideAddresses }
