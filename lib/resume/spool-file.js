// SPDX-License-Identifier: MIT
'use strict'

const fs = require('node:fs')
const os = require('node:os')

/*
 * The layout of an LMDB file (data version 2, 64 bits, little endian), as far as a spool needs it. LMDB reads its file
 * through a mapping and trusts it: a file that ends too early, or a page that holds something else, ends the process with a
 * signal. So a spool looks at the file before LMDB does.
 */

const PAGE_SIZE = 4096
const MAGIC = 0xbeefc0de
const DATA_VERSION = 2
const NO_PAGE = 0xffffffffffffffffn

const PAGE = { id: 0, transaction: 8, flags: 18, lower: 20, upper: 22, count: 20, header: 24 }
const BRANCH = 0x01
const LEAF = 0x02
const OVERFLOW = 0x04
const META = 0x08
/** The other flags of a page say what is to be done with it, not what it is. */
const KIND = 0x0fff

/** Where things are in a meta page: two roots, each in a record of a database. */
const HEAD = { magic: 24, version: 28, mapSize: 40, free: 48, main: 96, lastPage: 144, transaction: 152, end: 168 }
const DATABASE = { pageSize: 0, flags: 4, root: 40, size: 48 }
const INTEGER_KEY = 0x08

const NODE = { low: 0, high: 2, flags: 4, keySize: 6, header: 8 }
const BIG_DATA = 0x01
const SUB_DATABASE = 0x02
const BIG_DATA_SIZE = 24
/** Deeper than any tree that fits on a disk. */
const MAX_DEPTH = 32

/** Whether LMDB's files have this layout on this host. */
function knowsLayout() {
  return os.endianness() === 'LE' && process.arch.endsWith('64')
}

/** An environment without a database: two meta pages. */
function emptyFile() {
  const file = Buffer.alloc(2 * PAGE_SIZE)
  for (const id of [0, 1]) {
    const page = file.subarray(id * PAGE_SIZE)
    page.writeBigUInt64LE(BigInt(id), PAGE.id)
    page.writeUInt16LE(META, PAGE.flags)
    page.writeUInt32LE(MAGIC, HEAD.magic)
    page.writeUInt32LE(DATA_VERSION, HEAD.version)
    page.writeBigUInt64LE(128n * 1024n, HEAD.mapSize)
    page.writeUInt32LE(PAGE_SIZE, HEAD.free + DATABASE.pageSize)
    page.writeUInt16LE(INTEGER_KEY, HEAD.free + DATABASE.flags)
    page.writeBigUInt64LE(NO_PAGE, HEAD.free + DATABASE.root)
    page.writeBigUInt64LE(NO_PAGE, HEAD.main + DATABASE.root)
    page.writeBigUInt64LE(1n, HEAD.lastPage)
  }
  return file
}

/**
 * What the newer of the two meta pages says.
 * @returns {{ pageSize: number, lastPage: number, roots: bigint[], transaction: bigint } | null} null: one of them is not a meta page
 */
function readHead(descriptor) {
  const first = readMeta(descriptor, 0)
  if (!first) return null
  const second = readMeta(descriptor, first.pageSize)
  if (!second || second.pageSize !== first.pageSize) return null
  return second.transaction > first.transaction ? second : first
}

function readMeta(descriptor, position) {
  const page = Buffer.allocUnsafe(HEAD.end)
  if (fs.readSync(descriptor, page, 0, HEAD.end, position) < HEAD.end) return null
  const pageSize = page.readUInt32LE(HEAD.free + DATABASE.pageSize)
  const isMeta =
    page.readUInt16LE(PAGE.flags) & META &&
    page.readUInt32LE(HEAD.magic) === MAGIC &&
    (page.readUInt32LE(HEAD.version) & 0xffff) === DATA_VERSION &&
    pageSize >= 512 &&
    pageSize <= 65536 &&
    (pageSize & (pageSize - 1)) === 0
  if (!isMeta) return null
  const roots = [HEAD.free, HEAD.main].map((at) => page.readBigUInt64LE(at + DATABASE.root))
  const lastPage = Number(page.readBigUInt64LE(HEAD.lastPage))
  return { pageSize, lastPage, roots, transaction: page.readBigUInt64LE(HEAD.transaction) }
}

/** A page that is not what it should be. */
class Fault extends Error {}

/** What the values of a tree are. */
const Values = { PAGES: 'lists of free pages', DATABASES: 'databases', TEXTS: 'texts' }

/** Follows every tree of the file. */
class Walk {
  #descriptor
  #pageSize
  #pages
  /** The number after that of the last page, which may never have been written. */
  #end
  /** The last: what is of a later one, LMDB takes for a page that it may write to in memory. */
  #transaction
  /** Each page belongs to one tree: what is met twice is a loop. */
  #left

  constructor(descriptor, { pageSize, lastPage, transaction }, length) {
    this.#descriptor = descriptor
    this.#pageSize = pageSize
    this.#pages = Math.min(Math.floor(length / pageSize), lastPage + 1)
    this.#left = this.#pages
    this.#end = lastPage + 1
    this.#transaction = transaction
  }

