// SPDX-License-Identifier: MIT
// Loaded by mocha before the tests: none of them may ask for a host that is not this one, as the default preset would.
'use strict'

const assert = require('node:assert/strict')
const dns = require('node:dns')

const AT_HOME = /^(localhost|.*\.(invalid|test|example|localhost))\.?$|^[\d.]+$|:/
const strangers = new Set()

for (const resolver of [dns, dns.promises]) {
  const { lookup } = resolver
  resolver.lookup = (hostname, ...rest) => {
    if (!AT_HOME.test(hostname)) strangers.add(hostname)
    return lookup(hostname, ...rest)
  }
}

exports.mochaHooks = {
  afterEach() {
    const asked = [...strangers]
    strangers.clear()
    assert.deepEqual(asked, [], 'a test asked for hosts elsewhere; give its endpoints preset: minimal')
  }
}
