// SPDX-License-Identifier: MIT
'use strict'

// DNS messages wherever they come from: signed packets, queries over UDP and TCP, multicast.

const assert = require('node:assert/strict')
const { DnsFormatError, readMessage } = require('../../../lib/dns/reader')
const { writeMessage, writeName, writeQuestion, writeRecord } = require('../../../lib/dns/writer')
const { TYPE } = require('../../../lib/dns/codes')
const { LocalGuard } = require('../../../lib/discovery/local-guard')
const local = require('../../../lib/discovery/local-message')
const { isPeerAddress, readRecords, writeRecords } = require('../../../lib/discovery/records')
const { openPacket, recordsOf, signPacket, toZ32 } = require('../../../lib/discovery/signed-packet')
const { SecretKey } = require('../../../lib/identity/secret-key')
const { answerDns } = require('../../../lib/relay/server/pkarr/dns-answer')
const { split } = require('../../../lib/relay/server/pkarr/dns-over-tcp')
const { PacketStore } = require('../../../lib/relay/server/pkarr/packet-store')
const { orRefused } = require('../engine')

const key = SecretKey.fromBytes(Buffer.alloc(32, 0x2a))
const nodeId = key.nodeId()
const z32 = toZ32(nodeId)
const RECORDS = ['relay=https://relay.example.com/', 'addr=192.0.2.1:7', 'addr=[2001:db8::1]:8', 'user-data=hi']
const TIME = 1_700_000_000_000_000n
const packet = signPacket(key, RECORDS, TIME)
const dns = packet.subarray(72)
const announced = local.announcement({
  nodeId,
  relayUrl: 'https://relay.example.com/',
  directAddresses: ['192.0.2.1:7', '192.0.2.2:7', '[2001:db8::1]:8']
})
/** Pointers to headers, to themselves and forward; lengths beyond the end. */
const TOKENS = ['c000', 'c00c', 'c00d', 'c0ff', 'ffff', '0000100001000000', '3f', '00'].map((hex) =>
  Buffer.from(hex, 'hex')
)
/** As signed packets once ended relay servers: a header that reads as a TXT record with a length beyond the end. */
const bomb = Buffer.alloc(1000)
bomb[2] = 0x10
bomb.fill(0xff, 6, 12)
bomb[14] = 16
bomb.writeUInt16BE(0x7fff, 21)

const isFormatError = (error) => error instanceof DnsFormatError
const READ = { [TYPE.TXT]: 'text', [TYPE.A]: 'address', [TYPE.AAAA]: 'address', [TYPE.SRV]: 'service' }

/** Reads all there is of a message, and says how much that is. */
function readAll({ questions, answers, authorities, additionals }) {
  let size = 0
  for (const { name } of questions) size += name.length
  for (const record of [...answers, ...authorities, ...additionals]) {
    const content = record[READ[record.type] ?? 'name']
    size += record.name.length + (typeof content === 'string' ? content.length : content.target.length)
  }
  return size
}

const store = new PacketStore(10, () => Number(TIME / 1000n))
store.put(nodeId, packet)
const ORIGIN = ['example', 'org']
const edns = writeRecord(Buffer.alloc(1), TYPE.OPT, 0)
const questions = [writeQuestion(writeName(`_iroh.${z32}.example.org`), TYPE.TXT)]
const query = writeMessage({ id: 7, questions, additionals: [edns] })

function framed(message) {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(message.length)
  return Buffer.concat([length, message])
}

const guard = new LocalGuard({ isOnLink: () => true })
let now = performance.now()

module.exports = [
  {
    name: 'dns-message',
    seeds: [dns, announced, query, local.questionFor(nodeId), bomb],
    tokens: TOKENS,
    maxLength: 2000,
    run(input) {
      const size = orRefused(isFormatError, () => readAll(readMessage(input)))
      assert.ok(size === undefined || size <= 80 * input.length, `${size} characters of ${input.length} bytes`)
    }
  },
  {
    name: 'dns-query',
    seeds: [query, writeMessage({ questions }), local.questionForAll(), writeMessage({ questions: [edns] })],
    tokens: TOKENS,
    maxLength: 4096,
    run(input) {
      for (const origin of [ORIGIN, null]) {
        for (const room of [undefined, 65_535]) {
          const answer = answerDns(store, origin, input, room)
          if (answer === null) continue
          assert.ok(answer.length <= (room ?? 1232))
          assert.equal(readMessage(answer).isResponse, true)
        }
        const short = answerDns(store, origin, input, 3 * input.length - 1)
        assert.ok(short === null || short.length < 3 * input.length)
      }
    }
  },
  {
    name: 'dns-over-tcp',
    seeds: [framed(query), Buffer.concat([framed(query), framed(query)]), Buffer.alloc(2)],
    run(input) {
      const [messages, rest] = split(input)
      assert.deepEqual(Buffer.concat([...messages.map(framed), rest]), input)
    }
  },
  {
    name: 'signed-packet',
    seeds: [packet],
    maxLength: 1100,
    run(input) {
      orRefused(['ERR_IROH_DISCOVERY'], () => openPacket(nodeId, input))
    }
  },
  {
    name: 'signed-records',
    seeds: [dns, bomb],
    tokens: TOKENS,
    maxLength: 1000,
    run(input) {
      const texts = orRefused(['ERR_IROH_DISCOVERY'], () => recordsOf(nodeId, input)) ?? []
      assert.ok(texts.join('').length <= input.length)
      const found = readRecords(texts)
      assert.deepEqual(readRecords(writeRecords(found)).directAddresses, found.directAddresses)
    }
  },
  {
    name: 'records',
    seeds: [RECORDS.join('\n'), 'relay=https://a.example/?a=1', 'addr=1.2.3.4:5=6', 'none\nwhat=ever\n='],
    tokens: ['relay=', 'addr=', 'user-data=', '[::]', '%eth0', ':65536', '='],
    run(input) {
      const { directAddresses } = readRecords(input.toString().split('\n'))
      assert.ok(directAddresses.length <= 32 && directAddresses.every(isPeerAddress))
    }
  },
  {
    name: 'mdns-message',
    seeds: [announced, local.questionFor(nodeId), local.questionForAll()],
    tokens: [...TOKENS, Buffer.from('\x07_irohv1\x04_udp\x05local\0', 'latin1')],
    maxLength: 1600,
    run(input) {
      now += 1000
      if (!guard.admits(input, { address: '192.0.2.1', port: 5353 }, '192.0.2.2', now)) return
      orRefused(isFormatError, () => {
        const message = readMessage(input)
        local.readQuery(message)
        for (const { directAddresses } of local.readAnnouncement(message)) {
          assert.ok(directAddresses.every(isPeerAddress))
        }
      })
    }
  }
]
