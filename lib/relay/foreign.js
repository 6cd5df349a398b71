// SPDX-License-Identifier: MIT
'use strict'

// Relays that others name (gossip neighbours, multicast DNS, look-ups), and not the program: docs/design/hearsay.md. They must
// not make this host talk to hosts that only it can reach, nor to many.

const { isIP } = require('node:net')
const { isOutside } = require('../base/ip-scope')
const { PerMinute } = require('../base/per-minute')
const { hostOf } = require('../outbound/urls')
const { normalizeRelayUrl } = require('../base/relay-url')

/** Names that are looked up inside of a network (RFC 6761, 6762, 7686, 8375, 9476 and custom). */
const INNER = new Set(['alt', 'arpa', 'corp', 'example', 'home', 'internal', 'intranet', 'invalid', 'lan', 'local'])
for (const name of ['localdomain', 'localhost', 'onion', 'private', 'test']) INNER.add(name)
/** Ports that other protocols have, and HTTP servers do not. */
const FIRST_FREE_PORT = 1024
const HTTP_PORTS = new Set(['', '80', '443'])

/** How long one that could not be used is left alone, and how many of them are remembered. */
const AGAIN_MS = 300_000
const MAX_FAILED = 256
/** Dials of one endpoint that have not ended, and of one endpoint and all of this thread a minute. */
const MAX_DIALLING = 4
const PER_MINUTE = 12
const ALL_PER_MINUTE = 60

/** A name with two labels at least, that is looked up outside. The root's dot at its end means nothing. */
function isOutsideName(host) {
  const labels = host.replace(/\.$/, '').split('.')
  return labels.length > 1 && labels.every((label) => label !== '') && !INNER.has(labels.at(-1))
}

/**
 * The relay that somebody else names, if this endpoint may talk to it: its origin alone, as path, query and user are the
 * writer's, too.
 * @param {string} text http, https, ws or wss
 * @returns {string | null} normalised; null: it must not be dialled
 * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT when it is no relay's URL
 */
function foreignRelayUrl(text) {
  const url = new URL(normalizeRelayUrl(text))
  const host = hostOf(url)
  if (!(isIP(host) ? isOutside(host) : isOutsideName(host))) return null
  if (!HTTP_PORTS.has(url.port) && Number(url.port) < FIRST_FREE_PORT) return null
  return normalizeRelayUrl(`${url.protocol}//${url.host}/`)
}

/** Of all endpoints of this thread. */
const everyone = new PerMinute(ALL_PER_MINUTE)

/** How often one endpoint dials relays that others name. */
class ForeignDials {
  #clock
  #all
  #own = new PerMinute(PER_MINUTE)
  #dialling = new Set()
  #failed = new Map()

  /** @param {import('../base/clock').Clock} clock @param {PerMinute} [all] what endpoints share; for tests */
  constructor(clock, all = everyone) {
    this.#clock = clock
    this.#all = all
  }

  /** Whether this one may be dialled now; if so, that counts, and over() or failed() is to follow. @param {string} url */
  begin(url) {
    const now = this.#clock.now()
    if (this.#dialling.size >= MAX_DIALLING || this.#failed.get(url) > now - AGAIN_MS) return false
    if (!this.#own.has(now) || !this.#all.has(now)) return false
    this.#own.take(now)
    this.#all.take(now)
    this.#dialling.add(url)
    return true
  }

  /** The dial is over: it is a relay, or was left. */
  over(url) {
    this.#dialling.delete(url)
  }

  /** It was no relay, and is left alone for a while. */
  failed(url) {
    this.over(url)
    this.#failed.delete(url)
    this.#failed.set(url, this.#clock.now())
    if (this.#failed.size > MAX_FAILED) this.#failed.delete(this.#failed.keys().next().value)
  }
}

module.exports = { ForeignDials, foreignRelayUrl }
