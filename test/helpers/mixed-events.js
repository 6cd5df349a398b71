// SPDX-License-Identifier: MIT
// A long run of events from 10 bytes to 512 KiB with text of every kind, the same on both sides for the same seed.
'use strict'

const { createHash } = require('node:crypto')
const { seededRandom } = require('./events.js')

const alphabets = ['abc xyz', 'ÄÖÜß', 'Ωж', '日本語', '🦜👩‍👩‍👧', '"\\\n\t', '\u2028']

class MixedEvents {
  #random
  #count

  constructor(seed, count) {
    this.#random = seededRandom(seed)
    this.#count = count
  }

  /** Sends all of them, waiting whenever 4 MiB are buffered. */
  async send(target) {
    for (let index = 0; index < this.#count; index++) {
      const text = this.#text(index)
      target.send({ type: 'mixed', payload: { index, text, sum: checksum(text) } })
      if (target.bufferedAmount > 4 << 20) await target.drained()
    }
  }

  /** Resolves once all came, each whole and in its turn. */
  receive(target) {
    return new Promise((resolve, reject) => {
      let next = 0
      target.addEventListener('mixed', ({ detail: { payload } }) => {
        const expected = this.#text(next)
        if (payload.index !== next || payload.text !== expected || payload.sum !== checksum(expected)) {
          reject(new Error(`event ${payload.index} came where ${next} was due, or changed`))
        }
        if (++next === this.#count) resolve()
      })
      target.addEventListener('error', ({ error }) => reject(error))
      target.addEventListener('close', () => reject(new Error(`closed after ${next} events`)))
    })
  }

  /** Mostly short, some of some KiB, one in a thousand of hundreds of KiB, and the largest now and then. */
  #text(index) {
    const alphabet = alphabets[Math.floor(this.#random() * alphabets.length)]
    const dice = this.#random()
    let bytes = Math.floor(this.#random() * 200)
    if (dice < 0.05) bytes = Math.floor(this.#random() * 8192)
    if (dice < 0.001) bytes = Math.floor(this.#random() * 400000)
    if (index % 20000 === 19999) bytes = 512 * 1024 - 200
    const escaped = Buffer.byteLength(JSON.stringify(alphabet)) - 2
    return alphabet.repeat(Math.floor(bytes / escaped))
  }
}

function checksum(text) {
  return createHash('sha1').update(text).digest('base64')
}

module.exports = { MixedEvents }
