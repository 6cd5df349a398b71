// SPDX-License-Identifier: MIT
// An HTTP proxy that connects whatever is asked for to one place, or does what the test tells it.
'use strict'

const { once } = require('node:events')
const http = require('node:http')
const https = require('node:https')
const net = require('node:net')

class TestProxy {
  #server
  #sockets = new Set()
  #isSecure
  /** What it was asked: { method, url, authorization }. */
  asked = []
  /** The port of 127.0.0.1 that everything leads to. */
  target = 0
  /** 'user:password' that it asks for. */
  credentials = null
  /** Called with (socket) in place of an answer to CONNECT. */
  onConnect = null

  constructor(tls) {
    this.#isSecure = tls !== undefined
    this.#server = tls ? https.createServer(tls) : http.createServer()
    this.#server.on('connection', (socket) => this.#keep(socket))
    this.#server.on('connect', (request, socket, head) => this.#connect(request, socket, head))
    this.#server.on('request', (request, response) => this.#forward(request, response))
  }

  async listen() {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    const { port } = this.#server.address()
    const scheme = this.#isSecure ? 'https' : 'http'
    /** Without user and password. */
    this.name = `${scheme}://localhost:${port}`
    return this
  }

  /** With them. */
  urlWith(userInfo) {
    return this.name.replace('://', `://${userInfo}@`)
  }

  async close() {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #keep(socket) {
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => this.#sockets.delete(socket))
  }

  #admits({ method, url, headers }) {
    const authorization = headers['proxy-authorization']
    this.asked.push({ method, url, authorization })
    return this.credentials === null || authorization === `Basic ${Buffer.from(this.credentials).toString('base64')}`
  }

  #connect(request, socket, head) {
    socket.on('error', () => {})
    const isAdmitted = this.#admits(request)
    if (this.onConnect) return this.onConnect(socket)
    if (!isAdmitted) return socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n')
    const there = net.connect(this.target, '127.0.0.1')
    this.#keep(there)
    there.once('connect', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      there.write(head)
      there.pipe(socket).pipe(there)
    })
    there.once('close', () => socket.destroy())
  }

  #forward(request, response) {
    if (!this.#admits(request)) return response.writeHead(407).end()
    const { pathname, search } = new URL(request.url)
    const { 'proxy-authorization': _, ...headers } = request.headers
    const options = { port: this.target, host: '127.0.0.1', method: request.method, path: pathname + search, headers }
    const there = http.request(options, (answer) => {
      response.writeHead(answer.statusCode, answer.headers)
      answer.pipe(response)
    })
    there.on('error', () => response.writeHead(502).end())
    request.pipe(there)
  }
}

/** Call it in a describe(): gives a maker of proxies, and closes after each test what it made. */
function useProxies() {
  const open = []

  afterEach(async () => {
    await Promise.all(open.splice(0).map((proxy) => proxy.close()))
  })

  return async function openProxy(tls) {
    const proxy = await new TestProxy(tls).listen()
    open.push(proxy)
    return proxy
  }
}

module.exports = { useProxies }
