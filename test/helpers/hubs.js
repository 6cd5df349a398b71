// SPDX-License-Identifier: MIT
// Hubs on loopback, and what else a test opens.
'use strict'

const { createHub } = require('event-target-iroh')
const { local } = require('./endpoints')

/**
 * Call it in a describe(): closes after each test what is in `open`.
 * @returns {{ open: Set<{ close: () => Promise<void> }>, keep: (one: object) => object, startHub: (options?: object) =>
 *   Promise<import('event-target-iroh').Hub> }} keep() adds one to `open` and returns it; so does startHub() with its hub
 */
function useHubs() {
  const open = new Set()

  afterEach(async () => {
    await Promise.all([...open].map((one) => one.close()))
    open.clear()
  })

  const keep = (one) => {
    open.add(one)
    return one
  }
  const startHub = async (options) => keep(await createHub({ endpointOptions: local, ...options }))
  return { open, keep, startHub }
}

module.exports = { useHubs }
