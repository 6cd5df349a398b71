// SPDX-License-Identifier: MIT
'use strict'

const { version } = require('../../../package.json')

const CHALLENGE = /^[A-Za-z0-9._-]{1,63}$/

function reply(response, status, headers = {}, body = '') {
  response.writeHead(status, { 'Content-Length': Buffer.byteLength(body), ...headers })
  response.end(body)
}

function generate204(request, response) {
  const challenge = request.headers['x-iroh-challenge'] ?? ''
  const isChallenge = CHALLENGE.test(challenge)
  response.writeHead(204, isChallenge ? { 'X-Iroh-Response': `response ${challenge}` } : {})
  response.end()
}

function ping(_request, response) {
  reply(response, 200, { 'Access-Control-Allow-Origin': '*' })
}

function healthz(_request, response) {
  const health = { status: 'ok', version, git_hash: 'unknown' }
  reply(response, 200, { 'Content-Type': 'application/json' }, JSON.stringify(health))
}

function home(_request, response) {
  reply(response, 200, { 'Content-Type': 'text/plain; charset=utf-8' }, 'A relay for iroh nodes.\n')
}

function upgradeRequired(_request, response) {
  reply(response, 426, { Connection: 'Upgrade', Upgrade: 'websocket' })
}

const captivePortal = new Map([['/generate_204', generate204]])

const pages = new Map([
  ...captivePortal,
  ['/ping', ping],
  ['/healthz', healthz],
  ['/relay', upgradeRequired],
  ['/', home],
  ['/index.html', home]
])

function serve(routes) {
  return (request, response) => {
    const handler = routes.get(pathOf(request))
    if (!handler) reply(response, 404)
    else if (request.method === 'GET' || request.method === 'HEAD') handler(request, response)
    else reply(response, 405, { Allow: 'GET, HEAD' })
  }
}

/** @returns {string} the path of a request, without the query */
function pathOf({ url }) {
  return url.split('?', 1)[0]
}

/** Refuses an upgrade with an HTTP status, and ends the connection. */
function refuseUpgrade(socket, status, headers = []) {
  socket.on('error', () => {})
  socket.end([`HTTP/1.1 ${status}`, 'Connection: close', 'Content-Length: 0', ...headers, '', ''].join('\r\n'))
}

module.exports = {
  pathOf,
  refuseUpgrade,
  /** Answers what a relay answers over HTTP. */
  servePages: serve(pages),
  /** The same for the plain port beside TLS: only what finds captive portals. */
  serveCaptivePortal: serve(captivePortal),
  /** @param {import('./metrics').RelayMetrics} metrics */
  serveMetrics: (metrics) =>
    serve(
      new Map([
        [
          '/metrics',
          (_request, response) =>
            reply(response, 200, { 'Content-Type': 'text/plain; version=0.0.4' }, metrics.toPrometheus())
        ]
      ])
    )
}
