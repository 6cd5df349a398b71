// SPDX-License-Identifier: MIT
'use strict'

const WIDTH = 100
const NAME_WIDTH = 17
const VALUE_WIDTH = 29

const UDP = {
  true: ['works', 'direct connections are possible'],
  false: ['no answer', 'UDP is blocked, or none of these relays answers UDP'],
  null: ['not known', 'no relay has an address of this kind and answers UDP']
}

const MAPPING = {
  'endpoint-independent': 'one port for all peers: what a relay sees is where peers find this host',
  'address-dependent': 'another port for each address: peers are told one that is not theirs',
  'address-and-port-dependent': 'another port for each peer: peers are told one that is not theirs',
  unknown: 'it takes two relays that answer STUN, at two addresses'
}

const FILTERING = {
  'endpoint-independent': 'anyone may send here first',
  'address-dependent': 'only hosts that were sent to get in: both sides send at once, a relay arranges it',
  'address-and-port-dependent': 'only who was sent to gets in: both sides send at once, a relay arranges it',
  unknown: 'it takes relays that serve RFC 5780, as this package’s do, at two addresses'
}

const HAIRPIN = {
  true: ['yes', 'peers behind the same NAT meet at its public address, too'],
  false: ['no', 'peers behind the same NAT meet by their local addresses only']
}

const PORTAL = {
  true: ['yes', 'something answers in place of the relays'],
  false: ['none', ''],
  null: ['not known', 'no relay answered over plain HTTP']
}

const PROXY = 'HTTP and TLS to relays go by it; UDP does not'

/** Breaks words into lines; all but the first begin with `indent`. */
function wrap(words, indent, first = indent) {
  const lines = ['']
  for (const word of words.split(' ')) {
    const line = lines.at(-1)
    const room = WIDTH - (lines.length === 1 ? first : indent).length
    if (line !== '' && line.length + 1 + word.length > room) lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines.join(`\n${indent}`)
}

function row(name, [value, meaning]) {
  const start = `${name.padEnd(NAME_WIDTH)} ${value}`
  if (meaning === '') return start
  const column = NAME_WIDTH + 1 + VALUE_WIDTH
  const gap = start.length < column ? start.padEnd(column) : `${start} `
  return gap + wrap(meaning, ' '.repeat(column), gap)
}

function natRow(behindNat) {
  if (behindNat === null) return ['not known', 'no relay told the public address']
  return behindNat
    ? ['yes', 'the public address is not one of this host']
    : ['none', 'the public address is this host’s own']
}

/** Ports that count up can be guessed, at least by people. */
function portRow(portStep) {
  if (portStep === 'random') return ['random', 'the next port cannot be predicted']
  return [`${portStep > 0 ? '+' : ''}${portStep} for each peer`, 'the next port can be predicted']
}

function gatewayRow(portMapping) {
  if (portMapping === null) return ['none', 'no gateway answered PCP or NAT-PMP, or none was asked']
  const name = portMapping.protocol === 'pcp' ? 'PCP' : 'NAT-PMP'
  return [name, `the gateway gives ports; its external address: ${portMapping.externalAddress ?? 'not told'}`]
}

function findings(report) {
  const { udpV4, udpV6, publicAddresses, behindNat, mapping, portStep, filtering, hairpin, captivePortal } = report
  const { proxies = [] } = report
  return [
    row('UDP over IPv4', UDP[udpV4]),
    row('UDP over IPv6', UDP[udpV6]),
    row('public addresses', [publicAddresses.join(', ') || 'not known', '']),
    row('NAT', natRow(behindNat)),
    row('mapping', [mapping, MAPPING[mapping]]),
    ...(portStep === null ? [] : [row('ports', portRow(portStep))]),
    row('filtering', [filtering, FILTERING[filtering]]),
    ...(hairpin === null ? [] : [row('hairpin', HAIRPIN[hairpin])]),
    row('captive portal', PORTAL[captivePortal]),
    ...(proxies.length === 0 ? [] : [row('proxy', [proxies.join(', '), PROXY])]),
    row('port mapping', gatewayRow(report.portMapping))
  ]
}

function ms(value) {
  return value === null ? '' : `${value.toFixed(1)} ms`
}

function relayRows({ relays, preferredRelay }) {
  const width = Math.max(...relays.map(({ url }) => url.length))
  return relays.map(({ url, latencyMs, stunRttMs, quicRttMs, error }) => {
    const mark = url === preferredRelay ? '*' : ' '
    const udp = [stunRttMs !== null && `STUN ${ms(stunRttMs)}`, quicRttMs !== null && `QUIC ${ms(quicRttMs)}`]
    const said = [error === null ? ms(latencyMs) : `not reached: ${error}`, ...udp].filter(Boolean)
    return `${mark} ${url.padEnd(width)}  ${said.join(', ')}`
  })
}

function triedRows(tried) {
  const widths = ['outcome', 'what', 'target'].map((field) => Math.max(...tried.map((each) => each[field].length)))
  return tried.map(({ outcome, what, target, detail = '', ms: took }) => {
    const [first, second, third] = [outcome, what, target].map((cell, index) => cell.padEnd(widths[index]))
    return `  ${first}  ${second}  ${third}  ${ms(took).padStart(9)}  ${detail}`.trimEnd()
  })
}

/** What all of it comes to. */
function conclusion({ udpV4, udpV6, mapping, filtering, preferredRelay }) {
  if (!udpV4 && !udpV6) {
    return preferredRelay === null
      ? 'Nothing can be connected to from here.'
      : 'Connections work over a relay, and not directly.'
  }
  if (mapping === 'endpoint-independent' && filtering === 'endpoint-independent') {
    return 'Peers connect directly, whatever NAT they are behind, as long as UDP works for them.'
  }
  if (mapping === 'endpoint-independent') {
    return 'Most peers connect directly, once a relay has brought both together; those behind a symmetric NAT over the relay.'
  }
  if (mapping === 'unknown') return 'UDP works; how well peers connect directly is not known.'
  return 'Peers connect directly if they are public or their NAT lets anyone in; others, as a rule, over a relay.'
}

function section(title, lines) {
  return lines.length === 0 ? [] : ['', title, ...lines]
}

/**
 * A report for people.
 * @param {object} report NetReport of index.d.ts
 * @returns {string} lines of at most 100 characters, but for URLs and what others said
 */
function reportText(report) {
  return [
    wrap(conclusion(report), ''),
    '',
    ...findings(report),
    ...section('relays, the preferred one marked', relayRows(report)),
    ...section(
      'what to change',
      report.advice.map((words) => `- ${wrap(words, '  ')}`)
    ),
    ...section('what was tried', triedRows(report.tried)),
    '',
    `It took ${(report.tookMs / 1000).toFixed(1)} s.`
  ].join('\n')
}

module.exports = { reportText }
