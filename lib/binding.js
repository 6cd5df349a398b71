// SPDX-License-Identifier: MIT
'use strict'

const path = require('node:path')

/** Where the addon is: IROH_ADDON, or what `npm run build` (IROH_DEBUG_BUILD=1: `npm run build:debug`) made. */
function addonPath() {
  if (process.env.IROH_ADDON) return path.resolve(process.env.IROH_ADDON)
  const kind = process.env.IROH_DEBUG_BUILD === '1' ? 'Debug' : 'Release'
  return path.join(__dirname, '..', 'build', kind, 'iroh.node')
}

function load() {
  const file = addonPath()
  try {
    return require(file)
  } catch (cause) {
    const command = process.env.IROH_DEBUG_BUILD === '1' ? 'npm run build:debug' : 'npm run build'
    throw new Error(`event-target-iroh cannot load its addon ${file}; build it with: ${command}`, { cause })
  }
}

module.exports = load()
