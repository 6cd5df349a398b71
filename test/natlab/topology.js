// SPDX-License-Identifier: MIT
// Networks of namespaces: a public host, the internet as one router, and sites behind it. All of it lives in namespaces
// whose names begin with the lab's process id; nothing outside them is touched.
'use strict'

const { execFileSync, spawn } = require('node:child_process')
const { natKinds } = require('./nat-kinds.js')

const PREFIX = 'natlab'
/** The documentation networks (RFC 5737, RFC 3849) are the internet here. */
const PUBLIC = { v4: '192.0.2', v6: '2001:db8:ffff' }
const SIDES = [
  { name: 'site-a', v4: '198.51.100', v6: '2001:db8:a', lan: '10.1', carrier: '100.64.1' },
  { name: 'site-b', v4: '203.0.113', v6: '2001:db8:b', lan: '10.2', carrier: '100.64.2' },
  // Of the network for benchmarks (RFC 2544), for scenarios with more sites.
  { name: 'site-c', v4: '198.18.3', v6: '2001:db8:c', lan: '10.3', carrier: '100.64.3' },
  { name: 'site-d', v4: '198.18.4', v6: '2001:db8:d', lan: '10.4', carrier: '100.64.4' },
  { name: 'site-e', v4: '198.18.5', v6: '2001:db8:e', lan: '10.5', carrier: '100.64.5' },
  { name: 'site-f', v4: '198.18.6', v6: '2001:db8:f', lan: '10.6', carrier: '100.64.6' },
  { name: 'site-g', v4: '198.18.7', v6: '2001:db8:10', lan: '10.7', carrier: '100.64.7' }
]

const live = new Set()
let made = 0

