// SPDX-License-Identifier: MIT
'use strict'

const { FrameReader, FrameWriter } = require('../codec')

/** The ceiling: the whole job on one thread, the frames of a turn handed over in memory. */
class LocalConnection {
  target = new EventTarget()
  bufferedAmount = 0
  #reader = new FrameReader(this.target)
  #writer = new FrameWriter()
  #scheduled = false
  #other
  #flush = () => {
    this.#scheduled = false
    for (const chunk of this.#writer.take()) this.#other.#reader.push(chunk)
  }

  /** Two connected ends. */
  static pair() {
    const ends = [new LocalConnection(), new LocalConnection()]
    ends[0].#other = ends[1]
    ends[1].#other = ends[0]
    return ends
  }

  send(envelope) {
    this.#writer.add(envelope)
    if (this.#scheduled) return
    this.#scheduled = true
    process.nextTick(this.#flush)
  }

  async drained() {}
}

async function open() {
  let onConnection
  return {
    async listen(callback) {
      onConnection = callback
      return 'here'
    },
    async connect() {
      const [dialled, accepted] = LocalConnection.pair()
      onConnection(accepted)
      return dialled
    },
    async close() {}
  }
}

module.exports = { open }
