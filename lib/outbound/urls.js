// SPDX-License-Identifier: MIT
'use strict'

const net = require('node:net')

/** The host of a URL as sockets take it: IPv6 without brackets. @param {URL} url */
function hostOf(url) {
  return url.hostname.replace(/^\[(.*)\]$/, '$1')
}

/** Whether TLS is spoken there. @param {URL} url http, https, ws or wss */
function isSecure(url) {
  return url.protocol === 'https:' || url.protocol === 'wss:'
}

/** @param {URL} url http, https, ws or wss @returns {number} */
function portOf(url) {
  return Number(url.port || (isSecure(url) ? 443 : 80))
}

/** The server name to ask for and to verify: none for an IP address, no final dot (RFC 6066, section 3). */
function serverName(host) {
  return net.isIP(host) ? '' : host.replace(/\.$/, '')
}

module.exports = { hostOf, isSecure, portOf, serverName }
