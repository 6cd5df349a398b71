// SPDX-License-Identifier: MIT
'use strict'

// Looks names up without the system's getaddrinfo(): that runs in Node's thread pool, where two look-ups that wait for a
// dead name server hold up every other look-up of the program, and where none can be broken off. What getaddrinfo() knows
// beside DNS is looked at here: the hosts file, search domains, and names that are special. Where the system looks names
// up by further ways, getaddrinfo() is asked for what DNS does not know.

const dns = require('node:dns')
const { isIP } = require('node:net')
const { performance } = require('node:perf_hooks')
const { deferred } = require('../base/deferred')
const { onAbort } = require('../base/on-abort')
const { Patience } = require('../base/patience')
const { systemFiles } = require('./system-files')

/** The first try of one server; the next ones take twice as long each (c-ares). */
const TRY_MS = 1000
const TRIES = 3
/** A look-up that has found nothing is over after this long. */
const LOOK_UP_MS = 5000
/** How long the addresses of one family are waited for when those of the other are there (RFC 8305, section 3). */
const OTHER_FAMILY_MS = 250
/** How long an answer is used again, whatever its TTL; one that may lack a family; and that a name is unknown. */
const MIN_TTL_MS = 1000
const MAX_TTL_MS = 300_000
const HALF_TTL_MS = 10_000
const UNKNOWN_TTL_MS = 3000
/** Names whose answer is kept; the one that was not asked for longest is forgotten beyond them. */
const MAX_NAMES = 256
/** Addresses of one name that are used. */
const MAX_ADDRESSES = 16

const FAMILIES = [6, 4]
const UNKNOWN = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME'])
/** Names of which nobody may be asked (RFC 6761, section 6.4; RFC 7686). */
const NOWHERE = /(^|\.)(invalid|onion)$/
const LOCALHOST = /(^|\.)localhost$/
const MULTICAST = /\.local$/
const LOOPBACK = Object.freeze([
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 }
])

/** @typedef {{ address: string, family: number }} Address */

function unknown(name) {
  return Object.assign(new Error(`the name ${name} is not known (ENOTFOUND)`), { code: 'ENOTFOUND' })
}

function failed(name, code) {
  const words = {
    ETIMEOUT: `no name server answers for ${name} (ETIMEOUT)`,
    ECONNREFUSED: `no name server can be reached for ${name} (ECONNREFUSED)`
  }
  return Object.assign(new Error(words[code] ?? `the name servers fail for ${name} (${code})`), { code })
}

/** IPv6 and IPv4 in turn, so that a host without one of them soon comes to the other (RFC 8305, section 4). */
function interleaved(six, four) {
  const mixed = []
  for (let at = 0; at < Math.max(six.length, four.length); at++) mixed.push(six[at], four[at])
  return mixed.filter(Boolean).slice(0, MAX_ADDRESSES)
}

/** The names that a name stands for, in the order in which they are asked for (resolv.conf(5)). */
function candidatesOf(name, { search, ndots }) {
  if (name.endsWith('.')) return [name.slice(0, -1)]
  const within = search.map((domain) => `${name}.${domain.replace(/\.$/, '')}`)
  const dots = name.split('.').length - 1
  return dots >= ndots ? [name, ...within] : [...within, name]
}

/** One question for both families of a name. It ends with `signal`. */
class Question {
  #name
  #resolver
  #answers = new Map()
  #settle
  #patience
  /** Resolves with { addresses, ttlMs, code }; `code` is null unless there are no addresses. Never rejects. */
  answer

  constructor(name, resolver, signal) {
    this.#name = name
    this.#resolver = resolver
    const forget = onAbort(signal, () => this.#finish('ECANCELLED'))
    this.answer = new Promise((resolve) => {
      this.#settle = (value) => {
        this.#patience.stop()
        forget()
        resolve(value)
        resolver.cancel()
      }
    })
    this.#patience = new Patience(LOOK_UP_MS, () => this.#finish('ETIMEOUT')).unref()
    for (const family of FAMILIES) this.#ask(family)
  }

  async #ask(family) {
    try {
      const records = await this.#resolver[`resolve${family}`](this.#name, { ttl: true })
      this.#answers.set(family, { records, code: null })
    } catch ({ code }) {
      this.#answers.set(family, { records: [], code })
    }
    if (this.#answers.size === FAMILIES.length) this.#finish(null)
    else if (this.#answers.get(family).records.length > 0) {
      this.#patience.stop()
      this.#patience = new Patience(OTHER_FAMILY_MS, () => this.#finish(null)).unref()
    }
  }

  /** Of two failures the one that says less of the name counts: it may be known after all. */
  #finish(failure) {
    const [six, four] = FAMILIES.map((family) => this.#answers.get(family)?.records ?? [])
    const records = interleaved(
      six.map((record) => ({ ...record, family: 6 })),
      four.map((record) => ({ ...record, family: 4 }))
    )
    const codes = [...this.#answers.values()].map(({ code }) => code).filter(Boolean)
    const code = records.length > 0 ? null : (failure ?? codes.find((one) => !UNKNOWN.has(one)) ?? codes[0])
    const isWhole = codes.every((one) => UNKNOWN.has(one)) && this.#answers.size === FAMILIES.length
    const ttlMs = Math.min(...records.map(({ ttl }) => 1000 * ttl), isWhole ? MAX_TTL_MS : HALF_TTL_MS)
    this.#settle({ addresses: records.map(({ address, family }) => ({ address, family })), ttlMs, code })
  }
}

/** A look-up that several wait for. It is given up when nobody does any more. */
class SharedLookUp {
  #stop = new AbortController()
  #waiting = 0
  /** @type {Promise<Address[]>} */
  result

