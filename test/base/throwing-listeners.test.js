// SPDX-License-Identifier: MIT
// What the program is called with may throw, whatever and whenever: it is reported as uncaught, and nothing else breaks.
'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { createHub, createSpoke, Endpoint, Gossip, Hub, Router, SecretKey, TopicId } = require('event-target-iroh')
const { RelayServer } = require('event-target-iroh/relay')
const { Session } = require('../../lib/cli/session')
const { RelayClient } = require('../../lib/relay/client')
const { RelayLink } = require('../../lib/relay/client-link')
const { RelaySession } = require('../../lib/relay/client-session')
const { RelayManager } = require('../../lib/relay/manager')
const { Emitter } = require('../../lib/base/emitter')
const { local } = require('../helpers/endpoints')
const { useEventTargets } = require('../helpers/event-targets')
const { until } = require('../helpers/events')
const { collectUncaught } = require('../helpers/uncaught')

const LIB = path.join(__dirname, '../../lib')
const EMITTERS = { Endpoint, Hub, RelayClient, RelayLink, RelayManager, RelaySession, Router, Session }
const THROWN = [new Error('mine'), 'a word', null, undefined, 0, Object.create(null)]

/** The classes of lib/ that extend one of these, with the file. */
function classesExtending(...bases) {
  const files = fs.readdirSync(LIB, { recursive: true }).filter((file) => file.endsWith('.js'))
  const pattern = new RegExp(`class (\\w+) extends (?:${bases.join('|')})\\b`, 'g')
  return files.flatMap((file) => {
    const text = fs.readFileSync(path.join(LIB, file), 'utf8')
    return [...text.matchAll(pattern)].map(([, name]) => `${name} of ${file}`)
  })
}

