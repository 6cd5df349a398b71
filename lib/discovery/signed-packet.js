// SPDX-License-Identifier: MIT
'use strict'

const { zBase32 } = require('../base/base32')
const { IrohError } = require('../base/errors')
const { FLAG, HEADER_BYTES: DNS_HEADER_BYTES, TYPE } = require('../dns/codes')
const { DnsFormatError, readMessage } = require('../dns/reader')
const { pointerTo, writeMessage, writeName, writeRecord, writeText } = require('../dns/writer')
const { verifySignature } = require('../identity/node-id')

const SIGNATURE_BYTES = 64
const HEADER_BYTES = SIGNATURE_BYTES + 8
const MAX_DNS_BYTES = 1000
/** Of a packet as it is sent: signature, timestamp, DNS message. */
const MAX_BYTES = HEADER_BYTES + MAX_DNS_BYTES
const TTL_S = 30

function bad(detail, peer) {
  return new IrohError('ERR_IROH_DISCOVERY', { detail, peer })
}

/** A NodeId as pkarr writes it: 52 characters of z-base-32. */
function toZ32(nodeId) {
  return zBase32.encode(Buffer.from(nodeId, 'hex'))
}

/** What such a text stands for as 64 hex characters, or null. Whether it is a key is not looked at: that takes longer. */
function hexOfZ32(text) {
  if (text.length !== 52) return null
  try {
    return zBase32.decode(text).toString('hex')
  } catch {
    return null
  }
}

/** What is signed: sequence number and value as a mutable item of the BitTorrent DHT has them (BEP 44). */
function signable(timestamp, dns) {
  return Buffer.concat([Buffer.from(`3:seqi${timestamp}e1:v${dns.length}:`), dns])
}

/** TXT records; the first has their owner's name in full, the others point to it. */
function encodeDns(name, records) {
  const owners = [writeName(name), pointerTo(DNS_HEADER_BYTES)]
  const answers = records.map((record, index) =>
    writeRecord(owners[Math.min(index, 1)], TYPE.TXT, TTL_S, writeText(record))
  )
  return writeMessage({ flags: FLAG.RESPONSE, answers })
}

/**
 * A packet of TXT records under `_iroh.<key>`, signed. Records at the end are left out if they do not fit into 1,000
 * bytes of DNS.
 * @param {import('../identity/secret-key').SecretKey} secretKey
 * @param {string[]} records each at most 255 bytes
 * @param {bigint} timestamp microseconds since 1970, above that of the last packet
 * @returns {Buffer} signature, timestamp and DNS message: what is sent to a pkarr relay
 */
function signPacket(secretKey, records, timestamp) {
  const name = `_iroh.${toZ32(secretKey.nodeId())}`
  let kept = records.filter((record) => Buffer.byteLength(record) <= 255)
  let dns = encodeDns(name, kept)
  while (dns.length > MAX_DNS_BYTES) {
    kept = kept.slice(0, -1)
    dns = encodeDns(name, kept)
  }
  const time = Buffer.alloc(8)
  time.writeBigUInt64BE(timestamp)
  return Buffer.concat([secretKey.sign(signable(timestamp, dns)), time, dns])
}

/**
 * Checks a packet: its length, and that its key has signed it. What is in it is not looked at.
 * @param {string} nodeId
 * @param {Buffer} packet as signPacket() gives it
 * @returns {{ timestamp: bigint, dns: Buffer }}
 * @throws {IrohError} ERR_IROH_DISCOVERY
 */
function openPacket(nodeId, packet) {
  if (packet.length <= HEADER_BYTES || packet.length > MAX_BYTES) {
    throw bad(`a signed packet has ${HEADER_BYTES + 1} to ${MAX_BYTES} bytes, this one ${packet.length}`, nodeId)
  }
  const timestamp = packet.readBigUInt64BE(SIGNATURE_BYTES)
  const dns = packet.subarray(HEADER_BYTES)
  if (!verifySignature(nodeId, signable(timestamp, dns), packet.subarray(0, SIGNATURE_BYTES))) {
    throw bad('the packet is not signed by the key', nodeId)
  }
  return { timestamp, dns }
}

/**
 * The TXT records a packet has under `_iroh` of its key.
 * @param {string} nodeId
 * @param {Buffer} dns of openPacket(): what was signed may still be anything
 * @returns {string[]}
 * @throws {IrohError} ERR_IROH_DISCOVERY
 */
function recordsOf(nodeId, dns) {
  const name = `_iroh.${toZ32(nodeId)}`
  try {
    const texts = readMessage(dns).answers.filter((answer) => answer.type === TYPE.TXT && answer.name === name)
    return texts.map(({ text }) => text)
  } catch (cause) {
    if (!(cause instanceof DnsFormatError)) throw cause
    throw new IrohError('ERR_IROH_DISCOVERY', { detail: `no DNS message: ${cause.message}`, peer: nodeId, cause })
  }
}

/** Whether packet `a` takes the place of `b`: later, or at the same time with larger DNS bytes. */
function isNewer(a, b) {
  return a.timestamp === b.timestamp ? Buffer.compare(a.dns, b.dns) > 0 : a.timestamp > b.timestamp
}

module.exports = { MAX_BYTES, hexOfZ32, isNewer, openPacket, recordsOf, signPacket, toZ32 }
