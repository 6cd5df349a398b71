// SPDX-License-Identifier: MIT
// What the processes of this example share: starting and stopping, reporting to the parent, and sending many events.
'use strict'

const eventCount = 50000

/** Tells the parent a line to print and, if given, that a step was reached. */
function report(line, step, details) {
  process.send({ line, step, ...details })
}

/** The first characters of a NodeId, enough for people. */
const short = (nodeId) => nodeId.slice(0, 10)

/** Sends `eventCount` events, waiting whenever the send buffer is well filled. */
async function sendMany(target, type) {
  for (let index = 0; index < eventCount; index++) {
    target.send({ type, payload: { index, text: 'the quick brown fox jumps over the lazy dog' } })
    if (target.bufferedAmount > 1 << 20) await target.drained()
  }
}

/**
 * Runs a process of the example: `start` gets the parent's first message and gives back what to do when told to stop.
 * After that nothing keeps the process alive, so it must end by itself.
 */
function begin(start) {
  const onOrphaned = () => process.exit(1)
  process.on('disconnect', onOrphaned)
  process.on('SIGINT', () => {}) // Ctrl-C reaches the whole group; the parent says when to stop

  process.once('message', async (message) => {
    try {
      const stop = await start(message)
      process.once('message', async () => {
        await stop()
        process.off('disconnect', onOrphaned)
        process.disconnect()
      })
    } catch (error) {
      report(`failed: ${error.stack}`)
      process.exitCode = 1
      process.disconnect()
    }
  })
}

module.exports = { begin, eventCount, report, sendMany, short }
