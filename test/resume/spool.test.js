// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { open } = require('lmdb')
const { eventsOf } = require('../../lib/resume/batch')
const { Session } = require('../../lib/resume/session')
const { Spool } = require('../../lib/resume/spool')
const { useChildren } = require('../helpers/child')
const { BOUNDS } = require('../helpers/resume-model')

const holder = path.join(__dirname, '../helpers/children/spool-holder.js')
const peer = 'a'.repeat(64)

describe('Spool', () => {
  const start = useChildren()
  let directory

  beforeEach(() => {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), 'spool-'))
  })

  afterEach(() => fs.rmSync(directory, { recursive: true, force: true }))

  const there = () => path.join(directory, 'spool')

  it('gives back what a session was, after each kind of change', async () => {
    let spool = new Spool(there(), 1 << 20)
    let slot = spool.slot(peer)
    let session = Session.begin(BOUNDS, { store: slot, events: ['first'] })
    const again = async () => {
      const { id } = session
      await spool.close()
      spool = new Spool(there(), 1 << 20)
      assert.deepEqual(
        [...spool.slots].map(([nodeId]) => nodeId),
        [peer]
      )
      slot = spool.slot(peer)
      session = Session.restore(BOUNDS, slot, slot.restore())
      assert.equal(session.id, id)
    }
    const kept = () => session.slice(session.acknowledged + 1, session.sent)
    await again()
    assert.deepEqual([session.established, session.sent, session.transmitted, ...kept()], [false, 1, 0, 'first'])

    session.establish()
    const events = ['first', ...Array.from({ length: 299 }, (_, index) => `event ${index + 2}`)]
    for (const [index, event] of events.entries()) {
      if (index > 0) session.push(event)
      if (index % 100 === 50) session.commit()
    }
    session.commit()
    session.push('not committed')
    await again()
    assert.deepEqual(
      [session.established, session.sent, session.acknowledged, session.transmitted],
      [true, 300, 0, 300]
    )
    assert.deepEqual(kept(), events)

    session.acknowledge(50)
    session.acknowledge(99)
    await again()
    assert.deepEqual(kept(), events.slice(99))
    session.acknowledge(299)
    for (let count = 0; count < 7; count++) session.receive()
    await again()
    assert.deepEqual([session.sent, session.acknowledged, session.received, ...kept()], [300, 299, 7, 'event 300'])

    session = Session.begin(BOUNDS, { store: slot })
    await again()
    assert.deepEqual([session.sent, session.acknowledged, session.received], [0, 0, 0])
    session.forget()
    await spool.close()
    spool = new Spool(there(), 1 << 20)
    assert.deepEqual([...spool.slots], [])
    await spool.close()
  })

  it('keeps peers apart', async () => {
    const spool = new Spool(there(), 1 << 20)
    const sessions = [1, 2, 3].map((number) =>
      Session.begin(BOUNDS, { store: spool.slot(`${number}`), events: [`of ${number}`] })
    )
    sessions[1].forget()
    assert.equal(spool.slot('2').restore(), null)
    const kept = (peer) =>
      spool
        .slot(peer)
        .restore()
        .batches.flatMap((batch) => eventsOf(batch))
    assert.deepEqual([kept('1'), kept('3')], [['of 1'], ['of 3']])
    await spool.close()
  })

  it('says so if something of what was sent is missing', async () => {
    let spool = new Spool(there(), 1 << 20)
    const session = Session.begin(BOUNDS, { store: spool.slot(peer), events: ['first'] })
    for (const event of ['second', 'third']) {
      session.push(event)
      session.commit()
    }
    await spool.close()
    const env = open({ path: there(), noSubdir: false, maxDbs: 3 })
    await env.openDB({ name: 'events', encoding: 'string' }).remove([1, 2])
    await env.close()
    spool = new Spool(there(), 1 << 20)
    assert.throws(() => spool.slot(peer).restore(), {
      code: 'ERR_IROH_SPOOL',
      message: /events from 2 to 3 are missing/
    })
    await spool.close()
  })

  it('says so if its counts, or the id of a session, are not what was written', async () => {
    const spoil = async (name, key, value) => {
      const env = open({ path: there(), noSubdir: false, maxDbs: 3 })
      await env.openDB({ name, encoding: 'json' }).put(key, value)
      await env.close()
      const spool = new Spool(there(), 1 << 20)
      assert.throws(() => spool.slot(peer).restore(), { code: 'ERR_IROH_SPOOL' }, `${name} ${key} ${value}`)
      await spool.close()
    }
    const spool = new Spool(there(), 1 << 20)
    Session.begin(BOUNDS, { store: spool.slot(peer), events: ['first'] })
    await spool.close()
    for (const what of ['acknowledged', 'sent', 'received']) {
      for (const value of [-1, 0.5, 2 ** 60, '7', null, {}]) await spoil('counts', [1, what], value)
      await spoil('counts', [1, what], what === 'sent' ? 2 : -1)
      const env = open({ path: there(), noSubdir: false, maxDbs: 3 })
      await env.openDB({ name: 'counts', encoding: 'json' }).put([1, what], what === 'sent' ? 1 : 0)
      await env.close()
    }
    for (const id of [7, '', 'a b', null]) await spoil('meta', ['peer', peer], { slot: 1, id, established: true })
  })

  it('belongs to one process at a time, until that ends in whatever way', async () => {
    const first = start(holder)
    assert.equal(await first.ask(there()), 'taken')
    assert.throws(() => new Spool(there(), 1 << 20), { code: 'ERR_IROH_SPOOL', message: /process \d+ has / })
    first.kill()
    await first.ended
    const spool = new Spool(there(), 1 << 20)
    assert.throws(() => new Spool(there(), 1 << 20), { code: 'ERR_IROH_SPOOL', message: /process \d+ has / })
    const session = Session.begin(BOUNDS, { store: spool.slot(peer) })
    assert.match(await start(holder).ask(there()), /process \d+ has/)
    await spool.close()
    assert.throws(() => session.receive(), { code: 'ERR_IROH_SPOOL' })
    assert.equal(await start(holder).ask(there()), 'taken')
  })

  it('says so when its file would become longer than it may, and has room again after the session', () => {
    const spool = new Spool(there(), 0) // the file has 16 MiB at most
    const bounds = { maxReplayBytes: 64 << 20, maxReplayEvents: 100 }
    const session = Session.begin(bounds, { store: spool.slot(peer), established: true })
    const send = () => {
      session.push('x'.repeat(1 << 20))
      session.commit()
      session.noteTransmitted(session.ready)
    }
    assert.throws(
      () => {
        for (;;) send()
      },
      { code: 'ERR_IROH_SPOOL', message: /its file may have 16777216 bytes/ }
    )
    const { size } = fs.statSync(path.join(there(), 'data.mdb'))
    assert.ok(size > 12 << 20 && size <= 16 << 20, `${size}`)
    session.forget()
    const next = Session.begin(bounds, { store: spool.slot(peer), events: ['first'] })
    next.receive()
    spool.close()
  })

  it('is free for the next one of this process when it could not say so', () => {
    const spool = new Spool(there(), 1 << 20)
    fs.rmSync(there(), { recursive: true })
    spool.close()
    new Spool(there(), 1 << 20).close()
  })

  it('says what is wrong with a directory that it cannot use', () => {
    fs.mkdirSync(there(), { mode: 0o755 })
    assert.throws(() => new Spool(there(), 1 << 20), { code: 'ERR_IROH_SPOOL', message: /mode must be 700/ })
    const file = path.join(directory, 'file')
    fs.writeFileSync(file, '')
    assert.throws(() => new Spool(file, 1 << 20), { code: 'ERR_IROH_SPOOL' })
    const garbage = path.join(directory, 'garbage')
    fs.mkdirSync(garbage, { mode: 0o700 })
    fs.writeFileSync(path.join(garbage, 'data.mdb'), Buffer.alloc(65536, 'garbage'))
    assert.throws(() => new Spool(garbage, 1 << 20), { code: 'ERR_IROH_SPOOL' })
  })
})
