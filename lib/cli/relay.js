// SPDX-License-Identifier: MIT
'use strict'

const { RelayServer } = require('../relay/server/relay-server')
const { UsageError, numberOf, readArgs } = require('./command')

const usage = `Usage: event-target-iroh relay [options]

Runs a relay for iroh nodes until SIGINT or SIGTERM. SIGHUP reads the certificate anew.

  --host <address>        where to listen (default ::, which is IPv4 too)
  --hostname <name>       the name in the URL
  --port <port>           default 3340, with TLS 443; 0: any
  --tls-cert <file>       PEM certificate chain; with --tls-key
  --tls-key <file>        PEM private key
  --http-port <port>      plain HTTP beside TLS, for /generate_204 alone (default 80); 'off': none
  --access-token <token>  clients must bring it; may be repeated
  --allow <NodeId>        only these may use the relay; may be repeated
  --deny <NodeId>         these may not; may be repeated
  --access-url <url>      asked about each client by POST
  --rate <bytes>          bytes per second read from one client (default no limit)
  --max-connections <n>   default 16384
  --stun-port <port>      UDP, for STUN (default 3478 if it is free); 'off': none
  --stun-alt-port <port>  UDP, a second one for NAT behaviour discovery (default the next if it is free); 'off': none
  --quic-port <port>      UDP, keeps iroh nodes from waiting (default 7842 if it is free); 'off': none
  --metrics-port <port>   HTTP on 127.0.0.1, for /metrics (default none)
  --json                  one JSON object per line
  --help                  this text`

const text = { type: 'string' }
const texts = { type: 'string', multiple: true }
const options = {
  host: text,
  hostname: text,
  port: text,
  'tls-cert': text,
  'tls-key': text,
  'http-port': text,
  'access-token': texts,
  allow: texts,
  deny: texts,
  'access-url': text,
  rate: text,
  'max-connections': text,
  'stun-port': text,
  'stun-alt-port': text,
  'quic-port': text,
  'metrics-port': text
}

function portOrOff(values, name) {
  return values[name] === 'off' ? false : numberOf(values, name)
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
    port: numberOf(values, 'port'),
    tls: tlsOf(values),
    access: accessOf(values),
    limits: { bytesPerSecond: numberOf(values, 'rate'), maxConnections: numberOf(values, 'max-connections') },
    stunPort: portOrOff(values, 'stun-port'),
    stunAltPort: portOrOff(values, 'stun-alt-port'),
    quicPort: portOrOff(values, 'quic-port'),
    metricsPort: numberOf(values, 'metrics-port')
  }
}

function describe({ url, ports }) {
  const others = Object.entries(ports).filter(([name, port]) => name !== 'relay' && port !== null)
  return [`relay at ${url}`, ...others.map(([name, port]) => `${name} at port ${port}`)].join('\n')
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
async function run(args) {
  const values = readArgs(args, { usage, options })
  if (!values) return
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
  say({ event: 'listening', url: server.url, ports: server.ports }, describe(server))
}

module.exports = { run }
