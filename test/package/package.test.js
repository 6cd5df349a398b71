// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const cjs = require('event-target-iroh')
const manifest = require('../../package.json')

describe('the package', () => {
  it('is one instance in ESM and CJS, with the same names', async () => {
    const esm = await import('event-target-iroh')
    assert.deepEqual(Object.keys(esm).sort(), Object.keys(cjs).sort())
    for (const [name, value] of Object.entries(cjs)) assert.equal(esm[name], value)
  })

  it('exports its package.json and nothing of its inside', () => {
    assert.equal(require('event-target-iroh/package.json').name, manifest.name)
    assert.throws(() => require('event-target-iroh/lib/binding.js'), { code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' })
  })

  it('packs what is needed to run, and no script for the installer to run', () => {
    const root = path.join(__dirname, '../..')
    const args = ['pack', '--dry-run', '--json', '--ignore-scripts', '--loglevel=error']
    const env = { ...process.env, LD_PRELOAD: '' }
    const [{ files }] = JSON.parse(execFileSync('npm', args, { cwd: root, env, encoding: 'utf8' }))
    const names = files.map((file) => file.path)
    for (const needed of [
      'index.js',
      'index.mjs',
      'index.d.ts',
      ...fs.readdirSync(path.join(root, 'types')).map((name) => `types/${name}`),
      'lib/binding.js',
      'build/Release/iroh.node',
      'LICENSE'
    ]) {
      assert.ok(names.includes(needed), needed)
    }
    assert.deepEqual(
      names.filter((name) => /^(test|src|bench|scripts|node_modules)\/|binding\.gyp/.test(name)),
      []
    )
    for (const script of ['preinstall', 'install', 'postinstall']) assert.equal(manifest.scripts[script], undefined)
    assert.deepEqual(Object.keys(manifest.dependencies), ['uqr', 'ws'])
  })
})
