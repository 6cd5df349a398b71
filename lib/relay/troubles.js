// SPDX-License-Identifier: MIT
'use strict'

const { IrohError, reasonOf } = require('../base/errors')
const { causeOf } = require('../outbound/trouble')
const { portOf } = require('../outbound/urls')

/** From so many displacements within ten minutes on, two programs take the place from each other again and again. */
const FIGHT = 3

/** Two URLs of one relay: names may end with the root's dot. */
function placeOf(relayUrl) {
  const url = new URL(relayUrl)
  return `${url.hostname.replace(/\.$/, '')} ${portOf(url)}`
}

/** Whether two links lead to one relay, so that they displace each other. */
function isSameRelay(a, b) {
  return placeOf(a.url) === placeOf(b.url) || (a.remote !== null && a.remote === b.remote)
}

function displacedError(relayUrl, times) {
  const fight = `${times} times within ten minutes: two programs with one secret key take it from each other`
  const detail = `another connection with it took over at the relay ${relayUrl}`
  return new IrohError('ERR_IROH_KEY_IN_USE', { detail: times < FIGHT ? detail : `${detail}, ${fight}` })
}

/** What is wrong with the relays of one endpoint. It tells of each cause once, until the relay works again. */
class Troubles {
  #tell
  /** Relay to the cause that was told, by what failed: 'ping' or 'session'. */
  #told = new Map()
  #displaced = new Map()

  /** @param {(relayUrl: string, kind: 'failed' | 'displaced' | 'regained', about: object) => void} tell */
  constructor(tell) {
    this.#tell = tell
  }

  /** A relay cannot be measured, or there is no session with it. @param {'ping' | 'session'} what */
  failed(relayUrl, what, error) {
    const told = this.#told.get(relayUrl) ?? {}
    const cause = causeOf(error)
    const isNews = !Object.values(told).includes(cause)
    this.#told.set(relayUrl, { ...told, [what]: cause })
    if (isNews) this.#tell(relayUrl, 'failed', { error })
  }

  /** That works. @param {'ping' | 'session'} what a session: everything does */
  works(relayUrl, what) {
    if (what === 'session') this.#told.delete(relayUrl)
    else delete this.#told.get(relayUrl)?.ping
  }

  /**
   * Another connection with the endpoint's key took over, unless it is one of the endpoint's own.
   * @param {import('./client-link').RelayLink} link
   * @param {number} times
   * @param {Iterable<import('./client-link').RelayLink>} links all there are
   */
  displaced(link, times, links) {
    if ([...links].some((other) => other !== link && other.isActive && isSameRelay(other, link))) return
    const error = displacedError(link.url, times)
    this.#displaced.set(link.url, error)
    this.#tell(link.url, 'displaced', { error, times })
  }

  /** The other connection has left. */
  regained(relayUrl) {
    if (this.#displaced.delete(relayUrl)) this.#tell(relayUrl, 'regained', {})
  }

  /** The session is over. */
  ended(relayUrl) {
    this.#displaced.delete(relayUrl)
  }

  /** The relay is not used any more. */
  forget(relayUrl) {
    this.#told.delete(relayUrl)
    this.#displaced.delete(relayUrl)
  }

  /** @returns {IrohError | null} why nobody is reached there: another has the key */
  displacement(relayUrl) {
    return this.#displaced.get(relayUrl) ?? null
  }
}

/**
 * Why there is no session with any of the relays, as the detail of an error.
 * @param {{ url: string, error: unknown }[]} relays
 * @param {Map<string, string>} pending what is being waited for of those that have not failed yet
 * @returns {{ detail?: string }}
 */
function whyOffline(relays, pending) {
  const why = ({ url, error }) => (error ? reasonOf(error) : pending.get(url))
  const words = relays.filter((relay) => why(relay)).map((relay) => `${relay.url}: ${why(relay)}`)
  return words.length > 0 ? { detail: words.join('; ') } : {}
}

module.exports = { Troubles, whyOffline }
