#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// Builds the native addon with node-gyp, unless it is up to date.
//   node scripts/build.js [release|debug|asan|clang] [--force]
// release is build/Release/iroh.node, debug build/Debug/iroh.node; the others live in build-<variant>/ beside them.
'use strict'

const { spawnSync } = require('node:child_process')
const { createHash } = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')

const root = path.join(__dirname, '..')
const systemLibraries = ['gnutls', 'libsodium']
const variants = {
  release: { directory: '.', configuration: 'Release', gyp: [], env: {} },
  debug: { directory: '.', configuration: 'Debug', gyp: ['-Dwerror=1'], env: {} },
  asan: {
    directory: 'build-asan',
    configuration: 'Debug',
    gyp: ['-Dwerror=1', '-Dsanitize=address'],
    env: {},
    deps: ['--sanitize', 'address,undefined']
  },
  clang: {
    directory: 'build-clang',
    configuration: 'Release',
    gyp: ['-Dwerror=1'],
    env: { CC: 'clang', CXX: 'clang++', LINK: 'clang++' }
  }
}

/** Prints one sentence and ends the process with 1. */
function fail(sentence) {
  console.error(`build: ${sentence}`)
  process.exit(1)
}

/** Where a variant's addon lies. */
function addonPath(name) {
  const { directory, configuration } = variants[name]
  return path.join(root, directory, 'build', configuration, 'iroh.node')
}

/** One sentence for whatever the compiler would stumble over, before it does. */
function checkTools(env) {
  const has = (command, ...args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0
  const cure = 'Run: scripts/setup'
  if (process.platform !== 'linux')
    fail(`${process.platform} is not supported yet; event-target-iroh builds on Linux only.`)
  for (const tool of [env.CC ?? 'gcc', env.CXX ?? 'g++', 'make', 'pkg-config', 'python3']) {
    if (!has(tool, '--version')) fail(`${tool} is missing. ${cure}`)
  }
  for (const library of systemLibraries) {
    if (!has('pkg-config', '--exists', library)) fail(`the library ${library} (headers) is missing. ${cure}`)
  }
}

/** The environment a variant is built in: its compiler, and pkg-config files that lead to the ngtcp2 of scripts/deps. */
function environment({ env, deps = [] }) {
  const { status, stdout } = spawnSync(path.join(__dirname, 'deps'), deps, {
    env: { ...process.env, ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit']
  })
  if (status !== 0) fail('ngtcp2 is missing (see above).')
  const directories = [stdout.trim(), process.env.PKG_CONFIG_PATH].filter(Boolean)
  return { ...process.env, ...env, PKG_CONFIG_PATH: directories.join(':') }
}

/** Changes whenever a source, a setting, a library or the Node that would load the addon does. */
function fingerprint(name, env) {
  const hash = createHash('sha256')
  const versions = spawnSync('pkg-config', ['--modversion', 'libngtcp2', ...systemLibraries], { env }).stdout
  const built = [variants[name], process.versions.modules, process.arch, env.PKG_CONFIG_PATH, `${versions}`]
  hash.update(JSON.stringify(built))
  const sources = fs
    .readdirSync(path.join(root, 'src'), { recursive: true })
    .filter((file) => /\.(c|h|def)$/.test(file))
  for (const file of ['binding.gyp', 'scripts/addon.map', ...sources.sort().map((file) => `src/${file}`)]) {
    hash.update(file).update(fs.readFileSync(path.join(root, file)))
  }
  return hash.digest('hex')
}

/** Node's own headers where this Node came with them, so that nothing is fetched. */
function headers() {
  const prefix = path.dirname(path.dirname(fs.realpathSync(process.execPath)))
  return fs.existsSync(path.join(prefix, 'include/node/node_api.h')) ? [`--nodedir=${prefix}`] : []
}

/** The variant's directory: the checkout itself, or a place that points back into it. */
function prepareDirectory(directory) {
  const where = path.join(root, directory)
  if (where === path.join(root, '.')) return where
  fs.mkdirSync(where, { recursive: true })
  for (const name of ['binding.gyp', 'src', 'scripts']) {
    if (!fs.existsSync(path.join(where, name))) fs.symlinkSync(path.join('..', name), path.join(where, name))
  }
  return where
}

/** Builds one variant if need be; returns the path of the addon. */
function build(name, { force = false } = {}) {
  const variant = variants[name] ?? fail(`no variant is called ${name}.`)
  const { directory, configuration, gyp } = variant
  checkTools(variant.env)
  const env = environment(variant)
  const addon = addonPath(name)
  const stampFile = `${addon}.stamp`
  const stamp = fingerprint(name, env)
  if (!force && fs.existsSync(addon) && fs.existsSync(stampFile) && fs.readFileSync(stampFile, 'utf8') === stamp)
    return addon

  let nodeGyp
  try {
    nodeGyp = require.resolve('node-gyp/bin/node-gyp.js')
  } catch {
    fail('node-gyp is missing. Run: npm ci')
  }
  const where = prepareDirectory(directory)
  const log = path.join(where, 'build.log')
  const mode = configuration === 'Debug' ? '--debug' : '--release'
  console.log(`build: compiling the native addon (${name})`)
  fs.rmSync(stampFile, { force: true })
  const steps = [
    ['configure', mode, ...headers(), '--', ...gyp],
    ['build', mode, '--jobs', 'max']
  ]
  fs.writeFileSync(log, '')
  for (const step of steps) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [nodeGyp, '-C', where, ...step], {
      env,
      encoding: 'utf8',
      maxBuffer: 1 << 28
    })
    fs.appendFileSync(log, stdout + stderr)
    if (status === 0) continue
    const complaints = `${stdout}${stderr}`
      .split('\n')
      .filter((line) => /\b(error|undefined reference)\b|gyp: /i.test(line))
    for (const line of complaints.slice(0, 10)) console.error(line)
    fail(`compilation failed; see ${path.relative(process.cwd(), log)} for the full log`)
  }
  fs.writeFileSync(stampFile, stamp)
  return addon
}

module.exports = { addonPath, build, fail, headers }

if (require.main === module) {
  const [name = 'release'] = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
  build(name, { force: process.argv.includes('--force') })
}
