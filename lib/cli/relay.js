// SPDX-License-Identifier: MIT
'use strict'

const { printable, printableJson } = require('../base/printable')
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

/** What is given, or stands in a file. */
function listOf(values, name) {
  const { [name]: list, [`${name}-file`]: file } = values
  if (list && file !== undefined) throw new UsageError(`--${name} and --${name}-file do not go together`)
  return file === undefined ? list : { file }
}

function accessOf(values) {
  const [tokens, allow, deny] = ['access-token', 'allow', 'deny'].map((name) => listOf(values, name))
  const all = { tokens, url: values['access-url'], allow, deny }
  const rules = Object.entries(all).filter(([, value]) => value !== undefined)
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
  return [`relay at ${url}`, ...pages, ...others.map(([name, port]) => `${name} at port ${port}`)]
}

/** What was read anew: how its events begin, and in words. */
const RELOADED = { tls: ['', 'certificate'], access: ['access-', 'access list'] }

function tellReloaded(say, { what, error }) {
  const [prefix, name] = RELOADED[what]
  if (!error) say({ event: `${prefix}reloaded` }, `${name} read anew`)
  else say({ event: `${prefix}reload-failed`, message: error.message }, `the old ${name} stays: ${error.message}`)
}

/** SIGHUP: everything that stands in a file is read anew. */
function reload(server, values, say) {
  if (values['tls-cert'] !== undefined) {
    let failure = null
    try {
      server.reloadTls()
    } catch (error) {
      failure = error
    }
    tellReloaded(say, { what: 'tls', error: failure })
  }
  try {
    server.reloadAccess()
  } catch {} // it was told
}

/** `relay`: runs a relay until a signal ends it; a second one ends it at once. */
async function run(values) {
  const say = (event, ...lines) => {
    for (const line of values.json ? [printableJson(event)] : lines.map(printable)) console.log(line)
  }
  const onReload = (about) => tellReloaded(say, about)
  const server = await RelayServer.listen({ ...serverOptions(values), onReload })
  const stop = async () => {
    process.off('SIGINT', stop).off('SIGTERM', stop)
    say({ event: 'closing' }, 'closing')
    await server.close()
    say({ event: 'closed' }, 'closed')
  }
  process.on('SIGINT', stop).on('SIGTERM', stop)
  process.on('SIGHUP', () => reload(server, values, say))
  const { url, pkarrUrl, ports } = server
  say({ event: 'listening', url, pkarrUrl, ports }, ...describe(server))
}

module.exports = { run }
