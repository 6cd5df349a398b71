// SPDX-License-Identifier: MIT
// What calls of the operating system that fail do to an endpoint.
'use strict'

const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { Child } = require('../helpers/child.js')

const { errno } = os.constants
const SHORT_OR_FORBIDDEN = ['EMFILE', 'ENFILE', 'EACCES', 'EPERM', 'ENOBUFS', 'ENOMEM']
/** A datagram that is refused so will not leave when it is sent again. */
const OUT_OF_REACH = ['ENETUNREACH', 'EHOSTUNREACH', 'EPERM', 'EACCES', 'ENETDOWN', 'EADDRNOTAVAIL', 'EINVAL']

const SYSTEM = 'ERR_IROH_SYSTEM'
/** Receiving that fails is tried again ten times a second, with two calls each time: so many take at least so long. */
const CALLS = 8
const CALLS_MS = 250

describe('A call of the system that fails', () => {
  let directory, child

  before(async () => {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), 'iroh-faults-'))
    const library = path.join(directory, 'faults.so')
    const source = path.join(__dirname, '../helpers', 'faults.c')
    execFileSync('cc', ['-shared', '-fPIC', '-Wall', '-Werror', '-o', library, source, '-ldl'])
    const faults = path.join(directory, 'faults')
    fs.writeFileSync(faults, Buffer.alloc(64))
    const preload = [process.env.LD_PRELOAD, library].filter(Boolean).join(' ')
    child = new Child(path.join(__dirname, '../helpers', 'children', 'faults.js'), {
      env: { ...process.env, LD_PRELOAD: preload, FAULTS: faults }
    })
    await child.message()
  })
  after(async () => {
    child.disconnect()
    await child.ended
    fs.rmSync(directory, { recursive: true })
  })

  const ask = (call, name, about) => child.ask({ command: 'fault', fault: `${call} ${errno[name]}`, ...about })

  /** An IrohError with the system's own words. */
  function checkWords(error, code, call, name) {
    assert.equal(error.name, 'IrohError')
    assert.equal(error.code, code)
    assert.equal(error.cause, name)
    assert.match(error.message, new RegExp(`: ${name}: .+ \\(${call.replaceAll(/[()]/g, '\\$&')}`))
  }

  describe('refuses an endpoint', () => {
    for (const call of ['socket', 'bind', 'getsockname']) {
      for (const name of SHORT_OR_FORBIDDEN) {
        const isSandbox = call !== 'getsockname' && /^E(ACCES|PERM)$/.test(name)
        it(`with ${call} and ${name} as ${SYSTEM}`, async () => {
          for (const options of [{ bindAddress: '127.0.0.1:0' }, ...(isSandbox ? [] : [{}])]) {
            checkWords((await ask(call, name, { options })).refused, SYSTEM, call, name)
          }
        })
      }
    }

    it('with open and what it says as ERR_IROH_LOG_FILE', async () => {
      for (const name of SHORT_OR_FORBIDDEN) {
        for (const options of [{ keyLogFile: path.join(directory, 'keys') }, { qlogDir: directory }]) {
          checkWords((await ask('open', name, { options })).refused, 'ERR_IROH_LOG_FILE', 'open', name)
        }
      }
    })
  })

  describe('is done without', () => {
    for (const call of ['setsockopt', 'timerfd_create']) {
      it(`when it is ${call}`, async () => {
        for (const name of SHORT_OR_FORBIDDEN) assert.equal((await ask(call, name)).failure, null)
      })
    }

    for (const call of ['getifaddrs', 'socket(AF_NETLINK)', 'bind(AF_NETLINK)']) {
      it(`when it is ${call}, and is told once`, async () => {
        for (const name of SHORT_OR_FORBIDDEN) {
          const { told, failure } = await ask(call, name, { isTold: true })
          assert.equal(failure, null)
          assert.equal(told.length, 1)
          checkWords(told[0], SYSTEM, call, name)
        }
      })
    }

    it('when a dial asks for its own address, or a port search for sockets', async () => {
      for (const name of SHORT_OR_FORBIDDEN) assert.equal((await ask('socket', name, { late: true })).failure, null)
    })
  })

  describe('is made again', () => {
    it('when nothing can be received, and is told once', async () => {
      for (const name of ['EPERM', 'ENOMEM']) {
        const { told, failure, heldMs } = await ask('recvmsg', name, { isTold: true, calls: CALLS })
        assert.equal(failure, null)
        checkWords(told[0], SYSTEM, 'recvmsg', name)
        assert.ok(heldMs > CALLS_MS, `${CALLS} calls in ${heldMs} ms`)
      }
    })

    it('when nothing can be sent for want of memory, and is told once', async () => {
      for (const name of ['ENOBUFS', 'ENOMEM']) {
        const { told, failure } = await ask('sendmsg', name, { isTold: true })
        assert.equal(failure, null)
        assert.equal(told.length, 1)
        checkWords(told[0], SYSTEM, 'sendmsg', name)
      }
    })

    it('when rebind() has thrown', async () => {
      for (const call of ['socket', 'bind', 'getsockname']) {
        const { refused } = await child.ask({ command: 'rebind', fault: `${call} ${errno.EMFILE}` })
        checkWords(refused, SYSTEM, call, 'EMFILE')
      }
    })
  })

  it('ends no connection, and is named when that times out', async () => {
    for (const name of ['ENETUNREACH', 'EPERM']) {
      const ending = await child.ask({ command: 'silence', fault: `sendmsg ${errno[name]}` })
      assert.deepEqual([ending.kind, ending.errorCode], ['timed-out', 'ERR_IROH_IDLE_TIMEOUT'])
      assert.match(ending.reason, new RegExp(`^${name}: .+ \\(sendmsg 127\\.0\\.0\\.1:\\d+\\)$`))
      checkWords(ending.thrown, 'ERR_IROH_IDLE_TIMEOUT', 'sendmsg', name)
    }
  })

  for (const name of OUT_OF_REACH) {
    it(`ends a dial at once when it is sendmsg and ${name}`, async () => {
      const { failure } = await ask('sendmsg', name)
      checkWords(failure, 'ERR_IROH_UNREACHABLE', 'sendmsg', name)
    })
  }
})
