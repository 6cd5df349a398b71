// SPDX-License-Identifier: MIT
'use strict'

const fs = require('node:fs')
const { NetReport } = require('../net-report')
const { PRESETS } = require('../presets')
const { numberOf, readArgs, UsageError } = require('./command')
const { reportText } = require('./doctor-text')

const usage = `Usage: event-target-iroh doctor [options]

Looks at the network from here: whether UDP gets out, the public addresses, what the NAT does, how far the relays are;
says what that means for connecting, and what to change. Asks the relays given, or else iroh's public ones. Those answer
no STUN: for the public addresses and the NAT give relays that do, such as event-target-iroh's own.

  --relay <URL>       a relay to ask; may be repeated. Two at two addresses tell the most
  --ca <file>         PEM certificates trusted for relays instead of the built-in ones
  --stun-port <port>  UDP port of the relays given, for STUN (default 3478); 0: none
  --quic-port <port>  UDP port of the relays given, for QUIC address discovery (default 7842); 0: none
  --timeout <ms>      report what there is after so long (default 5000)
  --json              as one line of JSON
  --help              this text

Ends with 0 when something can be connected to (UDP works, or a relay is reached), 1 when not, 2 when called wrongly.

Examples:
  event-target-iroh doctor
  event-target-iroh doctor --relay https://relay-1.example.com --relay https://relay-2.example.com
  event-target-iroh doctor --relay http://192.0.2.10:3340 --json | jq .mapping`

const text = { type: 'string' }
const options = {
  relay: { type: 'string', multiple: true },
  ca: text,
  'stun-port': text,
  'quic-port': text,
  timeout: text
}

/** @returns {(string | object)[]} as the `relays` option has them */
function relaysOf(values) {
  const ports = { stunPort: numberOf(values, 'stun-port'), quicPort: numberOf(values, 'quic-port') }
  if (values.relay) return values.relay.map((url) => ({ url, ...ports }))
  if (ports.stunPort !== undefined || ports.quicPort !== undefined) {
    throw new UsageError('--stun-port and --quic-port go with --relay')
  }
  return PRESETS.n0.relays
}

/** The command line's mistakes are the caller's: the options are read before anything is sent. */
function start(values) {
  const relays = relaysOf(values)
  const timeoutMs = numberOf(values, 'timeout')
  try {
    const ca = values.ca === undefined ? undefined : fs.readFileSync(values.ca)
    return new NetReport({ relays, ca }, { timeoutMs })
  } catch (error) {
    throw new UsageError(error.message)
  }
}

/** `doctor`: prints a report of the network. */
async function run(args) {
  const values = readArgs(args, { usage, options })
  if (!values) return
  const report = await start(values).result
  console.log(values.json ? JSON.stringify(report) : reportText(report))
  const canConnect = report.udpV4 || report.udpV6 || report.preferredRelay !== null
  process.exit(canConnect ? 0 : 1) // a name that is still being looked up would hold the process
}

module.exports = { relaysOf, run }
