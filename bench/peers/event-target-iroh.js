// SPDX-License-Identifier: MIT
'use strict'

const { createHubIrohEventTarget, createSpokeIrohEventTarget, Endpoint, SecretKey } = require('event-target-iroh')

const ALPN = 'bench/1'

/** This package, used as its users use it. */
class TargetConnection {
  target
  drained = () => this.target.drained()

  /** @param {EventTarget} target Of createSpokeIrohEventTarget or createHubIrohEventTarget. */
  constructor(target) {
    this.target = target
  }

  get bufferedAmount() {
    return this.target.bufferedAmount
  }

  send(envelope) {
    this.target.send(envelope)
  }
}

async function open() {
  const endpoint = await Endpoint.createWithOptions({
    bindAddress: '127.0.0.1:0',
    alpns: [ALPN],
    secretKey: SecretKey.generate(),
    preset: 'minimal'
  })

  async function accept(connection, onConnection) {
    onConnection(new TargetConnection(await createHubIrohEventTarget(connection)))
  }

  async function acceptAll(onConnection) {
    for await (const connection of endpoint) accept(connection, onConnection).catch(() => {})
  }

  return {
    async listen(onConnection) {
      acceptAll(onConnection).catch(() => {})
      return endpoint.addr()
    },
    async connect(address) {
      return new TargetConnection(await createSpokeIrohEventTarget(await endpoint.connect(address, ALPN)))
    },
    close() {
      return endpoint.close()
    }
  }
}

module.exports = { TargetConnection, open }
