// SPDX-License-Identifier: MIT
// Whether endpoint.netReport() finds out what the NATs of the lab do.
'use strict'

const path = require('node:path')
const { startRelays } = require('./pair.js')
const { Program } = require('./program.js')
const { Topology } = require('./topology.js')

const [INDEPENDENT, DEPENDENT, UNKNOWN] = ['endpoint-independent', 'address-and-port-dependent', 'unknown']
const BEHIND = { udpV4: true, udpV6: null, behindNat: true, portStep: null, captivePortal: false }

/** What the report must say, by kind of NAT. */
const EXPECTED = {
  none: { ...BEHIND, behindNat: false, mapping: INDEPENDENT, filtering: INDEPENDENT, hairpin: null },
  'full-cone': { ...BEHIND, mapping: INDEPENDENT, filtering: INDEPENDENT, hairpin: true },
  'port-restricted': { ...BEHIND, mapping: INDEPENDENT, filtering: DEPENDENT, hairpin: false },
  sequential: { ...BEHIND, mapping: DEPENDENT, portStep: 1, filtering: DEPENDENT, hairpin: false },
  symmetric: { ...BEHIND, mapping: DEPENDENT, portStep: 'random', filtering: DEPENDENT, hairpin: false },
  double: { ...BEHIND, mapping: INDEPENDENT, filtering: DEPENDENT, hairpin: false },
  'udp-blocked': { ...BEHIND, udpV4: false, behindNat: null, mapping: UNKNOWN, filtering: UNKNOWN, hairpin: null }
}
const FIREWALL = { ...BEHIND, udpV4: null, udpV6: true, behindNat: false, hairpin: null }
const EXPECTED_V6 = {
  ipv6: { ...FIREWALL, mapping: INDEPENDENT, filtering: INDEPENDENT },
  'ipv6-firewall': { ...FIREWALL, mapping: INDEPENDENT, filtering: DEPENDENT }
}

async function reportBehind(kind, family) {
  const topology = new Topology()
  try {
    const { relays } = await startRelays(topology, family)
    const { host } = topology.site(0, kind)
    return await new Program(host, path.join(__dirname, 'net-report-peer.js')).ask('report', { relays })
  } finally {
    topology.close()
  }
}

async function checkKind(kind, expected, family) {
  const report = await reportBehind(kind, family).catch((error) => ({ fault: error.message }))
  const wrong = Object.entries(expected).filter(([field, value]) => report[field] !== value)
  const faults = wrong.map(([field, value]) => `${field} is ${report[field]} and should be ${value}`)
  if (!report.fault && report.preferredRelay === null) faults.push('no relay was preferred')
  const { mapping, portStep, filtering, hairpin, tookMs } = report
  const about = `mapping ${mapping}, port step ${portStep}, filtering ${filtering}, hairpin ${hairpin}, ${tookMs} ms`
  return { name: `net report ${kind}`, faults: report.fault ? [report.fault] : faults, about }
}

/**
 * One network after the other: what is measured counts ports and waits for silence.
 * @param {RegExp} [only] by name, 'net report none' for one
 * @param {(result: { name: string, faults: string[], about: string }) => void} onResult
 */
async function checkNetReports(only, onResult) {
  const all = [
    ...Object.entries(EXPECTED).map((entry) => [...entry, 4]),
    ...Object.entries(EXPECTED_V6).map((entry) => [...entry, 6])
  ]
  for (const [kind, expected, family] of all) {
    if (!only || only.test(`net report ${kind}`)) onResult(await checkKind(kind, expected, family))
  }
}

module.exports = { checkNetReports }