describe('A listener that throws', () => {
  const { kinds, hubAndSpoke } = useEventTargets()
  const open = []

  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close()
  })

  async function opened(promise) {
    const one = await promise
    open.push(one)
    return one
  }

  it('is looked for in each class that emits events', () => {
    assert.deepEqual(classesExtending('EventEmitter'), ['Emitter of base/emitter.js'])
    const names = classesExtending('Emitter').map((name) => name.split(' ')[0])
    assert.deepEqual(names.sort(), Object.keys(EMITTERS).sort())
    assert.deepEqual(classesExtending('EventTarget'), ['ListenerTarget of event-target/listener-target.js'])
  })

  for (const [name, Class] of Object.entries(EMITTERS)) {
    it(`of ${name} breaks neither emit() nor other listeners`, async () => {
      const emitter = Reflect.construct(Emitter, [], Class)
      const heard = []
      for (const thrown of THROWN) {
        emitter.on('event', () => {
          throw thrown
        })
      }
      emitter.on('event', async () => {
        throw 'later'
      })
      emitter.once('event', (...args) => heard.push(args))
      const uncaught = await collectUncaught(() => {
        assert.equal(emitter.emit('event', 1, 2), true)
        assert.equal(emitter.emit('nobody listens'), false)
      })
      assert.deepEqual(heard, [[1, 2]])
      assert.deepEqual(uncaught, [...THROWN, 'later'])
      assert.equal(emitter.listenerCount('event'), THROWN.length + 1)
    })
  }

  it("of 'error' is called as an EventEmitter calls it", async () => {
    const emitter = new Emitter()
    const mine = new Error('mine')
    assert.throws(() => emitter.emit('error', mine), mine)
    const heard = []
    emitter.on(Emitter.errorMonitor, (error) => heard.push(['monitor', error]))
    assert.throws(() => emitter.emit('error', mine), mine)
    emitter.on('error', (error) => heard.push(['listener', error]))
    emitter.emit('error', mine)
    assert.deepEqual(heard, [
      ['monitor', mine],
      ['monitor', mine],
      ['listener', mine]
    ])
  })

  for (const kind of ["a hub's spoke", 'a target over gossip']) {
    it(`of ${kind} leaves the others and the end of the target alone`, async () => {
      const { near, far } = await kinds[kind]()
      const heard = []
      for (const name of ['a', 'error', 'close']) {
        far.addEventListener(name, () => {
          throw name
        })
        far.addEventListener(name, async () => {
          throw `${name}, later`
        })
        far.addEventListener(name, () => heard.push(name))
      }
      const uncaught = await collectUncaught(async () => {
        near.send({ type: 'a' })
        near.send({ type: 'error' })
        await until(() => heard.length === 2)
        await far.close()
        await far.closed
      })
      assert.deepEqual(heard, ['a', 'error', 'close'])
      assert.deepEqual(uncaught.sort(), ['a', 'a, later', 'close', 'close, later', 'error', 'error, later'])
    })
  }

  describe("of 'network'", () => {
    for (const type of ['relay-up', 'home-relay', 'addresses', 'relay-down']) {
      it(`at ${type} keeps neither online() nor close() from settling`, async () => {
        const relay = await opened(RelayServer.listen({ host: '127.0.0.1', port: 0, stunPort: false }))
        const relays = [{ url: relay.url, stunPort: 0, quicPort: 0 }]
        const endpoint = await opened(
          Endpoint.createWithOptions({ alpns: ['a/1'], relays, discovery: [], bindAddress: '127.0.0.1:0' })
        )
        const mine = new Error(`at ${type}`)
        let count = 0
        endpoint.on('network', (event) => {
          if (event.type !== type) return
          count++
          throw mine
        })
        const uncaught = await collectUncaught(async () => {
          await endpoint.online()
          assert.equal(endpoint.addr().relayUrl, relay.url)
          await endpoint.close()
        })
        assert.ok(count > 0)
        assert.deepEqual(uncaught, Array(count).fill(mine))
      })
    }

    it('lets rebind(), refusals and spokes go on', async () => {
      const server = await opened(Endpoint.createWithOptions({ ...local, alpns: ['a/1'], allow: [] }))
      const client = await opened(Endpoint.createWithOptions(local))
      const uncaught = await collectUncaught(async () => {
        for (const endpoint of [server, client]) {
          endpoint.on('network', ({ type }) => {
            throw type
          })
        }
        client.rebind()
        await assert.rejects(client.connect(server.addr(), 'a/1'), { code: 'ERR_IROH_REFUSED' })
        server.setAllow(undefined)
        await client.connect(server.addr(), 'a/1', { timeoutMs: 5000 })
      })
      assert.ok(uncaught.includes('rebound') && uncaught.includes('refused'))
    })
  })

  it('of a hub keeps no spoke from coming, going and coming again', async () => {
    for (const delivery of ['at-most-once', 'resume']) {
      const thrown = []
      const uncaught = await collectUncaught(async () => {
        const hub = await opened(createHub({ endpointOptions: local, delivery }))
        for (const name of ['spoke', 'spokeclose', 'spokedisconnect', 'spokeresume', 'error']) {
          hub.on(name, () => {
            thrown.push(name)
            throw name
          })
        }
        const spoke = await opened(
          createSpoke({ hub: hub.addr(), endpointOptions: local, delivery, reconnect: { minDelayMs: 1 } })
        )
        await until(() => hub.spokes.size === 1)
        const again = once(spoke, 'connected')
        spoke.connection.close()
        await again
        await until(() => thrown.length >= 3)
        await spoke.close()
        await until(() => hub.spokes.size === 0)
      })
      assert.deepEqual(uncaught, thrown)
      const names = delivery === 'resume' ? ['spokedisconnect', 'spokeresume'] : ['spokeclose', 'spoke']
      assert.deepEqual(thrown, ['spoke', ...names, 'spokeclose'])
    }
  })

  it("of a hub's allowlist lets the list count", async () => {
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'allowed-')), 'allowed')
    const secretKey = SecretKey.generate()
    fs.writeFileSync(file, '# nobody\n')
    const hub = await opened(createHub({ endpointOptions: local, allow: { file } }))
    hub.on('allowlist', () => {
      throw 'mine'
    })
    fs.writeFileSync(file, secretKey.nodeId())
    const uncaught = await collectUncaught(() => hub.reloadAllow())
    assert.deepEqual(uncaught, ['mine'])
    await opened(createSpoke({ hub: hub.addr(), endpointOptions: { ...local, secretKey } }))
    fs.rmSync(path.dirname(file), { recursive: true })
  })

  it('of a spoke in any state leaves it to connect, and to close', async () => {
    const names = ['connecting', 'connected', 'disconnected', 'close']
    const uncaught = await collectUncaught(async () => {
      const { spoke } = await hubAndSpoke({})
      for (const name of names) {
        spoke.addEventListener(name, () => {
          throw name
        })
      }
      const again = once(spoke, 'connected')
      spoke.connection.close()
      await again
      await spoke.close()
    })
    assert.deepEqual(uncaught.sort(), [...names].sort())
  })
})

