// SPDX-License-Identifier: MIT
'use strict'

const { knownAddresses } = require('../base/interfaces')
const { plainBinding, quicVersion, secondPort } = require('./exchanges')
const { filtering } = require('./filtering')
const { hairpin } = require('./hairpin')
const { tenths } = require('./journal')
const { mappingOf, portStepOf } = require('./mapping')
const { addressAndPort } = require('./run')

/** Relays that are asked over UDP: the first ones. */
const MAX_RELAYS = 5
/** Relays whose second port is asked. */
const MAX_SECOND_PORTS = 2

/** What is known of one family before anything answered. */
const NOTHING = Object.freeze({
  reachable: null,
  publicAddresses: [],
  behindNat: null,
  mapping: 'unknown',
  portStep: null,
  filtering: 'unknown',
  hairpin: null
})

/** The relays that have an address of the family, as servers: `{ relay, address, name, … }`. */
function serversOf(hosts, family) {
  return hosts.flatMap(({ relay, addresses }) => {
    const found = addresses.find((one) => one.family === family)
    return found ? [{ relay, address: found.address }] : []
  })
}

function at(server, port) {
  return { ...server, port, name: addressAndPort({ address: server.address, port }) }
}

/** Keeps the fastest answer of both families. */
function noteLatency(latencies, url, field, ms) {
  const known = latencies.get(url) ?? {}
  latencies.set(url, { ...known, [field]: Math.min(known[field] ?? Number.POSITIVE_INFINITY, tenths(ms)) })
}

/**
 * Asks every STUN server from one socket, and then the second ports of the first of them. All of a round leave before
 * any answer is awaited: a NAT that counts up gives them its ports in this order.
 * @returns {Promise<{ observations: object[], servers: object[] }>} `servers` answered; with their `otherPort`
 */
async function observe(run, socket, candidates) {
  const asked = candidates.filter(({ relay }) => relay.stunPort > 0).map((server) => at(server, server.relay.stunPort))
  const answers = await Promise.all(asked.map((server) => run.stun('stun', socket, server, plainBinding)))
  const answered = asked.map((server, index) => ({ ...server, answer: answers[index] })).filter(({ answer }) => answer)
  const servers = answered.filter(({ answer }) => answer.mapped)
  const first = servers.slice(0, MAX_SECOND_PORTS)
  const told = await Promise.all(first.map((server) => run.stun('stun: second port?', socket, server, secondPort)))
  const withPort = servers.map((server, index) => {
    const port = told[index]?.otherPort ?? null
    return { ...server, otherPort: port === server.port || port === 0 ? null : port }
  })
  const others = withPort.filter(({ otherPort }) => otherPort !== null).map((server) => at(server, server.otherPort))
  const more = await Promise.all(others.map((server) => run.stun('stun: second port', socket, server, plainBinding)))
  const second = others
    .map((server, index) => ({ ...server, answer: more[index] }))
    .filter(({ answer }) => answer?.mapped)
  const observations = [...servers, ...second].map(({ address, port, answer }) => ({
    address,
    port,
    mapped: answer.mapped
  }))
  return { observations, servers: withPort, answered }
}

/** Asks the QUIC ports of relays that have not answered STUN; they tell no address, only that UDP gets through. */
async function askQuic(run, socket, candidates, latencies) {
  const asked = candidates.filter(({ relay }) => relay.quicPort > 0).map((server) => at(server, server.relay.quicPort))
  const answers = await Promise.all(asked.map((server) => run.ask('quic', socket, server, quicVersion)))
  for (const [index, answer] of answers.entries()) {
    if (answer) noteLatency(latencies, asked[index].relay.url, 'quicRttMs', answer.ms)
  }
  return answers.some(Boolean)
}

function isOwn(address) {
  return knownAddresses().some((own) => own.address === address)
}

/** How the NAT maps and filters, from what one socket saw and what further ones see. */
async function natOf(run, family, { observations, servers }) {
  const publicAddresses = [...new Set(observations.map(({ mapped }) => mapped.address))]
  const behindNat = publicAddresses.length === 0 ? null : !publicAddresses.some(isOwn)
  if (behindNat === false) run.journal.skipped('hairpin', publicAddresses[0], 'there is no NAT')
  const mapping = mappingOf(observations)
  return {
    publicAddresses,
    behindNat,
    mapping,
    portStep: /^address/.test(mapping) ? portStepOf(observations) : null,
    ...(await behindIt(run, family, servers, behindNat))
  }
}

/** What takes further sockets; a host that has none left is not the NAT's fault. */
async function behindIt(run, family, servers, behindNat) {
  const started = performance.now()
  const failed = (what, value) => (error) => {
    run.journal.note(what, `IPv${family}`, 'error', started, error.message)
    return value
  }
  const [lets, returns] = await Promise.all([
    filtering(run, family, servers).catch(failed('filtering', 'unknown')),
    behindNat ? hairpin(run, family, servers[0]).catch(failed('hairpin', null)) : null
  ])
  return { filtering: lets, hairpin: returns }
}

/** What UDP does in one family; `reachable` is null where no relay could be asked. */
async function familyOf(run, family, hosts, latencies) {
  const candidates = serversOf(hosts, family).filter(({ relay }) => relay.stunPort > 0 || relay.quicPort > 0)
  if (candidates.length === 0) return NOTHING
  const started = performance.now()
  try {
    const socket = await run.open(family)
    const seen = await observe(run, socket, candidates)
    for (const { relay, answer } of seen.answered) noteLatency(latencies, relay.url, 'stunRttMs', answer.ms)
    const silent = candidates.filter(({ relay }) => !seen.answered.some((server) => server.relay === relay))
    const [quicAnswers, nat] = await Promise.all([askQuic(run, socket, silent, latencies), natOf(run, family, seen)])
    return { ...nat, reachable: seen.answered.length > 0 || quicAnswers }
  } catch (error) {
    run.journal.note('socket', `IPv${family}`, 'error', started, error.message)
    return { ...NOTHING, reachable: false }
  }
}

/**
 * What UDP does here: asks the first five relays over IPv4 and IPv6.
 * @param {import('./run').Run} run
 * @param {{ url: string, hostname: string, stunPort: number, quicPort: number }[]} relays
 * @returns {Promise<{ v4: object, v6: object, latencies: Map<string, { stunRttMs?: number, quicRttMs?: number }> }>}
 */
async function probeUdp(run, relays) {
  const hosts = await Promise.all(
    relays.slice(0, MAX_RELAYS).map(async (relay) => ({ relay, addresses: await run.lookup(relay.hostname) }))
  )
  const latencies = new Map()
  const [v4, v6] = await Promise.all([4, 6].map((family) => familyOf(run, family, hosts, latencies)))
  return { v4, v6, latencies }
}

module.exports = { probeUdp }
