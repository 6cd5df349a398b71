// SPDX-License-Identifier: MIT
// Loaded by mocha before the tests: none of them may ask for a host that is not this one, as the default preset would.
'use strict'

const assert = require('node:assert/strict')
const dns = require('node:dns')

const AT_HOME = /^(localhost|.*\.(invalid|test|example|localhost))\.?$|^[\d.]+$|:/
const strangers = new Set()

// A proxy of whoever runs the tests is none of theirs.
for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY']) {
  delete process.env[name]
  delete process.env[name.toLowerCase()]
}

for (const resolver of [dns, dns.promises]) {
  const { lookup } = resolver
  resolver.lookup = (hostname, ...rest) => {
    if (!AT_HOME.test(hostname)) strangers.add(hostname)
    return lookup(hostname, ...rest)
  }
}

/** The library asks name servers itself. A test that has a name server of its own says so. */
for (const method of ['resolve4', 'resolve6']) {
  const ask = dns.promises.Resolver.prototype[method]
  dns.promises.Resolver.prototype[method] = function (hostname, ...rest) {
    const isOwn = this.getServers().every((server) => server.startsWith('127.'))
    if (!isOwn && !AT_HOME.test(hostname)) strangers.add(hostname)
    return ask.call(this, hostname, ...rest)
  }
}

exports.mochaHooks = {
  afterEach() {
    const asked = [...strangers]
    strangers.clear()
    assert.deepEqual(asked, [], 'a test asked for hosts elsewhere; give its endpoints preset: minimal')
  }
}
