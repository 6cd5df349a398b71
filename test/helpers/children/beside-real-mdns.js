// SPDX-License-Identifier: MIT
// In a network of its own: endpoints with localDiscovery beside a real iroh endpoint with iroh's mDNS. Prints as one line
// of JSON what both saw. The argument is this host's address.
'use strict'

const { setTimeout: sleep } = require('node:timers/promises')
const { Endpoint, localDiscovery } = require('event-target-iroh')
const { RealMdnsPeer } = require('../../interop/rust-mdns/peer')
const { alpn } = require('../endpoints')

const OURS = 8
/** Several times as long as real iroh takes to forget one that is silent. */
const WATCH_MS = 10_000

async function create(options) {
  const local = localDiscovery()
  const endpoint = await Endpoint.createWithOptions({ preset: 'minimal', ...options, discovery: [local] })
  return { endpoint, local }
}

/** Asks until the real one knows so many. */
async function untilKnown(real, count) {
  let list = await real.list()
  while (list.known.length !== count) {
    await sleep(100)
    list = await real.list()
  }
  return list
}

async function main(address) {
  const real = await RealMdnsPeer.start(`${address}:0`)
  const dialler = await create({})
  const toReal = await dialler.endpoint.connect(real.nodeId, alpn)
  const accepted = (await real.accepted()) === dialler.endpoint.nodeId()
  const quiet = (await real.list()).known.length
  toReal.close()

  const hubs = []
  while (hubs.length < OURS) hubs.push(await create({ alpns: [alpn] }))
  const [{ endpoint, local }] = hubs
  const dialled = (await real.dial(endpoint.nodeId())) === endpoint.nodeId()
  const connection = await endpoint.accept()
  const isReal = connection.remoteNodeId() === real.nodeId
  await untilKnown(real, OURS)
  await sleep(WATCH_MS)
  const { known, expired } = await real.list()
  const peers = (await local.peers()).map(({ nodeId }) => nodeId)
  const listed = peers.includes(real.nodeId) && peers.length

  await Promise.all([dialler, ...hubs].map((one) => one.endpoint.close()))
  await untilKnown(real, 0)
  await real.close()
  console.log(JSON.stringify({ accepted, quiet, dialled, isReal, known: known.length, expired, listed }))
}

main(process.argv[2])
