// SPDX-License-Identifier: MIT
// Unreliable datagrams: a player's position, where only the newest counts. On loopback none gets lost.
//
// prints: position 1: 10,0
// prints: position 2: 20,5
// prints: position 3: 30,10
// prints: too large: ERR_IROH_DATAGRAM_TOO_LARGE
'use strict'

const { Endpoint } = require('event-target-iroh')

const alpn = 'game/1'
const thisHostOnly = { bindAddress: '127.0.0.1:0', preset: 'minimal' }

async function main() {
  const server = await Endpoint.createWithOptions({ alpns: [alpn], ...thisHostOnly })
  const client = await Endpoint.createWithOptions(thisHostOnly)
  const [far, near] = await Promise.all([server.accept(), client.connect(server.addr(), alpn)])

  for (let step = 1; step <= 3; step++) {
    const position = Buffer.alloc(8)
    position.writeFloatBE(step * 10, 0)
    position.writeFloatBE((step - 1) * 5, 4)
    near.sendDatagram(position)
    const received = await far.readDatagram()
    console.log(`position ${step}: ${received.readFloatBE(0)},${received.readFloatBE(4)}`)
  }

  try {
    near.sendDatagram(Buffer.alloc(near.maxDatagramSize() + 1))
  } catch (error) {
    console.log(`too large: ${error.code}`)
  }
  await Promise.all([client.close(), server.close()])
}

main()
