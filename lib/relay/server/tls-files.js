// SPDX-License-Identifier: MIT
'use strict'

const tls = require('node:tls')
const { checkOptions, checkText } = require('../../base/check')
const { IrohError, invalid } = require('../../base/errors')
const { WatchedFile } = require('../../base/watched-file')

const KNOWN = ['certFile', 'keyFile', 'cert', 'key', 'httpPort']
/** Both files are written one after the other: wait for the second. */
const SETTLE_MS = 100
const MAX_BYTES = 1024 * 1024

function readPem(value, name) {
  if (typeof value === 'string' || value instanceof Uint8Array) return value
  throw invalid(`${name} must be PEM text`)
}

/** A certificate with its key, given as such or as files that may change while they are in use. */
class TlsFiles {
  #options
  /** Certificate and key, as files; null: they are given as such. */
  #files = null
  #isRead = false
  #settling = null

  /** @param {{ certFile: string, keyFile: string } | { cert: string, key: string }} options PEM */
  constructor(options) {
    this.#options = checkOptions(options, KNOWN, 'tls')
    if (options.certFile !== undefined || options.keyFile !== undefined) {
      this.#files = ['certFile', 'keyFile'].map((name) => {
        return new WatchedFile(checkText(options[name] ?? null, `tls.${name}`), { maxBytes: MAX_BYTES })
      })
    } else {
      readPem(options.cert, 'tls.cert')
      readPem(options.key, 'tls.key')
    }
  }

  /**
   * What the files hold now.
   * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT when they cannot be read or do not belong together
   */
  read() {
    try {
      const pair = this.#files ? this.#readFiles() : { cert: this.#options.cert, key: this.#options.key }
      tls.createSecureContext(pair)
      return pair
    } catch (cause) {
      throw new IrohError('ERR_IROH_INVALID_ARGUMENT', { detail: `the TLS certificate: ${cause.message}`, cause })
    }
  }

  /** Calls `onChange` after the files changed, or cannot be read any more. */
  watch(onChange) {
    const settle = () => {
      clearTimeout(this.#settling)
      this.#settling = setTimeout(onChange, SETTLE_MS)
    }
    for (const file of this.#files ?? []) file.watch(settle)
  }

  close() {
    clearTimeout(this.#settling)
    for (const file of this.#files ?? []) file.close()
  }

  /** What is read first is what changes are told from. */
  #readFiles() {
    const [cert, key] = this.#files.map((file) => (this.#isRead ? file.peek() : file.read()))
    this.#isRead = true
    return { cert, key }
  }
}

module.exports = { TlsFiles }
