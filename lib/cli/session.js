// SPDX-License-Identifier: MIT
'use strict'

const { deferred } = require('../base/deferred')
const { Emitter } = require('../base/emitter')
const { printable, printableJson } = require('../base/printable')
const { formatLine, parseLine } = require('./envelope-lines')
const { LineError, readLines } = require('./lines')
const { PROGRAM } = require('./help')
const { endOnSignals } = require('./signals')

/** Bytes of a line of input. An envelope is at most 1 MiB; its line may have blanks and escapes beyond that. */
const MAX_LINE_BYTES = 4 * 1024 * 1024
const Exit = Object.freeze({ OK: 0, FAILED: 1, LOST: 3, LINES_SKIPPED: 4 })

/**
 * A command that pipes envelopes: lines in, lines out, and words about it, until a signal ends it or nobody reads what it
 * prints. Emits 'full' when stdout takes no more for now, and 'drain' when it does again.
 */
class Session extends Emitter {
  #json
  #stopped = deferred()
  #abort = new AbortController()
  #isFull = false
  #isGone = false
  #skipped = 0

  /**
   * @param {{ json?: boolean }} values json: what is said goes to stdout, too, one object to a line
   * @param {{ reload?: () => void }} [options] as endOnSignals() takes them
   */
  constructor({ json = false }, options) {
    super()
    this.#json = json
    endOnSignals(() => this.stop(), options)
    process.stdout.on('error', (error) => this.#onGone('stdout', error))
    process.stderr.on('error', () => {})
  }

  /** Resolves when it is to end. */
  get stopped() {
    return this.#stopped.promise
  }

  /** Aborts when it is to end. */
  get signal() {
    return this.#abort.signal
  }

  /** Whether stdout takes no more for now. */
  get isFull() {
    return this.#isFull
  }

  /** It is to end: nothing more is read. */
  stop() {
    process.stdin.destroy()
    this.#stopped.resolve()
    this.#abort.abort()
  }

  /** Sets the exit code: the one given if it is not 0, else what the input was like. */
  end(code = Exit.OK) {
    if (code !== Exit.OK) process.exitCode = code
    else process.exitCode ??= this.#skipped > 0 ? Exit.LINES_SKIPPED : Exit.OK
  }

  /** Tells something beside the envelopes. @param {object} event @param {string[]} lines the same for people */
  say(event, ...lines) {
    if (this.#json) this.#write(printableJson(event))
    else for (const line of lines) console.error(printable(line))
  }

  /** Prints an envelope that came. @param {string} from NodeId */
  print(from, envelope) {
    this.#write(formatLine(from, envelope))
  }

  /** A line of input that is not sent. @param {{ message: string }} error says why */
  skip(line, { message }) {
    this.#skipped++
    this.say({ event: 'skipped', line, message }, `${PROGRAM}: line ${line}: ${message}`)
  }

  /**
   * The envelopes of stdin until its end, or until it is to end. Invalid lines are reported and skipped, empty ones are
   * skipped.
   * @param {{ isAddressed: boolean }} options as parseLine() takes them
   * @returns {AsyncGenerator<{ line: number, envelope: object, to?: string }>}
   */
  async *envelopes(options) {
    try {
      for await (const { number, read } of readLines(process.stdin, MAX_LINE_BYTES)) {
        const found = this.#readEnvelope(number, read, options)
        if (found) yield { line: number, ...found }
      }
    } catch (error) {
      if (!this.signal.aborted) this.#onGone('stdin', error)
    }
  }

  #readEnvelope(number, read, options) {
    try {
      const text = read()
      return text.trim() === '' ? null : parseLine(text, options)
    } catch (error) {
      if (!(error instanceof LineError)) throw error
      this.skip(number, error)
      return null
    }
  }

  #write(line) {
    if (this.#isGone || process.stdout.write(`${line}\n`) || this.#isFull) return
    this.#isFull = true
    this.emit('full')
    process.stdout.once('drain', () => {
      this.#isFull = false
      this.emit('drain')
    })
  }

  /** Who reads from a pipe may leave when it has seen enough, and a terminal may be closed: an end like any other. */
  #onGone(name, error) {
    if (name === 'stdout' && this.#isGone) return
    this.#isGone ||= name === 'stdout'
    if (error.code === 'EPIPE' || (error.code === 'EIO' && process[name].isTTY)) this.stop()
    else this.#fail(name, error)
  }

  #fail(what, error) {
    console.error(printable(`${PROGRAM}: ${what}: ${error.message}`))
    process.exitCode = Exit.FAILED
    this.stop()
  }
}

module.exports = { Exit, Session }
