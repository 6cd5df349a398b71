// SPDX-License-Identifier: MIT
// Random addresses for tickets, and what can happen to a ticket on its way. The same seed gives the same.
'use strict'

const { SecretKey } = require('event-target-iroh')
const { base32 } = require('../../lib/base/base32')
const { seededRandom } = require('./events.js')

const CHARACTERS = 'abcxyz0279ABC-_=/@:. é\u{1f600}\0'
const HOSTS = ['relay.example.com.', 'a.example', '127.0.0.1', '[2001:db8::1]', 'XN--BCHER-KVA.example']
const PREFIX = 'endpoint'

class RandomTickets {
  #random
  #nodeIds

  constructor(seed) {
    this.#random = seededRandom(seed)
    this.#nodeIds = Array.from({ length: 50 }, () => SecretKey.fromBytes(this.bytes(32)).nodeId())
  }

  below(limit) {
    return Math.floor(this.#random() * limit)
  }

  bytes(count) {
    return Buffer.from(Array.from({ length: count }, () => this.below(256)))
  }

  pick(list) {
    return list[this.below(list.length)]
  }

  #address() {
    const port = this.below(65536)
    if (this.below(2) === 0) return `${this.bytes(4).join('.')}:${port}`
    const groups = Array.from({ length: 8 }, () => (this.below(2) === 0 ? '0' : this.below(65536).toString(16)))
    return `[${groups.join(':')}]:${port}`
  }

  /** A NodeAddr: none to seven addresses, in any order, and with a relay or without. */
  nodeAddr() {
    const directAddresses = Array.from({ length: this.below(8) }, () => this.#address())
    const addr = { nodeId: this.pick(this.#nodeIds), directAddresses }
    if (this.below(2) === 0) return addr
    const port = this.below(2) === 0 ? '' : `:${this.below(65536)}`
    return { ...addr, relayUrl: `${this.pick(['http', 'https'])}://${this.pick(HOSTS)}${port}` }
  }

  /** The text with one to three changes. */
  mutate(text) {
    let mutant = text
    for (let left = 1 + this.below(3); left > 0; left--) mutant = this.#mutateOnce(mutant)
    return mutant
  }

  /** An endpoint ticket whose bytes have changed, so that its base32 is in order. */
  mutateBytes(text) {
    const bytes = base32.decode(text.slice(PREFIX.length))
    const at = this.below(bytes.length)
    const changes = [
      () => bytes.fill(this.below(256), at, at + 1),
      () => bytes.fill(this.below(4), at, at + 1),
      () => bytes.fill(bytes[at] ^ (1 << this.below(8)), at, at + 1)
    ]
    this.pick(changes)()
    const parts = [
      [bytes],
      [bytes.subarray(0, at)],
      [bytes.subarray(0, at), this.bytes(1 + this.below(3)), bytes.subarray(at)],
      [bytes.subarray(0, at), bytes.subarray(at + 1)],
      [bytes, this.bytes(1 + this.below(3))]
    ]
    return PREFIX + base32.encode(Buffer.concat(this.below(2) === 0 ? [bytes] : this.pick(parts)))
  }

  #mutateOnce(text) {
    const at = this.below(text.length + 1)
    const char = this.pick([...CHARACTERS])
    const changes = [
      () => text.slice(0, at) + char + text.slice(at + 1),
      () => text.slice(0, at) + char + text.slice(at),
      () => text.slice(0, at) + text.slice(at + 1),
      () => text.slice(0, at),
      () => text.slice(at),
      () => text + text.slice(at),
      () => text.toUpperCase(),
      () => text.slice(0, at) + text.slice(at).toUpperCase(),
      () => text.slice(0, at) + (text[at + 1] ?? '') + (text[at] ?? '') + text.slice(at + 2),
      () => ` ${text}\n`
    ]
    return this.pick(changes)()
  }
}

module.exports = { RandomTickets }
