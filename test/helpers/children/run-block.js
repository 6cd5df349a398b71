// SPDX-License-Identifier: MIT
// Runs a program of the documents as it is pasted: run-block.js <file> [what it is given…]. In place of the public services
// of the default preset it has a relay server of this host, at $RELAY. Says so on stderr when its top level has run.
'use strict'

const { pathToFileURL } = require('node:url')
const presets = require('../../../lib/endpoint/presets')
const { pkarrDiscovery } = require('../../../lib/discovery/pkarr')

const url = process.env.RELAY
const n0 = {
  relays: [{ url, stunPort: 0, quicPort: 0 }],
  discovery: () => [pkarrDiscovery({ relay: new URL('/pkarr', url).href })]
}
presets.PRESETS = { ...presets.PRESETS, n0 } // before anybody else looks

process.argv.splice(1, 1)
import(pathToFileURL(process.argv[1])).then(() => console.error('-- to its end'))
