// SPDX-License-Identifier: MIT
// An allowlist in a file that is watched.
'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { CloseCode, createHub, createSpoke, Endpoint, SecretKey } = require('event-target-iroh')
const { local } = require('../helpers/endpoints')

describe('The allowlist of a hub, in a file', () => {
  let folder
  let file
  const open = []

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'allow-file-'))
    file = path.join(folder, 'allowed')
  })

  afterEach(async () => {
    await Promise.all(open.splice(0).map((one) => one.close()))
    fs.rmSync(folder, { recursive: true })
  })

  const write = (...lines) => fs.writeFileSync(file, lines.join('\n'))

  async function startHub(options) {
    const hub = await createHub({ endpointOptions: local, allow: { file }, ...options })
    open.push(hub)
    return hub
  }

  const dial = async (hub, secretKey) => {
    const endpointOptions = { ...local, secretKey }
    const spoke = await createSpoke({ hub: hub.addr(), endpointOptions, reconnect: false })
    open.push(spoke)
    return spoke
  }

  it('lets those in who stand there, as they may be written', async () => {
    const [friend, guest, stranger] = [SecretKey.generate(), SecretKey.generate(), SecretKey.generate()]
    write('# friends', '', `  ${friend.nodeId().toUpperCase()}\t# a remark\r`, `${guest.nodeId()}#`)
    const hub = await startHub()
    await Promise.all([dial(hub, friend), dial(hub, guest)])
    await assert.rejects(dial(hub, stranger), { code: 'ERR_IROH_REFUSED' })
  })

  it('is read again when it changes, and closes those who no longer stand there', async () => {
    const [first, second] = [SecretKey.generate(), SecretKey.generate()]
    write(first.nodeId())
    const hub = await startHub()
    const [[target], spoke] = await Promise.all([once(hub, 'spoke'), dial(hub, first)])
    const idle = await Endpoint.createWithOptions({ ...local, secretKey: SecretKey.generate() })
    open.push(idle)

    let changed = once(hub, 'allowlist')
    write(first.nodeId(), second.nodeId(), idle.nodeId())
    assert.deepEqual(await changed, [null])
    await dial(hub, second)
    assert.equal(target.connection.closeReason(), null)
    const silent = await idle.connect(hub.addr(), hub.alpn) // opens no stream

    changed = once(hub, 'allowlist')
    write(second.nodeId())
    assert.deepEqual(await changed, [null])
    const { kind, code } = await spoke.connection.closed()
    assert.deepEqual([kind, code], ['application-closed', CloseCode.NOT_ALLOWED])
    assert.equal((await silent.closed()).code, CloseCode.NOT_ALLOWED)
    await assert.rejects(dial(hub, first), { code: 'ERR_IROH_REFUSED' })
  })

  it('may be replaced by another file of its name', async () => {
    const key = SecretKey.generate()
    write('# nobody')
    const hub = await startHub()
    await assert.rejects(dial(hub, key), { code: 'ERR_IROH_REFUSED' })
    for (let round = 0; round < 2; round++) {
      const changed = once(hub, 'allowlist')
      const other = path.join(folder, `.allowed.${round}`)
      fs.writeFileSync(other, `${key.nodeId()}\n# round ${round}`)
      fs.renameSync(other, file)
      assert.deepEqual(await changed, [null])
    }
    await dial(hub, key)
  })

  it('stays as it was when the new version is bad, or gone', async () => {
    const key = SecretKey.generate()
    write(key.nodeId())
    const hub = await startHub()
    let changed = once(hub, 'allowlist')
    write(key.nodeId(), 'nonsense')
    const [bad] = await changed
    assert.equal(bad.code, 'ERR_IROH_INVALID_NODE_ID')
    assert.match(bad.message, /line 2: nonsense/)
    changed = once(hub, 'allowlist')
    fs.rmSync(file)
    assert.equal((await changed)[0].code, 'ERR_IROH_INVALID_ARGUMENT')
    await dial(hub, key)
  })

  it('must be there and good at the start; a hub that is not made leaves nothing', async () => {
    const endpoint = await Endpoint.createWithOptions(local)
    open.push(endpoint)
    const make = () => createHub({ endpoint, allow: { file } })
    await assert.rejects(make(), { code: 'ERR_IROH_INVALID_ARGUMENT', message: /allowed: ENOENT/ })
    write('nonsense')
    await assert.rejects(make(), { code: 'ERR_IROH_INVALID_NODE_ID', message: /line 1/ })
    assert.deepEqual(endpoint.alpns(), [])
    write('')
    open.push(await make())
  })

  it('is not looked at any more once the hub is closed', async () => {
    write('')
    const hub = await startHub()
    hub.on('allowlist', () => assert.fail('it was read again'))
    await hub.close()
    write('# changed')
    const watched = fs.watch(folder)
    write('# changed again')
    await once(watched, 'change')
    watched.close()
  })
})
