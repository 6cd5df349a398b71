// SPDX-License-Identifier: MIT
'use strict'

const auth = require('../auth')
const protocol = require('../protocol')
const { NOT_AUTHORIZED } = require('./access')
const { CloseReason } = require('./close-reason')

const MAX_REASON_CHARS = 1024

function readAuth(frame) {
  try {
    return protocol.decodeClientHandshake(frame)
  } catch {
    return null
  }
}

/** From the WebSocket to the session: the client proves its NodeId, and the access rule is asked. */
class Admission {
  #ws
  #client
  #relay
  #challenge = null
  #over = false

  /**
   * @param {import('ws').WebSocket} ws
   * @param {object} client what the access rule gets to see, without its NodeId
   * @param {{ access: import('./access').Access, metrics: object, onAdmitted: (client: object) => void }} relay
   */
  constructor(ws, client, relay) {
    this.#ws = ws
    this.#client = client
    this.#relay = relay
    ws.on('message', this.#onMessage)
    ws.on('error', this.#onError)
    ws.on('close', this.#onClose)
  }

  /** @param {string | null} nodeId as the request proved it; null: the client gets a challenge */
  start(nodeId) {
    if (nodeId !== null) {
      this.#authorize(nodeId)
      return
    }
    this.#challenge = auth.newChallenge()
    this.#ws.send(protocol.encodeChallenge(this.#challenge))
  }

  #onMessage = (frame, isBinary) => {
    if (!isBinary) return
    const challenge = this.#challenge
    this.#challenge = null
    const answer = challenge && readAuth(frame)
    if (!answer) {
      this.#onError()
      return
    }
    const nodeId = answer.publicKey.toString('hex')
    if (auth.verifyChallenge(nodeId, challenge, answer.signature)) this.#authorize(nodeId)
    else {
      this.#relay.metrics.authFailed++
      this.#deny('signature invalid')
    }
  }

  async #authorize(nodeId) {
    const client = { ...this.#client, nodeId }
    let reason
    try {
      reason = await this.#relay.access.judge(client)
      if (reason !== null) this.#relay.metrics.accessDenied++
    } catch {
      reason = NOT_AUTHORIZED
      this.#relay.metrics.accessFailed++
    }
    if (this.#over) return
    if (reason !== null) {
      this.#deny(reason)
      return
    }
    this.#leave()
    this.#relay.onAdmitted(client)
  }

  #deny(reason) {
    this.#leave()
    this.#ws.on('error', () => {})
    this.#ws.send(protocol.encodeDeny(reason.slice(0, MAX_REASON_CHARS)))
    this.#ws.close(...CloseReason.DENIED)
  }

  /** A frame or a WebSocket rule was broken. */
  #onError = () => {
    if (this.#over) return
    this.#relay.metrics.badFrames++
    this.#leave()
    this.#ws.on('error', () => {})
    this.#ws.close(...CloseReason.BAD_FRAME)
  }

  #onClose = () => this.#leave()

  #leave() {
    this.#over = true
    this.#ws.off('message', this.#onMessage)
    this.#ws.off('error', this.#onError)
    this.#ws.off('close', this.#onClose)
  }
}

module.exports = { Admission }
