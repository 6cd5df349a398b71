// SPDX-License-Identifier: MIT
'use strict'

const NO_RELAYS = "No relay was given, so nothing could be asked. Give one: the `relays` option, or preset: 'n0'."
const NOTHING_ANSWERS =
  'No relay answered, neither over UDP nor over TCP. Check the URLs, that this host is online, and that a firewall lets out TCP to the relays (443 with https).'
const PORTAL =
  'Something answers in place of the relays, as a captive portal does. Open a page in a browser and log in, then try again.'
const NO_UDP =
  'No relay answered over UDP: connections will be carried by a relay. Let UDP out at every port, and its answers in; if it is let out, use relays that answer STUN.'
const NO_ADDRESS =
  'UDP works, but no relay told the public address: those asked answer no STUN. Peers behind NATs will find this host less often. Add a relay that answers STUN.'
const VARIES =
  'The NAT gives this host another port for each peer (symmetric). Peers whose NAT lets in only whom it knows are as a rule reached over a relay. In the router choose a NAT that keeps the port (full cone, endpoint-independent), or forward a UDP port to this host and bind it (`bindAddress`), or use IPv6.'
const MORE_SERVERS =
  'How the NAT maps could not be told. It takes two relays that answer STUN, at two addresses: add another.'
const NO_RELAY =
  'No relay answered over TCP, so peers behind NATs cannot meet this host. Check the URLs, and that a firewall lets out TCP to them.'

/**
 * What to change, for people; the most pressing first.
 * @param {object} report a report without its advice
 * @returns {string[]} empty: nothing
 */
function advise({ udpV4, udpV6, publicAddresses, mapping, relays, captivePortal }) {
  if (relays.length === 0) return [NO_RELAYS]
  const hasUdp = udpV4 === true || udpV6 === true
  const hasRelay = relays.some(({ latencyMs }) => latencyMs !== null)
  if (!hasUdp && !hasRelay) return [captivePortal ? PORTAL : NOTHING_ANSWERS]
  const advice = []
  if (captivePortal) advice.push(PORTAL)
  if (!hasRelay) advice.push(NO_RELAY)
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
