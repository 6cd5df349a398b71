// SPDX-License-Identifier: MIT
'use strict'

const { reasonOf } = require('../base/errors')

const NO_RELAYS = "No relay was given, so nothing could be asked. Give one: the `relays` option, or preset: 'n0'."
const NOTHING_ANSWERS = 'No relay answered, neither over UDP nor over TCP.'
const NOT_ONLINE =
  'Check the URLs, that this host is online, and that a firewall lets out TCP to the relays (443 with https). Where HTTP gets out by a proxy alone, set HTTPS_PROXY or the `proxy` option.'
const PORTAL =
  'Something answers in place of the relays, as a captive portal does. Open a page in a browser and log in, then try again.'
const NO_UDP =
  'No relay answered over UDP: connections will be carried by a relay. Let UDP out at every port, and its answers in; if it is let out, use relays that answer STUN.'
const NO_ADDRESS =
  'UDP works, but no relay told the public address: those asked answer no STUN. Peers behind NATs will find this host less often. Add a relay that answers STUN.'
const VARIES =
  'The NAT gives this host another port for each peer (symmetric). Peers behind a restrictive NAT will usually be reached through a relay. In the router choose a NAT that keeps the port (full cone, endpoint-independent), or forward a UDP port to this host and bind it (`bindAddress`), or use IPv6.'
const MORE_SERVERS =
  'How the NAT maps could not be told. It takes two relays that answer STUN, at two addresses: add another.'
const NO_RELAY = 'No relay answered over TCP, so peers behind NATs cannot meet this host.'

const REMEDY_NAMES = 'Check the name servers of this host (/etc/resolv.conf).'
/** How a dial says that it waited for them. */
const NOT_LOOKED_UP = /was not looked up in time$/
/** What to do about a relay that failed, by what failed. */
const REMEDIES = [
  [
    /^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/,
    "Set this host's clock if it is wrong; else the relay needs a new certificate."
  ],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, 'Check the URL, and that its name leads to the relay and not to somebody else.'],
  [/^(ENOTFOUND|ENODATA)$/, 'Check the name in the URL, and the name servers of this host.'],
  [/^(ETIMEOUT|ESERVFAIL|EREFUSED)$/, REMEDY_NAMES]
]
const REMEDY_PROXY = 'Check the proxy: HTTPS_PROXY, HTTP_PROXY and NO_PROXY, or the `proxy` option.'
/** Errors that say themselves what to do: of trust in a certificate. */
const SAYS_ENOUGH = 'ERR_IROH_HANDSHAKE'

/** @param {import('../base/errors').IrohError} failure */
function remedyOf(failure) {
  if (failure.code === 'ERR_IROH_PROXY') return REMEDY_PROXY
  if (NOT_LOOKED_UP.test(reasonOf(failure))) return REMEDY_NAMES
  const known = REMEDIES.find(([pattern]) => pattern.test(failure.cause?.code))
  return known?.[1] ?? (failure.code === SAYS_ENOUGH ? '' : NOT_ONLINE)
}

/** Why relays failed, those together that failed alike, and what to do. @returns {string} */
function explain(failed) {
  const byRemedy = new Map()
  for (const { url, failure } of failed) {
    const remedy = remedyOf(failure)
    byRemedy.set(remedy, [...(byRemedy.get(remedy) ?? []), `${url}: ${reasonOf(failure)}.`])
  }
  return [...byRemedy].map(([remedy, reasons]) => [...reasons, remedy].join(' ').trim()).join(' ')
}

/**
 * What to change, for people; the most pressing first.
 * @param {object} report a report without its advice
 * @param {{ url: string, failure: import('../base/errors').IrohError | null }[]} pings why relays did not answer over TCP
 * @returns {string[]} empty: nothing
 */
function advise({ udpV4, udpV6, publicAddresses, mapping, relays, captivePortal }, pings) {
  if (relays.length === 0) return [NO_RELAYS]
  const hasUdp = udpV4 === true || udpV6 === true
  const hasRelay = relays.some(({ latencyMs }) => latencyMs !== null)
  const failed = pings.filter(({ failure }) => failure !== null)
  if (!hasUdp && !hasRelay) return [captivePortal ? PORTAL : `${NOTHING_ANSWERS} ${explain(failed)}`]
  const advice = []
  if (captivePortal) advice.push(PORTAL)
  if (!hasRelay) advice.push(`${NO_RELAY} ${explain(failed)}`)
  if (!hasUdp) advice.push(NO_UDP)
  else if (publicAddresses.length === 0) advice.push(NO_ADDRESS)
  else if (mapping === 'unknown') advice.push(MORE_SERVERS)
  if (/^address/.test(mapping)) advice.push(VARIES)
  for (const { url, error } of hasRelay ? relays : []) {
    if (error !== null) advice.push(`The relay ${url} does not answer (${error}). Check it, or leave it out.`)
  }
  return advice
}

module.exports = { advise }
