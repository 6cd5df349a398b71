// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const fs = require('node:fs')
const path = require('node:path')
const { createInterface } = require('node:readline')
const { EndpointTicket, SecretKey, createHub } = require('event-target-iroh')
const { endpointOptions } = require('../../lib/cli/node-options')
const { until } = require('../helpers/events.js')
const { program, usePrograms } = require('../helpers/program.js')

const net = ['--preset', 'minimal', '--bind', '127.0.0.1:0']

describe('hub and spoke of the command line', () => {
  const { about, spawnProgram, start, startUnread } = usePrograms()

  /** A hub that is ready, and its ticket. */
  async function startHub(...args) {
    const hub = start('hub', '--json', ...net, ...args)
    const { ticket, nodeId } = await hub.event('listening')
    return { hub, ticket, nodeId }
  }

  /** A spoke that is connected. */
  async function startSpoke(ticket, ...args) {
    const spoke = start('spoke', '--json', ...net, ...args, ticket)
    const { nodeId } = await spoke.event('connected')
    return { spoke, nodeId }
  }

  it('pipe envelopes both ways', async () => {
    const { hub, ticket, nodeId } = await startHub()
    const one = await startSpoke(ticket)
    const two = await startSpoke(ticket)
    await hub.event('spoke')
    await hub.event('spoke')
    one.spoke.write({ type: 'hello', id: '7', payload: { deep: ['ä'] } })
    assert.deepEqual(await hub.json(), { from: one.nodeId, type: 'hello', id: '7', payload: { deep: ['ä'] } })
    hub.write({ type: 'all' }, { to: two.nodeId, type: 'one', payload: 1 }, { type: 'last' })
    assert.deepEqual(await one.spoke.json(), { from: nodeId, type: 'all' })
    assert.deepEqual(await one.spoke.json(), { from: nodeId, type: 'last' })
    for (const type of ['all', 'one', 'last']) assert.equal((await two.spoke.json()).type, type)
  })

  it('speak to people on stderr, and print nothing but envelopes', async () => {
    const hub = start('hub', ...net, '--qr')
    const [, nodeId] = await hub.said(/^NodeId ([0-9a-f]{64})$/)
    const [, ticket] = await hub.said(/^ticket (endpoint\w+)$/)
    assert.equal(EndpointTicket.parse(ticket).nodeId, nodeId)
    await hub.said(/^[█▀▄ ]{20,}$/)
    const spoke = start('spoke', ...net, ticket)
    await spoke.said(/^connected to /)
    spoke.write({ type: 'x', payload: null })
    spoke.eof()
    const { code, stdout } = await spoke.ended
    assert.deepEqual([code, stdout], [0, ''])
    await hub.said(/^spoke [0-9a-f]{64} is gone/)
    hub.kill('SIGTERM')
    const ended = await hub.ended
    assert.equal(ended.code, 0)
    assert.match(ended.stdout, /^\{"from":"[0-9a-f]{64}","type":"x","payload":null\}\n$/)
  })

  it('deliver everything before a spoke ends with its stdin, in order', async () => {
    const { hub, ticket } = await startHub()
    const spoke = start('spoke', ...net, ticket)
    const count = 5000
    for (let n = 0; n < count; n++) spoke.write({ type: 'n', payload: n })
    spoke.eof()
    await hub.event('spoke')
    for (let n = 0; n < count; n++) assert.equal((await hub.json()).payload, n)
    assert.equal((await spoke.ended).code, 0)
  })

  it('keep their keys in files that only their owner may read', async () => {
    const files = ['hub', 'spoke'].map((name) => path.join(about.directory, name))
    const { ticket, nodeId } = await startHub('--key', files[0])
    const first = await startSpoke(ticket, '--key', files[1])
    const keys = files.map((file) => SecretKey.fromFile(file).nodeId())
    assert.deepEqual(keys, [nodeId, first.nodeId])
    for (const file of files) assert.equal(fs.statSync(file).mode & 0o777, 0o600)
    first.spoke.kill('SIGINT')
    assert.equal((await first.spoke.ended).code, 0)
    assert.equal((await startSpoke(ticket, '--key', files[1])).nodeId, first.nodeId)
    fs.chmodSync(files[0], 0o644)
    const { code, stderr } = await start('hub', ...net, '--key', files[0]).ended
    assert.equal(code, 1)
    assert.match(stderr, /others may read it/)
  })

  it('name the lines that are no envelopes, and go on', async () => {
    const { hub, ticket, nodeId } = await startHub()
    const spoke = start('spoke', ...net, ticket)
    spoke.write('rubbish', '{"type":1}', '', '[]', '{"type":"a","x":1}', { to: nodeId, type: 'b' })
    spoke.child.stdin.write(Buffer.from([0x22, 0xff, 0x22, 0x0a]))
    spoke.write('x'.repeat(5_000_000), { type: 'big', payload: 'x'.repeat(2_000_000) }, '{"from":"me","type":"good"}\r')
    spoke.child.stdin.end('{"type":"last"}')
    const { code, stderr } = await spoke.ended
    assert.equal(code, 4)
    const told = [...stderr.matchAll(/: line (\d+): ([^:,\n]+)/g)].map(([, line, why]) => `${line} ${why}`)
    assert.deepEqual(told, [
      '1 not JSON',
      '2 not an envelope',
      '4 not an envelope',
      '5 an envelope has no "x"',
      '6 an envelope has no "to"',
      '7 not UTF-8',
      '8 longer than 4194304 bytes',
      '9 a frame is longer than maxFrameLength'
    ])
    await hub.event('spoke')
    assert.equal((await hub.json()).type, 'good')
    assert.equal((await hub.json()).type, 'last')
    await hub.event('spokeclose')
    hub.write({ to: 'nobody', type: 'a' }, { to: nodeId, type: 'a' }, { type: 'a' })
    for (const [line, words] of [
      [1, /"to": not a NodeId/],
      [2, /no spoke of this NodeId/]
    ]) {
      const skipped = await hub.event('skipped')
      assert.equal(skipped.line, line)
      assert.match(skipped.message, words)
    }
    hub.kill('SIGTERM')
    assert.equal((await hub.ended).code, 4)
  })

  it('end when nobody reads what they print', async () => {
    const { hub, ticket } = await startHub()
    const args = [process.execPath, program, 'spoke', ...net, '--stay', ticket]
    const pipe = spawnProgram('bash', '-c', '"$@" | head -n 1; echo $PIPESTATUS', 'bash', ...args) // that of the first
    await hub.event('spoke')
    hub.write({ type: 'first' })
    assert.equal((await pipe.json()).type, 'first')
    const gone = hub.event('spokeclose')
    let isGone = false
    gone.then(() => (isGone = true))
    await until(() => {
      hub.write({ type: 'more' })
      return isGone
    })
    assert.equal(await pipe.line(), '0')
  })

  it('keep a spoke that is at its end until the hub has read everything, however slowly', async () => {
    const lines = createInterface({ input: startUnread('hub', '--json', ...net).stdout })
    const [first] = await once(lines, 'line')
    lines.pause()
    const spoke = start('spoke', ...net, JSON.parse(first).ticket)
    const count = 3000
    for (let n = 0; n < count; n++) spoke.write({ type: 'n', payload: 'x'.repeat(1000) })
    spoke.eof()
    await spoke.said(/^connected/)
    let read = 0
    lines.on('line', (line) => {
      if (line.includes('"type":"n"')) read++
    })
    lines.resume()
    await until(() => read === count)
    const { code, stderr } = await spoke.ended
    assert.equal(code, 0)
    assert.match(stderr, /^connected to .*\n$/)
  })

  it('say so when the hub is lost before it has read everything', async () => {
    const key = ['--key', path.join(about.directory, 'hub')]
    const unread = startUnread('hub', '--json', ...net, ...key)
    const lines = createInterface({ input: unread.stdout })
    const { ticket, addr } = JSON.parse((await once(lines, 'line'))[0])
    lines.pause()
    const spoke = start('spoke', '--json', ...net, ticket)
    await spoke.event('connected')
    for (let n = 0; n < 400; n++) spoke.write({ type: 'n', payload: 'x'.repeat(1000) })
    spoke.eof()
    await until(() => spoke.child.stdin.writableFinished)
    unread.kill('SIGKILL')
    await once(unread, 'exit')
    // In this process, which is there at once: a probe that finds nobody doubles the time until the next.
    const secretKey = SecretKey.fromFile(path.join(about.directory, 'hub'))
    const [bindAddress] = addr.directAddresses
    const next = await createHub({ endpointOptions: { preset: 'minimal', secretKey, bindAddress } })
    // The spoke may have come back and handed over the rest before it has read to the end of its input.
    assert.equal((await spoke.event('closed')).kind, 'reset')
    assert.equal((await spoke.ended).code, 3)
    await next.close()
  })

  it('hold back whoever sends when nobody reads what they print, and lose nothing', async () => {
    const { hub, ticket } = await startHub()
    const reader = startUnread('spoke', ...net, '--stay', ticket)
    await hub.event('spoke')
    const count = 5000
    const payload = 'x'.repeat(10_000)
    const lines = Array.from({ length: count }, (_, n) => `${JSON.stringify({ type: 'n', id: `${n}`, payload })}\n`)
    const taken = new Promise((resolve) => hub.child.stdin.write(lines.join(''), resolve))
    let isTaken = false
    taken.then(() => (isTaken = true))
    await new Promise((resolve) => reader.stdout.once('readable', resolve)) // it has come so far, and no further
    assert.equal(isTaken, false)
    let next = 0
    for await (const line of createInterface({ input: reader.stdout })) {
      const { id } = JSON.parse(line)
      assert.equal(id, `${next++}`)
      if (next === count) break
    }
    await taken
  })

  it('outlive the other: a spoke comes back to a hub that was killed, a hub goes on without a spoke that was', async () => {
    const key = ['--key', path.join(about.directory, 'hub')]
    const first = await startHub(...key)
    const [address] = EndpointTicket.parse(first.ticket).directAddresses
    const { spoke, nodeId } = await startSpoke(first.ticket)
    first.hub.kill('SIGKILL')
    await first.hub.ended
    spoke.write({ type: 'perhaps' }) // what is on its way when a connection breaks may be lost
    const second = start('hub', '--json', '--preset', 'minimal', '--bind', address, ...key)
    await second.event('listening')
    await spoke.event('disconnected')
    await spoke.event('connected')
    spoke.write({ type: 'again' })
    assert.equal((await second.envelope('again')).from, nodeId)
    spoke.kill('SIGKILL')
    const other = await startSpoke(first.ticket)
    await second.event('spoke')
    second.write({ type: 'still here' })
    assert.equal((await other.spoke.json()).type, 'still here')
    assert.notEqual(other.nodeId, nodeId)
  })

  it('keep the lines of a spoke until there is a hub', async () => {
    const key = path.join(about.directory, 'hub')
    const probe = await startHub('--key', key)
    const [address] = EndpointTicket.parse(probe.ticket).directAddresses
    probe.hub.kill('SIGKILL')
    await probe.hub.ended
    const spoke = start('spoke', '--json', ...net, '--wait', probe.ticket)
    spoke.write({ type: 'early' })
    spoke.eof()
    await spoke.event('disconnected')
    const hub = start('hub', '--json', '--preset', 'minimal', '--bind', address, '--key', key)
    await hub.event('spoke')
    assert.equal((await hub.json()).type, 'early')
    assert.equal((await spoke.ended).code, 0)
  })

  it('end with 3 when the connection is over and is not to be made again', async () => {
    const { hub, ticket } = await startHub()
    const { spoke } = await startSpoke(ticket, '--no-reconnect')
    hub.kill('SIGTERM')
    assert.equal((await hub.ended).code, 0)
    assert.ok(['finished', 'application-closed'].includes((await spoke.event('closed')).kind))
    assert.equal((await spoke.ended).code, 3)
  })

  it('let in whom the file names, as it is now', async () => {
    const file = path.join(about.directory, 'allowed')
    const key = path.join(about.directory, 'spoke')
    const nodeId = SecretKey.fromFile(key, { create: true }).nodeId()
    fs.writeFileSync(file, '# nobody\n')
    const { hub, ticket } = await startHub('--allow-file', file)
    const refused = await start('spoke', ...net, '--key', key, ticket).ended
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /refused/)
    fs.writeFileSync(file, `${nodeId} # a friend\n`)
    await hub.event('allowlist')
    await startSpoke(ticket, '--key', key)
    assert.equal((await hub.event('spoke')).nodeId, nodeId)
  })

  it('read the file of the allowlist on SIGHUP, and go on', async () => {
    const file = path.join(about.directory, 'allowed')
    fs.writeFileSync(file, '# nobody\n')
    const { hub } = await startHub('--allow-file', file)
    hub.kill('SIGHUP')
    assert.deepEqual(await hub.event('allowlist'), { event: 'allowlist' })
    fs.rmSync(file)
    hub.kill('SIGHUP')
    assert.match((await hub.event('allowlist')).message, /ENOENT/)
    hub.kill('SIGTERM')
    assert.equal((await hub.ended).code, 0)
  })

  it('end with 2 when they are called wrongly, and with 1 when there is no way to the hub', async () => {
    const nodeId = SecretKey.generate().nodeId()
    const wrong = [
      ['spoke'],
      ['spoke', nodeId, 'more'],
      ['spoke', 'endpointa'],
      ['spoke', '--timeout', 'x', nodeId],
      ['spoke', '--wait', '--no-reconnect', nodeId],
      ['hub', 'x'],
      ['hub', '--preset', 'other'],
      ['hub', '--slow-spoke', 'other'],
      ['hub', '--allow', nodeId, '--allow-file', 'x'],
      ['hub', '--key', '']
    ]
    const ends = await Promise.all(wrong.map((args) => start(...args).ended))
    for (const [index, { code, stdout, stderr }] of ends.entries()) {
      assert.deepEqual([code, stdout], [2, ''], wrong[index].join(' '))
      assert.match(stderr, /^event-target-iroh: .*\nTry: event-target-iroh (hub|spoke) --help\n$/)
    }
    const { code, stderr } = await start('spoke', ...net, nodeId).ended
    assert.equal(code, 1)
    assert.match(stderr, new RegExp(`: no address of ${nodeId} is known: give the hub's ticket; or --local`))
  })

  it('end with 0 when a spoke is told to end before there is a hub, or has nothing to send to one', async () => {
    const hub = new EndpointTicket({ nodeId: SecretKey.generate().nodeId(), directAddresses: ['127.0.0.1:9'] })
    const args = ['spoke', '--json', ...net, '--wait']
    const ends = ['SIGTERM', 'SIGINT', 'SIGHUP', 'eof'].map(async (how) => {
      const spoke = start(...args, ...(how === 'SIGINT' ? ['--stay'] : []), `${hub}`)
      await spoke.event('disconnected')
      if (how === 'eof') spoke.eof()
      else spoke.kill(how)
      const { code, signal, stdout } = await spoke.ended
      assert.deepEqual([code, signal], [0, null], how)
      assert.doesNotMatch(stdout, /"closed"/)
    })
    await Promise.all(ends)
  })

  it('say good-bye when their terminal is closed, whatever SIGHUP means otherwise', async () => {
    const { hub: first, ticket } = await startHub()
    const file = path.join(about.directory, 'allowed')
    const key = path.join(about.directory, 'spoke')
    fs.writeFileSync(file, `${SecretKey.fromFile(key, { create: true }).nodeId()}\n`)
    const goodBye = /^(finished|application-closed)$/ // not that it was lost
    const inTerminal = (...args) => {
      const command = [process.execPath, program, ...args].map((word) => `'${word}'`).join(' ')
      return spawnProgram('script', '-qfec', `exec ${command}`, '/dev/null')
    }
    const terminal = inTerminal('hub', '--json', ...net, '--allow-file', file)
    const hub = await terminal.event('listening')
    const spoke = start('spoke', '--json', ...net, '--no-reconnect', '--stay', '--key', key, hub.ticket)
    await spoke.event('connected')
    terminal.kill()
    assert.match((await spoke.event('closed')).kind, goodBye)

    const client = inTerminal('spoke', '--json', ...net, '--stay', ticket)
    await first.event('spoke')
    client.kill()
    assert.match((await first.event('spokeclose')).kind, goodBye)
  })

  it('find others on the local network when told to, beside what the preset has', () => {
    const isLocal = ({ name }) => name === 'local'
    assert.deepEqual(endpointOptions({ preset: 'minimal', local: true }).discovery.map(isLocal), [true])
    assert.deepEqual(endpointOptions({ local: true }).discovery.map(isLocal), [false, false, true])
    assert.equal(endpointOptions({}).discovery, undefined)
  })
})
