// SPDX-License-Identifier: MIT
// What a child process inherits of the descriptors that are open here.
'use strict'

const assert = require('node:assert/strict')
const { execFileSync, spawn } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { createHub, createSpoke, SecretKey } = require('event-target-iroh')
const { RelayServer } = require('event-target-iroh/relay')
const { local } = require('../helpers/endpoints.js')

/** What a child process has open, but for its standard streams and the folder that it lists. */
function inherited() {
  const lines = execFileSync('ls', ['-l', '/proc/self/fd'], { encoding: 'utf8' }).split('\n')
  const open = lines.flatMap((line) => / (\d+ -> .+)$/.exec(line)?.[1] ?? [])
  return open.filter((each) => Number.parseInt(each, 10) > 2 && !/ \/proc\/\d+\/fd$/.test(each)).sort()
}

describe('Descriptors', () => {
  const open = []
  let directory

  beforeEach(() => {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), 'iroh-descriptors-'))
  })
  afterEach(async () => {
    for (const thing of open.splice(0).reverse()) await thing.close()
    fs.rmSync(directory, { recursive: true })
  })

  const kept = (thing) => {
    open.push(thing)
    return thing
  }

  it('are not inherited by child processes, whatever they are of', async () => {
    const before = inherited()
    const allow = path.join(directory, 'allow')
    const secretKey = SecretKey.generate()
    fs.writeFileSync(allow, `${secretKey.nodeId()}\n`)
    const logs = path.join(directory, 'logs')
    fs.mkdirSync(logs)
    const relay = kept(await RelayServer.listen({ host: '127.0.0.1', port: 0, stunPort: 0, quicPort: 0, dnsPort: 0 }))
    const about = {
      relays: [{ url: relay.url, stunPort: relay.ports.stun }],
      discovery: [],
      keyLogFile: path.join(logs, 'keys'),
      qlogDir: logs
    }
    const bindAddress = ['127.0.0.1:0', '[::1]:0']
    const hub = kept(
      await createHub({ allow: { file: allow }, delivery: 'resume', endpointOptions: { ...about, bindAddress } })
    )
    await hub.endpoint.online()
    const spoke = kept(
      await createSpoke({
        hub: hub.addr(),
        delivery: 'resume',
        spool: path.join(directory, 'spool'),
        endpointOptions: { ...about, bindAddress, secretKey }
      })
    )
    hub.endpoint.rebind()
    spoke.send({ type: 'kept' })
    await spoke.drained()
    assert.deepEqual(inherited(), before)
  })

  it('of a hub that is closed leave its port free while a child of its time lives', async () => {
    const first = await createHub({ endpointOptions: local })
    const [bindAddress] = first.endpoint.boundAddresses()
    const child = spawn('sleep', ['60'], { stdio: 'ignore' })
    await once(child, 'spawn')
    await first.close()
    const second = kept(await createHub({ endpointOptions: { ...local, bindAddress } }))
    assert.deepEqual(second.endpoint.boundAddresses(), [bindAddress])
    child.kill()
  })
})
