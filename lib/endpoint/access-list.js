// SPDX-License-Identifier: MIT
'use strict'

const { invalid } = require('../base/errors')
const { reportUncaught } = require('../base/guard')
const { parsePeer } = require('../tickets/peer')

function readRule(rule, name) {
  if (rule === undefined || typeof rule === 'function') return rule
  if (rule === null || typeof rule === 'string' || typeof rule[Symbol.iterator] !== 'function') {
    throw invalid(`${name} must be a list or Set of NodeIds, or a function`)
  }
  return new Set([...rule].map((peer) => parsePeer(peer).nodeId))
}

/**
 * Who may connect to this endpoint; asked inside the TLS handshake, and again when the connection comes to be. Functions
 * are strict: an `allow` function admits with `true` only, a `deny` function with `false` only. Denied beats allowed.
 */
class AccessList {
  #allowed = new Set()
  #denied = new Set()
  #mayAllow
  #mayDeny
  #listedOnly = false

  constructor({ allow, deny }) {
    this.restrict(allow)
    const rule = readRule(deny, 'deny')
    if (typeof rule === 'function') this.#mayDeny = rule
    else if (rule) this.#denied = rule
  }

  /** Sets the allow rule anew: a list, a function, or undefined for everyone. */
  restrict(allow) {
    const rule = readRule(allow, 'allow')
    this.#mayAllow = typeof rule === 'function' ? rule : undefined
    this.#allowed = rule instanceof Set ? rule : new Set()
    this.#listedOnly = rule !== undefined
  }

  allow(nodeId) {
    this.#denied.delete(nodeId)
    this.#allowed.add(nodeId)
  }

  deny(nodeId) {
    this.#allowed.delete(nodeId)
    this.#denied.add(nodeId)
  }

  /** Whether it stands on the list of the denied. @returns {boolean} */
  denies(nodeId) {
    return this.#denied.has(nodeId)
  }

  /** Whether the lists alone, as they are now, let it in. @returns {boolean} */
  listsAdmit(nodeId) {
    if (this.#denied.has(nodeId)) return false
    return this.#allowed.has(nodeId) || !this.#listedOnly || this.#mayAllow !== undefined
  }

  /** A function that throws admits nobody; its error is reported as uncaught. @returns {boolean} */
  admits(nodeId) {
    try {
      return this.#judge(nodeId)
    } catch (error) {
      reportUncaught(error)
      return false
    }
  }

  #judge(nodeId) {
    if (this.#denied.has(nodeId)) return false
    if (this.#mayDeny && this.#mayDeny(nodeId) !== false) return false
    if (this.#allowed.has(nodeId) || !this.#listedOnly) return true
    return this.#mayAllow !== undefined && this.#mayAllow(nodeId) === true
  }
}

module.exports = { AccessList }
