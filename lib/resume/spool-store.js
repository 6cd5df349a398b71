// SPDX-License-Identifier: MIT
'use strict'

const { randomUUID } = require('node:crypto')
const fs = require('node:fs')
const { keepFromChildren } = require('../base/close-on-exec')
const { IrohError } = require('../base/errors')
const { isOwner, isThisOwner, thisOwner } = require('./owner')
const { knowsLayout } = require('./spool-file')
const { SpoolRoom } = require('./spool-room')

const FORMAT = 1
/** Nobody but its owner reads what is on its way. */
const MODE = 0o700
/**
 * Survives the process, not the power: nothing waits for the disk. Without `useWritemap`, though twice as fast: there a full
 * disk kills the process.
 */
const DURABILITY = { noSync: true, overlappingSync: false }

/** The directories that spools of this thread have. */
const held = new Set()

/**
 * The databases of a spool.
 * @typedef {{ meta: object, counts: object, events: object }} Databases
 */

/**
 * The LMDB environment of a spool. LMDB is asked nothing that it could not survive: its files are looked at before it opens
 * them, and once in each turn in which it works; room is made for what it writes. An error that it reports all the same
 * leaves it in a state that cannot be trusted: the environment is closed, and opened again by whoever needs it next.
 */
class SpoolStore {
  #path
  #real
  #maxBytes
  #open
  #room = null
  #env = null
  /** @type {Databases} */
  #databases
  /** Which file it was that was open last. */
  #identity = null
  #life = 0
  #isChecked = false
  #isClosed = false
  #onTurnOver = () => {
    this.#isChecked = false
  }

  /**
   * @param {string} directory made if there is none
   * @param {number} maxBytes what its file may become
   * @throws {IrohError} ERR_IROH_SPOOL: it cannot be used, or another has it; ERR_IROH_UNSUPPORTED: no package lmdb
   */
  constructor(directory, maxBytes) {
    this.#path = directory
    this.#maxBytes = maxBytes
    this.#open = loadLmdb()
    this.#attempt('cannot be made', () => {
      fs.mkdirSync(directory, { recursive: true, mode: MODE })
      this.#real = fs.realpathSync(directory)
    })
    if (held.has(this.#real)) throw this.#isTaken(process.pid)
    held.add(this.#real)
    try {
      this.#start(true)
    } catch (error) {
      this.#release()
      throw error
    }
  }

  get path() {
    return this.#path
  }

  /** Another number after another file has taken the place of the one that sessions were written to. */
  get life() {
    return this.#life
  }

  /** A session begins: it can do so in a new file. @returns {number} the life it belongs to @throws {IrohError} */
  begin() {
    if (!this.#env && !this.#isClosed) this.#start(true)
    return this.#life
  }

  /**
   * One transaction, all or nothing.
   * @param {number} life
   * @param {number} room that its values take
   * @param {(databases: Databases) => void} act
   * @throws {IrohError} ERR_IROH_SPOOL
   */
  write(life, room, act) {
    this.#use(life, 'cannot be written', () => {
      this.#room.reserve(room)
      this.#inLmdb(() => this.#env.transactionSync(() => act(this.#databases)))
    })
  }

  /** @template T @param {(databases: Databases) => T} act @returns {T} @throws {IrohError} ERR_IROH_SPOOL */
  read(act) {
    return this.#use(this.#life, 'cannot be read', () => this.#inLmdb(() => act(this.#databases)))
  }

  /** Another may have the directory now. What cannot be written is left: the owner that is written there is gone then. */
  close() {
    if (this.#isClosed) return
    try {
      if (this.#env) this.write(this.#life, 0, ({ meta }) => meta.removeSync('owner'))
    } catch {
      // Nobody is told: the next owner sees that this one is gone.
    }
    this.#isClosed = true
    this.#release()
  }

  #use(life, what, act) {
    if (this.#isClosed) throw failed(`${this.#path} is closed`)
    if (!this.#env) this.#start(false)
    if (life !== this.#life) throw failed(`${this.#path} does not have the session any more`)
    return this.#attempt(what, () => {
      this.#check()
      return act()
    })
  }

  /** Once in a turn: somebody else may have done something to the files between two. */
  #check() {
    if (this.#isChecked) return
    try {
      this.#room.check()
    } catch (error) {
      this.#discard()
      throw error
    }
    this.#isChecked = true
    queueMicrotask(this.#onTurnOver)
  }

  /** What LMDB or the file system says is told in our words. */
  #attempt(what, act) {
    try {
      return act()
    } catch (cause) {
      throw cause instanceof IrohError ? cause : failed(`${this.#path} ${what}`, cause)
    }
  }

  #inLmdb(act) {
    try {
      return act()
    } catch (error) {
      if (!(error instanceof IrohError)) this.#discard()
      throw error
    }
  }

  #start(isNew) {
    try {
      this.#attempt('cannot be opened', () => this.#openFiles(isNew))
    } catch (error) {
      this.#discard()
      throw error
    }
  }

  #openFiles(isNew) {
    const directory = this.#path
    if (isNew) fs.mkdirSync(directory, { recursive: true, mode: MODE })
    if (fs.statSync(directory).mode & 0o077) throw failed(`others may read ${directory}; its mode must be 700`)
    this.#room = new SpoolRoom(directory, { maxBytes: this.#maxBytes, isNew })
    this.#room.reserve(0)
    this.#env = this.#open({ path: directory, noSubdir: false, maxDbs: 3, ...DURABILITY })
    keepFromChildren(directory)
    const identity = `${this.#room.identity} ${this.#env.transactionSync(() => this.#claim())}`
    if (identity !== this.#identity) this.#life++
    this.#identity = identity
  }

  /** Inside a transaction, so that of two who try one is the first. @returns {string} the name of what is in the file */
  #claim() {
    this.#databases = {
      meta: this.#env.openDB({ name: 'meta', encoding: 'json' }),
      counts: this.#env.openDB({ name: 'counts', encoding: 'json' }),
      events: this.#env.openDB({ name: 'events', encoding: 'string' })
    }
    const { meta } = this.#databases
    const format = meta.get('format')
    if (format !== undefined && format !== FORMAT) throw failed(`${this.#path} is of format ${format}`)
    const owner = meta.get('owner')
    if (owner !== undefined && !isThisOwner(owner) && isOwner(owner)) throw this.#isTaken(owner.pid)
    const name = meta.get('name') ?? randomUUID()
    meta.putSync('format', FORMAT)
    meta.putSync('name', name)
    meta.putSync('owner', thisOwner())
    return name
  }

  #isTaken(pid) {
    return failed(`process ${pid} has ${this.#path}`)
  }

  #discard() {
    this.#isChecked = false
    this.#env?.close() // at once: nothing of it is asynchronous here
    this.#env = null
    this.#room?.close()
    this.#room = null
  }

  #release() {
    this.#discard()
    held.delete(this.#real)
  }
}

/** @returns {typeof import('lmdb').open} @throws {IrohError} ERR_IROH_UNSUPPORTED */
function loadLmdb() {
  if (!knowsLayout()) throw new IrohError('ERR_IROH_UNSUPPORTED', { detail: 'a spool needs a host of 64 bits' })
  try {
    return require('lmdb').open
  } catch (cause) {
    throw new IrohError('ERR_IROH_UNSUPPORTED', { detail: 'a spool needs the package lmdb: npm install lmdb', cause })
  }
}

/** @returns {IrohError} ERR_IROH_SPOOL */
function failed(detail, cause) {
  return new IrohError('ERR_IROH_SPOOL', { detail: cause ? `${detail}: ${cause.message}` : detail, cause })
}

module.exports = { SpoolStore, failed }
