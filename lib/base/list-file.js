// SPDX-License-Identifier: MIT
'use strict'

const { invalid } = require('./errors')
const { WatchedFile } = require('./watched-file')

const MAX_BYTES = 16 * 1024 * 1024

/**
 * The lines of a list that say something: what follows a '#' is a remark.
 * @param {string} text
 * @returns {[string, number][]} with their numbers
 */
function linesOf(text) {
  const lines = text.split('\n').map((line, index) => [line.replace(/#.*/, '').trim(), index + 1])
  return lines.filter(([line]) => line !== '')
}

/** A list in a file that may change while it is in use. */
class ListFile {
  #file
  #what
  #parse
  #onChange = () => {}
  /** What the last version that could be read holds. */
  items

  /**
   * Reads the file.
   * @param {string} file
   * @param {{ what: string, parse: (text: string) => Set<string> }} about
   * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT if it cannot be read, and what `parse` throws
   */
  constructor(file, { what, parse }) {
    this.#file = new WatchedFile(file, { maxBytes: MAX_BYTES })
    this.#what = `${what} ${this.#file.path}`
    this.#parse = parse
    this.items = this.#read()
  }

  /**
   * Reads it again whenever it changes, until close().
   * @param {(error: Error | null) => void} onChange there is a new version; with an error: it cannot be used, and the old
   *   one stays
   */
  watch(onChange) {
    this.#onChange = onChange
    this.#file.watch((error, bytes) => this.#apply(() => (error ? this.#fail(error) : this.#parse(bytes.toString()))))
  }

  /** Reads it now. Calls `onChange` in any case. @throws {IrohError} as the constructor; then the old list stays */
  reload() {
    const error = this.#apply(() => this.#read())
    if (error) throw error
  }

  close() {
    this.#file.close()
  }

  #apply(read) {
    let failure = null
    try {
      this.items = read()
    } catch (error) {
      failure = error
    }
    this.#onChange(failure)
    return failure
  }

  #read() {
    let bytes
    try {
      bytes = this.#file.read()
    } catch (error) {
      this.#fail(error)
    }
    return this.#parse(bytes.toString())
  }

  #fail(cause) {
    throw invalid(`${this.#what}: ${cause.message}`)
  }
}

module.exports = { ListFile, linesOf }
