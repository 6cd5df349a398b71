// SPDX-License-Identifier: MIT
'use strict'

const { readBatch, textOf } = require('./batch')
const { isSessionId } = require('./control')
const { roomOf } = require('./spool-room')
const { SpoolStore, failed } = require('./spool-store')

/**
 * What of a session outlives the process.
 * @typedef {object} Kept
 * @property {string} id
 * @property {boolean} established
 * @property {number} acknowledged
 * @property {import('./batch').Batch[]} batches of the events after `acknowledged`, and maybe of some before
 * @property {number} received
 */

/** What is counted of a session, each under its slot. */
const COUNTS = ['acknowledged', 'sent', 'received']

/**
 * A directory that keeps sessions, one slot a peer. One process has it at a time. All calls are synchronous; what they have
 * written survives the death of the process. What fails is an IrohError, ERR_IROH_SPOOL.
 *
 * Databases: `meta` { 'format', 'owner', ['peer', nodeId]: { slot, id, established } },
 * `counts` { [slot, 'sent' | 'received' | 'acknowledged']: number }, `events` { [slot, first]: the text of a batch }.
 */
class Spool {
  #store
  #slots = new Map()
  #nextSlot = 1

  /**
   * Opens a spool; makes the directory if there is none.
   * @param {string} directory
   * @param {number} maxReplay characters of JSON that its sessions hold at most, which bounds its file
   * @throws {IrohError} ERR_IROH_SPOOL: it cannot be used, or another has it; ERR_IROH_UNSUPPORTED: no package lmdb
   */
  constructor(directory, maxReplay) {
    this.#store = new SpoolStore(directory, maxFileBytes(maxReplay))
    try {
      this.#store.read(({ meta }) => this.#readSlots(meta))
    } catch (error) {
      this.#store.close()
      throw error
    }
  }

  get path() {
    return this.#store.path
  }

  /** @returns {Iterable<[string, Slot]>} the peers it has sessions of */
  get slots() {
    return this.#slots
  }

  /** The slot of a peer. */
  slot(nodeId) {
    let slot = this.#slots.get(nodeId)
    if (!slot) {
      slot = this.#newSlot(nodeId, this.#nextSlot++)
      this.#slots.set(nodeId, slot)
    }
    return slot
  }

  /** Another may have it now. Never fails: a spool of a process that is gone is free. */
  close() {
    this.#store.close()
  }

  #newSlot(nodeId, number) {
    return new Slot(this.#store, nodeId, number, () => this.#slots.delete(nodeId))
  }

  #readSlots(meta) {
    for (const { key, value } of meta.getRange({ start: ['peer'], end: ['peer', '\uffff'] })) {
      const [, nodeId] = key
      if (!Number.isSafeInteger(value?.slot)) throw failed('a session has no slot')
      this.#slots.set(nodeId, this.#newSlot(nodeId, value.slot))
      this.#nextSlot = Math.max(this.#nextSlot, value.slot + 1)
    }
  }
}

/** What a spool keeps of the session with one peer. */
class Slot {
  #store
  #number
  #receivedKey
  #nodeId
  #onRemoved
  /** The file that has the session: one that took its place has not. */
  #life

  /** @private use Spool.slot() */
  constructor(store, nodeId, number, onRemoved) {
    this.#store = store
    this.#nodeId = nodeId
    this.#number = number
    this.#receivedKey = [number, 'received']
    this.#onRemoved = onRemoved
    this.#life = store.life
  }

  /** @returns {Kept | null} */
  restore() {
    const slot = this.#number
    return this.#store.read(({ meta, counts, events }) => {
      const session = meta.get(['peer', this.#nodeId])
      if (!session) return null
      const [acknowledged, sent, received] = COUNTS.map((what) => checkCount(counts.get([slot, what]), what))
      const batches = [...events.getRange(keysOf(slot))].map(({ key, value }) => readBatch(key[1], value))
      checkWhole(batches, acknowledged, sent)
      const { id, established } = session
      if (!isSessionId(id)) throw failed('the session has no id')
      return { id, established, acknowledged, batches, received }
    })
  }

