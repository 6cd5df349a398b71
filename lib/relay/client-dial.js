// SPDX-License-Identifier: MIT
'use strict'

const net = require('node:net')
const tls = require('node:tls')
const { IrohError } = require('../base/errors')

/** How long one address may take to accept the TCP connection, in milliseconds. */
const TCP_TIMEOUT_MS = 1500
/** When the next address of a host is tried beside one that has not answered. */
const NEXT_ADDRESS_MS = 250

/** The host of a URL as sockets take it: IPv6 without brackets. */
function hostOf(url) {
  return url.hostname.replace(/^\[(.*)\]$/, '$1')
}

/** The server name to ask for and to verify: none for an IP address, no final dot (RFC 6066, section 3). */
function serverName(host) {
  return net.isIP(host) ? '' : host.replace(/\.$/, '')
}

function openTcp(url, lookup, onReady) {
  const socket = net.connect({
    host: hostOf(url),
    port: Number(url.port || 80),
    lookup,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS
  })
  socket.once('connect', () => onReady(socket))
  return socket
}

function openTls(url, { ca, lookup }, onReady) {
  const host = hostOf(url)
  const socket = tls.connect({
    host,
    port: Number(url.port || 443),
    servername: serverName(host),
    ca,
    lookup,
    ALPNProtocols: ['http/1.1'],
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS
  })
  socket.once('secureConnect', () => onReady(socket))
  return socket
}

/** The clock of an attempt starts when the name is known, and again with each further address. */
function limitTcp(socket, host, timers) {
  const restart = () => {
    timers.setPatient('tcp', TCP_TIMEOUT_MS, () => {
      socket.destroy(new IrohError('ERR_IROH_TIMEOUT', { detail: 'the relay did not accept the TCP connection' }))
    })
  }
  if (net.isIP(host)) restart()
  socket.on('lookup', restart)
  socket.on('connectionAttempt', restart)
  socket.once('connect', () => timers.clear('tcp'))
  socket.once('close', () => timers.clear('tcp'))
}

/**
 * Opens the TCP connection to a relay, and TLS over it for wss. Failures are the socket's 'error'.
 * @param {URL} url ws or wss
 * @param {object} options
 * @param {string | Buffer | (string | Buffer)[]} [options.ca]
 * @param {net.LookupFunction} [options.lookup] in place of dns.lookup()
 * @param {import('./client-timers').Timers} options.timers
 * @param {(socket: net.Socket | tls.TLSSocket) => void} onReady called once the socket is ready for HTTP
 * @returns {net.Socket | tls.TLSSocket}
 */
function openSocket(url, { ca, lookup, timers }, onReady) {
  const socket = url.protocol === 'wss:' ? openTls(url, { ca, lookup }, onReady) : openTcp(url, lookup, onReady)
  socket.setNoDelay(true)
  limitTcp(socket, hostOf(url), timers)
  return socket
}

module.exports = { hostOf, openSocket, serverName }
