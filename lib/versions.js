// SPDX-License-Identifier: MIT
'use strict'

const binding = require('./binding')
const { version } = require('../package.json')

/**
 * What runs here: this package's release, and those of the libraries that its addon has loaded, to be compared with
 * reports of their holes.
 * @type {Readonly<{ package: string, ngtcp2: string, gnutls: string, libsodium: string }>}
 */
const versions = Object.freeze({ package: version, ...binding.versions })

module.exports = { versions }
