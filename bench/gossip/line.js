// SPDX-License-Identifier: MIT
'use strict'

const { randomBytes } = require('node:crypto')
const { GossipPeer } = require('../../test/helpers/gossip-peer.js')

/**
 * Three peers, each a process; the ends have no connection but to the middle.
 * @param {'ours' | 'real'} kind
 * @returns {Promise<{ topic: string, ends: GossipPeer[], peers: GossipPeer[] }>}
 */
async function startLine(kind) {
  const peers = await Promise.all([0, 1, 2].map(() => GossipPeer.start(kind, {}, 'release')))
  const [left, middle, right] = peers
  const topic = randomBytes(32).toString('hex')
  await Promise.all([left.deny(right), right.deny(left)])
  await middle.subscribe(topic)
  for (const end of [left, right]) {
    await end.subscribe(topic, middle)
    await Promise.all([end.up(topic, middle), middle.up(topic, end)])
  }
  return { topic, ends: [left, right], peers }
}

module.exports = { startLine }
