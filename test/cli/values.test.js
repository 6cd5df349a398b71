// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { SecretKey } = require('event-target-iroh')
const { UsageError, readArgs } = require('../../lib/cli/command')
const { qrText } = require('../../lib/cli/qr')
const { COMMANDS, optionsOf } = require('../../lib/cli/table')
const { KINDS } = require('../../lib/cli/values')
const { usePrograms } = require('../helpers/program.js')
const { version } = require('../../package.json')

const nodeId = SecretKey.generate().nodeId()

/** What is wrong for each kind of value, and what is right. */
const VALUES = {
  address: { wrong: ['', 'nonsense', '1.2.3.4', '::1', '1.2.3.4:70000'], right: ['127.0.0.1:0', '[::1]:4433'] },
  alpn: { wrong: ['', 'x'.repeat(256)], right: ['alkhub/1'] },
  count: { wrong: ['', '0', '-1', '1.5', '1e3', 'x', '9'.repeat(20)], right: ['1'] },
  file: { wrong: [''], right: ['x'] },
  host: { wrong: ['', 'a b', 'a/b:'], right: ['::', '127.0.0.1', 'relay.example.com'] },
  ms: { wrong: ['', '0', 'x', '2147483648', '4294967296'], right: ['1', '2147483647'] },
  peer: { wrong: ['', 'zzz', 'endpointa', nodeId.slice(1)], right: [nodeId] },
  port: { wrong: ['', 'x', '-1', '65536', '99999', 'off'], right: ['0', '65535'] },
  portOrOff: { wrong: ['', 'x', '65536', 'on'], right: ['0', 'off'] },
  rate: { wrong: ['', 'x', '-1'], right: ['0'] },
  relay: { wrong: ['', 'ftp://x', 'nowhere', 'http://'], right: ['https://relay.example.com'] },
  reportMs: { wrong: ['', '99', '60001'], right: ['100'] },
  token: { wrong: [''], right: ['s'] },
  webUrl: { wrong: ['', 'nope', 'ftp://x'], right: ['https://example.com/ask'] },
  zone: { wrong: ['', 'bad zone', 'a..b'], right: ['iroh.example.com'] }
}

describe('The values of the command line', () => {
  it('are all of a kind, which is tested here', () => {
    assert.deepEqual(Object.keys(VALUES).sort(), Object.keys(KINDS).sort())
    for (const [name, command] of Object.entries(COMMANDS)) {
      for (const [option, { value, is, choices }] of Object.entries(optionsOf(command)))
        assert.ok(!value || choices || Object.hasOwn(KINDS, is), `${name} --${option}`)
    }
  })

  it('are told by option and value when they are wrong', () => {
    for (const [name, command] of Object.entries(COMMANDS)) {
      const argument = command.argument ? [command.argument.choices?.[0] ?? nodeId] : []
      for (const [option, { value, is, choices }] of Object.entries(optionsOf(command))) {
        if (!value) continue
        const { wrong, right } = choices ? { wrong: ['', 'other'], right: choices } : VALUES[is]
        for (const text of wrong) {
          const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text
          const read = () => readArgs(command, [`--${option}=${text}`, ...argument])
          const isTold = (error) =>
            error instanceof UsageError && error.message.startsWith(`--${option} '${shown}' is not `)
          assert.throws(read, isTold, `${name} --${option}=${text}`)
        }
        for (const text of right) assert.doesNotThrow(() => readArgs(command, [`--${option}=${text}`, ...argument]))
      }
    }
    const many = Array.from({ length: 17 }, () => '--bind=127.0.0.1:0')
    assert.throws(() => readArgs(COMMANDS.hub, many), { message: '--bind may be given 16 times' })
  })
})

describe('The command line', () => {
  const { about, start } = usePrograms()

  it('tells its version in whatever way it is asked', async () => {
    const asked = [['--version'], ['-V'], ['-v'], ['version'], ['hub', '--version'], ['spoke', '-V']]
    const inJson = [
      ['--version', '--json'],
      ['--json', '--version'],
      ['hub', '--version', '--json']
    ]
    for (const [{ code, stdout }, args] of await Promise.all(
      [...asked, ...inJson].map(async (args) => [await start(...args).ended, args])
    )) {
      assert.equal(code, 0, args.join(' '))
      if (inJson.includes(args)) assert.equal(JSON.parse(stdout)['event-target-iroh'], version)
      else assert.ok(stdout.startsWith(`event-target-iroh ${version} (`), args.join(' '))
    }
  })

  it('helps with the command that was meant', async () => {
    const ends = await Promise.all(
      [['hub', '--nope'], ['--nope'], ['help', 'spoke']].map((args) => start(...args).ended)
    )
    assert.match(ends[0].stderr, /'--nope'\nTry: event-target-iroh hub --help\n$/)
    assert.match(ends[1].stderr, /: there is no option '--nope'\nTry: event-target-iroh --help\n$/)
    assert.match(ends[2].stdout, /^Usage: event-target-iroh spoke /)
    assert.deepEqual(
      ends.map(({ code }) => code),
      [2, 2, 0]
    )
  })

  it('knows a folder from a key file, and leaves its mode alone', async () => {
    const { code, stderr } = await start('id', '--key', about.directory).ended
    assert.equal(code, 1)
    assert.match(stderr, /: it is a folder; name a file in it\n$/)
    assert.doesNotMatch(stderr, /chmod/)
  })

  it('says that lines of a room wait for somebody, and which were not sent', async () => {
    const one = start('gossip', '--preset', 'minimal', '--bind', '127.0.0.1:0', 'kitchen')
    one.write({ type: 'x' })
    one.eof()
    await one.said(/^nobody is in the room yet; what is to be sent waits$/)
    one.kill('SIGTERM')
    await one.said(/^nobody was in the room: line 1 and those after it were not sent$/)
    assert.equal((await one.ended).code, 0)
  })

  it('draws a QR code dark on light, but for who shows colours', () => {
    const modules = (text) =>
      text
        .split('\n')
        .slice(0, -1)
        .join('')
        .replaceAll(/[^█▀▄ ]/g, '') // the last line is cut in half
    const plain = qrText('x', false)
    assert.match(plain, /^ +\n/)
    const coloured = qrText('x', true)
    assert.ok(coloured.startsWith(`\u001b[97;40m${'█'.repeat(coloured.indexOf('\u001b', 1) - 8)}\u001b[0m\n`))
    const inverse = { '█': ' ', ' ': '█', '▀': '▄', '▄': '▀' }
    assert.equal(modules(coloured), [...modules(plain)].map((one) => inverse[one]).join(''))
  })
})
