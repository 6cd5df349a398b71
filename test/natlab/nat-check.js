// SPDX-License-Identifier: MIT
// Whether the NATs of the lab are what their names say, seen with plain UDP sockets (RFC 5780's questions).
'use strict'

const path = require('node:path')
const { setTimeout: sleep } = require('node:timers/promises')
const { Program } = require('./program.js')
const { PUBLIC, Topology } = require('./topology.js')

const KINDS = {
  none: { mapping: 'the same', filtering: 'open' },
  'full-cone': { mapping: 'the same', filtering: 'open' },
  'port-restricted': { mapping: 'the same', filtering: 'by port' },
  sequential: { mapping: 'the next', filtering: 'by port' },
  symmetric: { mapping: 'another', filtering: 'by port' },
  double: { mapping: 'the same', filtering: 'by port' },
  'udp-blocked': { mapping: 'none', filtering: 'all' }
}
/** By how much the second port is above the first. */
const MAPPINGS = { 0: 'the same', 1: 'the next' }
const PORT = 5000
const TIMEOUT_S = 2

class Socket {
  constructor(program, number) {
    this.program = program
    this.number = number
  }

  static async open(
    namespace,
    host = '0.0.0.0',
    port = 0,
    program = new Program(namespace, path.join(__dirname, 'udp.js'))
  ) {
    return new Socket(program, await program.ask('open', { host, port }))
  }

  /** Another socket of the same program. */
  beside(host, port) {
    return Socket.open(null, host, port, this.program)
  }

  send(to, text) {
    return this.program.ask('send', { socket: this.number, to, text })
  }

  /** Where the text came from, or null. */
  async heard(text) {
    return (await this.program.ask('heard', { text }))?.from ?? null
  }
}

/** Three sockets outside: two addresses, and another port of the first. */
async function openOutside({ publicHost }) {
  const [first, second] = [`${PUBLIC.v4}.10`, `${PUBLIC.v4}.11`]
  const one = await Socket.open(publicHost, first, PORT)
  const [two, otherPort] = await Promise.all([one.beside(second, PORT), one.beside(first, PORT + 1)])
  return { one, two, otherPort, addresses: [first, second].map((host) => ({ host, port: PORT })) }
}

async function behaviour(topology, kind) {
  const { one, two, otherPort, addresses } = await openOutside(topology)
  const { host, box } = topology.site(0, kind)
  box?.timeouts(TIMEOUT_S)
  const inside = await Socket.open(host)
  await inside.send(addresses[0], 'to one')
  await inside.send(addresses[1], 'to two')
  const [mapped, other] = [await one.heard('to one'), await two.heard('to two')]
  if (!mapped || !other) return { mapping: 'none', filtering: 'all' }
  await otherPort.send(mapped, 'from a stranger')
  const filtering = (await inside.heard('from a stranger')) ? 'open' : 'by port'
  await inside.send(addresses[0], 'again') // on a busy machine the mapping may be forgotten by now
  const renewed = await one.heard('again')
  if (renewed) await one.send(renewed, 'answer')
  if (!(await inside.heard('answer'))) return { mapping: 'one-way', filtering: 'all' }
  if (filtering === 'by port') {
    await sleep((TIMEOUT_S + 1) * 1000)
    await one.send(mapped, 'late')
    if (await inside.heard('late')) return { mapping: 'never forgotten', filtering }
  }
  return { mapping: MAPPINGS[other.port - mapped.port] ?? 'another', filtering }
}

async function hairpins(topology) {
  const { one, addresses } = await openOutside(topology)
  const [near, far] = await Promise.all(topology.hairpin().map(({ host }) => Socket.open(host)))
  await near.send(addresses[0], 'near')
  await far.send(addresses[0], 'far')
  const [nearMapped, farMapped] = [await one.heard('near'), await one.heard('far')]
  await near.send(farMapped, 'hairpin')
  const from = await far.heard('hairpin')
  return from?.host === nearMapped.host && from.port === nearMapped.port
}

async function inTopology(use) {
  const topology = new Topology()
  try {
    return await use(topology)
  } finally {
    topology.close()
  }
}

async function checkKind(kind) {
  const expected = KINDS[kind]
  const { mapping, filtering } = await inTopology((topology) => behaviour(topology, kind))
  const about = `mapping ${mapping}, filtering ${filtering}`
  const right = mapping === expected.mapping && filtering === expected.filtering
  return { name: `NAT ${kind}`, faults: right ? [] : ['not what it should be'], about }
}

/** @returns {Promise<{ name: string, faults: string[], about: string }[]>} */
async function checkNats() {
  const hairpin = inTopology(hairpins).then((does) => ({
    name: 'NAT hairpin',
    faults: does ? [] : ['does not bring back what is sent to its own address'],
    about: ''
  }))
  return Promise.all([...Object.keys(KINDS).map(checkKind), hairpin])
}

module.exports = { checkNats }
