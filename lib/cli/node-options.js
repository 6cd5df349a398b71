// SPDX-License-Identifier: MIT
'use strict'

const { localDiscovery } = require('../discovery/local')
const { PRESETS } = require('../endpoint/presets')
const { SecretKey } = require('../identity/secret-key')

/**
 * The options of the endpoint of a hub or a spoke.
 * @param {object} values NODE of the table
 * @returns {object} EndpointOptions
 * @throws {IrohError} ERR_IROH_KEY_FILE
 */
function endpointOptions({ key, bind, preset = 'n0', relay, local }) {
  return {
    bindAddress: bind,
    preset,
    relays: relay,
    discovery: local ? [...PRESETS[preset].discovery(), localDiscovery()] : undefined,
    ...(key !== undefined && { secretKey: SecretKey.fromFile(key, { create: true }) })
  }
}

module.exports = { endpointOptions }
