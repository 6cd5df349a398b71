// SPDX-License-Identifier: MIT
'use strict'

const { reasonOf } = require('../../../base/errors')
const { MAX_BYTES, hexOfZ32 } = require('../../../discovery/signed-packet')
const { pathOf } = require('../http')

const PATH = /^\/pkarr\/([^/]*)$/
const TYPE = 'application/x-pkarr-signed-packet'
const ANY_ORIGIN = { 'Access-Control-Allow-Origin': '*' }
const METHODS = 'GET, HEAD, PUT, OPTIONS'
/** What browsers ask before they send a packet. */
const PREFLIGHT = {
  'Access-Control-Allow-Methods': METHODS,
  'Access-Control-Allow-Headers': 'Content-Type',
  'Access-Control-Max-Age': 86_400
}

function reply(response, status, body = '', headers = {}) {
  const length = status === 204 ? {} : { 'Content-Length': Buffer.byteLength(body) }
  response.writeHead(status, { ...ANY_ORIGIN, ...length, ...headers })
  response.end(body)
}

function refuse(response, status, detail) {
  reply(response, status, JSON.stringify({ status: String(status), detail }), { 'Content-Type': 'application/json' })
}

/** A request's body, 'too long' for a packet, or 'broken off'. */
function bodyOf(request) {
  return new Promise((resolve) => {
    const chunks = []
    let length = 0
    request.on('data', (chunk) => {
      length += chunk.length
      if (length <= MAX_BYTES) chunks.push(chunk)
      else resolve('too long')
    })
    request.on('end', () => resolve(Buffer.concat(chunks)))
    request.on('error', () => resolve('broken off'))
  })
}

/** What a pkarr relay answers over HTTP: PUT and GET of /pkarr/<z-base-32 key>. */
class PkarrPages {
  #store
  #limits
  #metrics

  /**
   * @param {import('./packet-store').PacketStore} store
   * @param {import('./publish-limits').PublishLimits} limits
   * @param {import('../metrics').RelayMetrics} metrics
   */
  constructor(store, limits, metrics) {
    this.#store = store
    this.#limits = limits
    this.#metrics = metrics
  }

  /** Answers a request that is for it. @returns {boolean} whether it is */
  serve(request, response) {
    const match = PATH.exec(pathOf(request))
    if (!match) return false
    const nodeId = hexOfZ32(match[1])
    const { method } = request
    if (method === 'OPTIONS') reply(response, 204, '', PREFLIGHT)
    else if (nodeId === null) refuse(response, 400, 'the path ends with no z-base-32 key of 52 characters')
    else if (method === 'PUT') this.#put(nodeId, request, response)
    else if (method === 'GET' || method === 'HEAD') this.#get(nodeId, response)
    else reply(response, 405, '', { Allow: METHODS })
    return true
  }

  #get(nodeId, response) {
    const known = this.#store.get(nodeId)
    this.#metrics.packetsAsked++
    if (known) reply(response, 200, known.packet, { 'Content-Type': TYPE })
    else refuse(response, 404, 'nothing is published under this key')
  }

  async #put(nodeId, request, response) {
    const address = request.socket.remoteAddress
    if (!this.#limits.maySend(address)) {
      this.#refusePut(response, 429, 'too much is published from this address')
      return
    }
    const body = await bodyOf(request)
    if (body === 'broken off') return
    if (body === 'too long') {
      this.#refusePut(response, 413, `a signed packet has at most ${MAX_BYTES} bytes`)
      return
    }
    if (this.#limits.mayVerify(address)) this.#publish(nodeId, body, address, response)
    else this.#refusePut(response, 429, 'too much is published here')
  }

  #publish(nodeId, body, address, response) {
    let done
    try {
      done = this.#store.put(nodeId, body, () => this.#limits.mayAdd(address))
    } catch (error) {
      this.#refusePut(response, 400, reasonOf(error))
      return
    }
    if (done === 'refused') {
      this.#refusePut(response, 429, 'too many keys are published here for the first time')
      return
    }
    this.#metrics.packetsTaken++
    this.#metrics.packets = this.#store.size
    reply(response, 204)
  }

  /** What of the body has not come is not waited for. */
  #refusePut(response, status, detail) {
    this.#metrics.packetsRefused++
    response.setHeader('Connection', 'close')
    refuse(response, status, detail)
  }
}

module.exports = { PkarrPages }
