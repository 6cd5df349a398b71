// SPDX-License-Identifier: MIT
'use strict'

// `npm run bench:look-up`: how many NodeIds a second a relay server of ours publishes and looks up, and what one costs its
// process. Nothing here passes or fails by time.

const { fork } = require('node:child_process')
const dgram = require('node:dgram')
const { once } = require('node:events')
const http = require('node:http')
const dnsPacket = require('dns-packet')
const { SecretKey } = require('event-target-iroh')
const { RelayServer } = require('event-target-iroh/relay')
const { signPacket, toZ32 } = require('../lib/discovery/signed-packet')
const { cpuSeconds, residentMb } = require('./relay/process-usage')

const HOST = '127.0.0.1'
const PEERS = 20_000
const REQUESTS = 20_000
const AT_ONCE = 32
const RECORDS = ['relay=https://relay.example.com/', 'addr=192.0.2.1:7777', 'addr=[2001:db8::1]:7777']
const ENOUGH = 1_000_000

/** The server's process: the limits of its senders are out of the way. */
async function serve() {
  const names = ['udpPerSecondPerIp', 'udpPerSecond', 'packetsPerSecondPerIp', 'packetsPerSecond']
  const limits = { handshakeTimeoutMs: 600_000, ...Object.fromEntries(names.map((name) => [name, ENOUGH])) }
  const ports = { port: 0, dnsPort: 0, stunPort: false, quicPort: false }
  const { pkarrUrl, ports: opened } = await RelayServer.listen({ host: HOST, ...ports, limits })
  process.send({ pkarrUrl, dnsPort: opened.dns })
  process.on('disconnect', () => process.exit())
}

function makePeers() {
  return Array.from({ length: PEERS }, () => {
    const key = SecretKey.generate()
    return { z32: toZ32(key.nodeId()), packet: signPacket(key, RECORDS, BigInt(Date.now()) * 1000n) }
  })
}

/** Makes `REQUESTS` requests, `AT_ONCE` at a time. */
async function load(request) {
  let next = 0
  const work = async (worker) => {
    while (next < REQUESTS) await request(next++, worker)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, (_, worker) => work(worker)))
}

function overHttp(pkarrUrl, agent, peers, method) {
  return async (number) => {
    const { z32, packet } = peers[number % peers.length]
    const request = http.request(`${pkarrUrl}/${z32}`, { method, agent })
    request.end(method === 'PUT' ? packet : undefined)
    const [response] = await once(request, 'response')
    response.resume()
    await once(response, 'end')
    if (response.statusCode > 204) throw new Error(`${method}: ${response.statusCode}`)
  }
}

/** A socket for each worker: an answer belongs to the question asked last. */
function overDns(port, sockets, peers) {
  return async (number, worker) => {
    const name = `_iroh.${peers[number % peers.length].z32}.example.org`
    sockets[worker].send(dnsPacket.encode({ type: 'query', id: 1, questions: [{ type: 'TXT', name }] }), port, HOST)
    const [answer] = await once(sockets[worker], 'message')
    if (answer.readUInt16BE(6) !== RECORDS.length) throw new Error('DNS: not all records')
  }
}

async function measure(what, pid, request) {
  const [start, cpu] = [performance.now(), cpuSeconds(pid)]
  await load(request)
  const [seconds, used] = [(performance.now() - start) / 1000, cpuSeconds(pid) - cpu]
  return { what, perSecond: Math.round(REQUESTS / seconds), cpuMicroseconds: Math.round((used / REQUESTS) * 1e6) }
}

async function run() {
  const server = fork(__filename, ['serve'])
  const [{ pkarrUrl, dnsPort }] = await once(server, 'message')
  const agent = new http.Agent({ keepAlive: true, maxSockets: AT_ONCE })
  const sockets = Array.from({ length: AT_ONCE }, () => dgram.createSocket('udp4'))
  const peers = makePeers()
  const rows = [
    await measure('publish over HTTP', server.pid, overHttp(pkarrUrl, agent, peers, 'PUT')),
    await measure('look up over HTTP', server.pid, overHttp(pkarrUrl, agent, peers, 'GET')),
    await measure('look up over DNS', server.pid, overDns(dnsPort, sockets, peers))
  ]
  console.table(rows)
  console.log(`the server's memory with ${PEERS} peers: ${Math.round(residentMb(server.pid))} MB`)
  for (const socket of sockets) socket.close()
  agent.destroy()
  server.disconnect()
}

if (process.argv[2] === 'serve') serve()
else run()