  /** A new session takes the place of the one there was. */
  begin({ id, established, batches }) {
    const slot = this.#number
    this.#life = this.#store.begin()
    const texts = textsOf(batches)
    this.#write(roomOfAll(texts), ({ meta, counts, events }) => {
      removeEvents(events, slot)
      meta.putSync(['peer', this.#nodeId], { slot, id, established })
      counts.putSync([slot, 'acknowledged'], 0)
      counts.putSync(this.#receivedKey, 0)
      putEvents(counts, events, slot, texts, batches.at(-1)?.last ?? 0)
    })
  }

  /** The peer knows the session. */
  establish() {
    const key = ['peer', this.#nodeId]
    this.#write(0, ({ meta }) => meta.putSync(key, { ...meta.get(key), established: true }))
  }

  /** Events to send, after those there are. */
  append(batches) {
    const texts = textsOf(batches)
    this.#write(roomOfAll(texts), ({ counts, events }) =>
      putEvents(counts, events, this.#number, texts, batches.at(-1).last)
    )
  }

  /** The peer has so many events; the batches up to number `forgotten` are not needed any more. */
  acknowledge(received, forgotten) {
    const slot = this.#number
    this.#write(0, ({ counts, events }) => {
      if (forgotten > 0) removeEvents(events, slot, forgotten)
      counts.putSync([slot, 'acknowledged'], received)
    })
  }

  /** So many were dispatched here. */
  receive(received) {
    this.#write(0, ({ counts }) => counts.putSync(this.#receivedKey, received))
  }

  /** The session is over. */
  remove() {
    const slot = this.#number
    this.#onRemoved()
    this.#write(0, ({ meta, counts, events }) => {
      removeEvents(events, slot)
      meta.removeSync(['peer', this.#nodeId])
      for (const what of COUNTS) counts.removeSync([slot, what])
    })
  }

  #write(room, act) {
    this.#store.write(this.#life, room, act)
  }
}

/**
 * How long the file of a spool may become. A character has at most three bytes in UTF-8, and a page is at least half full;
 * the rest is for what is free, of pieces that are too small for what comes, and for sessions that hold nothing.
 */
function maxFileBytes(maxReplay) {
  return 8 * maxReplay + 16 * 1024 * 1024
}

/** @returns {[number, string][]} the number of the first event of each, and its text */
function textsOf(batches) {
  return batches.map((batch) => [batch.first, textOf(batch)])
}

function roomOfAll(texts) {
  return texts.reduce((sum, [, text]) => sum + roomOf(Buffer.byteLength(text)), 0)
}

function putEvents(counts, events, slot, texts, last) {
  for (const [first, text] of texts) events.putSync([slot, first], text)
  counts.putSync([slot, 'sent'], last)
}

/** The keys of the batches that begin with an event up to number `last`. */
function keysOf(slot, last = Number.MAX_SAFE_INTEGER) {
  return { start: [slot], end: [slot, last + 1] }
}

function removeEvents(events, slot, last) {
  for (const key of [...events.getKeys(keysOf(slot, last))]) events.removeSync(key)
}

/** @throws {IrohError} ERR_IROH_SPOOL if it is none: the file is not as it was written */
function checkCount(value, what) {
  if (!Number.isSafeInteger(value) || value < 0) throw failed(`the number of events ${what} is missing`)
  return value
}

/** @throws {IrohError} ERR_IROH_SPOOL if an event that was sent and not acknowledged is not there */
function checkWhole(batches, acknowledged, sent) {
  let next = acknowledged + 1
  for (const { first, last } of batches) {
    if (first > next) break
    next = last + 1
  }
  if (next !== sent + 1) throw failed(`events from ${next} to ${sent} are missing`)
}

module.exports = { Slot, Spool }
