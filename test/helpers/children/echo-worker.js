// SPDX-License-Identifier: MIT
// A worker thread whose endpoint echoes every stream, until it is told to close.
'use strict'

const { parentPort } = require('node:worker_threads')
const { Endpoint } = require('event-target-iroh')
const { alpn, local } = require('../endpoints.js')

async function echoStreams(connection) {
  for (;;) {
    const { send, recv } = await connection.acceptBi()
    for await (const chunk of recv) await send.writeAll(chunk)
    await send.finish()
  }
}

async function main() {
  const endpoint = await Endpoint.createWithOptions({ ...local, alpns: [alpn] })
  parentPort.once('message', () => endpoint.close())
  parentPort.postMessage(endpoint.addr())
  for await (const connection of endpoint) echoStreams(connection).catch(() => {})
}

main()
