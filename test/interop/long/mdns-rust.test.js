// SPDX-License-Identifier: MIT
// localDiscovery beside iroh's own mDNS, built by cargo, in a network namespace of their own.
'use strict'

const assert = require('node:assert/strict')
const { execFile, spawnSync } = require('node:child_process')
const path = require('node:path')
const { promisify } = require('node:util')
const { useCrate } = require('../rust/cargo.js')

const ADDRESS = '10.77.0.1'
/** One interface, whose other end nobody holds: what is sent there comes back to this host alone. */
const NETWORK = `
  ip link set lo up
  ip link add lan type veth peer name far
  ip addr add ${ADDRESS}/24 dev lan
  ip link set lan up
  ip link set far up
  ip route add default dev lan
`

/** Runs a Node program in a fresh network. */
async function inNetwork(file, ...args) {
  const script = `${NETWORK}\nexec "$@"`
  const command = ['--net', 'sh', '-ec', script, 'sh', process.execPath, file, ...args]
  const { stdout } = await promisify(execFile)('unshare', command, { timeout: 110_000 })
  return JSON.parse(stdout)
}

describe("iroh's own mDNS", () => {
  useCrate(path.join(__dirname, '../rust-mdns'))

  before(function () {
    if (spawnSync('unshare', ['--net', 'ip', 'link']).status === 0) return
    console.log("    iroh's mDNS is not tested: that takes root, for a network of its own")
    this.skip()
  })

  it('finds us and is found, both ways by NodeId alone, and keeps us while we are there', async function () {
    this.timeout(120_000)
    const seen = await inNetwork(path.join(__dirname, '../../helpers/children/beside-real-mdns.js'), ADDRESS)
    const both = { accepted: true, dialled: true, isReal: true }
    assert.deepEqual(seen, { ...both, quiet: 0, known: 8, expired: 0, listed: 8 })
  })
})
