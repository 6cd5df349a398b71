// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')

const root = path.join(__dirname, '../..')
const { exports: entries } = require('../../package.json')
/** The files of each entry of the package, the source and the declarations. */
const ENTRIES = Object.values(entries)
  .filter((entry) => typeof entry === 'object')
  .flatMap((formats) => Object.values(formats).flatMap(Object.values))
/** What else check-types reads, and what must be there to load the package. */
const DIRECTORIES = ['lib', 'types', 'scripts', 'src/base']
const LINKED = ['node_modules', 'build']

/** A copy of the package in which each file of `edits` has one text in place of another. */
function copyWith(edits) {
  const copy = fs.mkdtempSync(path.join(os.tmpdir(), 'declarations-'))
  for (const name of [...ENTRIES, ...DIRECTORIES, 'package.json']) {
    fs.cpSync(path.join(root, name), path.join(copy, name), { recursive: true })
  }
  for (const name of LINKED) fs.symlinkSync(path.join(root, name), path.join(copy, name))
  for (const [file, from, to] of edits) {
    const text = fs.readFileSync(path.join(copy, file), 'utf8')
    assert.ok(text.includes(from), `${file} has no ${from}`)
    fs.writeFileSync(path.join(copy, file), text.replace(from, to))
  }
  return copy
}

function checkTypes(directory) {
  return spawnSync(process.execPath, [path.join(directory, 'scripts/check-types')], { encoding: 'utf8' })
}

/** The declarations that have a text. */
function declaring(text) {
  const files = fs.readdirSync(path.join(root, 'types')).map((name) => `types/${name}`)
  return files.find((file) => fs.readFileSync(path.join(root, file), 'utf8').includes(text))
}

describe('scripts/check-types', () => {
  it('finds no difference between the declarations and the program', () => {
    const { status, stdout, stderr } = checkTypes(root)
    assert.equal(stderr, '')
    assert.equal(stdout, 'types: all agree\n')
    assert.equal(status, 0)
  })

  it('names whatever only the declarations or only the program have', () => {
    const edit = (from, to) => [declaring(from), from, to]
    const copy = copyWith([
      ['lib/hub/hub.js', "'maxPending',", "'maxPending', 'plantedOption',"],
      edit('  maxPending?: number', '  plantedType?: number'),
      ['index.js', '  versions\n', '  versions,\n  plantedExport: 1\n'],
      edit('export function memoryDiscovery(): MemoryDiscovery', 'export function plantedFunction(): void'),
      ['lib/hub/hub.js', "this.emit('conflict'", "this.emit('plantedEvent'"],
      ['lib/hub/hub.js', '  /** Lets a NodeId connect. */', '  plantedMethod() {}\n'],
      ['src/base/errors.def', 'X(TIMEOUT,', 'X(PLANTED,']
    ])
    try {
      const { status, stderr } = checkTypes(copy)
      assert.equal(status, 1)
      for (const complaint of [
        /^HubOptions lacks the option plantedOption of lib\/hub\/hub\.js:\d+$/m,
        /^HubOptions lacks the option maxPending of lib\/hub\/hub\.js:\d+$/m,
        /^HubOptions has the option plantedType, which lib\/hub\/hub\.js:\d+ lacks$/m,
        /^index\.d\.ts lacks the export plantedExport of index\.js$/m,
        /^index\.js has the export plantedExport, which index\.mjs lacks$/m,
        /^index\.d\.ts lacks the export memoryDiscovery of index\.js$/m,
        /^index\.d\.ts has the export plantedFunction, which index\.js lacks$/m,
        /^HubEvents lacks the event plantedEvent of class Hub in lib\/$/m,
        /^HubEvents has the event conflict, which class Hub in lib\/ lacks$/m,
        /^the declared class Hub lacks the member plantedMethod of lib\/$/m,
        /^IrohErrorCode lacks the code ERR_IROH_PLANTED of errors\.def$/m,
        /^IrohErrorCode has the code ERR_IROH_TIMEOUT, which errors\.def lacks$/m
      ]) {
        assert.match(stderr, complaint)
      }
    } finally {
      fs.rmSync(copy, { recursive: true })
    }
  })
})
