// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')

const root = path.join(__dirname, '../..')

describe('scripts/check-layers', () => {
  let copy

  before(() => {
    copy = fs.mkdtempSync(path.join(os.tmpdir(), 'layers-'))
    for (const part of ['src', 'lib', 'package.json']) {
      fs.cpSync(path.join(root, part), path.join(copy, part), { recursive: true })
    }
  })

  after(() => fs.rmSync(copy, { recursive: true, force: true }))

  function check() {
    const { status, stderr } = spawnSync(process.execPath, [path.join(root, 'scripts/check-layers'), copy], {
      encoding: 'utf8'
    })
    return { status, complaints: stderr.split('\n').filter(Boolean) }
  }

  /** What it says of the copy while a file has one more line, or is new. */
  function plant(file, line) {
    const target = path.join(copy, file)
    const before = fs.existsSync(target) ? fs.readFileSync(target, 'utf8') : null
    fs.mkdirSync(path.dirname(target), { recursive: true })
    fs.writeFileSync(target, `${before ?? ''}${line}\n`)
    try {
      return check()
    } finally {
      if (before === null) fs.rmSync(target)
      else fs.writeFileSync(target, before)
    }
  }

  it('accepts the tree as it is', () => {
    assert.deepEqual(check(), { status: 0, complaints: [] })
  })

  const planted = [
    [
      'a lower room of lib/ that requires a higher one',
      'lib/identity/node-id.js',
      "require('../hub/hub')",
      /identity .*may not require hub/
    ],
    ['base/ that requires a room', 'lib/base/shares.js', "require('../cli/main')", /base .*may not require cli/],
    [
      'a client of relays that requires the server',
      'lib/relay/auth.js',
      "require('./server/http')",
      /relay .*may not require relay\/server/
    ],
    [
      'the addon named outside of binding.js',
      'lib/core/core.js',
      "require('../../build/Release/iroh.node')",
      /in no room of lib/
    ],
    ['a room that the table does not know', 'lib/extra/new.js', "'use strict'", /is in no room/],
    [
      'files of one room that require each other',
      'lib/tickets/postcard.js',
      "require('./endpoint-addr')",
      /files of lib\/ in a circle/
    ],
    ['a required file that is not there', 'lib/hub/welcome.js', "require('./nothing')", /is not there/],
    [
      'a lower room of src/ that includes a higher one',
      'src/wire/frame.c',
      '#include "quic/conn.h"',
      /may not include quic/
    ],
    ['rooms of src/ that may not see each other', 'src/net/punch.c', '#include "quic/conn.h"', /may not include quic/],
    [
      'a file of src/ that calls one that calls it',
      'src/endpoint/turn.c',
      'void turn_now(iroh_endpoint_t *ep) { flush_all(ep); }',
      /files of src\/endpoint\/ in a circle: .*endpoint\/turn/
    ],
    [
      'a header of src/ whose function calls a file that calls it',
      'src/gossip/peers.h',
      'static inline bool gossip_is_full(const gossip_topic_t *topic) { return gossip_view_is_full(topic); }',
      /files of src\/gossip\/ in a circle: .*gossip\/peers/
    ],
    [
      'a file of src/ that keeps a function of one that calls it',
      'src/napi/convert.c',
      'host_t *(*const unwrap)(napi_env env, napi_value value) = host_unwrap;',
      /files of src\/napi\/ in a circle: .*napi\/convert/
    ],
    [
      'the endpoint that includes its service',
      'src/endpoint/loop.c',
      '#include "swarm/state.h"',
      /is in endpoint\/ and may not include swarm/
    ],
    [
      'a header that the table does not list for a room',
      'src/swarm/links.c',
      '#include "endpoint/flush.h"',
      /is in swarm\/ and may not include endpoint/
    ],
    ['a system header out of its room', 'src/gossip/topic.c', '#include <gnutls/gnutls.h>', /may not include <gnutls/]
  ]
  for (const [what, file, line, expected] of planted) {
    it(`rejects ${what}`, () => {
      const { status, complaints } = plant(file, line)
      assert.equal(status, 1)
      assert.ok(
        complaints.some((complaint) => expected.test(complaint)),
        complaints.join('\n')
      )
    })
  }
})
