// SPDX-License-Identifier: MIT
// Waiting for things to happen, and numbers that are random but the same in every run.
'use strict'

/** Resolves with the next event of a type. */
function nextEvent(target, type) {
  return new Promise((resolve) => target.addEventListener(type, resolve, { once: true }))
}

/** Resolves with the details of the next `count` events of a type. */
function nextDetails(target, type, count) {
  return new Promise((resolve) => {
    const details = []
    target.addEventListener(type, function onEvent({ detail }) {
      details.push(detail)
      if (details.length < count) return
      target.removeEventListener(type, onEvent)
      resolve(details)
    })
  })
}

/** Resolves once a condition holds, looking once a turn of the event loop. The test's own timeout bounds it. */
async function until(condition) {
  while (!condition()) await new Promise(setImmediate)
}

/** Keeps this thread from everything else for so long. */
function work(ms) {
  for (const end = performance.now() + ms; performance.now() < end; );
}

/** A seeded generator of numbers in [0, 1) (mulberry32). */
function seededRandom(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

module.exports = { nextDetails, nextEvent, seededRandom, until, work }
