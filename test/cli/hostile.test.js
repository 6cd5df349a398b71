// SPDX-License-Identifier: MIT
// What peers, relays and files say does nothing to the terminal, and makes no line that looks like one of the program's.
'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const fs = require('node:fs')
const net = require('node:net')
const path = require('node:path')
const { Endpoint, EndpointTicket, Gossip, SecretKey, TopicId, parseTicket } = require('event-target-iroh')
const { local, useEndpoints } = require('../helpers/endpoints')
const { until } = require('../helpers/events')
const { usePrograms } = require('../helpers/program')

const net4 = ['--preset', 'minimal', '--bind', '127.0.0.1:0']
const alpn = 'alkhub/1'

/** Cursor and colours, titles, bells, lines of all kinds, writing to the left, and what is not seen. */
const EVIL =
  '\u001b]0;owned\u0007\u001b[2J\u001b[8m\u009b1m\u007f\b\t\u0000\r\nFORGED\nFORGED\rFORGED\u0085FORGED\u2028FORGED\u2029FORGED' +
  '\u202egnp\u2066\u2069\u061c\u200e\u200f\u200b\u200d\u2060\ufeff\u00ad\u{e0041}'
/** A close reason has at most 255 bytes. */
const REASON = EVIL.slice(0, 90)

/** First and last of the characters that nobody may print; a line ends with U+000A. */
const FORBIDDEN = [
  [0x00, 0x09],
  [0x0b, 0x1f],
  [0x7f, 0x9f],
  [0xad, 0xad],
  [0x61c, 0x61c],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x2069],
  [0xfeff, 0xfeff],
  [0xe0000, 0xe0fff]
]

function isForbidden(character) {
  const code = character.codePointAt(0)
  return FORBIDDEN.some(([first, last]) => code >= first && code <= last)
}

function assertHarmless(text) {
  assert.deepEqual([...text].filter(isForbidden), [], text)
  assert.ok(text.isWellFormed())
  for (const line of text.split('\n')) assert.doesNotMatch(line, /^FORGED/)
}