  tree(root, values, depth = 0) {
    if (root === NO_PAGE) return
    if (depth > MAX_DEPTH) throw new Fault('its trees are too deep')
    const page = this.#read(root)
    const kind = kindOf(page)
    if (kind !== BRANCH && kind !== LEAF) throw new Fault(`page ${root} is not of a tree`)
    for (const node of this.#nodes(page, root)) {
      if (kind === BRANCH) this.tree(childOf(node), values, depth + 1)
      else this.#leaf(node, values, depth)
    }
  }

  #read(id, count = 1) {
    if (id < 2n || id + BigInt(count) > BigInt(this.#pages)) throw new Fault(`page ${id} is missing`)
    this.#left -= count
    if (this.#left < 0) throw new Fault('its trees share pages')
    const page = Buffer.allocUnsafe(this.#pageSize)
    const length = fs.readSync(this.#descriptor, page, 0, page.length, Number(id) * this.#pageSize)
    const isItself = length === page.length && page.readBigUInt64LE(PAGE.id) === id
    if (!isItself || page.readBigUInt64LE(PAGE.transaction) > this.#transaction)
      throw new Fault(`page ${id} is not what it was`)
    return page
  }

  *#nodes(page, id) {
    const lower = page.readUInt16LE(PAGE.lower)
    const upper = page.readUInt16LE(PAGE.upper)
    if (lower > upper || upper > page.length - PAGE.header) throw new Fault(`page ${id} has no bounds`)
    const body = page.subarray(PAGE.header)
    for (let at = 0; at + 2 <= lower; at += 2) {
      const start = body.readUInt16LE(at)
      if (start < upper || start + NODE.header > body.length) throw new Fault(`page ${id} has a node outside of it`)
      const node = body.subarray(start)
      if (NODE.header + node.readUInt16LE(NODE.keySize) > node.length) throw new Fault(`page ${id} has a long key`)
      yield node
    }
  }

  #leaf(node, values, depth) {
    const flags = node.readUInt16LE(NODE.flags)
    const size = node.readUInt16LE(NODE.low) + node.readUInt16LE(NODE.high) * 65536
    let data = node.subarray(NODE.header + node.readUInt16LE(NODE.keySize))
    if ((flags & BIG_DATA ? BIG_DATA_SIZE : size) > data.length) throw new Fault('a value is longer than its page')
    if (flags & BIG_DATA) this.#overflow(data.readBigUInt64LE(0), size)
    if (flags & BIG_DATA && values === Values.PAGES) data = this.#bytes(data.readBigUInt64LE(0), size)
    if (values === Values.PAGES) this.#freePages(data, size)
    else if (flags & SUB_DATABASE && values === Values.DATABASES && size >= DATABASE.size) this.#database(data, depth)
    else if (flags & ~BIG_DATA) throw new Fault(`a value has the flags ${flags}`)
  }

  /** One of a plain kind: others have values that LMDB reads in other ways. */
  #database(data, depth) {
    if (data.readUInt16LE(DATABASE.flags) !== 0) throw new Fault('a database is of another kind')
    this.tree(data.readBigUInt64LE(DATABASE.root), Values.TEXTS, depth + 1)
  }

  /** A list of what a transaction freed: how many numbers follow, then those of pages, and -n before one of n pages. */
  #freePages(data, size) {
    const length = size < 8 ? -1 : Number(data.readBigUInt64LE(0))
    if (length < 0 || 8 * (length + 1) > size) throw new Fault('a list of free pages is too long')
    for (let at = 8; at <= 8 * length; at += 8) {
      const number = Number(data.readBigInt64LE(at))
      if (number === 0) continue
      if (number < 0) at += 8
      const first = number < 0 && at <= 8 * length ? Number(data.readBigInt64LE(at)) : number
      const count = Math.max(-number, 1)
      if (first < 2 || first + count > this.#end) throw new Fault(`a list of free pages has page ${first}`)
    }
  }

  #overflow(id, size) {
    const count = Math.floor((PAGE.header - 1 + size) / this.#pageSize) + 1
    const page = this.#read(id, count)
    if (kindOf(page) !== OVERFLOW || page.readUInt32LE(PAGE.count) < count)
      throw new Fault(`page ${id} is not of a long value`)
  }

  #bytes(id, length) {
    const bytes = Buffer.allocUnsafe(length)
    fs.readSync(this.#descriptor, bytes, 0, length, Number(id) * this.#pageSize + PAGE.header)
    return bytes
  }
}

function kindOf(page) {
  return page.readUInt16LE(PAGE.flags) & KIND
}

function childOf(node) {
  const low = node.readUInt16LE(NODE.low) + node.readUInt16LE(NODE.high) * 65536
  return BigInt(low) + (BigInt(node.readUInt16LE(NODE.flags)) << 32n)
}

/**
 * Follows every tree of a file.
 * @param {number} descriptor
 * @returns {string | null} why LMDB must not open it; null: it may
 */
function faultOf(descriptor) {
  const head = readHead(descriptor)
  if (!head) return 'it is not a spool'
  const walk = new Walk(descriptor, head, fs.fstatSync(descriptor).size)
  try {
    const [free, main] = head.roots
    walk.tree(free, Values.PAGES)
    walk.tree(main, Values.DATABASES)
    return null
  } catch (error) {
    if (error instanceof Fault) return error.message
    throw error
  }
}

module.exports = { PAGE_SIZE, emptyFile, faultOf, knowsLayout, readHead }
