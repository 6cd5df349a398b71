// SPDX-License-Identifier: MIT
'use strict'

/** NATs that count up do so in small steps. */
const MAX_STEP = 16

/**
 * What one socket saw: who was asked, and the address that server saw it at.
 * @typedef {{ address: string, port: number, mapped: { address: string, port: number } }} Observation
 */

function isSame(a, b) {
  return a.address === b.address && a.port === b.port
}

/** Whether the mappings of those pairs of observations differ that `belongs` takes; null: there is no such pair. */
function varies(observations, belongs) {
  const pairs = observations.flatMap((a, index) => observations.slice(index + 1).map((b) => [a, b]))
  const taken = pairs.filter(([a, b]) => belongs(a, b))
  return taken.length === 0 ? null : taken.some(([a, b]) => !isSame(a.mapped, b.mapped))
}

/**
 * How a NAT maps a socket (RFC 4787, section 4.1).
 * @param {Observation[]} observations of one socket
 * @returns {'endpoint-independent' | 'address-dependent' | 'address-and-port-dependent' | 'unknown'} 'address-dependent'
 *   where no two ports of one address were asked: then it may depend on the port, too
 */
function mappingOf(observations) {
  if (varies(observations, (a, b) => a.address === b.address && a.port !== b.port)) return 'address-and-port-dependent'
  const byAddress = varies(observations, (a, b) => a.address !== b.address)
  if (byAddress === null) return 'unknown'
  return byAddress ? 'address-dependent' : 'endpoint-independent'
}

/**
 * By how much the NAT's next port differs from the one before.
 * @param {Observation[]} observations of one socket, in the order they were asked
 * @returns {number | 'random' | null} null: there was one mapping alone
 */
function portStepOf(observations) {
  const ports = observations.map(({ mapped }) => mapped.port).filter((port, index, all) => all.indexOf(port) === index)
  const steps = ports.slice(1).map((port, index) => port - ports[index])
  if (steps.length === 0) return null
  const smallest = steps.reduce((a, b) => (Math.abs(b) < Math.abs(a) ? b : a))
  const isSequence = steps.every((step) => Math.sign(step) === Math.sign(smallest) && Math.abs(step) <= MAX_STEP)
  return isSequence ? smallest : 'random'
}

module.exports = { mappingOf, portStepOf }
