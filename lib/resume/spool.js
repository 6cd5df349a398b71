// SPDX-License-Identifier: MIT
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { keepFromChildren } = require('../base/close-on-exec')
const { IrohError } = require('../base/errors')
const { readBatch, textOf } = require('./batch')
const { isSessionId } = require('./control')
const { isOwner, thisOwner } = require('./owner')

const FORMAT = 1
/** Nobody but its owner reads what is on its way. */
const MODE = 0o700
/**
 * Survives the process, not the power: nothing waits for the disk. Without `useWritemap`, though twice as fast: there a full
 * disk kills the process.
 */
const DURABILITY = { noSync: true, overlappingSync: false }

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

/** The magic number of an LMDB file, and where in its first page it is: after a header of one of two lengths. */
const MAGIC = 0xbeefc0de
const MAGIC_AT = [16, 24]

/** The store takes whatever it finds for a database of its own, and dies of what is none. */
function checkFile(file) {
  if (!fs.existsSync(file)) return
  const head = Buffer.alloc(64)
  const descriptor = fs.openSync(file, 'r')
  fs.readSync(descriptor, head)
  fs.closeSync(descriptor)
  if (!MAGIC_AT.some((offset) => head.readUInt32LE(offset) === MAGIC)) throw failed(`${file} is no spool`)
}

/** @returns {typeof import('lmdb')} @throws {IrohError} ERR_IROH_UNSUPPORTED */
function loadStore() {
  try {
    return require('lmdb')
  } catch (cause) {
    throw new IrohError('ERR_IROH_UNSUPPORTED', { detail: 'a spool needs the package lmdb: npm install lmdb', cause })
  }
}

function failed(detail, cause) {
  return new IrohError('ERR_IROH_SPOOL', { detail: cause ? `${detail}: ${cause.message}` : detail, cause })
}

/** Does something with the store; what fails is told in our words. */
function attempt(detail, act) {
  try {
    return act()
  } catch (cause) {
    throw cause instanceof IrohError ? cause : failed(detail, cause)
  }
}

/**
 * A directory that keeps sessions: an LMDB environment with one slot a peer. One process has it at a time. All calls are
 * synchronous; what they have written survives the death of the process.
 *
 * Databases: `meta` { 'format', 'owner', ['peer', nodeId]: { slot, id, established } },
 * `counts` { [slot, 'sent' | 'received' | 'acknowledged']: number }, `events` { [slot, first]: the text of a batch }.
 */
class Spool {
  #path
  #env
  #meta
  #counts
  #events
  #slots = new Map()
  #nextSlot = 1

