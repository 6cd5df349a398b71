// SPDX-License-Identifier: MIT
'use strict'

const { RelayServer } = require('../relay/server/relay-server')
const { UsageError, toNumber } = require('./command')

function portOrOff(values, name) {
  return values[name] === 'off' ? false : toNumber(name, values[name])
}

function tlsOf(values) {
  const { 'tls-cert': certFile, 'tls-key': keyFile } = values
  if (certFile === undefined && keyFile === undefined) return undefined
  if (certFile === undefined || keyFile === undefined) throw new UsageError('--tls-cert and --tls-key go together')
  return { certFile, keyFile, httpPort: portOrOff(values, 'http-port') }
}

function accessOf({ 'access-token': tokens, 'access-url': url, allow, deny }) {
  const rules = Object.entries({ tokens, url, allow, deny }).filter(([, value]) => value !== undefined)
  return rules.length === 0 ? 'everyone' : Object.fromEntries(rules)
}

function serverOptions(values) {
  return {
    host: values.host,
    hostname: values.hostname,
    port: values.port,
    tls: tlsOf(values),
    access: accessOf(values),
    limits: { bytesPerSecond: values.rate, maxConnections: values['max-connections'] },
    stunPort: portOrOff(values, 'stun-port'),
    stunAltPort: portOrOff(values, 'stun-alt-port'),
    quicPort: portOrOff(values, 'quic-port'),
    pkarr: !values['no-pkarr'],
    dnsPort: portOrOff(values, 'dns-port'),
    dnsOrigin: values['dns-origin'],
    metricsPort: values['metrics-port']
  }
}

function describe({ url, pkarrUrl, ports }) {
  const others = Object.entries(ports).filter(([name, port]) => name !== 'relay' && port !== null)
  const pages = pkarrUrl === null ? [] : [`pkarr at ${pkarrUrl}`]
  return [`relay at ${url}`, ...pages, ...others.map(([name, port]) => `${name} at port ${port}`)].join('\n')
}

function reloadTls(server, say) {
  try {
    server.reloadTls()
    say({ event: 'reloaded' }, 'certificate read anew')
  } catch (error) {
    say({ event: 'reload-failed', message: error.message }, `the old certificate stays: ${error.message}`)
  }
}

/** `relay`: runs a relay until a signal ends it; a second one ends it at once. */
async function run(values) {
  const say = (event, words) => console.log(values.json ? JSON.stringify(event) : words)
  const server = await RelayServer.listen(serverOptions(values))
  const stop = async () => {
    process.off('SIGINT', stop).off('SIGTERM', stop)
    say({ event: 'closing' }, 'closing')
    await server.close()
    say({ event: 'closed' }, 'closed')
  }
  process.on('SIGINT', stop).on('SIGTERM', stop)
  process.on('SIGHUP', () => reloadTls(server, say))
  const { url, pkarrUrl, ports } = server
  say({ event: 'listening', url, pkarrUrl, ports }, describe(server))
}

module.exports = { run }
