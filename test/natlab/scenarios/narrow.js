// SPDX-License-Identifier: MIT
// The path gets narrower under events larger than it takes: a VPN, a tunnel or another network comes between. Without a
// relay to fall back to, unless a shape says so.
'use strict'

const { allReceived, inPair, startPeer } = require('../pair.js')
const { Topology } = require('../topology.js')

const FLOW = { count: 240, everyMs: 25, burst: 1, padding: 3000 }
const LIMIT_MS = 40_000
/** How long an event may wait for the path to be found out. */
const BACK_MS = 2000
/** Of an IP packet. QUIC needs 1,228 over IPv4. */
const NARROW = 1328
const TOO_NARROW = 1100
const AT_ONCE = 3
const [DIALLER, ACCEPTOR] = [0, 1]

/** The addresses of the sites' hosts. */
const ADDRESSES = ['198.51.100.10', '203.0.113.10']

const V4 = ['none', 'none']
const V6 = ['ipv6', 'ipv6']

const SHAPES = [
  { name: 'to the acceptor', narrow: ({ topology }) => topology.swallow(NARROW, [ACCEPTOR]) },
  { name: 'to the dialler', narrow: ({ topology }) => topology.swallow(NARROW, [DIALLER]) },
  { name: 'both ways', narrow: ({ topology }) => topology.swallow(NARROW, [DIALLER, ACCEPTOR]) },
  {
    name: 'both ways, IPv6',
    kinds: V6,
    family: 6,
    narrow: ({ topology }) => topology.swallow(NARROW, [DIALLER, ACCEPTOR])
  },
  {
    name: 'both ways with a relay',
    relay: true,
    narrow: ({ topology }) => topology.swallow(NARROW, [DIALLER, ACCEPTOR])
  },
  {
    name: 'told by ICMP',
    narrow({ topology }) {
      topology.narrowLink(NARROW, ACCEPTOR)
      topology.narrowLink(NARROW, DIALLER)
    }
  },
  { name: 'told by ICMP, IPv6', kinds: V6, family: 6, narrow: ({ topology }) => topology.narrowLink(NARROW, DIALLER) },
  {
    name: 'at the dialler’s interface',
    narrow: ({ sites }) => sites[DIALLER].host.sh(`ip link set eth0 mtu ${NARROW}`)
  },
  {
    name: 'at the acceptor’s interface',
    narrow: ({ sites }) => sites[ACCEPTOR].host.sh(`ip link set eth0 mtu ${NARROW}`)
  },
  {
    name: 'the dialler moves to a network of MTU 1280',
    kinds: ['port-restricted', 'none'],
    narrow({ sites: [{ host, box, inside }] }) {
      box.sh('ip link set lan0 mtu 1280')
      host.sh('ip link set eth0 mtu 1280')
      host.renumber('eth0', `${inside}.10`, `${inside}.20`, `${inside}.1`)
    }
  },
  {
    name: 'the dialler moves to a network that swallows what is above 1280',
    narrow({ topology, sites: [{ host }] }) {
      topology.swallow(1280, [DIALLER, ACCEPTOR])
      host.renumber('eth0', ADDRESSES[DIALLER], '198.51.100.20', '198.51.100.1')
    }
  },
  {
    name: 'a fixed size on a path that was never wide',
    options: { maxUdpPayload: 1452 },
    early: true,
    narrow: ({ topology }) => topology.swallow(NARROW, [DIALLER, ACCEPTOR])
  },
  {
    name: 'both ways, a real iroh dials',
    real: DIALLER,
    narrow: ({ topology }) => topology.swallow(NARROW, [DIALLER, ACCEPTOR])
  },
  {
    name: 'both ways, a real iroh accepts',
    real: ACCEPTOR,
    narrow: ({ topology }) => topology.swallow(NARROW, [DIALLER, ACCEPTOR])
  },
  {
    name: 'too narrow for QUIC, to the dialler, with a relay',
    relay: true,
    backMs: 20_000,
    narrow: ({ topology }) => topology.swallow(TOO_NARROW, [DIALLER])
  },
  {
    name: 'too narrow for QUIC, to the acceptor, with a relay',
    relay: true,
    backMs: 20_000,
    narrow: ({ topology }) => topology.swallow(TOO_NARROW, [ACCEPTOR])
  },
  {
    name: 'too narrow for QUIC, to the dialler',
    ends: true,
    narrow: ({ topology }) => topology.swallow(TOO_NARROW, [DIALLER])
  },
  {
    name: 'too narrow for QUIC, to the acceptor',
    ends: true,
    narrow: ({ topology }) => topology.swallow(TOO_NARROW, [ACCEPTOR])
  }
]

const title = 'the path gets narrower under events of 3,000 bytes both ways'

async function endsClearly(peers) {
  const reasons = await Promise.all(peers.map((peer) => peer.ask('closed', { timeoutMs: LIMIT_MS })))
  return { faults: reasons.filter((reason) => !/ERR_IROH_NO_VIABLE_PATH/.test(reason)).map(String), longest: 0 }
}

async function play(shape, lab) {
  const { sites, dialler, acceptor, addr } = lab
  const peers = [dialler, acceptor]
  for (const { host } of sites) host.unbatched('eth0')
  if (shape.early) shape.narrow(lab)
  await acceptor.ask('serve', {})
  await dialler.ask('dial', { addr: shape.relay ? addr : { ...addr, relayUrl: undefined }, timeoutMs: LIMIT_MS })
  await dialler.ask('direct', { timeoutMs: BACK_MS })
  await Promise.all(peers.map((peer) => peer.ask('send', FLOW)))
  await acceptor.ask('received', { count: FLOW.count / 4, timeoutMs: LIMIT_MS })
  if (!shape.early) shape.narrow(lab)
  return shape.ends ? endsClearly(peers) : allReceived(peers, FLOW.count, LIMIT_MS)
}

/** A real iroh endpoint on one side, and no relay. */
async function inRealPair(real, shape) {
  const topology = new Topology()
  try {
    const sites = V4.map((kind, index) => topology.site(index, kind))
    const [dialler, acceptor] = sites.map(({ host }, index) =>
      startPeer(host, index === real ? 'real-peer.js' : 'peer.js')
    )
    const start = (peer, index) => peer.ask('start', { relays: [], bindAddress: `${ADDRESSES[index]}:4433` })
    const [, addr] = await Promise.all([dialler, acceptor].map(start))
    return await play(shape, { topology, sites, dialler, acceptor, addr })
  } finally {
    topology.close()
  }
}

async function runShape(shape) {
  const { name, kinds = V4, options = {}, family, backMs = BACK_MS } = shape
  try {
    const { faults, longest } =
      shape.real === undefined
        ? await inPair(kinds, options, (lab) => play(shape, lab), family)
        : await inRealPair(shape.real, shape)
    if (longest > backMs) faults.push(`an event waited for ${longest} ms`)
    return { name, faults, longest }
  } catch (error) {
    return { name, faults: [error.message], longest: 0 }
  }
}

async function run() {
  const results = []
  for (let from = 0; from < SHAPES.length; from += AT_ONCE)
    results.push(...(await Promise.all(SHAPES.slice(from, from + AT_ONCE).map(runShape))))
  return {
    faults: results.flatMap(({ name, faults }) => faults.map((fault) => `${name}: ${fault}`)),
    about: `longest wait of an event: ${results.map(({ name, longest }) => `${name} ${longest} ms`).join(', ')}`
  }
}

module.exports = { title, run }
