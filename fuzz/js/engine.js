// SPDX-License-Identifier: MIT
'use strict'

// Runs one decoder on many inputs, each made of those before it. What reaches code that none has reached is kept, and made
// into more. The same seed makes the same inputs as long as coverage is not looked at.

const fs = require('node:fs')
const { seededRandom } = require('../../test/helpers/events')
const { Dice, mutate } = require('./mutate')

/** What an execution may take of a processor, at least once in three times: the inputs have at most 64 KiB. */
const MAX_MS = 250
/** The unit of processor times in /proc. */
const TICK_MS = 10
const MAX_LENGTH = 65_536
const DEFAULT_LENGTH = 4096
const TRIES = 3
/** The executions of so long share one look at the coverage, after which V8 is slow for a while; longer if nothing is new. */
const MIN_BATCH_MS = 50
const MAX_BATCH_MS = 1000
const MAX_CORPUS = 2000

/**
 * @typedef {object} Target
 * @property {string} name
 * @property {(Buffer | string)[]} seeds valid inputs
 * @property {(Buffer | string)[]} [tokens] what is put into inputs as it is
 * @property {number} [maxLength] of an input, default 4096
 * @property {(input: Buffer) => void} run throws what is a finding
 */

/** Something a decoder may not do. */
class Finding extends Error {
  /** @param {string} message @param {{ input: Buffer, cause?: unknown }} about */
  constructor(message, { input, cause }) {
    super(message, { cause })
    this.input = Buffer.from(input)
  }
}

/** Fuzzes one target. */
class Fuzzer {
  #target
  #dice
  #material
  #corpus
  #maxMs
  #before
  #reached = new Set()
  #batchMs = MIN_BATCH_MS
  executions = 0

  /**
   * @param {Target} target
   * @param {{ seed: number, maxMs?: number, before?: (input: Buffer) => void }} options maxMs: of a
   *   processor; what takes more is a finding. before: called with each input before it runs
   */
  constructor(target, { seed, maxMs = Number.POSITIVE_INFINITY, before = () => {} }) {
    this.#target = target
    this.#dice = new Dice(seededRandom(seed))
    this.#corpus = target.seeds.map((each) => Buffer.from(each))
    const maxLength = Math.min(target.maxLength ?? DEFAULT_LENGTH, MAX_LENGTH)
    this.#material = { others: this.#corpus, tokens: (target.tokens ?? []).map((each) => Buffer.from(each)), maxLength }
    this.#maxMs = maxMs
    this.#before = before
  }

  /** Inputs that are made into others. */
  get corpusSize() {
    return this.#corpus.length
  }

  /** Blocks of code that they reach. */
  get reached() {
    return this.#reached.size
  }

  /** The seeds as they are, which must be no findings either. @throws {Finding} */
  runSeeds() {
    for (const input of this.#corpus) this.execute(input)
  }

  /** @param {number} count @throws {Finding} */
  run(count) {
    for (let left = count; left > 0; left--) this.execute(this.#next())
  }

  /**
   * Goes on until it is told to stop, led by what the inputs reach.
   * @param {import('./coverage').Coverage} coverage started before the decoder was loaded
   * @param {() => boolean} goesOn
   * @throws {Finding}
   */
  explore(coverage, goesOn) {
    this.runSeeds()
    this.#note(coverage.take())
    while (goesOn()) this.#exploreBatch(coverage)
  }

  /** @param {Buffer} input @throws {Finding} */
  execute(input) {
    this.executions++
    this.#before(input)
    const start = performance.now()
    this.#runOnce(input)
    if (performance.now() - start <= this.#maxMs) return
    // It took long, or the machine is busy: what counts is the processor's time.
    const least = Math.min(...Array.from({ length: TRIES }, () => this.#processorMs(input)))
    if (least > this.#maxMs)
      throw new Finding(`${this.#target.name}: ${input.length} bytes take ${least} ms`, { input })
  }

  #exploreBatch(coverage) {
    const inputs = []
    const end = performance.now() + this.#batchMs
    do {
      const input = this.#next()
      inputs.push(input)
      this.execute(input)
    } while (performance.now() < end)
    const reached = coverage.take()
    const isKnown = this.#isKnown(reached)
    this.#batchMs = isKnown ? Math.min(2 * this.#batchMs, MAX_BATCH_MS) : MIN_BATCH_MS
    if (isKnown) return
    this.#keepNew(inputs, coverage)
    this.#note(reached) // what only several inputs together reach is not looked for again
  }

  /** Keeps those that reach something new: runs one half, then the other, and looks on where there is something. */
  #keepNew(inputs, coverage) {
    const middle = inputs.length >> 1
    for (const half of [inputs.slice(0, middle), inputs.slice(middle)]) {
      if (half.length === 0) continue
      for (const input of half) this.execute(input)
      const reached = coverage.take()
      if (this.#isKnown(reached)) continue
      if (half.length > 1) this.#keepNew(half, coverage)
      else if (this.#note(reached) && this.#corpus.length < MAX_CORPUS) this.#corpus.push(half[0])
    }
  }

  #isKnown(blocks) {
    return blocks.every((block) => this.#reached.has(block))
  }

  /** @returns {boolean} whether one of the blocks had not been reached before */
  #note(blocks) {
    const before = this.#reached.size
    for (const block of blocks) this.#reached.add(block)
    return this.#reached.size > before
  }

  #next() {
    return mutate(this.#dice.oneOf(this.#corpus), this.#dice, this.#material)
  }

  #runOnce(input) {
    try {
      this.#target.run(Buffer.from(input))
    } catch (cause) {
      throw new Finding(`${this.#target.name}: ${cause?.stack ?? cause}`, { input, cause })
    }
  }

  #processorMs(input) {
    const before = threadMs()
    this.#runOnce(input)
    return threadMs() - before
  }
}

/** What this thread has had of a processor. */
function threadMs() {
  const fields = fs.readFileSync('/proc/thread-self/stat', 'latin1').split(') ').at(-1).split(' ')
  const [user, system] = [fields[11], fields[12]].map(Number)
  return (user + system) * TICK_MS
}

/**
 * What a decoder gives, or undefined if it refuses with one of the errors that it may.
 * @template T
 * @param {string[] | ((error: Error) => boolean)} allowed codes, or what tells
 * @param {() => T} decode
 * @returns {T | undefined}
 */
function orRefused(allowed, decode) {
  try {
    return decode()
  } catch (error) {
    const isAllowed = Array.isArray(allowed) ? allowed.includes(error.code) : allowed(error)
    if (!isAllowed) throw error
    return undefined
  }
}

module.exports = { Finding, Fuzzer, MAX_LENGTH, MAX_MS, orRefused }
