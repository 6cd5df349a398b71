// SPDX-License-Identifier: MIT
'use strict'

const { IrohError, invalid } = require('../base/errors')
const { readNoProxy } = require('./no-proxy')
const { hostOf, isSecure, portOf } = require('./urls')

const MAX_URL_CHARACTERS = 4096

/** As it stands in a URL, where it is escaped; a stray % stands for itself. */
function unescaped(text) {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** An HTTP proxy. */
class HttpProxy {
  #url
  /** What it is called where people read it: without user and password. @type {string} */
  name

  /** @param {URL} url http or https */
  constructor(url) {
    this.#url = url
    this.name = `${url.protocol}//${url.host}`
  }

  get url() {
    return this.#url
  }

  get isSecure() {
    return this.#url.protocol === 'https:'
  }

  /** Whether user and password are known. */
  get hasCredentials() {
    return this.#url.username !== '' || this.#url.password !== ''
  }

  /** The headers of a request to it. */
  get headers() {
    if (!this.hasCredentials) return {}
    const pair = `${unescaped(this.#url.username)}:${unescaped(this.#url.password)}`
    return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` }
  }
}

/** @returns {HttpProxy | null} null: it is no URL of an HTTP proxy */
function readProxy(text) {
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`
  const url = text.length <= MAX_URL_CHARACTERS && URL.canParse(full) ? new URL(full) : null
  return url && /^https?:$/.test(url.protocol) && url.hostname !== '' ? new HttpProxy(url) : null
}

/** Which proxy leads to a host, if any. */
class Proxies {
  #byKind
  #isExcepted

  /**
   * @param {{ secure: () => HttpProxy | null, plain: () => HttpProxy | null }} byKind for URLs with TLS, and without
   * @param {(host: string, port: string) => boolean} isExcepted whether a host is reached without one
   */
  constructor(byKind, isExcepted) {
    this.#byKind = byKind
    this.#isExcepted = isExcepted
  }

  /**
   * @param {URL} url http, https, ws or wss
   * @returns {HttpProxy | null} null: it is reached without one
   * @throws {IrohError} ERR_IROH_PROXY: the environment names what is no HTTP proxy
   */
  for(url) {
    const kind = isSecure(url) ? this.#byKind.secure : this.#byKind.plain
    return this.#isExcepted(hostOf(url), String(portOf(url))) ? null : kind()
  }
}

const NONE = new Proxies({ secure: () => null, plain: () => null }, () => true)

/** A variable of the environment; lower case comes first, and an empty one is not set. */
function variable(environment, name) {
  return environment[name.toLowerCase()] || environment[name] || ''
}

function fromVariable(environment, name) {
  const text = variable(environment, name).trim()
  if (text === '') return () => null
  const proxy = readProxy(text)
  return () => {
    if (proxy) return proxy
    throw new IrohError('ERR_IROH_PROXY', { detail: `${name} of the environment is no http or https URL` })
  }
}

/**
 * Reads the `proxy` option.
 * @param {string | false | undefined} given the URL of a proxy for everything; false: none; undefined: as HTTPS_PROXY,
 *   HTTP_PROXY and NO_PROXY of the environment say, in lower case or upper case
 * @param {{ [name: string]: string | undefined }} [environment]
 * @returns {Proxies}
 * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT
 */
function readProxyOption(given, environment = process.env) {
  if (given === false) return NONE
  if (given === undefined) {
    const byKind = {
      secure: fromVariable(environment, 'HTTPS_PROXY'),
      plain: fromVariable(environment, 'HTTP_PROXY')
    }
    return new Proxies(byKind, readNoProxy(variable(environment, 'NO_PROXY')))
  }
  const proxy = typeof given === 'string' && given.includes('://') ? readProxy(given) : null
  if (!proxy) throw invalid('proxy must be an http or https URL, or false') // its password is not repeated
  return new Proxies({ secure: () => proxy, plain: () => proxy }, () => false)
}

module.exports = { readProxyOption }
