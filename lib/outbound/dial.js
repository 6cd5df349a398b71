// SPDX-License-Identifier: MIT
'use strict'

const { isIP } = require('node:net')
const tls = require('node:tls')
const { IrohError } = require('../base/errors')
const { readProxyOption } = require('./proxies')
const { names } = require('./names')
const { TcpRace } = require('./tcp-race')
const { connectionError } = require('./trouble')
const { openTunnel } = require('./tunnel')
const { hostOf, isSecure, portOf, serverName } = require('./urls')

/** The authority of a CONNECT request. */
function authorityOf(host, port) {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** What an https proxy is trusted by: what the caller trusts beside Node's own roots. */
function proxyCa(ca) {
  return ca === undefined ? undefined : [...tls.rootCertificates, ...[ca].flat()]
}

/**
 * One attempt to connect to a server, from its URL to a socket that is ready for HTTP: looks the name up, opens TCP to
 * whichever address answers first, by way of a proxy where there is one, and TLS. Certificates are checked end to end, also
 * through a proxy.
 */
class Dial {
  #url
  #host
  #port
  #ca
  #about
  #admits
  #proxy = null
  #timers
  #tcpTimeoutMs
  #isReferenced
  #onReady
  #onFail
  #stop = new AbortController()
  #race = null
  /** The TCP socket below everything else, once it is connected. */
  #tcp = null
  #socket = null
  #isOver = false
  #waitsFor = null
  #settleClosed
  /** Resolves once nothing of it is open any more: it failed, was aborted, or its socket is closed. */
  closed

  /**
   * Begins.
   * @param {URL} url http, https, ws or wss
   * @param {object} options
   * @param {string} [options.who] what the server is called in errors; default 'the server'
   * @param {string | Buffer | (string | Buffer)[]} [options.ca] PEM; trusted instead of Node's own roots
   * @param {string} [options.caOption] what that is called where the user sets it
   * @param {import('./proxies').Proxies} [options.proxies] default: as the environment says
   * @param {(address: string) => boolean} [options.admits] whether an address that the server's name leads to may be
   *   connected to
   * @param {import('../base/timers').Timers} options.timers
   * @param {number} [options.tcpTimeoutMs] how long one address may take to accept the TCP connection; 0: any time
   * @param {boolean} [options.isReferenced] whether it keeps the process alive; default true
   * @param {(socket: import('node:net').Socket) => void} onReady
   * @param {(error: IrohError) => void} onFail one of both is called, once, in a later turn; neither after abort()
   */
  constructor(url, options, onReady, onFail) {
    const { who = 'the server', ca, caOption = 'ca', admits, timers, tcpTimeoutMs = 0, isReferenced = true } = options
    this.#url = url
    this.#host = hostOf(url)
    this.#port = portOf(url)
    this.#ca = ca
    this.#about = { who, host: this.#host, caOption, hasOwnCa: ca !== undefined }
    this.#admits = admits
    this.#timers = timers
    this.#tcpTimeoutMs = tcpTimeoutMs
    this.#isReferenced = isReferenced
    this.#onReady = onReady
    this.#onFail = onFail
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve
    })
    this.#begin(options.proxies)
  }

  /** The proxy it goes by, or null. @returns {import('./proxies').HttpProxy | null} */
  get proxy() {
    return this.#proxy
  }

  /** What is being waited for, as the words of an error that it did not come; null when nothing is. */
  get lateWords() {
    return this.#waitsFor
  }

  /** The address of this host that it is connected from; undefined before TCP is connected. */
  get localAddress() {
    return this.#tcp?.localAddress
  }

  /** 'ip:port' that it is connected to, of the proxy if there is one; null before TCP is connected. */
  get remote() {
    return this.#tcp?.remoteAddress === undefined ? null : `${this.#tcp.remoteAddress}:${this.#tcp.remotePort}`
  }

  /** Why something failed after the socket was ready. @returns {IrohError} */
  errorOf(cause, isUp) {
    return connectionError(cause, { ...this.#about, isUp })
  }

  /** @param {boolean} isReferenced whether it keeps the process alive */
  setReferenced(isReferenced) {
    this.#isReferenced = isReferenced
    this.#race?.setReferenced(isReferenced)
    for (const socket of [this.#tcp, this.#socket]) {
      if (isReferenced) socket?.ref()
      else socket?.unref()
    }
  }

  /** Ends it at once, and closes its socket. */
  abort() {
    this.#isOver = true
    this.#waitsFor = null
    this.#stop.abort()
    this.#race?.stop()
    this.#socket?.destroy()
    this.#tcp?.destroy()
    if (!this.#race || this.#race.isClosed) this.#settleClosed()
  }

  #begin(proxies = readProxyOption(undefined)) {
    try {
      this.#proxy = proxies.for(this.#url)
    } catch (error) {
      queueMicrotask(() => this.#fail(error))
      return
    }
    const host = this.#proxy ? hostOf(this.#proxy.url) : this.#host
    if (this.#proxy && this.#admits) this.#lookUp(this.#host, (addresses) => this.#throughAdmitted(addresses))
    else this.#lookUp(host, (addresses) => this.#connect(addresses))
  }

  /** An address that may not be connected to must not be reached by a proxy either: it is given one that may. */
  #throughAdmitted([{ address }]) {
    this.#host = address
    this.#lookUp(hostOf(this.#proxy.url), (addresses) => this.#connect(addresses), null)
  }

  /** An IP address is connected to in this turn. */
  async #lookUp(host, onFound, admits = this.#admits) {
    this.#waitsFor = `the name ${host} was not looked up in time`
    let addresses = isIP(host) > 0 ? [{ address: host, family: isIP(host) }] : null
    try {
      addresses ??= await names.addresses(host, this.#stop.signal)
    } catch (error) {
      this.#fail(error)
      return
    }
    if (this.#isOver) return
    const isChecked = admits && isIP(host) === 0 // an address is the caller's own word
    const admitted = isChecked ? addresses.filter(({ address }) => admits(address)) : addresses
    if (admitted.length > 0) return onFound(admitted)
    const words = `${host} has no address outside of this network`
    queueMicrotask(() => this.#fail(Object.assign(new Error(words), { code: 'ENOTFOUND' })))
  }

  #connect(addresses) {
    const who = this.#proxy ? `the proxy ${this.#proxy.name}` : this.#about.who
    this.#waitsFor = `${who} did not accept the TCP connection`
    this.#race = new TcpRace(addresses, {
      port: this.#proxy ? portOf(this.#proxy.url) : this.#port,
      timers: this.#timers,
      timeoutMs: this.#tcpTimeoutMs,
      lateWords: this.#waitsFor,
      isReferenced: this.#isReferenced,
      onOpen: (socket) => this.#connected(socket),
      onFail: (error) => this.#fail(error),
      onClosed: () => this.#onClosed()
    })
  }

  #connected(tcp) {
    this.#tcp = tcp
    tcp.once('close', () => this.#closedEarly())
    if (!this.#proxy) this.#secure(tcp)
    else if (this.#proxy.isSecure) this.#openTls(tcp, this.#aboutProxy(), (socket) => this.#pass(socket))
    else this.#pass(tcp)
  }

  #aboutProxy() {
    const host = hostOf(this.#proxy.url)
    return { ...this.#about, who: `the proxy ${this.#proxy.name}`, host, ca: proxyCa(this.#ca) }
  }

  /** Requests without TLS are sent to the proxy itself; everything else goes through it. */
  #pass(socket) {
    if (this.#url.protocol === 'http:') return this.#ready(socket)
    this.#waitsFor = `the proxy ${this.#proxy.name} did not answer`
    const authority = authorityOf(this.#host, this.#port)
    openTunnel(
      socket,
      this.#proxy,
      authority,
      (tunnel) => this.#secure(tunnel),
      (error) => this.#fail(error)
    )
  }

  #secure(socket) {
    if (isSecure(this.#url)) this.#openTls(socket, { ...this.#about, ca: this.#ca }, (secured) => this.#ready(secured))
    else this.#ready(socket)
  }

  /**
   * What a server shows is looked at when the handshake is over: once Node has refused it, it is gone.
   * @param {import('node:net').Socket} below
   * @param {import('./trouble').About & { ca?: any }} about
   */
  #openTls(below, { ca, ...about }, onOpen) {
    if (this.#isOver) return
    this.#waitsFor = `${about.who} did not finish the TLS handshake`
    const options = { socket: below, servername: serverName(about.host), host: about.host, ca }
    let socket
    try {
      socket = tls.connect({ ...options, ALPNProtocols: ['http/1.1'] })
    } catch (cause) {
      const detail = `${about.caOption} cannot be used: ${cause.message}`
      return this.#fail(new IrohError('ERR_IROH_HANDSHAKE', { detail, cause }))
    }
    this.#socket = socket
    let certificate = null
    socket.prependOnceListener('secure', () => {
      certificate = socket.getPeerCertificate(true)
    })
    socket.on('error', (cause) => this.#fail(connectionError(cause, { ...about, certificate })))
    socket.once('secureConnect', () => {
      if (!this.#isOver) onOpen(socket)
    })
  }

  #ready(socket) {
    if (this.#isOver) return
    this.#isOver = true
    this.#waitsFor = null
    this.#socket = socket
    this.#onReady(socket)
  }

  #closedEarly() {
    const who = this.#proxy ? `the proxy ${this.#proxy.name}` : this.#about.who
    this.#fail(Object.assign(new Error(`${who} closed the connection`), { code: 'ECONNRESET' }))
  }

  #onClosed() {
    if (this.#isOver) this.#settleClosed()
  }

  #fail(cause) {
    if (this.#isOver) return
    const error = this.#errorOf(cause)
    this.abort()
    this.#onFail(error)
  }

  /** Whose fault it is that the first step failed. */
  #errorOf(cause) {
    if (!this.#proxy || cause instanceof IrohError) return this.errorOf(cause, false)
    const detail = `the proxy ${this.#proxy.name} cannot be reached: ${cause.message || cause.code}`
    return new IrohError('ERR_IROH_PROXY', { detail, cause })
  }
}

module.exports = { Dial }
