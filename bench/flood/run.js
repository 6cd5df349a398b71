// SPDX-License-Identifier: MIT
'use strict'

// `npm run bench:flood`: what honest spokes notice while a hub is flooded, and what the flood costs the hub.

const { execFileSync, fork, spawn } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const path = require('node:path')
const { parseArgs } = require('node:util')
const { quantile, sleep } = require('../meter')

const ROOT = path.join(__dirname, '..', '..')
const HELP = `Usage: npm run bench:flood -- [options]
  --rate N          hostile packets a second (10000)
  --seconds N       of each flood (8)
  --from ADDRESS    where the honest spokes come from (127.0.0.1)
  --product PATH    another built clone to flood
  --only a,b        of: ${Object.keys(floods()).join(', ')}`

/** Name -> arguments of flood.c, or a module of this folder. */
function floods() {
  const kinds = ['junk', 'fragment', 'hello', 'retry', 'short', 'version']
  const from = { one: ['127.0.0.1', '1'], hundred: ['127.0.0.2', '100'], ports: ['127.0.0.9', '1', '1000'] }
  const named = kinds.flatMap((kind) =>
    Object.entries(from).map(([name, addresses]) => [`${kind}-${name}`, { kind, addresses }])
  )
  return { none: {}, ...Object.fromEntries(named), identities: { module: 'identities.js' } }
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      rate: { type: 'string', default: '10000' },
      seconds: { type: 'string', default: '8' },
      from: { type: 'string', default: '127.0.0.1' },
      product: { type: 'string', default: ROOT },
      only: { type: 'string' },
      help: { type: 'boolean' }
    }
  })
  return values
}

async function ask(child, message) {
  child.send(message)
  const [answer] = await once(child, 'message')
  return answer
}

function start(file, env) {
  return fork(path.join(__dirname, file), { env: { ...process.env, ...env } })
}

/** Floods for a while; resolves with what the attacker says. */
async function flood({ kind, addresses, module }, program, hub, { rate, seconds, product }) {
  if (module) {
    const child = start(module, { PRODUCT: product, HUB: JSON.stringify({ ...hub, from: '127.0.0.77' }) })
    await once(child, 'message')
    await sleep(seconds * 1000)
    return ask(child, 'end')
  }
  if (!kind) return sleep(seconds * 1000)
  const [address, count, ports = '1'] = addresses
  const child = spawn(program, [hub.port, kind, rate, seconds, address, count, ports, 'alkhub/1'])
  let output = ''
  child.stdout.on('data', (chunk) => (output += chunk))
  child.stderr.pipe(process.stderr)
  await once(child, 'close')
  return JSON.parse(output)
}

async function measure(name, attack, program, options) {
  const product = path.resolve(options.product)
  const hubProcess = start('hub.js', { PRODUCT: product })
  try {
    const [hub] = await once(hubProcess, 'message')
    const spokes = start('spokes.js', { PRODUCT: product, HUB: JSON.stringify({ ...hub, from: options.from }) })
    await once(spokes, 'message')
    const before = await ask(hubProcess, 'figures')
    const startedAt = performance.now()
    const attacker = await flood(attack, program, hub, { ...options, product })
    const ms = performance.now() - startedAt
    const after = await ask(hubProcess, 'figures')
    const honest = await ask(spokes, 'end')
    return { name, attacker, honest, ...figures(before, after, ms) }
  } finally {
    hubProcess.disconnect()
  }
}

function figures(before, after, ms) {
  const counted = (name) => (after.metrics[name] ?? 0) - (before.metrics[name] ?? 0)
  return { cpu: (after.cpuMs - before.cpuMs) / ms, rssMB: after.rssMB, counted }
}

function line({ name, attacker, honest, cpu, rssMB, counted }) {
  const made = honest.connects.filter((ms) => ms >= 0).sort((a, b) => a - b)
  const pings = honest.pings.sort((a, b) => a - b)
  const ms = (sorted, at) => (sorted.length > 0 ? quantile(sorted, at).toFixed(0) : '-').padStart(6)
  return [
    name.padEnd(18),
    String(attacker?.sent ?? 0).padStart(8),
    `${made.length}/${honest.connects.length}`.padStart(9),
    ms(made, 0.5),
    ms(made, 0.99),
    ms(made, 1),
    ms(pings, 0.99),
    String(honest.disconnected).padStart(5),
    `${(cpu * 100).toFixed(0)} %`.padStart(6),
    `${rssMB.toFixed(0)} MB`.padStart(7),
    String(counted('udpDatagramsReceived')).padStart(8),
    String(counted('retriesSent')).padStart(8),
    String(counted('handshakesOverShare') + counted('handshakesDropped')).padStart(8),
    String(counted('handshakesEvicted')).padStart(8)
  ].join(' ')
}

async function main() {
  const options = readOptions()
  if (options.help) {
    console.log(HELP)
    return
  }
  const make = ['-s', '-C', path.join(ROOT, 'test', 'native'), 'flood']
  execFileSync('make', make, { stdio: 'inherit' })
  const program = path.join(ROOT, 'build', 'native', 'gcc-plain', 'flood')
  if (!fs.existsSync(program)) throw new Error('flood was not built')
  const wanted = options.only?.split(',')
  console.log(
    `flood              hostile  connected   p50    p99    max  ping99  lost  CPU     memory received  retries  refused  evicted`
  )
  for (const [name, attack] of Object.entries(floods())) {
    if (wanted && !wanted.includes(name)) continue
    console.log(line(await measure(name, attack, program, options)))
  }
  process.exit()
}

main()
