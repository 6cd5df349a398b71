// SPDX-License-Identifier: MIT
// A subscriber over server-sent events that takes its time.
'use strict'

const http = require('node:http')
const { setTimeout: sleep } = require('node:timers/promises')

const SUBSCRIPTION = 'subscription ($room: ID!) { tick(room: $room) { n text } }'

/** The response of a GraphQL server to a subscription. */
function request(port, room) {
  const headers = { accept: 'text/event-stream', 'content-type': 'application/json' }
  const asked = http.request({ host: '127.0.0.1', port, path: '/graphql', method: 'POST', headers })
  asked.end(JSON.stringify({ query: SUBSCRIPTION, variables: { room } }))
  return new Promise((resolve, reject) => asked.once('response', resolve).once('error', reject))
}

/** The events of a stream of server-sent events: { event, data }. */
async function* eventsIn(stream) {
  let text = ''
  for await (const chunk of stream.setEncoding('utf8')) {
    const blocks = (text + chunk).split('\n\n')
    text = blocks.pop()
    for (const block of blocks) {
      const fields = block
        .split('\n')
        .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)])
      const { event, data } = Object.fromEntries(fields)
      if (event !== undefined) yield { event: event.trim(), data: data?.trim() }
    }
  }
}

/**
 * Subscribes to a room, and reads: `every` events, then nothing for `restMs`, and so on.
 * @param {{ port: number, room: string, every?: number, restMs?: number }} about
 * @yields {{ tick: { n: number, text: string | null } } | { errors: object[] }}
 */
async function* subscribe({ port, room, every = Number.POSITIVE_INFINITY, restMs = 0 }) {
  let count = 0
  for await (const { event, data } of eventsIn(await request(port, room))) {
    if (event !== 'next') continue
    const { data: given, errors } = JSON.parse(data)
    yield errors ? { errors } : given
    if (++count % every === 0) await sleep(restMs)
  }
}

module.exports = { subscribe }
