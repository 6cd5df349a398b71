// SPDX-License-Identifier: MIT
'use strict'

const { UsageError } = require('./command')
const { PROGRAM } = require('./help')
const { versions } = require('../versions')

const NAMES = { ngtcp2: 'ngtcp2', gnutls: 'GnuTLS', libsodium: 'libsodium' }

/**
 * Prints the program's release and those of the libraries it has loaded; as one line of JSON with --json.
 * @param {string[]} args what follows --version
 */
function printVersion(args) {
  const surplus = args.find((arg) => arg !== '--json')
  if (surplus !== undefined) throw new UsageError(`--version takes --json only, not '${surplus}'`)
  const { package: release, ...libraries } = versions
  if (args.length > 0) {
    console.log(JSON.stringify({ [PROGRAM]: release, ...libraries, node: process.versions.node }))
  } else {
    const loaded = Object.entries(libraries).map(([name, version]) => `${NAMES[name]} ${version}`)
    console.log(`${PROGRAM} ${release} (${loaded.join(', ')}, Node ${process.versions.node})`)
  }
}

module.exports = { printVersion }