function ip(...args) {
  return execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

/** One network namespace: a host, or a box that routes. */
class Namespace {
  #processes = new Set()

  constructor(name) {
    this.name = name
    ip('netns', 'add', name)
    live.add(this)
    this.sh('ip link set lo up; sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0')
  }

  /** Runs shell commands inside; throws with their output if one fails. */
  sh(script) {
    return execFileSync('ip', ['netns', 'exec', this.name, 'sh', '-ec', script], { encoding: 'utf8', stdio: 'pipe' })
  }

  /** Loads nftables rules. */
  nft(rules) {
    execFileSync('ip', ['netns', 'exec', this.name, 'nft', '-f', '-'], {
      input: rules,
      stdio: ['pipe', 'pipe', 'pipe']
    })
  }

  /** Gives an interface addresses with their prefix lengths. */
  address(device, ...addresses) {
    this.sh([`ip link set ${device} up`, ...addresses.map((each) => `ip addr add ${each} dev ${device}`)].join('\n'))
  }

  route(...vias) {
    for (const via of vias) this.sh(`ip route add default via ${via}`)
  }

  forward() {
    this.sh('sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1')
    return this
  }

  /** After how many seconds of silence a NAT forgets a UDP mapping. */
  timeouts(seconds) {
    const names = ['nf_conntrack_udp_timeout', 'nf_conntrack_udp_timeout_stream']
    this.sh(`sysctl -qw ${names.map((name) => `net.netfilter.${name}=${seconds}`).join(' ')}`)
  }

  /** Changes an IPv4 address. A NAT whose outside changes forgets its mappings. */
  renumber(device, from, to, router) {
    this.sh(`
      ip addr del ${from}/24 dev ${device}
      ip addr add ${to}/24 dev ${device}
      ip route add default via ${router}`)
  }

  /** From now on every datagram leaves by itself, so that routers see its length. */
  unbatched(device) {
    this.sh(`ip link set ${device} gso_max_segs 1`)
    return this
  }

  /** Starts a Node program inside, with pipes. */
  spawn(file) {
    const child = spawn('ip', ['netns', 'exec', this.name, process.execPath, file], { stdio: 'pipe' })
    this.#processes.add(child)
    child.on('exit', () => this.#processes.delete(child))
    return child
  }

  /** Ends what was started here and takes the namespace away. Does not wait: it is used on the way out, too. */
  remove() {
    for (const child of this.#processes) child.kill('SIGKILL')
    live.delete(this)
    ip('netns', 'del', this.name)
  }
}

/** One internet with its public host; sites are added to it. */
class Topology {
  #prefix = `${PREFIX}-${process.pid}-${++made}`
  #namespaces = []

  constructor() {
    this.internet = this.#namespace('internet').forward()
    // What has no route is lost without a word, as on the real one.
    this.internet.sh('ip route add blackhole default; ip -6 route add blackhole default')
    this.publicHost = this.#namespace('public')
    this.#attach(this.publicHost, 'eth0', 'public', PUBLIC)
    this.publicHost.address('eth0', `${PUBLIC.v4}.11/24`, `${PUBLIC.v6}::11/64`)
  }

  #namespace(role) {
    const namespace = new Namespace(`${this.#prefix}-${role}`)
    this.#namespaces.push(namespace)
    return namespace
  }

  #link(near, nearDevice, far, farDevice) {
    ip(
      'link',
      'add',
      'name',
      nearDevice,
      'netns',
      near.name,
      'type',
      'veth',
      'peer',
      'name',
      farDevice,
      'netns',
      far.name
    )
  }

  /** Gives `namespace` public addresses: .10 and ::10, or one family of them. */
  #attach(namespace, device, name, { v4, v6 }) {
    this.#link(this.internet, name, namespace, device)
    const families = [v4 && [`${v4}.1`, `${v4}.10`, 24], v6 && [`${v6}::1`, `${v6}::10`, 64]].filter(Boolean)
    for (const [router, own, length] of families) {
      this.internet.address(name, `${router}/${length}`)
      namespace.address(device, `${own}/${length}`)
      namespace.route(router)
    }
  }

  /** A host behind `box`, on a network of its own. */
  #inside(box, device, role, network) {
    const host = this.#namespace(role)
    this.#link(box, device, host, 'eth0')
    box.address(device, `${network}.1/24`)
    host.address('eth0', `${network}.10/24`)
    host.route(`${network}.1`)
    return host
  }

  /**
   * Adds a site: 'none' (its host is public), 'ipv6' (the same without IPv4), 'ipv6-firewall', 'double', or a kind of
   * nat-kinds.js.
   * @param {number} index 0 to 6
   * @returns {{ box: Namespace | null, host: Namespace, outside?: string, inside?: string }} the outermost box, and the
   *   IPv4 networks of its outside and of the host as 'a.b.c'
   */
  site(index, kind) {
    const { name, v4, v6, lan, carrier } = SIDES[index]
    if (kind === 'none' || kind === 'ipv6') {
      const host = this.#namespace(name)
      this.#attach(host, 'eth0', name, kind === 'none' ? { v4 } : { v6 })
      return { box: null, host }
    }
    if (kind === 'ipv6-firewall') return this.#firewalled(name, v6)
    const box = this.#box(`${name}-box`, kind === 'double' ? 'port-restricted' : kind, `${v4}.10`)
    this.#attach(box, 'wan', name, { v4 })
    const inside = `${lan}.0`
    if (kind !== 'double') return { box, host: this.#inside(box, 'lan0', name, inside), outside: v4, inside }
    const inner = this.#box(`${name}-inner`, 'port-restricted')
    this.#link(box, 'lan0', inner, 'wan')
    box.address('lan0', `${carrier}.1/24`)
    inner.address('wan', `${carrier}.10/24`)
    inner.route(`${carrier}.1`)
    return { box, host: this.#inside(inner, 'lan0', name, inside), outside: v4, inside }
  }

  #box(role, kind, wanAddress) {
    const box = this.#namespace(role).forward()
    box.nft(natKinds[kind](wanAddress))
    return box
  }

  #firewalled(name, v6) {
    const box = this.#box(`${name}-box`, 'firewall')
    this.#attach(box, 'wan', name, { v6 })
    const host = this.#namespace(name)
    this.#link(box, 'lan0', host, 'eth0')
    box.address('lan0', `${v6}:1::1/64`)
    host.address('eth0', `${v6}:1::10/64`)
    host.route(`${v6}:1::1`)
    this.internet.sh(`ip route add ${v6}:1::/64 via ${v6}::10`)
    return { box, host }
  }

  /** Two hosts on one network behind one port-restricted NAT. */
  oneLan() {
    const { name, v4, lan } = SIDES[0]
    const box = this.#box(`${name}-box`, 'port-restricted')
    this.#attach(box, 'wan', name, { v4 })
    // Bridged packets are not the NAT's business, though kernels with br_netfilter show them to it.
    box.sh('ip link add lan0 type bridge; sysctl -qw net.bridge.bridge-nf-call-iptables=0 2>/dev/null || true')
    box.address('lan0', `${lan}.0.1/24`)
    return ['10', '11'].map((number) => {
      const host = this.#namespace(`${name}-${number}`)
      this.#link(box, `port${number}`, host, 'eth0')
      box.sh(`ip link set port${number} up master lan0`)
      host.address('eth0', `${lan}.0.${number}/24`)
      host.route(`${lan}.0.1`)
      return { box, host }
    })
  }

  /** Two hosts behind one full-cone NAT that do not reach each other but through its public address. */
  hairpin() {
    const { name, v4, lan } = SIDES[0]
    const box = this.#box(`${name}-box`, 'full-cone', `${v4}.10`)
    this.#attach(box, 'wan', name, { v4 })
    return [0, 1].map((number) => ({
      box,
      host: this.#inside(box, `lan${number}`, `${name}-${number}`, `${lan}.${number}`)
    }))
  }

  /**
   * Cuts the way between the two sites for UDP; both still reach the public host.
   * @param {'drop' | 'reject'} how without a word, or as a route that is gone
   */
  cut(how) {
    const networks = `{ ${SIDES.map(({ v4 }) => `${v4}.0/24`).join(', ')} }`
    this.internet.nft(`
      table inet cut {
        chain forward {
          type filter hook forward priority filter
          ip saddr ${networks} ip daddr ${networks} meta l4proto udp ${how === 'drop' ? 'drop' : 'reject with icmpx no-route'}
        }
      }`)
  }

  restore() {
    this.internet.nft('delete table inet cut')
  }

  /**
   * Loses UDP packets above a length, without a word, on the way to some sites.
   * @param {number} length of the IP packet
   * @param {number[]} sites their indices
   */
  swallow(length, sites) {
    const rules = sites.flatMap((index) => [
      `ip daddr ${SIDES[index].v4}.0/24 meta l4proto udp meta length > ${length} drop`,
      `ip6 daddr ${SIDES[index].v6}::/64 meta l4proto udp meta length > ${length} drop`
    ])
    this.internet.nft(`
      table inet narrow {
        chain forward {
          type filter hook forward priority filter
          ${rules.join('\n          ')}
        }
      }`)
  }

  /** The same with a word (ICMP): the link to a site takes no larger packets. */
  narrowLink(length, index) {
    this.internet.sh(`ip link set ${SIDES[index].name} mtu ${length}`)
  }

  /** Loses a share of all packets that cross the internet. */
  lose(percent) {
    this.internet.nft(`
      table inet loss {
        chain forward {
          type filter hook forward priority filter
          numgen random mod 100 < ${percent} drop
        }
      }`)
  }

  close() {
    for (const namespace of this.#namespaces.splice(0)) namespace.remove()
  }
}

/** Takes away every namespace of this process. */
function removeAll() {
  for (const namespace of live) namespace.remove()
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** Takes away what labs that are gone have left. Their programs ended with their pipes. */
function removeLeftovers() {
  const names = ip('netns', 'list').match(new RegExp(`^${PREFIX}-\\d+-\\S+`, 'gm')) ?? []
  for (const name of names) if (!isAlive(Number(name.split('-')[1]))) ip('netns', 'del', name)
}

/** Why there can be no lab here, or null. */
function missing() {
  const probe = `${PREFIX}-${process.pid}-probe`
  try {
    ip('netns', 'add', probe)
    try {
      execFileSync('ip', ['netns', 'exec', probe, 'nft', 'list', 'ruleset'], { stdio: 'pipe' })
    } finally {
      ip('netns', 'del', probe)
    }
    return null
  } catch (error) {
    return String(error.stderr || error.message)
      .trim()
      .split('\n')[0]
  }
}

module.exports = { PUBLIC, Topology, missing, removeAll, removeLeftovers }
