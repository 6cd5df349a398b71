// SPDX-License-Identifier: MIT
'use strict'

const { dnsDiscovery } = require('../discovery/dns')
const { pkarrDiscovery } = require('../discovery/pkarr')

/**
 * iroh's public relays, as iroh 1.x spells them. They answer no STUN: they tell addresses over QUIC (QUIC address
 * discovery), at their port 7842.
 */
const N0_RELAYS = ['aps1-1', 'euc1-1', 'use1-1', 'usw1-1'].map((name) =>
  Object.freeze({ url: `https://${name}.relay.n0.iroh.link./`, stunPort: 0, quicPort: 7842 })
)

/** Publishes where this endpoint is at iroh's public pkarr relay; finds others by DNS, which it fills. */
function n0Discovery() {
  return [pkarrDiscovery({ resolve: false }), dnsDiscovery()]
}

/**
 * What an endpoint's `preset` stands for; an option that is given replaces what the preset has of it.
 * @type {{ [preset: string]: { relays: object[], discovery: () => object[] } }}
 */
const PRESETS = Object.freeze({
  n0: Object.freeze({ relays: Object.freeze(N0_RELAYS), discovery: n0Discovery }),
  minimal: Object.freeze({ relays: Object.freeze([]), discovery: () => [] })
})

module.exports = { PRESETS }
