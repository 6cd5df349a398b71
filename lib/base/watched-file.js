// SPDX-License-Identifier: MIT
'use strict'

const { createHash } = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')
const { performance } = require('node:perf_hooks')

/** How often it is looked at whether the path leads to something else: no watch tells of links, mounts and folders. */
const INTERVAL_MS = 2000
/** A version counts when it has stood still for so long: whoever writes does so in several steps. */
const SETTLE_MS = 50
/** A file that never stands still is read all the same after so long, and an empty one counts after so long. */
const PATIENCE_MS = 2000
/** The clock of a file system may be this coarse, in ms: two versions of one age may be two. */
const COARSE_MS = 3000

/** What can be told apart of what a path leads to, without reading it. */
function printOf({ dev, ino, size, mtimeNs, ctimeNs }) {
  return [dev, ino, size, mtimeNs, ctimeNs].join(':')
}

/** Which folder stands there, if any. */
async function markOf(folder) {
  const stat = await fs.promises.stat(folder).catch(() => null)
  return `${folder} ${stat?.dev} ${stat?.ino}`
}

/** Whether a change right after this one might look the same. */
function isRecent({ mtimeMs, ctimeMs }) {
  return Math.max(Number(mtimeMs), Number(ctimeMs)) > Date.now() - COARSE_MS
}

/**
 * A file that is read again whenever what its path leads to changes: when it is written, replaced, or removed and made
 * again, alone or with its folder, and when a link or a mount in its path leads elsewhere. Changes of the folders are told
 * by the system at once; the rest is looked for every two seconds.
 */
class WatchedFile {
  #path
  #maxBytes
  #intervalMs
  #onChange = null
  #timer = null
  #dueAt = Number.POSITIVE_INFINITY
  #isLooking = false
  #isTouched = false
  #watchers = []
  #watched = ''
  /** The version that was read last, or the error there was. */
  #print = ''
  #digest = ''
  #isRecent = false
  /** The version that is not read yet, and since when there is another than the one that was read. */
  #next = ''
  #nextSince = 0
  #changingSince = 0

  /**
   * @param {string} file
   * @param {{ maxBytes: number, intervalMs?: number }} options
   */
  constructor(file, { maxBytes, intervalMs = INTERVAL_MS }) {
    this.#path = path.resolve(file)
    this.#maxBytes = maxBytes
    this.#intervalMs = intervalMs
  }

  get path() {
    return this.#path
  }

  /**
   * What is there now, whether it stands still or not; onChange is not called for it.
   * @returns {Buffer}
   * @throws {Error} as fs does; also if it is too long
   */
  read() {
    return this.#take()
  }

  /** As read(), but onChange is called for it if it is a change. */
  peek() {
    return this.#open().bytes
  }

  /**
   * Watches it until close(), which does not keep the process alive.
   * @param {(error: Error | null, bytes: Buffer | null) => void} onChange there is another version than was read last; or
   *   it cannot be read, which is told once
   */
  watch(onChange) {
    this.#onChange = onChange
    this.#look()
  }

  close() {
    this.#onChange = null
    clearTimeout(this.#timer)
    this.#unwatch()
  }

  /** Looks again in so long, or earlier if that is planned: a folder that is never quiet does not put it off. */
  #lookIn(ms) {
    const dueAt = performance.now() + ms
    if (!this.#onChange || dueAt >= this.#dueAt) return
    clearTimeout(this.#timer)
    this.#dueAt = dueAt
    this.#timer = setTimeout(() => this.#look(), ms).unref()
  }

  async #look() {
    this.#dueAt = Number.POSITIVE_INFINITY
    if (this.#isLooking) return
    this.#isLooking = true
    this.#isTouched = false
    const [stat] = await Promise.all([this.#stat(), this.#watchFolders()])
    this.#isLooking = false
    if (!this.#onChange) return
    const isSettled = this.#consider(stat) && !this.#isTouched
    this.#lookIn(isSettled ? this.#intervalMs : SETTLE_MS)
  }

  #onTouched() {
    this.#isTouched = true
    this.#lookIn(SETTLE_MS)
  }

  async #stat() {
    try {
      const stat = await fs.promises.stat(this.#path, { bigint: true })
      return { print: printOf(stat), isEmpty: stat.size === 0n }
    } catch (error) {
      return { print: error.code, isEmpty: true }
    }
  }

  /** Reads what has stood still. @returns {boolean} whether nothing is left to be waited for */
  #consider({ print, isEmpty }) {
    if (print === this.#print && !this.#isRecent) {
      this.#next = ''
      this.#changingSince = 0
      return true
    }
    const now = Date.now()
    if (print !== this.#next) {
      this.#next = print
      this.#nextSince = now
      if (print !== this.#print) this.#changingSince ||= now
      if (this.#changingSince === 0 || now - this.#changingSince < PATIENCE_MS) return false
    }
    if (isEmpty && print !== this.#print && now - this.#nextSince < PATIENCE_MS) return false
    this.#next = ''
    this.#changingSince = 0
    this.#reread()
    return true
  }

  #reread() {
    const before = this.#digest
    let bytes = null
    let failure = null
    try {
      bytes = this.#take()
    } catch (error) {
      failure = error
    }
    if (this.#digest !== before) this.#onChange(failure, bytes)
  }

  /** Reads, and remembers what. */
  #take() {
    try {
      const { bytes, stat } = this.#open()
      this.#print = printOf(stat)
      this.#isRecent = isRecent(stat)
      this.#digest = createHash('sha256').update(bytes).digest('base64')
      return bytes
    } catch (error) {
      this.#print = error.code
      this.#isRecent = false
      this.#digest = `error: ${error.message}`
      throw error
    }
  }

  /** The version is the one before it was read: what is written meanwhile makes another. */
  #open() {
    const fd = fs.openSync(this.#path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK)
    try {
      const stat = fs.fstatSync(fd, { bigint: true })
      if (!stat.isFile()) throw new Error('it is not a file')
      if (stat.size > this.#maxBytes) throw new Error(`it is longer than ${this.#maxBytes} bytes`)
      const bytes = fs.readFileSync(fd)
      if (bytes.length > this.#maxBytes) throw new Error(`it is longer than ${this.#maxBytes} bytes`)
      return { bytes, stat }
    } finally {
      fs.closeSync(fd)
    }
  }

  /** The folder of its name and the folder that the name leads to, as they are now. */
  async #watchFolders() {
    const target = await fs.promises.realpath(this.#path).catch(() => this.#path)
    const folders = [...new Set([path.dirname(this.#path), path.dirname(target)])]
    const marks = await Promise.all(folders.map(markOf))
    const watched = marks.join('\n')
    if (watched === this.#watched || !this.#onChange) return
    this.#unwatch()
    this.#watched = watched
    for (const folder of folders) this.#watchFolder(folder)
  }

  /** Where there is nothing to watch, or the system lets no more be watched, the look every two seconds is left. */
  #watchFolder(folder) {
    try {
      const watcher = fs.watch(folder, { persistent: false }, () => this.#onTouched())
      watcher.on('error', () => watcher.close())
      this.#watchers.push(watcher)
    } catch {}
  }

  #unwatch() {
    for (const watcher of this.#watchers.splice(0)) watcher.close()
    this.#watched = ''
  }
}

module.exports = { INTERVAL_MS, WatchedFile }
