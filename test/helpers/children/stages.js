// SPDX-License-Identifier: MIT
// Brings endpoints to a stage of their life and then ends, in one of several ways. stages.js <stage> <ending>
'use strict'

const dgram = require('node:dgram')
const { once } = require('node:events')
const { isMainThread, parentPort, Worker, workerData } = require('node:worker_threads')
const iroh = require('event-target-iroh')
const { alpn, local } = require('../endpoints.js')

const held = []
const hold = (...values) => held.push(...values)
const create = (options) => iroh.Endpoint.createWithOptions({ ...local, ...options })

async function pair() {
  const [server, client] = await Promise.all([create({ alpns: [alpn] }), create()])
  const [accepted, dialled] = await Promise.all([server.accept(), client.connect(server.addr(), alpn)])
  hold(server, client, accepted, dialled)
  return { server, client, accepted, dialled }
}

const stages = {
  loaded() {},
  creating() {
    create().then(hold)
  },
  async created() {
    hold(await create({ alpns: [alpn] }))
  },
  async accepting() {
    const server = await create({ alpns: [alpn] })
    server.accept().catch(() => {})
    hold(server)
  },
  async dialling() {
    const silent = dgram.createSocket('udp4').bind(0, '127.0.0.1').unref()
    await once(silent, 'listening')
    const client = await create()
    const nodeId = iroh.SecretKey.generate().nodeId()
    client.connect({ nodeId, directAddresses: [`127.0.0.1:${silent.address().port}`] }, alpn).catch(() => {})
    hold(client, silent)
  },
  async connected() {
    await pair()
  },
  async streaming() {
    const { accepted, dialled } = await pair()
    const { send } = await dialled.openBi()
    await send.writeAll('x')
    const { recv } = await accepted.acceptBi()
    send.writeAll(Buffer.alloc(8 << 20)).catch(() => {})
    await recv.read(1000)
    recv.readToEnd(16 << 20).catch(() => {})
    hold(send, recv)
  },
  async targets() {
    const { accepted, dialled } = await pair()
    const [hub, spoke] = await Promise.all([
      iroh.createHubIrohEventTarget(accepted),
      iroh.createSpokeIrohEventTarget(dialled)
    ])
    const arrived = once(hub, 'event')
    for (let index = 0; index < 1000; index++) spoke.send({ type: 'event', payload: index })
    await arrived
    hold(hub, spoke)
  },
  async datagrams() {
    const { accepted, dialled } = await pair()
    dialled.sendDatagram('one')
    await accepted.readDatagram()
    accepted.readDatagram().catch(() => {})
    for (let index = 0; index < 100; index++) dialled.sendDatagram('more')
  },
  async closing() {
    const { server, client } = await pair()
    server.close()
    client.close()
  },
  async closed() {
    const { server, client } = await pair()
    await Promise.all([server.close(), client.close()])
  }
}

const endpointsIn = (values) => values.filter((value) => value instanceof iroh.Endpoint)

/** Drops everything but the endpoints, collects garbage, and shows that a fresh connection still works. */
async function forget() {
  const [server, client] = endpointsIn(held)
  held.length = 0
  for (let round = 0; round < 5; round++) {
    globalThis.gc()
    await new Promise(setImmediate)
  }
  const [accepted, dialled] = await Promise.all([server.accept(), client.connect(server.addr(), alpn)])
  dialled.sendDatagram('alive')
  await accepted.readDatagram()
  await Promise.all([server.close(), client.close()])
}

const endings = {
  exit: () => process.send('ready', () => process.exit(0)),
  async close() {
    process.send('ready', () => process.disconnect())
    await Promise.all(endpointsIn(held).map((endpoint) => endpoint.close()))
  },
  async forget() {
    await forget()
    process.disconnect()
  },
  unref() {
    for (const endpoint of endpointsIn(held)) endpoint.unref()
    process.send('ready', () => process.disconnect())
  },
  stay() {
    for (const endpoint of endpointsIn(held)) {
      endpoint.unref()
      endpoint.ref()
    }
    process.on('message', () => process.send('yes'))
    process.send('ready')
  }
}

async function main() {
  const [, , stage, ending] = process.argv
  if (!isMainThread) {
    await stages[workerData]()
    parentPort.postMessage('ready')
    parentPort.on('message', () => {})
    return
  }
  if (ending === 'terminate') {
    const worker = new Worker(__filename, { workerData: stage })
    await once(worker, 'message')
    await worker.terminate()
    process.disconnect()
    return
  }
  await stages[stage]()
  await endings[ending]()
}

main()
