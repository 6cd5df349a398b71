// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { Session } = require('../lib/resume/session')
const { Spool } = require('../lib/resume/spool')
const { useChildren } = require('./helpers/child')
const { BOUNDS } = require('./helpers/resume-model')

const holder = path.join(__dirname, 'helpers/children/spool-holder.js')
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
    let spool = new Spool(there())
    let slot = spool.slot(peer)
    let session = Session.begin(BOUNDS, { store: slot, events: ['first'] })
    const again = async () => {
      const { id } = session
      await spool.close()
      spool = new Spool(there())
      assert.deepEqual(
        [...spool.slots].map(([nodeId]) => nodeId),
        [peer]
      )
      slot = spool.slot(peer)
      session = Session.restore(BOUNDS, slot, slot.restore())
      assert.equal(session.id, id)
    }
    await again()
    assert.deepEqual([session.established, session.sent, session.transmitted, session.get(1)], [false, 1, 0, 'first'])

    session.establish()
    for (let number = 2; number <= 300; number++) session.push(`event ${number}`)
    session.commit()
    session.push('not committed')
    await again()
    assert.deepEqual(
      [session.established, session.sent, session.acknowledged, session.transmitted],
      [true, 300, 0, 300]
    )
    assert.deepEqual([session.get(1), session.get(300)], ['first', 'event 300'])

    session.acknowledge(299)
    for (let count = 0; count < 7; count++) session.receive()
    await again()
    assert.deepEqual(
      [session.sent, session.acknowledged, session.received, session.get(300)],
      [300, 299, 7, 'event 300']
    )

    session = Session.begin(BOUNDS, { store: slot })
    await again()
    assert.deepEqual([session.sent, session.acknowledged, session.received], [0, 0, 0])
    session.forget()
    await spool.close()
    spool = new Spool(there())
    assert.deepEqual([...spool.slots], [])
    await spool.close()
  })

  it('keeps peers apart', async () => {
    const spool = new Spool(there())
    const sessions = [1, 2, 3].map((number) =>
      Session.begin(BOUNDS, { store: spool.slot(`${number}`), events: [`of ${number}`] })
    )
    sessions[1].forget()
    assert.equal(spool.slot('2').restore(), null)
    assert.deepEqual([spool.slot('1').restore().events, spool.slot('3').restore().events], [['of 1'], ['of 3']])
    await spool.close()
  })

  it('belongs to one process at a time, until that ends in whatever way', async () => {
    const first = start(holder)
    assert.equal(await first.ask(there()), 'taken')
    assert.throws(() => new Spool(there()), { code: 'ERR_IROH_SPOOL', message: /process \d+ has / })
    first.kill()
    await first.ended
    const spool = new Spool(there())
    assert.throws(() => new Spool(there()), { code: 'ERR_IROH_SPOOL', message: /process \d+ has / })
    const session = Session.begin(BOUNDS, { store: spool.slot(peer) })
    assert.match(await start(holder).ask(there()), /process \d+ has/)
    await spool.close()
    assert.throws(() => session.receive(), { code: 'ERR_IROH_SPOOL' })
    assert.equal(await start(holder).ask(there()), 'taken')
  })

  it('says what is wrong with a directory that it cannot use', () => {
    fs.mkdirSync(there(), { mode: 0o755 })
    assert.throws(() => new Spool(there()), { code: 'ERR_IROH_SPOOL', message: /mode must be 700/ })
    const file = path.join(directory, 'file')
    fs.writeFileSync(file, '')
    assert.throws(() => new Spool(file), { code: 'ERR_IROH_SPOOL' })
    const garbage = path.join(directory, 'garbage')
    fs.mkdirSync(garbage, { mode: 0o700 })
    fs.writeFileSync(path.join(garbage, 'data.mdb'), Buffer.alloc(65536, 'garbage'))
    assert.throws(() => new Spool(garbage), { code: 'ERR_IROH_SPOOL' })
  })
})
