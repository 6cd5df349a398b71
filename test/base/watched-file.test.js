// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { spawn, spawnSync } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { WatchedFile } = require('../../lib/base/watched-file')
const { AsyncQueue } = require('../../lib/base/async-queue')

describe('WatchedFile', () => {
  let folder
  let watched
  let versions
  let file

  const at = (...names) => path.join(folder, ...names)
  const write = (text, ...names) => fs.writeFileSync(at(...names), text)
  /** Puts a link in place of another, in one step. */
  const point = (to, ...names) => {
    fs.symlinkSync(to, at('next'))
    fs.renameSync(at('next'), at(...names))
  }

  /** What was reported next: the text, or the code of the error. */
  const next = () => versions.take()

  function watch(...names) {
    file = new WatchedFile(at(...names), { maxBytes: 1024, intervalMs: 25 })
    versions = new AsyncQueue()
    file.read()
    file.watch((error, bytes) => versions.push(error ? (error.code ?? error.message) : bytes.toString()))
    watched.push(file)
  }

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'watched-file-'))
    watched = []
  })

  afterEach(() => {
    for (const one of watched) one.close()
    fs.rmSync(folder, { recursive: true })
  })

  it('finds what is written in place, replaced, and appended', async () => {
    write('one', 'file')
    watch('file')
    write('two', 'file')
    assert.equal(await next(), 'two')
    write('three', 'other')
    fs.renameSync(at('other'), at('file'))
    assert.equal(await next(), 'three')
    fs.appendFileSync(at('file'), ' and four')
    assert.equal(await next(), 'three and four')
  })

  it('finds what is written and replaced where a link leads', async () => {
    fs.mkdirSync(at('elsewhere'))
    write('one', 'elsewhere', 'file')
    fs.symlinkSync('elsewhere/file', at('file'))
    watch('file')
    write('two', 'elsewhere', 'file')
    assert.equal(await next(), 'two')
    write('three', 'elsewhere', 'other')
    fs.renameSync(at('elsewhere', 'other'), at('elsewhere', 'file'))
    assert.equal(await next(), 'three')
    write('four', 'elsewhere', 'other')
    point('elsewhere/other', 'file')
    assert.equal(await next(), 'four')
  })

  it('finds that a link to a folder leads elsewhere, and what is written there', async () => {
    for (const release of ['1', '2']) {
      fs.mkdirSync(at('releases', release), { recursive: true })
      write(`release ${release}`, 'releases', release, 'file')
    }
    fs.symlinkSync('releases/1', at('current'))
    watch('current', 'file')
    point('releases/2', 'current')
    assert.equal(await next(), 'release 2')
    write('release 2b', 'releases', '2', 'file')
    assert.equal(await next(), 'release 2b')
  })

  it('finds what is written in a folder that was removed and made again, time and again', async () => {
    fs.mkdirSync(at('folder'))
    write('one', 'folder', 'file')
    watch('folder', 'file')
    for (const text of ['two', 'three']) {
      fs.rmSync(at('folder'), { recursive: true })
      fs.mkdirSync(at('folder'))
      write(text, 'folder', 'file')
      assert.equal(await next(), text)
      write(`${text} again`, 'folder', 'file')
      assert.equal(await next(), `${text} again`)
    }
  })

  it('finds a folder that another took the place of', async () => {
    for (const name of ['folder', 'new']) {
      fs.mkdirSync(at(name))
      write(name, name, 'file')
    }
    watch('folder', 'file')
    fs.renameSync(at('folder'), at('old'))
    fs.renameSync(at('new'), at('folder'))
    assert.equal(await next(), 'new')
  })

  // A file that is mounted by itself is an inode whose other name is written to: so is a hard link.
  it('finds what is written by another name of the file, as through a mount', async () => {
    fs.mkdirSync(at('host'))
    write('one', 'host', 'file')
    fs.linkSync(at('host', 'file'), at('mounted'))
    watch('mounted')
    write('two', 'host', 'file')
    assert.equal(await next(), 'two')
  })

  it('finds what is written through a mount, where this host lets tests mount', async () => {
    write('one', 'host')
    write('', 'mounted')
    const canMount = spawnSync('unshare', ['-m', 'mount', '--bind', at('host'), at('mounted')]).status === 0
    if (!canMount) return // the test before this one stands for it
    const child = path.join(__dirname, '../helpers/children/watched-mount.js')
    const run = spawn('unshare', ['-m', process.execPath, child, at('host'), at('mounted')])
    run.stdout.setEncoding('utf8')
    const [said] = await once(run.stdout, 'data')
    assert.equal(said, 'one two\n')
    await once(run, 'close')
  })

  it('finds a version of the same length and the same age', async () => {
    write('one', 'file')
    const { mtime } = fs.statSync(at('file'))
    watch('file')
    write('two', 'file')
    fs.utimesSync(at('file'), mtime, mtime)
    assert.equal(await next(), 'two')
  })

  it('does not report a version that is being written', async () => {
    const text = 'x'.repeat(100)
    write('one', 'file')
    watch('file')
    const fd = fs.openSync(at('file'), 'w') // empty from now on
    for (const letter of text) {
      fs.writeSync(fd, letter)
      await new Promise(setImmediate)
    }
    fs.closeSync(fd)
    assert.equal(await next(), text)
  })

  it('reports once that the file cannot be read, and then what it holds when it is back', async () => {
    write('one', 'file')
    watch('file')
    fs.rmSync(at('file'))
    assert.equal(await next(), 'ENOENT')
    write('one', 'file')
    assert.equal(await next(), 'one')
    write('x'.repeat(1025), 'file')
    assert.equal(await next(), 'it is longer than 1024 bytes')
    fs.rmSync(at('file'))
    fs.mkdirSync(at('file'))
    assert.equal(await next(), 'it is not a file')
  })

  it('takes an empty file for one after a while', async () => {
    write('one', 'file')
    watch('file')
    write('', 'file')
    assert.equal(await next(), '')
  })

  it('does not report what read() has given', async () => {
    write('one', 'file')
    watch('file')
    write('two', 'file')
    assert.equal(file.read().toString(), 'two')
    write('three', 'file')
    assert.equal(await next(), 'three')
  })

  it('reports a file that is never left alone', async () => {
    write('0', 'file')
    watch('file')
    let count = 0
    const busy = setInterval(() => write(`${++count}`, 'file'), 5)
    assert.match(await next(), /^\d+$/)
    clearInterval(busy)
  })
})
