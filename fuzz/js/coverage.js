// SPDX-License-Identifier: MIT
'use strict'

const inspector = require('node:inspector')
const path = require('node:path')
const { pathToFileURL } = require('node:url')

const LIB = pathToFileURL(path.join(__dirname, '../../lib/')).href

/** Which blocks of lib/ run, as V8 counts them: of what is loaded after this is made. One in a thread. */
class Coverage {
  #session = new inspector.Session()

  constructor() {
    this.#session.connect()
    this.#post('Profiler.enable')
    this.#post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  /** Those that have run since the last call. @returns {string[]} a name for each */
  take() {
    const names = []
    for (const { url, functions } of this.#post('Profiler.takePreciseCoverage').result) {
      if (!url.startsWith(LIB)) continue
      for (const { ranges } of functions) {
        for (const { startOffset, endOffset, count } of ranges) {
          if (count > 0) names.push(`${url}:${startOffset}:${endOffset}`)
        }
      }
    }
    return names
  }

  /** With a session of this thread the answer is there when post() returns. */
  #post(method, params) {
    let answer
    this.#session.post(method, params, (error, result) => {
      if (error) throw new Error(`${method}: ${error.message}`)
      answer = result
    })
    return answer
  }
}

module.exports = { Coverage }