  /** @param {(signal: AbortSignal) => Promise<Address[]>} run */
  constructor(run) {
    this.result = run(this.#stop.signal)
    this.result.catch(() => {})
  }

  get isGivenUp() {
    return this.#stop.signal.aborted
  }

  /** @param {AbortSignal} [signal] */
  async wait(signal) {
    this.#waiting++
    const aborted = deferred()
    const forget = onAbort(signal, () => aborted.reject(signal.reason))
    try {
      return await Promise.race([this.result, aborted.promise])
    } finally {
      forget()
      this.#waiting--
      if (this.#waiting === 0) this.#stop.abort()
    }
  }
}

/** Looks names up, and remembers the answers for as long as they hold. */
class Names {
  #files
  #makeResolver
  #getaddrinfo
  #known = new Map()
  #running = new Map()

  /**
   * @param {object} [system] for tests
   * @param {ReturnType<typeof systemFiles>} [system.files]
   * @param {() => dns.promises.Resolver} [system.makeResolver]
   * @param {(name: string) => Promise<Address[]>} [system.getaddrinfo]
   */
  constructor({
    files = systemFiles(),
    makeResolver = () => new dns.promises.Resolver({ timeout: TRY_MS, tries: TRIES }),
    getaddrinfo = (name) => dns.promises.lookup(name, { all: true })
  } = {}) {
    this.#files = files
    this.#makeResolver = makeResolver
    this.#getaddrinfo = getaddrinfo
  }

  /**
   * The addresses of a host, IPv6 and IPv4 in turn.
   * @param {string} host a name, or an IP address without brackets
   * @param {AbortSignal} [signal]
   * @returns {Promise<Address[]>} at least one, at most 16
   * @throws {Error} whose `code` is ENOTFOUND if there is no such name, else why it could not be looked up; or the signal's
   *   reason
   */
  async addresses(host, signal) {
    signal?.throwIfAborted()
    const family = isIP(host)
    if (family > 0) return [{ address: host, family }]
    const name = host.toLowerCase()
    const local = this.#withoutAsking(name.replace(/\.$/, ''))
    if (local) return local
    const known = this.#known.get(name)
    if (known && known.until > performance.now()) {
      this.#keep(name, known)
      if (known.addresses.length === 0) throw unknown(host)
      return known.addresses
    }
    return this.#shared(name).wait(signal)
  }

  /** The network is another one: what was looked up on the last one does not hold. */
  forget() {
    this.#known.clear()
  }

  /** @returns {Address[] | null} null: somebody must be asked */
  #withoutAsking(name) {
    const found = this.#files.hosts.read().get(name)
    if (found)
      return interleaved(
        found.filter(({ family }) => family === 6),
        found.filter(({ family }) => family === 4)
      )
    if (LOCALHOST.test(name)) return [...LOOPBACK]
    if (NOWHERE.test(name)) throw unknown(name)
    return null
  }

  #shared(name) {
    const running = this.#running.get(name)
    if (running && !running.isGivenUp) return running
    const lookUp = new SharedLookUp((signal) => this.#find(name, signal))
    this.#running.set(name, lookUp)
    const forget = () => {
      if (this.#running.get(name) === lookUp) this.#running.delete(name)
    }
    lookUp.result.then(forget, forget)
    return lookUp
  }

  async #find(name, signal) {
    const asksElsewhere = this.#files.nsswitch.read()
    if (!(asksElsewhere && MULTICAST.test(name.replace(/\.$/, '')))) {
      for (const candidate of candidatesOf(name, this.#files.resolv.read())) {
        const { addresses, ttlMs, code } = await new Question(candidate, this.#makeResolver(), signal).answer
        if (signal.aborted) throw signal.reason
        if (addresses.length > 0) return this.#learnt(name, addresses, ttlMs)
        if (!UNKNOWN.has(code)) throw failed(name, code)
      }
    }
    const found = asksElsewhere ? await this.#getaddrinfo(name).catch(() => []) : []
    if (found.length > 0) return this.#learnt(name, found.slice(0, MAX_ADDRESSES), HALF_TTL_MS)
    this.#learnt(name, [], UNKNOWN_TTL_MS)
    throw unknown(name)
  }

  #learnt(name, addresses, ttlMs) {
    this.#keep(name, { addresses, until: performance.now() + Math.max(ttlMs, MIN_TTL_MS) })
    return addresses
  }

  #keep(name, known) {
    this.#known.delete(name)
    this.#known.set(name, known)
    if (this.#known.size > MAX_NAMES) this.#known.delete(this.#known.keys().next().value)
  }
}

/** Of all endpoints of this thread. */
const names = new Names()

module.exports = { Names, names }
