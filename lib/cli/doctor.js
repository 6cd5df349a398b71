// SPDX-License-Identifier: MIT
'use strict'

const fs = require('node:fs')
const { printableJson, printableTexts } = require('../base/printable')
const { NetReport } = require('../net-report')
const { PRESETS } = require('../endpoint/presets')
const { UsageError } = require('./command')
const { reportText } = require('./doctor-text')

/** @returns {(string | object)[]} as the `relays` option has them */
function relaysOf(values) {
  const ports = { stunPort: values['stun-port'], quicPort: values['quic-port'] }
  if (values.relay) return values.relay.map((url) => ({ url, ...ports }))
  if (ports.stunPort !== undefined || ports.quicPort !== undefined) {
    throw new UsageError('--stun-port and --quic-port go with --relay')
  }
  return PRESETS.n0.relays
}

/** The command line's mistakes are the caller's: the options are read before anything is sent. */
function start(values) {
  const relays = relaysOf(values)
  try {
    const ca = values.ca === undefined ? undefined : fs.readFileSync(values.ca)
    return new NetReport({ relays, ca, caOption: '--ca' }, { timeoutMs: values.timeout })
  } catch (error) {
    throw new UsageError(error.message)
  }
}

/** `doctor`: prints a report of the network. */
async function run(values) {
  const report = await start(values).result
  console.log(values.json ? printableJson(report) : reportText(printableTexts(report)))
  const canConnect = report.udpV4 || report.udpV6 || report.preferredRelay !== null
  process.exit(canConnect ? 0 : 1) // a name that is still being looked up would hold the process
}

module.exports = { relaysOf, run }
