// SPDX-License-Identifier: MIT
// A worker thread whose endpoint dials made-up peers where somebody says that they are: workerData { address, dials }.
'use strict'

const { parentPort, workerData } = require('node:worker_threads')
const { Endpoint, SecretKey } = require('event-target-iroh')
const { kDial } = require('../../../lib/base/symbols')

async function main() {
  const endpoint = await Endpoint.createWithOptions({ preset: 'minimal', bindAddress: '127.0.0.1:0' })
  const hint = { directAddresses: [workerData.address] }
  const dials = Array.from({ length: workerData.dials }, () =>
    endpoint[kDial](SecretKey.generate().nodeId(), '/x', { hint, timeoutMs: 1500 }).catch((error) => error.code)
  )
  const codes = await Promise.all(dials)
  await endpoint.close()
  parentPort.postMessage(codes)
}

main()
