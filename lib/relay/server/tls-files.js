// SPDX-License-Identifier: MIT
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const tls = require('node:tls')
const { checkOptions, checkText } = require('../../base/check')
const { IrohError, invalid } = require('../../base/errors')

const KNOWN = ['certFile', 'keyFile', 'cert', 'key', 'httpPort']
/** Both files are written one after the other: wait for the second. */
const SETTLE_MS = 100

function readPem(value, name) {
  if (typeof value === 'string' || value instanceof Uint8Array) return value
  throw invalid(`${name} must be PEM text`)
}

/** A certificate with its key, given as such or as files that may change while they are in use. */
class TlsFiles {
  #options
  #watchers = []
  #settling = null

  /** @param {{ certFile: string, keyFile: string } | { cert: string, key: string }} options PEM */
  constructor(options) {
    this.#options = checkOptions(options, KNOWN, 'tls')
    if (this.#fromFiles) {
      checkText(options.certFile ?? null, 'tls.certFile')
      checkText(options.keyFile ?? null, 'tls.keyFile')
    } else {
      readPem(options.cert, 'tls.cert')
      readPem(options.key, 'tls.key')
    }
  }

  get #fromFiles() {
    return this.#options.certFile !== undefined || this.#options.keyFile !== undefined
  }

  /**
   * What the files hold now.
   * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT when they cannot be read or do not belong together
   */
  read() {
    const { certFile, keyFile, cert, key } = this.#options
    try {
      const pair = this.#fromFiles ? { cert: fs.readFileSync(certFile), key: fs.readFileSync(keyFile) } : { cert, key }
      tls.createSecureContext(pair)
      return pair
    } catch (cause) {
      throw new IrohError('ERR_IROH_INVALID_ARGUMENT', { detail: `the TLS certificate: ${cause.message}`, cause })
    }
  }

  /** Calls `onChange` after the files changed. Watches their directories: files are often replaced, not written. */
  watch(onChange) {
    if (!this.#fromFiles) return
    const directories = new Set([this.#options.certFile, this.#options.keyFile].map((file) => path.dirname(file)))
    const settle = () => {
      clearTimeout(this.#settling)
      this.#settling = setTimeout(onChange, SETTLE_MS)
    }
    for (const directory of directories) {
      const watcher = fs.watch(directory, { persistent: false }, settle)
      watcher.on('error', () => watcher.close()) // the directory went; reloadTls() still works
      this.#watchers.push(watcher)
    }
  }

  close() {
    clearTimeout(this.#settling)
    for (const watcher of this.#watchers) watcher.close()
  }
}

module.exports = { TlsFiles }
