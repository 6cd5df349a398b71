// SPDX-License-Identifier: MIT
'use strict'

// Texts of files and of standard input: lines of envelopes, allowlists.

const assert = require('node:assert/strict')
const { formatLine, parseLine } = require('../../../lib/cli/envelope-lines')
const { LineError } = require('../../../lib/cli/lines')
const { parseList } = require('../../../lib/hub/allow-file')
const { SecretKey } = require('../../../lib/identity/secret-key')
const { orRefused } = require('../engine')

const nodeId = SecretKey.fromBytes(Buffer.alloc(32, 0x2a)).nodeId()

module.exports = [
  {
    name: 'envelope-line',
    seeds: [
      JSON.stringify({ type: 'a', id: 'b', payload: [1, { c: null }] }),
      JSON.stringify({ from: nodeId, to: nodeId, type: 'a' })
    ],
    tokens: ['"type":', '"to":', '"payload":', '__proto__', '[', '{"a":', 'endpoint', 'null'],
    maxLength: 65_536,
    run(input) {
      for (const isAddressed of [true, false]) {
        const line = orRefused(
          (error) => error instanceof LineError,
          () => parseLine(input.toString(), { isAddressed })
        )
        if (line)
          assert.deepEqual(
            parseLine(formatLine(nodeId, line.envelope), { isAddressed }).envelope.type,
            line.envelope.type
          )
      }
    }
  },
  {
    name: 'allow-file',
    seeds: [`# those of us\n${nodeId} # me\n\n${nodeId.toUpperCase()}\r\n`],
    tokens: ['#', '\n', '\r\n', '\u2028', nodeId, ' '],
    maxLength: 65_536,
    run(input) {
      const nodeIds = orRefused(['ERR_IROH_INVALID_NODE_ID'], () => parseList(input.toString()))
      for (const each of nodeIds ?? []) assert.match(each, /^[0-9a-f]{64}$/)
    }
  }
]
