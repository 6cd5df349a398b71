// SPDX-License-Identifier: MIT
'use strict'

/** Milliseconds as people read them: tenths. */
function tenths(ms) {
  return Math.round(ms * 10) / 10
}

/** What was tried, and how it ended. */
class Journal {
  /** @type {{ what: string, target: string, outcome: 'ok' | 'no-answer' | 'error' | 'skipped', detail?: string, ms: number }[]} */
  tried = []

  /**
   * @param {string} what
   * @param {string} target
   * @param {'ok' | 'no-answer' | 'error'} outcome
   * @param {number} started of performance.now()
   * @param {string} [detail]
   */
  note(what, target, outcome, started, detail) {
    const ms = tenths(performance.now() - started)
    this.tried.push({ what, target, outcome, ...(detail !== undefined && { detail }), ms })
  }

  /** What could not be tried, and why. */
  skipped(what, target, detail) {
    this.tried.push({ what, target, outcome: 'skipped', detail, ms: 0 })
  }
}

module.exports = { Journal, tenths }
