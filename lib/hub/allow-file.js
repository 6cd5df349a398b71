// SPDX-License-Identifier: MIT
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { IrohError, invalid } = require('../base/errors')
const { parseNodeId } = require('../identity/node-id')

/** An editor writes in several steps. */
const SETTLE_MS = 50
const MAX_BYTES = 16 * 1024 * 1024

/**
 * The NodeIds of a list: one a line; what follows a '#' is a remark.
 * @returns {Set<string>}
 * @throws {IrohError} ERR_IROH_INVALID_NODE_ID, with the number of the line
 */
function parseList(text) {
  const nodeIds = new Set()
  for (const [index, line] of text.split('\n').entries()) {
    const word = line.replace(/#.*/, '').trim()
    if (word === '') continue
    try {
      nodeIds.add(parseNodeId(word))
    } catch {
      throw new IrohError('ERR_IROH_INVALID_NODE_ID', { detail: `line ${index + 1}: ${word.slice(0, 80)}` })
    }
  }
  return nodeIds
}

/** An allowlist in a file, which is read again whenever it changes, also when another file takes its place. */
class AllowFile {
  #file
  #onChange = () => {}
  #watcher = null
  #settling = null
  #text
  /** The NodeIds of the last version that could be read. */
  nodeIds

  /**
   * Reads the file.
   * @param {string} file
   * @throws {IrohError} ERR_IROH_INVALID_NODE_ID; ERR_IROH_INVALID_ARGUMENT if it cannot be read
   */
  constructor(file) {
    this.#file = path.resolve(file)
    this.#text = this.#read()
    this.nodeIds = parseList(this.#text)
  }

  /**
   * Reads it again whenever it changes, until close(); that does not keep the process alive.
   * @param {(error: Error | null) => void} onChange there is a new version in `nodeIds`; with an error: it cannot be read,
   *   and the old one stays
   * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT if the system lets no more files be watched
   */
  watch(onChange) {
    this.#onChange = onChange
    try {
      this.#watcher = fs.watch(path.dirname(this.#file), { persistent: false }, () => this.#touched())
    } catch (cause) {
      throw invalid(`the allowlist ${this.#file} cannot be watched: ${cause.message}`)
    }
    this.#watcher.on('error', () => {}) // the folder is gone; the last version stays
    this.#touched() // it may have changed since it was read
  }

  close() {
    this.#watcher?.close()
    clearTimeout(this.#settling)
  }

  /** Something in the folder has changed. */
  #touched() {
    clearTimeout(this.#settling)
    this.#settling = setTimeout(() => this.#reread(), SETTLE_MS).unref()
  }

  #reread() {
    try {
      const text = this.#read()
      if (text === this.#text) return
      this.nodeIds = parseList(text)
      this.#text = text
    } catch (error) {
      this.#onChange(error)
      return
    }
    this.#onChange(null)
  }

  #read() {
    try {
      if (fs.statSync(this.#file).size > MAX_BYTES) throw new Error(`it is longer than ${MAX_BYTES} bytes`)
      return fs.readFileSync(this.#file, 'utf8')
    } catch (cause) {
      throw invalid(`the allowlist ${this.#file}: ${cause.message}`)
    }
  }
}

module.exports = { AllowFile, parseList }
