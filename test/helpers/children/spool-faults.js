// SPDX-License-Identifier: MIT
// Alone in a mount namespace, with failing-writes.c: does to spools what disks and people do. Whatever happens, a spool
// works, or says ERR_IROH_SPOOL; it can be closed; and it can be used again when the fault is mended. Prints each case before
// it, so that the last one is known if the process dies of it.
//   spool-faults.js <a directory> <the seed of what is random> <how many times that is tried>
'use strict'

const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')
const { constants } = require('node:os')
const fs = require('node:fs')
const path = require('node:path')
const { Session } = require('../../../lib/resume/session')
const { Spool } = require('../../../lib/resume/spool')
const { BOUNDS } = require('../resume-model')

const [, , root, seed, tries] = process.argv
const control = process.env.FAILING_WRITES
const MAX = 4 << 20
const peers = ['a'.repeat(64), 'b'.repeat(64)]

execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', root])

let state = Number(seed) || 1
/** @returns {number} below `limit` */
function random(limit) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return Math.floor((state / 2 ** 32) * limit)
}

let count = 0
const fresh = () => path.join(root, `spool-${++count}`)
const dataOf = (spool) => path.join(spool, 'data.mdb')
const lockOf = (spool) => path.join(spool, 'lock.mdb')
const text = () => JSON.stringify({ type: 'n', payload: 'x'.repeat(random(3) ? random(300) : random(40000)) })

/** Leaves so much room on the disk. */
function fill(left) {
  const ballast = path.join(root, 'ballast')
  const descriptor = fs.openSync(ballast, 'a')
  try {
    for (;;) fs.writeSync(descriptor, Buffer.alloc(4096))
  } catch {
    fs.ftruncateSync(descriptor, Math.max(fs.fstatSync(descriptor).size - left, 0))
  }
  fs.closeSync(descriptor)
}

const failWrites = (errno, before = 0, times = -1) => fs.writeFileSync(control, `${errno} ${before} ${times}`)

function mend() {
  fs.rmSync(path.join(root, 'ballast'), { force: true })
  failWrites(0, 0, 0)
}

/** @returns {boolean} whether it worked; anything but ERR_IROH_SPOOL is thrown on */
function attempt(act) {
  try {
    act()
    return true
  } catch (error) {
    assert.equal(error.code, 'ERR_IROH_SPOOL', error.stack)
    return false
  }
}

/** Everything that a session does to its spool. @returns {number} how much of it worked */
function work(sessions) {
  let worked = 0
  for (const session of sessions) {
    const acts = [
      () => session.push(text()),
      () => session.commit(),
      () => session.receive(),
      () => session.establish(),
      () => session.noteTransmitted(session.ready),
      () => session.acknowledge(Math.min(session.ready, session.acknowledged + 1 + random(3))),
      () => session.rewind()
    ]
    for (const act of acts) worked += attempt(act) ? 1 : 0
  }
  return worked
}

function begin(spool) {
  return peers.map((peer) => {
    const session = Session.begin(BOUNDS, { store: spool.slot(peer), events: [text(), text()] })
    session.noteTransmitted(session.ready)
    return session
  })
}

/** A spool at work, which something happens to. */
async function whileOpen(name, harm, { isLasting = true } = {}) {
  console.log(`open: ${name}`)
  const directory = fresh()
  const spool = new Spool(directory, MAX)
  const sessions = begin(spool)
  for (let round = 0; round < 10; round++) work(sessions)
  await new Promise(setImmediate)
  await harm(directory)
  for (let round = 0; round < 3; round++) {
    work(sessions)
    attempt(() => begin(spool))
    await new Promise(setImmediate)
  }
  if (isLasting) spool.close()
  mend()
  if (!isLasting) {
    begin(spool) // the hub goes on
    assert.equal(work(begin(spool)), 14)
    spool.close()
  }
  open(directory)
  fs.rmSync(directory, { recursive: true, force: true })
}

/** A peer whose key is not what it was has no session any more. */
function restore(slot) {
  const kept = slot.restore()
  if (kept) Session.restore(BOUNDS, slot, kept)
}

/** A spool that nobody has open: it works, or is refused. @returns {boolean} */
function open(directory) {
  return attempt(() => {
    const spool = new Spool(directory, MAX)
    try {
      for (const [, slot] of spool.slots) attempt(() => restore(slot))
      assert.equal(work(begin(spool)), 14)
    } finally {
      spool.close()
    }
  })
}

