// SPDX-License-Identifier: MIT
// What the kernel or a router says at once ends a dial at once, over IPv4 and IPv6: no route, this host's firewall, a link
// that is down, ICMP. It ends no dial that has another address, and no connection.
'use strict'

const path = require('node:path')
const { setTimeout } = require('node:timers/promises')
const { allReceived } = require('../pair.js')
const { Program } = require('../program.js')
const { PUBLIC, Topology } = require('../topology.js')

const NOBODY = 'ae58ff8833241ac82d6ff7611046ed67b5072d142c588d0063e942d9a75502b6'
/** Far below the 10 s of a handshake; the kernel asks for an address on its own link three times, a second each. */
const SOON_MS = 2000
const ON_LINK_MS = 6000
const FLOW = { count: 400, everyMs: 5, burst: 1 }
const LIMIT_MS = 30_000
/** How long a connection's packets are all rejected. */
const REJECTED_MS = 1000

const title = 'an address out of reach ends a dial at once, with the cause, and no other dial or connection'

const rules = (hook, statement) => `
  table inet reach {
    chain way {
      type filter hook ${hook} priority filter
      meta l4proto udp udp dport 4242 ${statement}
    }
  }`

/** By name: who makes it so (`router`: the way there, `host`: the dialling host), how, and what the error names. */
const CAUSES = {
  'ICMP net unreachable': { router: rules('forward', 'reject with icmp net-unreachable'), says: 'ENETUNREACH' },
  'ICMP host unreachable': { router: rules('forward', 'reject with icmp host-unreachable'), says: 'EHOSTUNREACH' },
  'ICMP protocol unreachable': { router: rules('forward', 'reject with icmp prot-unreachable'), says: 'ENOPROTOOPT' },
  'ICMP port unreachable': { router: rules('forward', 'reject with icmp port-unreachable'), says: 'ECONNREFUSED' },
  'ICMP net prohibited': { router: rules('forward', 'reject with icmp net-prohibited'), says: 'ENETUNREACH' },
  'ICMP host prohibited': { router: rules('forward', 'reject with icmp host-prohibited'), says: 'EHOSTUNREACH' },
  'ICMP admin prohibited': { router: rules('forward', 'reject with icmp admin-prohibited'), says: 'EHOSTUNREACH' },
  'ICMPv6 no route': { v6: true, router: rules('forward', 'reject with icmpv6 no-route'), says: 'ENETUNREACH' },
  'ICMPv6 admin prohibited': {
    v6: true,
    router: rules('forward', 'reject with icmpv6 admin-prohibited'),
    says: 'EACCES'
  },
  'ICMPv6 address unreachable': {
    v6: true,
    router: rules('forward', 'reject with icmpv6 addr-unreachable'),
    says: 'EHOSTUNREACH'
  },
  'ICMPv6 port unreachable': {
    v6: true,
    router: rules('forward', 'reject with icmpv6 port-unreachable'),
    says: 'ECONNREFUSED'
  },
  'own firewall, IPv4': { host: rules('output', 'drop'), says: 'EPERM' },
  'own firewall, IPv6': { v6: true, host: rules('output', 'drop'), says: 'EPERM' }
}

/** A route of the dialling host. */
const route = (v6, kind) => {
  const to = `ip ${v6 ? '-6 ' : ''}route`
  const network = v6 ? `${PUBLIC.v6}::/64` : `${PUBLIC.v4}.0/24`
  return { sh: `${to} add ${kind} ${network}`, undo: `${to} del ${kind} ${network}` }
}

/** The same by routes and links of the dialling host. */
const ROUTES = {
  'an unreachable route, IPv4': { ...route(false, 'unreachable'), says: 'EHOSTUNREACH' },
  'an unreachable route, IPv6': { v6: true, ...route(true, 'unreachable'), says: 'EHOSTUNREACH' },
  'a prohibited route, IPv4': { ...route(false, 'prohibit'), says: 'EACCES' },
  'a prohibited route, IPv6': { v6: true, ...route(true, 'prohibit'), says: 'EACCES' },
  'a blackhole, IPv4': { ...route(false, 'blackhole'), says: 'EINVAL' },
  'a blackhole, IPv6': { v6: true, ...route(true, 'blackhole'), says: 'EINVAL' },
  'no route, IPv4': { sh: 'ip route del default', says: 'ENETUNREACH' },
  'no route, IPv6': { v6: true, sh: 'ip -6 route del default', says: 'E(NETUNREACH|ADDRNOTAVAIL)' },
  'nobody on the link, IPv4': { to: '198.51.100.77:4242', soonMs: ON_LINK_MS, says: 'EHOSTUNREACH' },
  'nobody on the link, IPv6': { v6: true, to: '[2001:db8:c::77]:4242', soonMs: ON_LINK_MS, says: 'EHOSTUNREACH' },
  'the link is down, IPv4': { sh: 'ip link set eth0 down', says: 'ENETUNREACH' },
  'the link is down, IPv6': { v6: true, says: 'E(NETUNREACH|ADDRNOTAVAIL)' }
}

