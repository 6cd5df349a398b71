// SPDX-License-Identifier: MIT
'use strict'

const os = require('node:os')
const { IrohError, bySystem } = require('./errors')

/** As they were listed last. */
let last = {}

/**
 * This host's network interfaces, as os.networkInterfaces() gives them.
 * @returns {NodeJS.Dict<os.NetworkInterfaceInfo[]>}
 * @throws {IrohError} ERR_IROH_SYSTEM: a sandbox forbids it, or there are no descriptors left
 */
function listInterfaces() {
  try {
    last = os.networkInterfaces()
    return last
  } catch (error) {
    throw new IrohError('ERR_IROH_SYSTEM', bySystem([error.info?.errno ?? error.errno ?? 0, 'getifaddrs']))
  }
}

/** The same, or as they were listed last where they cannot be listed now; none if they never could. Never throws. */
function knownInterfaces() {
  try {
    return listInterfaces()
  } catch {
    return last
  }
}

/** All addresses of all interfaces, as far as they are known. @returns {os.NetworkInterfaceInfo[]} */
function knownAddresses() {
  return Object.values(knownInterfaces()).flat()
}

module.exports = { knownAddresses, knownInterfaces, listInterfaces }
