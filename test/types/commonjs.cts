// SPDX-License-Identifier: MIT
// The package as a CommonJS module sees it: the same classes.
import iroh = require('event-target-iroh')

async function main(): Promise<void> {
  const endpoint: iroh.Endpoint = await iroh.Endpoint.create()
  const options: iroh.EndpointOptions = { alpns: ['alkhub/1'] }
  const error = new iroh.IrohError('ERR_IROH_TIMEOUT', {
    detail: 'late',
    peer: endpoint.nodeId(),
    quicError: 1,
    cause: options
  })
  const code: iroh.IrohErrorCode = error.code
  await endpoint.close(0, code)
}

void main