function atRest(name, harm) {
  console.log(`at rest: ${name}`)
  const directory = fresh()
  const spool = new Spool(directory, MAX)
  const sessions = begin(spool)
  for (let round = 0; round < 10; round++) work(sessions)
  spool.close()
  harm(directory)
  const isFine = open(directory)
  fs.rmSync(directory, { recursive: true, force: true })
  return isFine
}

/** On a disk with so much room. */
function onDisk(left) {
  console.log(`a disk with ${left} bytes`)
  fill(left)
  const directory = fresh()
  attempt(() => {
    const spool = new Spool(directory, MAX)
    attempt(() => work(begin(spool)))
    spool.close()
  })
  mend()
  assert.ok(open(directory), 'it is not usable after that')
  fs.rmSync(directory, { recursive: true, force: true })
}

const garbage = (length) => Buffer.from(Array.from({ length }, () => random(256)))
const overwrite = (file, at, bytes) => {
  const descriptor = fs.openSync(file, 'r+')
  fs.writeSync(descriptor, bytes, 0, bytes.length, at)
  fs.closeSync(descriptor)
}

async function run() {
  for (const left of [0, 4, 8, 12, 16, 24, 32, 48, 64, 80, 128]) onDisk(left * 1024)

  const errnos = ['ENOSPC', 'EIO', 'EDQUOT', 'EROFS']
  for (const name of errnos) {
    await whileOpen(name, () => failWrites(constants.errno[name]))
    await whileOpen(`${name}, mended`, () => failWrites(constants.errno[name]), { isLasting: false })
    await whileOpen(`${name} once`, () => failWrites(constants.errno[name], 0, 1), { isLasting: false })
  }
  await whileOpen('short writes', () => failWrites(0), { isLasting: false })
  await whileOpen('a disk that fills', () => fill(0))
  await whileOpen('a disk that fills, and has room again', () => fill(0), { isLasting: false })

  const replace = (file, bytes) => {
    fs.writeFileSync(`${file}.other`, bytes)
    fs.renameSync(`${file}.other`, file)
  }
  const harms = {
    'the directory removed': (spool) => fs.rmSync(spool, { recursive: true }),
    'the directory moved': (spool) => fs.renameSync(spool, `${spool}-moved`),
    'the file removed': (spool) => fs.rmSync(dataOf(spool)),
    'the file empty': (spool) => fs.truncateSync(dataOf(spool), 0),
    'the file cut to one page': (spool) => fs.truncateSync(dataOf(spool), 4096),
    'the file cut in half': (spool) => fs.truncateSync(dataOf(spool), fs.statSync(dataOf(spool)).size / 2),
    'other bytes in the file': (spool) => fs.writeFileSync(dataOf(spool), garbage(600000)),
    'zeros in the file': (spool) => fs.writeFileSync(dataOf(spool), Buffer.alloc(600000)),
    'another file in its place': (spool) => replace(dataOf(spool), garbage(600000)),
    'the lock removed': (spool) => fs.rmSync(lockOf(spool)),
    'the lock empty': (spool) => fs.truncateSync(lockOf(spool), 0),
    'the mode changed': (spool) => fs.chmodSync(spool, 0o755),
    'a file in place of the directory': (spool) => {
      fs.rmSync(spool, { recursive: true })
      fs.writeFileSync(spool, '')
    }
  }
  for (const [name, harm] of Object.entries(harms)) {
    await whileOpen(name, harm)
    atRest(name, harm)
  }
  const atRestOnly = {
    nothing: () => {},
    'other bytes in the lock': (spool) => fs.writeFileSync(lockOf(spool), garbage(12288)),
    'the lock short': (spool) => fs.truncateSync(lockOf(spool), 100),
    'the lock sparse': (spool) => {
      fs.truncateSync(lockOf(spool), 0)
      fs.truncateSync(lockOf(spool), 12288)
    },
    'a directory in place of the file': (spool) => {
      fs.rmSync(dataOf(spool))
      fs.mkdirSync(dataOf(spool))
    },
    'a directory in place of the lock': (spool) => {
      fs.rmSync(lockOf(spool))
      fs.mkdirSync(lockOf(spool))
    }
  }
  for (const [name, harm] of Object.entries(atRestOnly)) atRest(name, harm)

  for (let at = 0; at < Number(tries); at++) {
    const cut = random(4)
    atRest(`random ${at}`, (spool) => {
      const file = dataOf(spool)
      const { size } = fs.statSync(file)
      if (cut === 0) fs.truncateSync(file, random(size))
      else
        for (let times = 0; times < cut; times++)
          overwrite(file, random(size), garbage(1 + random(cut === 1 ? 4000 : 8)))
    })
  }
}

run().then(
  () => console.log('done'),
  (error) => {
    console.log(error.stack)
    process.exitCode = 1
  }
)
