// SPDX-License-Identifier: MIT
'use strict'

const http = require('node:http')
const { IrohError } = require('../base/errors')

const MAX_REASON_CHARACTERS = 100

/**
 * Why a proxy does not let a request through, if the status is one that a proxy alone gives; the words never hold its
 * password.
 * @param {import('./proxies').HttpProxy} proxy
 * @param {{ statusCode: number, statusMessage?: string }} answer
 * @returns {IrohError}
 */
function proxyRefused(proxy, { statusCode, statusMessage = '' }) {
  const said = `${statusCode} ${statusMessage.slice(0, MAX_REASON_CHARACTERS)}`.trim()
  const wants = proxy.hasCredentials ? 'does not take this user and password' : 'asks for a user and a password'
  const hint = statusCode === 407 ? ` (it ${wants})` : ''
  return new IrohError('ERR_IROH_PROXY', { detail: `the proxy ${proxy.name} refused: ${said}${hint}` })
}

/**
 * Asks a proxy for a connection to a host (CONNECT; RFC 9110, section 9.3.6).
 * @param {import('node:net').Socket} socket connected to the proxy
 * @param {import('./proxies').HttpProxy} proxy
 * @param {string} authority 'host:port', IPv6 in brackets
 * @param {(socket: import('node:net').Socket) => void} onOpen
 * @param {(error: Error) => void} onFail at most one of both is called, once
 */
function openTunnel(socket, proxy, authority, onOpen, onFail) {
  const request = http.request({
    createConnection: () => socket,
    method: 'CONNECT',
    path: authority,
    headers: { ...proxy.headers, host: authority, 'proxy-connection': 'keep-alive' }
  })
  let isOver = false
  const once = (action) => {
    if (!isOver) action()
    isOver = true
  }
  request.on('error', (cause) => {
    const words = cause.code === 'ECONNRESET' ? 'it closed the connection' : cause.message || cause.code
    once(() => onFail(new IrohError('ERR_IROH_PROXY', { detail: `the proxy ${proxy.name} failed: ${words}`, cause })))
  })
  request.on('connect', (answer, connected, head) => {
    once(() => {
      if (answer.statusCode < 200 || answer.statusCode > 299) return onFail(proxyRefused(proxy, answer))
      if (head.length > 0) connected.unshift(head)
      onOpen(connected)
    })
  })
  request.end()
}

module.exports = { openTunnel, proxyRefused }
