// SPDX-License-Identifier: MIT
'use strict'

const { once } = require('node:events')
const http = require('node:http')
const { Dial } = require('./dial')
const { proxyRefused } = require('./tunnel')

const PROXY_AUTHENTICATION_REQUIRED = 407

/** A connection to an HTTP server, for one request after the other. Redirects are not followed. */
class HttpConnection {
  #url
  #dial
  #opened
  #agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  #isReferenced
  #socket = null
  #failure = null
  #failed
  #fail

  /**
   * Begins to connect.
   * @param {URL} url http or https
   * @param {object} options as Dial takes them
   */
  constructor(url, options) {
    this.#url = url
    this.#isReferenced = options.isReferenced ?? true
    this.#opened = new Promise((resolve, reject) => {
      this.#dial = new Dial(url, options, resolve, reject)
    })
    this.#failed = new Promise((_resolve, reject) => {
      this.#fail = reject
    })
    for (const promise of [this.#opened, this.#failed]) promise.catch(() => {})
    this.#agent.createConnection = () => this.#socket
  }

  /** The proxy it goes by, or null. @returns {import('./proxies').HttpProxy | null} */
  get proxy() {
    return this.#dial.proxy
  }

  /** What is being waited for, as the words of an error; null when it is the answer to a request. */
  get lateWords() {
    return this.#dial.lateWords
  }

  /**
   * Sends a request; resolves with its answer, whose body has not come yet.
   * @param {{ method?: string, headers?: object, body?: Buffer }} [request]
   * @returns {Promise<http.IncomingMessage>}
   * @throws {IrohError | unknown} what close() was given
   */
  async send({ method = 'GET', headers = {}, body } = {}) {
    this.#socket = await Promise.race([this.#opened, this.#failed])
    if (this.#failure) throw this.#failure
    const isForProxy = this.proxy !== null && this.#url.protocol === 'http:'
    const request = http.request({
      agent: this.#agent,
      method,
      path: isForProxy ? this.#url.href : `${this.#url.pathname}${this.#url.search}`,
      headers: { ...headers, ...(isForProxy && this.proxy.headers), host: this.#url.host }
    })
    request.on('error', () => {}) // after the answer nobody else listens
    if (!this.#isReferenced) request.on('socket', (socket) => socket.unref())
    request.end(body)
    try {
      const [response] = await Promise.race([once(request, 'response'), this.#failed])
      response.on('error', () => {})
      if (isForProxy && response.statusCode === PROXY_AUTHENTICATION_REQUIRED) throw proxyRefused(this.proxy, response)
      return response
    } catch (cause) {
      throw cause === this.#failure ? cause : this.#dial.errorOf(cause, false)
    }
  }

  /** Ends it; what is waited for rejects with `error`. */
  close(error) {
    this.#failure ??= error
    this.#fail(error)
    this.#dial.abort()
    this.#agent.destroy()
  }
}

module.exports = { HttpConnection }
