// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { findPortMapping } = require('../../lib/net-report/port-mapping')
const { Run } = require('../../lib/net-report/run')
const { natPmpAnswer, pcpAnswer, useFakeGateway } = require('../helpers/fake-gateway')

const RELAYS = [{ url: 'https://relay.example/' }]

describe('what a net report tells of the gateway', () => {
  const openGateway = useFakeGateway()
  let run

  beforeEach(() => {
    run = new Run(5000)
  })

  afterEach(() => run.end())

  const find = (gateway) => findPortMapping(run, RELAYS, async () => gateway.where)
  const tried = () => run.journal.tried.map(({ what, outcome, detail }) => [what, outcome, detail]).sort()

  it('is PCP, and the address that NAT-PMP tells', async () => {
    const gateway = await openGateway((request) => (request.version === 2 ? pcpAnswer : natPmpAnswer)(request))
    assert.deepEqual(await find(gateway), { protocol: 'pcp', externalAddress: '198.51.100.9' })
    assert.deepEqual(gateway.requests.map(({ what }) => what).sort(), ['address', 'announce'])
    assert.deepEqual(tried(), [
      ['nat-pmp', 'ok', '198.51.100.9'],
      ['pcp', 'ok', undefined]
    ])
  })

  it('is NAT-PMP alone', async () => {
    const found = await find(await openGateway(natPmpAnswer))
    assert.deepEqual(found, { protocol: 'nat-pmp', externalAddress: '198.51.100.9' })
    assert.deepEqual(tried()[1], ['pcp', 'error', 'result code 1'])
  })

  it('is PCP alone, without an address', async () => {
    const gateway = await openGateway((request) =>
      request.version === 2 ? pcpAnswer(request) : natPmpAnswer(request, { result: 1 })
    )
    assert.deepEqual(await find(gateway), { protocol: 'pcp', externalAddress: null })
  })

  it('is nothing where it answers nothing, once the report is over', async () => {
    const gateway = await openGateway(() => null)
    const found = find(gateway)
    await gateway.next('announce')
    run.end()
    assert.equal(await found, null)
    assert.deepEqual(tried(), [
      ['nat-pmp', 'no-answer', undefined],
      ['pcp', 'no-answer', undefined]
    ])
  })

  it('is nothing without a gateway, or with relays of this host alone', async () => {
    assert.equal(await findPortMapping(run, RELAYS, async () => null), null)
    assert.deepEqual(
      run.journal.tried.map(({ outcome }) => outcome),
      ['skipped']
    )
    const fail = () => assert.fail('looked for a gateway')
    const local = ['http://127.0.0.1:1/', 'http://localhost/', 'http://[::1]:2/'].map((url) => ({ url }))
    assert.equal(await findPortMapping(run, local, fail), null)
    assert.equal(await findPortMapping(run, [], fail), null)
  })
})