/** An envelope, or arbitrary bytes, as a frame. */
function frame(content) {
  const bytes = Buffer.from(typeof content === 'string' ? content : JSON.stringify(content))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

const envelopes = [
  { type: EVIL, id: EVIL, payload: { [EVIL]: [EVIL, '\ud800'] } },
  { type: 'error', payload: EVIL },
  { type: 'close', payload: { reason: EVIL } },
  { type: 'connected', payload: EVIL },
  { type: 'last' }
]
const junk = [`{"type":"${EVIL}"`, `[${JSON.stringify(EVIL)}]`, `{"__proto__":${JSON.stringify(EVIL)}}`]

async function speak({ send }) {
  for (const content of [...junk, ...envelopes]) await send.writeAll(frame(content))
}

describe('the command line with hostile peers', () => {
  const { create } = useEndpoints()
  const { about, start } = usePrograms()

  /** What it printed does nothing; the lines of stdout are JSON, and the envelopes in them whole. */
  async function assertHarmlessEnd(one, from) {
    one.kill('SIGTERM')
    const { stdout, stderr } = await one.ended
    assertHarmless(stdout)
    assertHarmless(stderr)
    const lines = stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
    const came = lines.filter((line) => line.event === undefined)
    if (from) assert.deepEqual(came, JSON.parse(JSON.stringify(envelopes.map((envelope) => ({ from, ...envelope })))))
    return { lines, stderr }
  }

  for (const json of [[], ['--json']]) {
    const name = json.length > 0 ? 'in JSON' : 'in words'
    it(`hub: what a spoke sends, and how it leaves, ${name}`, async () => {
      const hub = start('hub', ...net4, ...json)
      const client = await create()
      const connection = await client.connect(await ticketOf(hub, json), alpn)
      await speak(await connection.openBi())
      await until(() => hub.stdout.includes('"last"'))
      connection.close(7, REASON)
      await until(() => /gone|spokeclose/.test(hub.stdout + hub.stderr))
      const { lines } = await assertHarmlessEnd(hub, client.nodeId())
      if (json.length > 0) assert.equal(lines.find(({ event }) => event === 'spokeclose').reason, REASON)
    })

    it(`spoke: what a hub sends, and how it leaves, ${name}`, async () => {
      const hub = await create({ alpns: [alpn] })
      const spoke = start('spoke', ...net4, ...json, '--no-reconnect', '--stay', hub.ticket())
      const connection = await hub.accept()
      await speak(await connection.acceptBi())
      await until(() => spoke.stdout.includes('"last"'))
      connection.close(7, REASON)
      const { code } = await spoke.ended
      assert.equal(code, 3)
      await assertHarmlessEnd(spoke, hub.nodeId())
    })

    it(`spoke: a hub that turns it away, ${name}`, async () => {
      const hub = await create({ alpns: [alpn] })
      const spoke = start('spoke', ...net4, ...json, hub.ticket())
      const connection = await hub.accept()
      connection.close(7, REASON)
      await spoke.ended
      await assertHarmlessEnd(spoke)
    })

    it(`spoke: a hub that comes and goes, ${name}`, async () => {
      const hub = await create({ alpns: [alpn] })
      const spoke = start('spoke', ...net4, ...json, '--stay', '--wait', hub.ticket())
      for (let round = 0; round < 2; round++) (await hub.accept()).close(7, REASON)
      await until(() => /not connected|"disconnected"/.test(spoke.stdout + spoke.stderr))
      await assertHarmlessEnd(spoke)
    })

    it(`gossip: what others send, and how they leave, ${name}`, async () => {
      const room = start('gossip', ...net4, ...json, 'kitchen')
      const ticket = await ticketOf(room, json)
      const [peer] = parseTicket(ticket).peers
      const endpoint = await Endpoint.createWithOptions(local)
      const gossip = await Gossip.spawn(endpoint)
      const topic = await gossip.subscribeAndJoin(TopicId.fromName('kitchen'), [peer])
      for (const content of [...junk, EVIL, ...envelopes.map((envelope) => JSON.stringify(envelope))])
        topic.broadcast(content)
      await until(() => envelopes.every(({ type }) => room.stdout.includes(JSON.stringify(type).slice(1, 5))))
      await until(() => room.stdout.includes('"last"'))
      await endpoint.close(7, REASON)
      await until(() => /gone|neighbordown/.test(room.stdout + room.stderr))
      const { lines } = await assertHarmlessEnd(room)
      const types = lines.filter((line) => line.event === undefined).map(({ type }) => type)
      assert.deepEqual(new Set(types), new Set(envelopes.map(({ type }) => type)))
    })

    it(`hub, relay: what stands in their files, ${name}`, async () => {
      const file = path.join(about.directory, 'list')
      fs.writeFileSync(file, SecretKey.generate().nodeId())
      const hub = start('hub', ...net4, ...json, '--allow-file', file)
      await ticketOf(hub, json)
      fs.writeFileSync(file, EVIL)
      await until(() => /stays|"allowlist"/.test(hub.stdout + hub.stderr))
      await assertHarmlessEnd(hub)
      for (const args of [
        ['hub', ...net4, '--allow-file', file],
        ['relay', '--port', '0', '--allow-file', file]
      ]) {
        const { code, stderr } = await start(...args, ...json).ended
        assert.equal(code, 1)
        assert.match(stderr, /line 1: .*\\u001b/)
        assertHarmless(stderr)
      }
    })

    it(`doctor: what relays say, ${name}`, async () => {
      const odd = net.createServer((socket) => {
        socket.on('error', () => {})
        socket.write(`HTTP/1.1 500 ${EVIL.replaceAll(/[\r\n]/g, '')}\r\nX: ${EVIL.slice(0, 20)}\r\n\r\n`)
      })
      odd.listen(0, '127.0.0.1')
      await once(odd, 'listening')
      const url = `http://127.0.0.1:${odd.address().port}/`
      const ports = ['--stun-port', '0', '--quic-port', '0']
      const doctor = start('doctor', ...json, '--timeout', '1500', ...ports, '--relay', url)
      const { stdout, stderr } = await doctor.ended
      assertHarmless(stdout)
      assertHarmless(stderr)
      odd.close()
    })

    it(`all: what they were called with, ${name}`, async () => {
      const wrong = [
        [EVIL.replaceAll('\0', '')],
        ['spoke', EVIL.replaceAll('\0', '')],
        ['hub', '--relay', `ftp://${EVIL.replaceAll('\0', '')}`],
        ['gossip', 'x', '--peer', EVIL.replaceAll('\0', '')],
        ['relay', `--${EVIL.replaceAll('\0', '')}`],
        ['doctor', '--relay', EVIL.replaceAll('\0', '')]
      ]
      for (const args of wrong) {
        const { code, stdout, stderr } = await start(...args, ...json).ended
        assert.ok(code === 1 || code === 2, args[0])
        assert.equal(stdout, '')
        assertHarmless(stderr)
      }
    })
  }

  it('reports invalid lines of stdin, and shows them as they are', async () => {
    const hub = start('hub', ...net4)
    hub.write(
      EVIL.replaceAll('\n', ''),
      JSON.stringify({ type: 'a', [EVIL]: 1 }),
      JSON.stringify({ type: 'a', to: EVIL })
    )
    await until(() => /line 3/.test(hub.stderr))
    assertHarmless(hub.stderr)
  })

  /** The ticket that is told at the beginning. */
  async function ticketOf(one, json) {
    if (json.length > 0) return (await one.event('listening')).ticket
    const [, ticket] = await one.said(/^ticket (\w+)$/)
    return ticket
  }
})

describe('Errors', () => {
  const { create } = useEndpoints()

  it('have messages fit for logs, and close reasons as they came', async () => {
    const server = await create({ alpns: [alpn] })
    const client = await create()
    const [accepted, dialled] = await Promise.all([server.accept(), client.connect(server.addr(), alpn)])
    accepted.close(7, REASON)
    assert.equal((await dialled.closed()).reason, REASON)
    await assert.rejects(dialled.openBi(), (error) => {
      assertHarmless(error.message)
      assertHarmless(error.stack.split('\n    at ')[0])
      assert.match(error.message, /\\u001b\]0;owned\\u0007/)
      return true
    })
    assert.throws(
      () => EndpointTicket.parse(EVIL),
      (error) => assertHarmless(error.message) === undefined
    )
  })
})