const addressOf = ({ v6, to }) => to ?? (v6 ? `[${PUBLIC.v6}::10]:4242` : `${PUBLIC.v4}.10:4242`)

/** What is wrong with how a dial of nobody ends. */
async function dialFault(name, peer, cause) {
  const started = performance.now()
  const addr = { nodeId: NOBODY, directAddresses: [addressOf(cause)] }
  const error = await peer.ask('dial', { addr }).then(
    () => 'it connected',
    ({ message }) => message
  )
  const ms = Math.round(performance.now() - started)
  const expected = new RegExp(`^ERR_IROH_UNREACHABLE: .*\\b${cause.says}\\b`)
  if (!expected.test(error)) return `${name}: ${error}`
  return ms > (cause.soonMs ?? SOON_MS) ? `${name}: only after ${ms} ms` : null
}

/** @param {{ 4: object, 6: object }} diallers of each family: a host and its program */
async function everyCause(internet, diallers) {
  const faults = []
  for (const [name, cause] of Object.entries(CAUSES)) {
    const { host, peer } = diallers[cause.v6 ? 6 : 4]
    const place = cause.router ? internet : host
    place.nft(cause.router ?? cause.host)
    faults.push(await dialFault(name, peer, cause))
    place.nft('delete table inet reach')
  }
  for (const [name, cause] of Object.entries(ROUTES)) {
    const { host, peer } = diallers[cause.v6 ? 6 : 4]
    if (cause.sh) host.sh(cause.sh)
    faults.push(await dialFault(name, peer, cause))
    if (cause.undo) host.sh(cause.undo)
  }
  return faults.filter(Boolean)
}

/** A dial whose other addresses are rejected, and a connection all of whose packets are, for a while. */
async function nothingElse(internet, [dialler, acceptor], addr) {
  internet.nft(rules('forward', 'reject with icmpx admin-prohibited'))
  await acceptor.ask('serve', {})
  const directAddresses = [addressOf({}), addressOf({ v6: true }), ...addr.directAddresses]
  await dialler.ask('dial', { addr: { ...addr, directAddresses }, timeoutMs: LIMIT_MS })
  internet.nft('delete table inet reach')
  const peers = [dialler, acceptor]
  await Promise.all(peers.map((peer) => peer.ask('send', FLOW)))
  await acceptor.ask('received', { count: FLOW.count / 4, timeoutMs: LIMIT_MS })
  for (const kind of ['admin-prohibited', 'port-unreachable']) {
    internet.nft(rules('forward', '').replace('udp dport 4242', `reject with icmpx ${kind}`))
    await setTimeout(REJECTED_MS)
    internet.nft('delete table inet reach')
  }
  return allReceived(peers, FLOW.count, LIMIT_MS)
}

async function run() {
  const topology = new Topology()
  const start = async ({ host }) => {
    const peer = new Program(host, path.join(__dirname, '..', 'peer.js'))
    return { host, peer, addr: await peer.ask('start', { relays: [] }) }
  }
  try {
    const { internet } = topology
    const results = []
    const diallers = {}
    for (const [family, kind, first] of [
      [4, 'none', 0],
      [6, 'ipv6', 2]
    ]) {
      const sites = [topology.site(first, kind), topology.site(first + 1, kind)]
      const [near, far] = [await start(sites[0]), await start(sites[1])]
      results.push(await nothingElse(internet, [near.peer, far.peer], far.addr))
      diallers[family] = await start(sites[0])
    }
    const causes = { ...CAUSES, ...ROUTES }
    return {
      faults: [...results.flatMap(({ faults }) => faults), ...(await everyCause(internet, diallers))],
      about: `${Object.keys(causes).length} causes; longest waits of an event ${results.map(({ longest }) => longest).join(' and ')} ms`
    }
  } finally {
    topology.close()
  }
}

module.exports = { title, run }
