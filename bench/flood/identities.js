// SPDX-License-Identifier: MIT
// An attacker of bench/flood/run.js who goes through whole handshakes, each with another identity, as fast as it can.
'use strict'

const { Endpoint } = require(process.env.PRODUCT)
const { nodeId, port, from } = JSON.parse(process.env.HUB)
const AT_ONCE = 32

async function main() {
  let count = 0
  process.on('message', () => process.send({ sent: count }, () => process.exit()))
  process.on('disconnect', () => process.exit())
  process.send('ready')
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (;;) {
        const endpoint = await Endpoint.createWithOptions({ preset: 'minimal', bindAddress: `${from}:0` })
        const hub = { nodeId, directAddresses: [`127.0.0.1:${port}`] }
        await endpoint.connect(hub, 'alkhub/1', { timeoutMs: 2000 }).then(
          () => count++,
          () => {}
        )
        endpoint.close()
      }
    })
  )
}

main()
