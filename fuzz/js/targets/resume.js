// SPDX-License-Identifier: MIT
'use strict'

// The payloads of the resume protocol, as parsed JSON, and the texts that a spool keeps.

const assert = require('node:assert/strict')
const { readBatch, textOf } = require('../../../lib/resume/batch')
const control = require('../../../lib/resume/control')
const { MARK } = require('../../../lib/event-target/frame-text')

const session = control.newSessionId()

function parse(input) {
  try {
    return JSON.parse(input.toString())
  } catch {
    return undefined
  }
}

module.exports = [
  {
    name: 'resume-control',
    seeds: [
      control.registerJson(['a'], { session, received: 7, fresh: true }),
      control.resumeJson(session, 2 ** 53 - 1),
      control.ackJson(0)
    ],
    tokens: ['null', '-1', '1e400', '0.5', '9007199254740993', '"received":', '"session":', '"resume":', '{}', '[]'],
    run(input) {
      const envelope = parse(input)
      if (envelope === undefined) return
      const payload = envelope?.payload
      control.offersResume(payload)
      if (typeof envelope?.type === 'string') control.isControl(envelope.type)
      const asked = control.readAsked(payload)
      if (asked) assert.equal(typeof asked.fresh, 'boolean')
      for (const read of [asked, control.readResume(payload)]) {
        if (read) assert.ok(read.session.length <= 64 && Number.isSafeInteger(read.received) && read.received >= 0)
      }
      const count = control.readCount(payload)
      assert.ok(count === null || (Number.isSafeInteger(count) && count >= 0))
    }
  },
  {
    name: 'spool-text',
    seeds: ['{"type":"a"}', `${MARK}{"type":"a"}${MARK}{"type":"b"}`, MARK],
    tokens: [MARK, '\0', '\n'],
    maxLength: 65_536,
    run(input) {
      const text = input.toString()
      const batch = readBatch(5, text)
      assert.equal(textOf(batch), text)
      assert.ok(batch.last - batch.first < Math.max(1, text.length))
    }
  }
]
