// SPDX-License-Identifier: MIT
// Streams without event targets: a file server in miniature. The client asks by name on a bidirectional stream and
// reads the answer as a WHATWG stream.
//
// prints: poem.txt: 43 bytes
// prints: nothing.txt: ERR_IROH_STREAM_RESET 404
'use strict'

const { Endpoint } = require('event-target-iroh')

const alpn = 'files/1'
const thisHostOnly = { bindAddress: '127.0.0.1:0', preset: 'minimal' }
const files = new Map([['poem.txt', 'The fog comes\non little cat feet.\n\nSandburg']])

async function serve(endpoint) {
  for await (const conn of endpoint) serveConnection(conn).catch(() => {}) // it ends when the client goes
}

async function serveConnection(conn) {
  for (;;) {
    const { send, recv } = await conn.acceptBi()
    const name = (await recv.readToEnd(256)).toString()
    if (files.has(name)) {
      await send.writeAll(files.get(name))
      await send.finish()
    } else {
      send.reset(404)
    }
  }
}

async function get(conn, name) {
  const { send, recv } = await conn.openBi()
  await send.writeAll(name)
  await send.finish()
  const text = await new Response(recv.readable).text()
  console.log(`${name}: ${Buffer.byteLength(text)} bytes`)
}

async function main() {
  const server = await Endpoint.createWithOptions({ alpns: [alpn], ...thisHostOnly })
  serve(server)
  const client = await Endpoint.createWithOptions(thisHostOnly)
  const conn = await client.connect(server.addr(), alpn)
  await get(conn, 'poem.txt')
  await get(conn, 'nothing.txt').catch((error) => console.log(`nothing.txt: ${error.code} ${error.quicError}`))
  await Promise.all([client.close(), server.close()])
}

main()