  /**
   * Opens a spool; makes the directory if there is none.
   * @param {string} directory
   * @throws {IrohError} ERR_IROH_SPOOL: it cannot be used, or another has it; ERR_IROH_UNSUPPORTED: no package lmdb
   */
  constructor(directory) {
    this.#path = directory
    const { open } = loadStore()
    try {
      attempt(`${directory} cannot be used`, () => this.#open(open))
    } catch (error) {
      this.#env?.close()
      throw error
    }
  }

  get path() {
    return this.#path
  }

  /** @returns {Iterable<[string, Slot]>} the peers it has sessions of */
  get slots() {
    return this.#slots
  }

  /** The slot of a peer. */
  slot(nodeId) {
    let slot = this.#slots.get(nodeId)
    if (!slot) {
      slot = new Slot(this, nodeId, this.#nextSlot++)
      this.#slots.set(nodeId, slot)
    }
    return slot
  }

  /** Another may have it now. */
  async close() {
    const env = this.#env
    if (!env) return
    attempt(`${this.#path} cannot be closed`, () => this.#meta.removeSync('owner'))
    this.#env = null
    await env.close()
  }

  /** @private */
  forget(nodeId) {
    this.#slots.delete(nodeId)
  }

  /** @private One transaction, all or nothing. */
  write(act) {
    this.#assertOpen()
    return attempt(`${this.#path} cannot be written`, () =>
      this.#env.transactionSync(() => act(this.#meta, this.#counts, this.#events))
    )
  }

  /** @private */
  count(key, value) {
    this.#assertOpen()
    attempt(`${this.#path} cannot be written`, () => this.#counts.putSync(key, value))
  }

  /** @private */
  read(act) {
    this.#assertOpen()
    return attempt(`${this.#path} cannot be read`, () => act(this.#meta, this.#counts, this.#events))
  }

  #open(open) {
    const directory = this.#path
    fs.mkdirSync(directory, { recursive: true, mode: MODE })
    if (fs.statSync(directory).mode & 0o077) throw failed(`others may read ${directory}; its mode must be 700`)
    checkFile(path.join(directory, 'data.mdb'))
    this.#env = open({ path: directory, noSubdir: false, maxDbs: 3, ...DURABILITY })
    keepFromChildren(directory)
    this.#meta = this.#env.openDB({ name: 'meta', encoding: 'json' })
    this.#counts = this.#env.openDB({ name: 'counts', encoding: 'json' })
    this.#events = this.#env.openDB({ name: 'events', encoding: 'string' })
    this.#env.transactionSync(() => this.#claim())
    this.#readSlots()
  }

  #assertOpen() {
    if (!this.#env) throw failed(`${this.#path} is closed`)
  }

  /** Inside a transaction, so that of two who try one is the first. */
  #claim() {
    const format = this.#meta.get('format')
    if (format !== undefined && format !== FORMAT) throw failed(`${this.#path} is of format ${format}`)
    const owner = this.#meta.get('owner')
    if (owner !== undefined && isOwner(owner)) throw failed(`process ${owner.pid} has ${this.#path}`)
    this.#meta.putSync('format', FORMAT)
    this.#meta.putSync('owner', thisOwner())
  }

  #readSlots() {
    for (const { key, value } of this.#meta.getRange({ start: ['peer'], end: ['peer', '\uffff'] })) {
      const [, nodeId] = key
      this.#slots.set(nodeId, new Slot(this, nodeId, value.slot))
      this.#nextSlot = Math.max(this.#nextSlot, value.slot + 1)
    }
  }
}

/** What a spool keeps of the session with one peer. */
class Slot {
  #spool
  #number
  #receivedKey
  #nodeId

  /** @private use Spool.slot() */
  constructor(spool, nodeId, number) {
    this.#spool = spool
    this.#nodeId = nodeId
    this.#number = number
    this.#receivedKey = [number, 'received']
  }

  /** @returns {Kept | null} */
  restore() {
    const slot = this.#number
    return this.#spool.read((meta, counts, events) => {
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
    this.#spool.write((meta, counts, events) => {
      removeEvents(events, slot)
      meta.putSync(['peer', this.#nodeId], { slot, id, established })
      counts.putSync([slot, 'acknowledged'], 0)
      counts.putSync(this.#receivedKey, 0)
      counts.putSync([slot, 'sent'], batches.at(-1)?.last ?? 0)
      for (const batch of batches) events.putSync([slot, batch.first], textOf(batch))
    })
  }

  /** The peer knows the session. */
  establish() {
    const key = ['peer', this.#nodeId]
    this.#spool.write((meta) => meta.putSync(key, { ...meta.get(key), established: true }))
  }

  /** Events to send, after those there are. */
  append(batches) {
    const slot = this.#number
    this.#spool.write((_meta, counts, events) => {
      for (const batch of batches) events.putSync([slot, batch.first], textOf(batch))
      counts.putSync([slot, 'sent'], batches.at(-1).last)
    })
  }

  /** The peer has so many events; the batches up to number `forgotten` are not needed any more. */
  acknowledge(received, forgotten) {
    const slot = this.#number
    this.#spool.write((_meta, counts, events) => {
      if (forgotten > 0) removeEvents(events, slot, forgotten)
      counts.putSync([slot, 'acknowledged'], received)
    })
  }

  /** So many were dispatched here. */
  receive(received) {
    this.#spool.count(this.#receivedKey, received)
  }

  /** The session is over. */
  remove() {
    const slot = this.#number
    this.#spool.write((meta, counts, events) => {
      removeEvents(events, slot)
      meta.removeSync(['peer', this.#nodeId])
      for (const what of COUNTS) counts.removeSync([slot, what])
    })
    this.#spool.forget(this.#nodeId)
  }
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
