// SPDX-License-Identifier: MIT
// What the program reads and emits is in its types.
'use strict'

const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { Declarations } = require('../helpers/declarations')

const root = path.join(__dirname, '../..')
const index = new Declarations('index.d.ts')
const relay = new Declarations('relay.d.ts')

/** Which type has the options of a reader. */
const TYPES = {
  Endpoint: [index, 'EndpointOptions'],
  createHub: [index, 'HubOptions'],
  createSpoke: [index, 'SpokeOptions'],
  'event target': [index, 'EventTargetOptions'],
  resume: [index, 'ResumeOptions'],
  reconnect: [index, 'ReconnectOptions'],
  dnsDiscovery: [index, 'dnsDiscovery'],
  localDiscovery: [index, 'localDiscovery'],
  pkarrDiscovery: [index, 'pkarrDiscovery'],
  Gossip: [index, 'GossipOptions'],
  'RelayServer.listen': [relay, 'RelayServerOptions'],
  access: [relay, 'RelayAccessRules'],
  limits: [relay, 'RelayLimits'],
  tls: [relay, 'RelayTls']
}

/** Readers of a few options that the calls themselves show, or that are nobody's from outside. */
const OTHERS = [
  'RelayClient',
  'RelayManager',
  'accept',
  'allow',
  'close',
  'connect',
  'createGossipEventTarget',
  'dial',
  'joinPeers',
  'netReport',
  'online',
  'pubsubEventTarget',
  'relay',
  'subscribe',
  'subscribeAndJoin'
]

/** What a relay's link reports, `relay-…` for the program. */
const RELAY_NEWS = ['up', 'down', 'failed', 'displaced', 'regained']

function sources(directory) {
  return fs
    .readdirSync(path.join(root, directory), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.name.endsWith('.js'))
    .map((entry) => fs.readFileSync(path.join(entry.parentPath ?? entry.path, entry.name), 'utf8'))
}

/** What the first group of a pattern matches. */
function found(text, pattern) {
  return [...new Set([...text.matchAll(pattern)].map(([, name]) => name))].sort()
}

describe('The declarations', () => {
  const lib = sources('lib').join('\n')

  it('have every option that is read, and none beside', () => {
    const child = path.join(__dirname, '../helpers/children/options-read.js')
    const known = JSON.parse(execFileSync(process.execPath, [child], { encoding: 'utf8' }))
    for (const [where, [declarations, name]] of Object.entries(TYPES))
      assert.deepEqual(known[where]?.sort(), declarations.members(name), where)
    const readers = found(lib, /(?:checkOptions|readTargetOptions)\([^()]*(?:\([^()]*\)[^()]*)*'([^']+)'\s*\)/g)
    assert.deepEqual(
      readers.filter((where) => !(where in TYPES) && !OTHERS.includes(where)),
      [],
      'these readers are not compared'
    )
  })

  it('have every event that a hub, a router and an endpoint emit', () => {
    const emitted = (file) => found(fs.readFileSync(path.join(root, 'lib', file), 'utf8'), /emit\(\s*'([\w-]+)'/g)
    assert.deepEqual(emitted('hub/hub.js'), index.members('HubEvents'))
    assert.deepEqual(emitted('router.js'), index.members('RouterEvents'))
    assert.deepEqual(emitted('endpoint/endpoint.js'), ['network'])
    const typed = index.literals('NetworkEvent', 'type')
    const told = found(lib, /(?:tell\(\{|emit\('network', \{)\s*type: '([\w-]+)'/g)
    const ofConnections = found(
      fs.readFileSync(path.join(root, 'lib/connection/connection.js'), 'utf8'),
      /#tell\('([\w-]+)'/g
    )
    const all = [
      ...told,
      ...ofConnections.filter((name) => name !== 'closed'),
      ...RELAY_NEWS.map((what) => `relay-${what}`)
    ]
    const ofGossip = index.literals('GossipTopicEvent', 'type')
    assert.deepEqual(all.filter((name) => !ofGossip.includes(name)).sort(), typed)
    assert.deepEqual(
      [...found(lib, /(?:tell|onEvent)\(\{\s*type: '(neighbor\w+|dialFailed|received)'/g), 'lagged'].sort(),
      ofGossip
    )
  })
})
