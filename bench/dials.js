// SPDX-License-Identifier: MIT
'use strict'

// `npm run bench:dials`: how long a dial takes whose other addresses are false, and what it sends. The right address is
// behind a program that keeps each datagram for 10 ms. Nothing here passes or fails by time.

const { Endpoint } = require('event-target-iroh')
const { answers, FalseAddresses } = require('../test/helpers/false-address.js')
const { UdpProxy } = require('../test/helpers/udp-proxy.js')

const ALPN = 'bench/1'
const DIALS = 11
const DELAY_MS = 10
const MANY = 31

const open = (options) => Endpoint.createWithOptions({ preset: 'minimal', bindAddress: '127.0.0.1:0', ...options })
const times = (count, make) => Promise.all(Array.from({ length: count }, (_, n) => make(n)))

async function acceptAll(server) {
  for await (const connection of server) connection.closed()
}

async function serve() {
  const server = await open({ alpns: [ALPN] })
  acceptAll(server)
  return server
}

/** What the other addresses of the peer are: names, and functions that give them. */
function scenes(peer, other) {
  const kinds = Object.values(answers)
  return {
    'no other address': () => [],
    silence: (falsely) => times(1, () => falsely.answering(() => null)),
    ...Object.fromEntries(
      kinds.map((answer, n) => [Object.keys(answers)[n], (falsely) => times(1, () => falsely.answering(answer))])
    ),
    'nothing that listens': (falsely) => times(1, () => falsely.shut()),
    'another node': () => [other],
    'the ServerHello of another node, and silence': (falsely) => times(1, () => falsely.greeting(other)),
    'the first answer of the peer, and silence': (falsely) => times(1, () => falsely.falling(peer)),
    [`${MANY} times a refusal`]: (falsely) =>
      times(MANY, () => falsely.answering(answers['a CONNECTION_CLOSE that refuses'])),
    [`${MANY} times a PING, and silence`]: (falsely) =>
      times(MANY, () => falsely.answering(answers['an Initial packet with a PING'])),
    [`${MANY} of all kinds`]: (falsely) => times(MANY, (n) => falsely.answering(kinds[n % kinds.length]))
  }
}

async function dial(nodeId, directAddresses) {
  const client = await open()
  const begun = performance.now()
  await client.connect({ nodeId, directAddresses }, ALPN)
  const ms = performance.now() - begun
  const sent = client.metrics().udpDatagramsSent
  await client.close()
  return { ms, sent }
}

async function main() {
  const [server, other] = [await serve(), await serve()]
  const proxy = await UdpProxy.open(server.boundAddresses()[0])
  proxy.delayMs = DELAY_MS
  console.log('| the other addresses answer | ms, median | ms, longest | datagrams sent |')
  console.log('| --- | --- | --- | --- |')
  for (const [name, make] of Object.entries(scenes(server.boundAddresses()[0], other.boundAddresses()[0]))) {
    const results = []
    for (let n = 0; n < DIALS; n++) {
      const falsely = new FalseAddresses()
      results.push(await dial(server.nodeId(), [...(await make(falsely)), proxy.address]))
      falsely.close()
    }
    const middle = (field) => results.map((result) => result[field]).sort((a, b) => a - b)[DIALS >> 1]
    const longest = Math.max(...results.map(({ ms }) => ms))
    console.log(`| ${name} | ${middle('ms').toFixed(0)} | ${longest.toFixed(0)} | ${middle('sent')} |`)
  }
  proxy.close()
  await Promise.all([server.close(), other.close()])
}

main()
