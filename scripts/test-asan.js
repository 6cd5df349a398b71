#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// Runs the native unit tests and the whole mocha suite against an addon built with AddressSanitizer and UBSan.
// Leaks: LeakSanitizer also sees what V8 leaves behind when a process ends, so in the mocha run only those count whose
// memory was asked for by this addon or by a library it brings. Arguments go to mocha.
'use strict'

const { execFileSync, spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { build } = require('./build.js')

const root = path.join(__dirname, '..')
const reports = path.join(root, 'build-asan/reports')
// Frames that ask for memory on behalf of others, and those of Node, its libuv, its compiled code, the real iroh, and the
// store of spools, which is C++ around LMDB; nothing of ours is C++.
const passing = /\/(libc|libstdc\+\+|libpthread|libdl|libasan|ld-linux)[^/]*\+0x|libsanitizer|sysdeps/
const foreign = /\/node\+0x|\.\.\/deps\/uv\/|@number0|unknown module|\/liblmdb\/|\.cpp:\d/

/** A report's blocks that tell of an error, or of a leak of ours. */
function findingsIn(text) {
  if (!text.includes('LeakSanitizer')) return [text]
  const leaks = text.split(/\n(?=(?:Direct|Indirect) leak of)/).slice(1)
  return leaks.filter((leak) => {
    const frames = leak.split('\n').filter((line) => /^\s+#\d/.test(line))
    const first = frames.find((line) => !passing.test(line))
    return first !== undefined && !foreign.test(first)
  })
}

function runMocha(addon) {
  fs.rmSync(reports, { recursive: true, force: true })
  fs.mkdirSync(reports, { recursive: true })
  const options = [
    'detect_leaks=1',
    'detect_stack_use_after_return=0',
    'exitcode=97',
    'log_exe_name=1',
    `log_path=${reports}/report`
  ]
  const env = {
    ...process.env,
    IROH_ADDON: addon,
    IROH_SLOW_BUILD: '1',
    LD_PRELOAD: execFileSync('gcc', ['-print-file-name=libasan.so'], { encoding: 'utf8' }).trim(),
    ASAN_OPTIONS: options.join(':'),
    LSAN_OPTIONS: 'exitcode=0',
    UBSAN_OPTIONS: 'print_stacktrace=1'
  }
  const mocha = require.resolve('mocha/bin/mocha.js')
  const args = [mocha, 'test/**/*.test.js', '--ignore', 'test/interop/long/**', '--timeout', '120000']
  return spawnSync(process.execPath, [...args, ...process.argv.slice(2)], { cwd: root, stdio: 'inherit', env }).status
}

const native = spawnSync('make', ['-s', '-C', 'test/native', 'check-asan'], { cwd: root, stdio: 'inherit' })
const status = runMocha(build('asan'))
const findings = fs
  .readdirSync(reports)
  .filter((file) => file.startsWith('report.node.')) // compilers and tools that tests run leak what they like
  .flatMap((file) => findingsIn(fs.readFileSync(path.join(reports, file), 'utf8')))
for (const finding of findings) console.error(finding)
console.log(`asan: ${findings.length === 0 ? 'nothing found' : `${findings.length} findings in build-asan/reports`}`)
process.exit(native.status === 0 && status === 0 && findings.length === 0 ? 0 : 1)
