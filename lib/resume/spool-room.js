// SPDX-License-Identifier: MIT
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { threadId } = require('node:worker_threads')
const { PAGE_SIZE, emptyFile, faultOf, readHead } = require('./spool-file')

const MODE = 0o600
/** LMDB maps its lock file for writing: a page of it that the disk has no room for ends the process. */
const LOCK_SIZE = 3 * PAGE_SIZE
/** The pages that a transaction changes beside its values, of trees that grow. */
const TREES = 8 * PAGE_SIZE
/** A transaction may free all pages there are; the list of them has one number of 8 bytes for each. */
const PAGES_LISTED = PAGE_SIZE / 8
/** A value of more than this has pages of its own. */
const SHORT = 2000
/** There is room for so much more, and for twice as much when it was made; if the disk has it. */
const STEP = 64 * PAGE_SIZE
/** Files that LMDB opens, and one more. */
const DESCRIPTORS = 5

/**
 * The two files of an LMDB environment, seen from outside of LMDB. Room on the disk is taken before LMDB writes: a disk that
 * is full, or a quota, is then an error of a plain write, and never one of a mapping.
 */
class SpoolRoom {
  #data = -1
  #lock = -1
  #path
  #maxBytes
  #pageSize
  /** The length of the data file; it never becomes less. */
  #size = 0
  /** What of it LMDB does not use for certain. */
  #free = 0

  /**
   * Opens the files, and makes those that are missing.
   * @param {string} directory
   * @param {{ maxBytes: number, isNew: boolean }} about isNew: whether they may be made
   * @throws {Error} they cannot be used, or there is no room
   */
  constructor(directory, { maxBytes, isNew }) {
    this.#path = path.join(directory, 'data.mdb')
    this.#maxBytes = maxBytes
    const lock = path.join(directory, 'lock.mdb')
    try {
      if (isNew) {
        makeFile(this.#path, emptyFile())
        makeFile(lock, Buffer.alloc(LOCK_SIZE), LOCK_SIZE)
      }
      assertDescriptors()
      this.#lock = openFile(lock)
      this.#data = openFile(this.#path)
      this.#look()
    } catch (error) {
      this.close()
      throw error
    }
  }

  /** Names the file as long as it exists. */
  get identity() {
    const { dev, ino } = fs.fstatSync(this.#data)
    return `${dev}:${ino}`
  }

  /**
   * Whether LMDB can go on with the files it has mapped.
   * @throws {Error} somebody else removed, truncated or overwrote one
   */
  check() {
    const { nlink, size } = fs.fstatSync(this.#data)
    if (nlink === 0) throw new Error('the file was removed')
    if (size < this.#size) throw new Error('the file was truncated')
    if (!readHead(this.#data)) throw new Error('the file was overwritten')
    if (fs.fstatSync(this.#lock).size >= LOCK_SIZE) return
    fs.ftruncateSync(this.#lock, LOCK_SIZE) // LMDB looks at it once more when it closes
    throw new Error('the lock file was truncated')
  }

  /**
   * Makes room for a transaction at the end of the file, whatever LMDB finds inside of it. One with values leaves as much as
   * those need that come after it, so that what arrived, and what was acknowledged, can be noted when the disk is full.
   * @param {number} bytes for its values, see roomOf(); 0: it has none
   * @throws {Error} ENOSPC, EDQUOT, EIO, …; or the file is as long as it may be
   */
  reserve(bytes) {
    const always = TREES + Math.ceil(this.#size / PAGES_LISTED)
    const needed = bytes > 0 ? 2 * always + bytes : always
    if (this.#free < needed + STEP) this.#measure()
    if (this.#free < needed + STEP) this.#extend(needed)
    this.#probe()
    this.#free -= always + bytes
  }

  close() {
    for (const descriptor of [this.#data, this.#lock]) if (descriptor >= 0) fs.closeSync(descriptor)
    this.#data = -1
    this.#lock = -1
  }

  #look() {
    const fault = faultOf(this.#data)
    if (fault) throw new Error(fault)
    this.#pageSize = readHead(this.#data).pageSize
    this.#measure()
    const { size, blocks } = fs.fstatSync(this.#lock)
    const { bavail, bsize } = fs.statfsSync(path.dirname(this.#path))
    if (blocks * 512 < size && bavail * bsize < LOCK_SIZE) throw new Error('ENOSPC: no room for the lock file')
  }

  #measure() {
    const head = readHead(this.#data)
    if (!head) throw new Error('the file was overwritten')
    this.#size = fs.fstatSync(this.#data).size
    this.#free = this.#size - (head.lastPage + 1) * this.#pageSize
  }

  /**
   * Whether the disk takes writes. LMDB must not be the first to see that it does not: the package lmdb writes its report of
   * a failed write beyond its buffer.
   */
  #probe() {
    const last = this.#size - 1
    const byte = Buffer.alloc(1)
    if (this.#free <= 0) fs.readSync(this.#data, byte, 0, 1, last)
    this.#write(byte, 1, last)
  }

  /** @returns {number} how much of it was written */
  #write(bytes, length, position) {
    const written = fs.writeSync(this.#data, bytes, 0, length, position)
    if (written === 0) throw new Error('the disk takes no writes')
    return written
  }

  /** By a step more than is needed, if that can be. */
  #extend(needed) {
    const used = this.#size - this.#free
    const least = used + needed
    if (least > this.#maxBytes) throw new Error(`its file may have ${this.#maxBytes} bytes, and needs ${least}`)
    try {
      this.#fill(Math.min(least + 2 * STEP, this.#maxBytes))
    } catch (error) {
      if (this.#size < least) throw error
    }
  }

  /** Zeros up to a length. What was written before an error stays: the next transaction needs it. */
  #fill(length) {
    const zeros = Buffer.alloc(Math.min(length - this.#size, STEP))
    while (this.#size < length) {
      const written = this.#write(zeros, Math.min(zeros.length, length - this.#size), this.#size)
      this.#size += written
      this.#free += written
    }
  }
}

/** What the value of so many bytes takes at most, in pages that are half full. */
function roomOf(length) {
  return length > SHORT ? (Math.ceil(length / PAGE_SIZE) + 1) * PAGE_SIZE : 2 * (length + 64)
}

/** Makes a file that is there in full or not at all. One that is shorter than it may be is replaced. */
function makeFile(file, content, least = 1) {
  const found = fs.statSync(file, { throwIfNoEntry: false })
  if (found && (found.size >= least || !found.isFile())) return
  const fresh = `${file}.${process.pid}.${threadId}`
  try {
    fs.writeFileSync(fresh, content, { mode: MODE })
    if (found) fs.rmSync(file)
    linkOrRename(fresh, file)
  } finally {
    fs.rmSync(fresh, { force: true })
  }
}

/** Of two that do it at once one gives way, except where the file system knows no links. */
function linkOrRename(from, to) {
  try {
    fs.linkSync(from, to)
  } catch (error) {
    if (error.code === 'EPERM' || error.code === 'ENOTSUP') fs.renameSync(from, to)
    else if (error.code !== 'EEXIST') throw error
  }
}

function openFile(file) {
  if (!fs.statSync(file).isFile()) throw new Error(`${file} is not a file`)
  return fs.openSync(file, 'r+')
}

/** LMDB must not find out that there are none left: the package lmdb ends the process when it fails to open. */
function assertDescriptors() {
  const held = []
  try {
    while (held.length < DESCRIPTORS) held.push(fs.openSync('/dev/null'))
  } finally {
    for (const descriptor of held) fs.closeSync(descriptor)
  }
}

module.exports = { SpoolRoom, roomOf }
