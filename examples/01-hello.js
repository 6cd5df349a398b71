// SPDX-License-Identifier: MIT
// Two endpoints in one process: one dials the other, and an event goes each way.
//
// prints: spoke: welcome to the hub
// prints: hub: hello from a spoke
'use strict'

const { createHubIrohEventTarget, createSpokeIrohEventTarget, Endpoint } = require('event-target-iroh')

const thisHostOnly = { bindAddress: '127.0.0.1:0', preset: 'minimal' }

async function hub(endpoint) {
  const conn = await endpoint.accept()
  const eventTarget = await createHubIrohEventTarget(conn)
  eventTarget.send({ type: 'welcome', payload: 'welcome to the hub' })
  await new Promise((resolve) => {
    eventTarget.addEventListener('hello:42', ({ detail }) => {
      console.log('hub:', detail.payload)
      resolve()
    })
  })
}

async function spoke(endpoint, hubAddr) {
  const conn = await endpoint.connect(hubAddr, 'alkhub/1')
  const eventTarget = await createSpokeIrohEventTarget(conn)
  eventTarget.addEventListener('welcome', ({ detail }) => {
    console.log('spoke:', detail.payload)
    const hello = { type: 'hello', id: '42', payload: 'hello from a spoke' }
    eventTarget.dispatchEvent(new CustomEvent('hello:42', { detail: hello }))
  })
}

async function main() {
  const hubEndpoint = await Endpoint.createWithOptions({ alpns: ['alkhub/1'], ...thisHostOnly })
  const spokeEndpoint = await Endpoint.createWithOptions(thisHostOnly)
  await Promise.all([hub(hubEndpoint), spoke(spokeEndpoint, hubEndpoint.addr())])
  await Promise.all([hubEndpoint.close(), spokeEndpoint.close()])
}

main()
