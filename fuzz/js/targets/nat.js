// SPDX-License-Identifier: MIT
'use strict'

// What servers and gateways of the network answer: STUN, NAT-PMP, PCP.

const assert = require('node:assert/strict')
const natPmp = require('../../../lib/port-mapping/nat-pmp')
const pcp = require('../../../lib/port-mapping/pcp')
const { answerBinding } = require('../../../lib/stun/answer')
const stun = require('../../../lib/stun/message')

const transaction = Buffer.alloc(12, 5)
const where = { address: '192.0.2.1', port: 7 }
const where6 = { address: '2001:db8::1', port: 7 }
const { Attribute, MessageType } = stun
const change = stun.attribute(Attribute.CHANGE_REQUEST, Buffer.of(0, 0, 0, 2))
const software = stun.attribute(Attribute.SOFTWARE, Buffer.from('software of someone'))
const answers = [where, where6].map((each) => [
  stun.addressAttribute(Attribute.XOR_MAPPED_ADDRESS, each, transaction),
  stun.addressAttribute(Attribute.OTHER_ADDRESS, each)
])
const errorCode = stun.attribute(Attribute.ERROR_CODE, Buffer.of(0, 0, 4, 20))

const nonce = Buffer.alloc(12, 3)
const wish = { nonce, internalPort: 7 }

/** A PCP response is as long as its request: the same fields, and a result. */
function pcpResponse(request, opcode) {
  request[1] = 0x80 | opcode
  return request
}

function natPmpResponse(length, opcode) {
  const message = Buffer.alloc(length)
  message[1] = 0x80 | opcode
  message.writeUInt16BE(7, 8)
  return message
}

module.exports = [
  {
    name: 'stun-message',
    seeds: [
      stun.writeMessage(MessageType.BINDING_REQUEST, transaction, [change, software], true),
      ...answers.map((each) => stun.writeMessage(MessageType.BINDING_SUCCESS, transaction, each, true)),
      stun.writeMessage(MessageType.BINDING_ERROR, transaction, [errorCode])
    ],
    maxLength: 1600,
    run(input) {
      const message = stun.readMessage(input)
      if (message === null) return
      const { attributes, type, hasFingerprint } = message
      stun.readAddress(attributes.get(Attribute.XOR_MAPPED_ADDRESS), message.transaction)
      stun.readAddress(attributes.get(Attribute.OTHER_ADDRESS))
      const code = stun.readErrorCode(attributes.get(Attribute.ERROR_CODE))
      assert.ok(code === null || (code >= 0 && code < 1000))
      const list = [...attributes].map(([each, value]) => stun.attribute(each, value))
      const written = stun.writeMessage(type, message.transaction, list, hasFingerprint)
      assert.deepEqual(stun.readMessage(written), { ...message, attributes })
    }
  },
  {
    name: 'stun-request',
    seeds: [
      stun.writeMessage(MessageType.BINDING_REQUEST, transaction, [], true),
      stun.writeMessage(MessageType.BINDING_REQUEST, transaction, [change, software]),
      stun.writeMessage(MessageType.BINDING_REQUEST, transaction, [
        stun.attribute(Attribute.RESPONSE_PORT, Buffer.of(1, 2))
      ])
    ],
    maxLength: 1600,
    run(input) {
      for (const from of [where, where6]) {
        const answer = answerBinding(input, from, { host: '0.0.0.0', port: 3478, otherPort: 3479 })
        if (answer === null) continue
        const bytes = answer.bytes ?? answer
        assert.notEqual(stun.readMessage(bytes), null)
        assert.ok(bytes.length < 3 * input.length)
      }
    }
  },
  {
    name: 'nat-pmp',
    seeds: [natPmpResponse(12, natPmp.Opcode.EXTERNAL_ADDRESS), natPmpResponse(16, natPmp.Opcode.MAP_UDP)],
    maxLength: 64,
    run(input) {
      natPmp.readExternalAddressResponse(input)
      const mapped = natPmp.readMapResponse(input, 7)
      if (mapped) assert.ok(mapped.externalPort <= 0xffff)
    }
  },
  {
    name: 'pcp',
    seeds: [
      pcpResponse(pcp.writeAnnounceRequest('192.0.2.1'), pcp.Opcode.ANNOUNCE),
      pcpResponse(
        pcp.writeMapRequest({ clientAddress: '192.0.2.1', ...wish, externalAddress: '192.0.2.9', lifetime: 60 }),
        pcp.Opcode.MAP
      )
    ],
    maxLength: 1200,
    run(input) {
      pcp.readAnnounceResponse(input)
      pcp.isVersionRefused(input)
      const mapped = pcp.readMapResponse(input, wish)
      if (mapped) assert.ok(mapped.externalAddress === null || /^\d+(\.\d+){3}$/.test(mapped.externalAddress))
    }
  }
]
