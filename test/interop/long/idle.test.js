// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { alpn, useEndpoints } = require('../../helpers/endpoints.js')
const { createRealEndpoint } = require('../../helpers/real-iroh.js')

// Longer than the idle timeout of both sides, which is 30 s: only keep-alives bridge it.
const idleMs = 35000

describe('interop with iroh, 35 s without a word', () => {
  const { create } = useEndpoints()

  for (const role of ['that dials us', 'that we dial']) {
    it(`keeps the connection ${role}`, async function () {
      this.timeout(idleMs + 20000)
      const iroh = await createRealEndpoint({ alpns: [alpn] })
      const ours = await create({ alpns: [alpn] })
      const [near, far] = await Promise.all(
        role === 'that dials us'
          ? [ours.accept(), iroh.connect(ours.addr(), alpn)]
          : [ours.connect(iroh.addr(), alpn), iroh.accept()]
      )
      await Promise.race([once(AbortSignal.timeout(idleMs), 'abort'), near.closed()])
      assert.equal(near.closeReason(), null)
      near.sendDatagram('still here')
      assert.equal(Buffer.from(await far.readDatagram()).toString(), 'still here')
      await iroh.close()
    })
  }
})