describe('A function of the program that throws', () => {
  const open = []

  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await (one.shutdown ?? one.close).call(one)
  })

  async function opened(promise) {
    const one = await promise
    open.push(one)
    return one
  }

  const FAILURES = {
    throws: (thrown) => () => {
      throw thrown
    },
    rejects: (thrown) => async () => {
      throw thrown
    }
  }

  for (const [how, fail] of Object.entries(FAILURES)) {
    it(`as a router's handler, hook or listener: ${how}`, async () => {
      const endpoint = await opened(Endpoint.createWithOptions(local))
      const client = await opened(Endpoint.createWithOptions(local))
      const router = Router.builder(endpoint)
        .accept('handler/1', fail('handler'))
        .accept('admit/1', () => {}, { admit: fail('admit') })
        .accept('rejected/1', () => {}, { admit: () => false })
        .accept('shutdown/1', { accept: () => {}, shutdown: fail('shutdown') })
        .spawn()
      const uncaught = await collectUncaught(async (seen) => {
        const rejected = once(router, 'rejected')
        router.on('rejected', () => {
          throw 'rejected'
        })
        for (const alpn of endpoint.alpns()) await client.connect(endpoint.addr(), alpn).catch(() => {})
        await rejected
        await until(() => seen.length >= 3)
        const failed = []
        router.on('failed', (error, alpn) => {
          failed.push(alpn)
          throw error
        })
        await router.shutdown()
        assert.deepEqual(failed, ['shutdown/1'])
      })
      assert.deepEqual(uncaught.sort(), ['admit', 'handler', 'rejected', 'shutdown'])
    })

    it(`as a discovery: ${how}`, async () => {
      for (const thrown of [new Error('mine'), null, undefined, 'a word']) {
        const failing = {
          name: 'failing',
          resolve: fail(thrown),
          publish: fail(thrown),
          networkChanged: fail(thrown),
          close: fail(thrown)
        }
        const endpoint = await opened(Endpoint.createWithOptions({ ...local, discovery: [failing] }))
        const failed = once(endpoint, 'network')
        endpoint.setAlpns(['a/1'])
        const [event] = await failed
        const error = await endpoint.connect(SecretKey.generate().nodeId(), 'a/1').catch((reason) => reason)
        assert.equal(error.code, 'ERR_IROH_NO_ADDRESS')
        assert.match(error.message, /failing: (mine|null|undefined|a word)/)
        assert.ok(event)
        await endpoint.close()
      }
    })

    it(`as a relay's access rule or callback: ${how}`, async () => {
      const uncaught = await collectUncaught(async () => {
        let rule = () => true
        const relay = await opened(
          RelayServer.listen({
            host: '127.0.0.1',
            port: 0,
            stunPort: false,
            access: (client) => rule(client),
            onDisconnect: fail(new Error('onDisconnect'))
          })
        )
        const relays = [{ url: relay.url, stunPort: 0, quicPort: 0 }]
        const endpoint = await Endpoint.createWithOptions({ relays, discovery: [], bindAddress: '127.0.0.1:0' })
        await endpoint.online()
        await endpoint.close()
        await until(() => relay.metrics().clientsClosed === 1)
        rule = fail(null)
        const refused = await opened(Endpoint.createWithOptions({ relays, discovery: [], bindAddress: '127.0.0.1:0' }))
        refused.online().catch(() => {})
        await until(() => relay.metrics().accessFailed > 0)
      })
      assert.deepEqual(
        uncaught.map(({ message }) => message),
        ['onDisconnect']
      )
    })

    it(`as gossip's admit: ${how}`, async () => {
      const [a, b] = await Promise.all([1, 2].map(() => opened(Endpoint.createWithOptions(local))))
      const [atA, atB] = await Promise.all([a, b].map((endpoint) => Gossip.spawn(endpoint)))
      const topicId = TopicId.fromName('admitted by nobody')
      const uncaught = await collectUncaught(async (seen) => {
        await atA.subscribe(topicId, [], { admit: fail('admit') })
        await atB.subscribe(topicId, [a.addr()])
        await until(() => seen.length > 0)
        await Promise.all([atA.close(), atB.close()])
      })
      assert.ok(uncaught.every((thrown) => thrown === 'admit'))
    })
  }

  it("as 'resume.received' makes createHub() and createSpoke() reject, and leaves the spool to the next", async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'spools-'))
    const spools = { hub: path.join(folder, 'hub'), spoke: path.join(folder, 'spoke') }
    const secretKey = SecretKey.generate()
    const hubOptions = { endpointOptions: { ...local, secretKey }, delivery: 'resume', spool: spools.hub }
    const spokeOptions = {
      endpointOptions: { ...local, secretKey: SecretKey.generate() },
      delivery: 'resume',
      spool: spools.spoke
    }
    const hub = await createHub(hubOptions)
    const spoke = await createSpoke({ ...spokeOptions, hub: hub.addr() })
    await until(() => hub.spokes.size === 1)
    const hubAddr = hub.addr()
    await Promise.all([hub.close(), spoke.closed.catch(() => {}), spoke.endpoint.close()])
    await spoke.close()
    const received = () => {
      throw new Error('mine')
    }
    await assert.rejects(createHub({ ...hubOptions, resume: { received } }), /mine/)
    await assert.rejects(createSpoke({ ...spokeOptions, hub: hubAddr, resume: { received } }), /mine/)
    const hubAgain = await opened(createHub(hubOptions))
    await opened(createSpoke({ ...spokeOptions, hub: hubAgain.addr() }))
    fs.rmSync(folder, { recursive: true })
  })
})
