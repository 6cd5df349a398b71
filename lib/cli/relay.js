// SPDX-License-Identifier: MIT
'use strict'

const { printable, printableJson } = require('../base/printable')
const { RelayServer } = require('../relay/server/relay-server')
const { UsageError } = require('./command')
const { PROGRAM } = require('./help')
const { endOnSignals } = require('./signals')

function tlsOf(values) {
  const { 'tls-cert': certFile, 'tls-key': keyFile, 'http-port': httpPort } = values
  if (certFile === undefined && keyFile === undefined) {
    if (httpPort !== undefined) throw new UsageError('--http-port goes with --tls-cert and --tls-key')
    return undefined
  }
  if (certFile === undefined || keyFile === undefined) throw new UsageError('--tls-cert and --tls-key go together')
  return { certFile, keyFile, httpPort }
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

/** @returns {string[]} what is given and has no effect beside something else that is given */
function idleOptions(values) {
  const rules = [
    ['dns-port', '--no-pkarr', values['no-pkarr']],
    ['dns-origin', '--no-pkarr', values['no-pkarr']],
    ['dns-origin', '--dns-port off', values['dns-port'] === false],
    ['stun-alt-port', '--stun-port off', values['stun-port'] === false]
  ]
  const idle = rules.filter(([name, , isOff]) => isOff && (values[name] ?? false) !== false)
  return idle.map(([name, beside]) => `--${name} has no effect with ${beside}`)
}

/** What the server calls the files that are given. */
const FILES = {
  'access.tokens': '--access-token-file',
  'access.allow': '--allow-file',
  'access.deny': '--deny-file',
  'tls.certFile': '--tls-cert',
  'tls.keyFile': '--tls-key'
}

/** A message of the server, for people at a prompt. */
function inWords(message) {
  return message.replace(/\b(access|tls)\.\w+/g, (name) => FILES[name] ?? name)
}

function serverOptions(values) {
  return {
    host: values.host,
    hostname: values.hostname,
    port: values.port,
    tls: tlsOf(values),
    access: accessOf(values),
    limits: { bytesPerSecond: values.rate, maxConnections: values['max-connections'] },
    stunPort: values['stun-port'],
    stunAltPort: values['stun-alt-port'],
    quicPort: values['quic-port'],
    pkarr: !values['no-pkarr'],
    dnsPort: values['dns-port'],
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
  else
    say({ event: `${prefix}reload-failed`, message: error.message }, `the old ${name} stays: ${inWords(error.message)}`)
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

/** `relay`: runs a relay until a signal ends it; a second one ends it at once. It goes on when nobody reads what it says. */
async function run(values) {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  const say = (event, ...lines) => {
    for (const line of values.json ? [printableJson(event)] : lines.map(printable)) console.log(line)
  }
  const onReload = (about) => tellReloaded(say, about)
  const options = serverOptions(values)
  for (const words of idleOptions(values)) console.error(`${PROGRAM}: ${words}`)
  const server = await RelayServer.listen({ ...options, onReload }).catch((error) => {
    throw new Error(inWords(error.message))
  })
  const stop = async () => {
    say({ event: 'closing' }, 'closing')
    await server.close()
    say({ event: 'closed' }, 'closed')
  }
  endOnSignals(stop, { reload: () => reload(server, values, say) })
  const { url, pkarrUrl, ports } = server
  say({ event: 'listening', url, pkarrUrl, ports }, ...describe(server))
}

module.exports = { run }
