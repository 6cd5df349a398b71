#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// Makes a checkout ready to run, from nothing: system packages, npm packages, the native addon. Each step is skipped
// when it has nothing to do. Plain Node: it runs before node_modules exists.
'use strict'

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { build, fail } = require('./build.js')

const root = path.join(__dirname, '..')

function run(command, args, complaint) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  if (error || status !== 0) fail(complaint)
}

/** Whether node_modules holds what the lock file says; optional packages are other platforms' business. */
function packagesAreCurrent() {
  const packagesIn = (file) => JSON.parse(fs.readFileSync(path.join(root, file))).packages
  if (!fs.existsSync(path.join(root, 'node_modules/.package-lock.json'))) return false
  const installed = packagesIn('node_modules/.package-lock.json')
  const wanted = Object.entries(packagesIn('package-lock.json')).filter(([where, { optional }]) => where && !optional)
  return wanted.every(([where, { version }]) => installed[where]?.version === version)
}

function installPackages() {
  if (packagesAreCurrent()) return
  console.log('setup: installing npm packages')
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm']
  const args = [...npm.slice(1), 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  run(npm[0], args, 'the npm packages could not be installed. Run: npm ci --ignore-scripts')
}

const [major] = process.versions.node.split('.')
if (Number(major) < 20) fail(`Node ${process.versions.node} is too old; event-target-iroh needs Node 20 or newer.`)
run(path.join(__dirname, 'setup'), [], 'system packages are missing (see above).')
installPackages()
build('release')
