// SPDX-License-Identifier: MIT
// QUIC packets (RFC 9000 section 17) sealed and opened (RFC 9001 section 5), with AEAD_AES_128_GCM and SHA-256.
'use strict'

const { createCipheriv, createDecipheriv, createHmac } = require('node:crypto')
const { Reader, varint } = require('./frames.js')

const version1 = 1
const tagLength = 16
const initialSalt = Buffer.from('38762cf7f55934b34d179ae6a4c80cadccbb7f0a', 'hex')
const longTypes = ['initial', 'zeroRtt', 'handshake', 'retry']
const minInitialDatagram = 1200

const extract = (salt, secret) => createHmac('sha256', salt).update(secret).digest()

/** HKDF-Expand-Label (RFC 8446 section 7.1); one block of HMAC is as much as anything here takes. */
function expandLabel(secret, label, context, length) {
  const name = Buffer.from(`tls13 ${label}`)
  const info = [Buffer.from([length >> 8, length & 0xff, name.length]), name, Buffer.from([context.length]), context]
  return createHmac('sha256', secret)
    .update(Buffer.concat([...info, Buffer.from([1])]))
    .digest()
    .subarray(0, length)
}

const none = Buffer.alloc(0)

/** The packet protection keys that belong to a secret. */
function keysOf(secret) {
  return {
    secret,
    key: expandLabel(secret, 'quic key', none, 16),
    iv: expandLabel(secret, 'quic iv', none, 12),
    hp: expandLabel(secret, 'quic hp', none, 16)
  }
}

/** The next generation after a key update (RFC 9001 section 6); header protection stays. */
function updatedKeys(keys) {
  return { ...keysOf(expandLabel(keys.secret, 'quic ku', none, 32)), hp: keys.hp }
}

/** The keys of Initial packets: anybody can make them who knows the id that the client dialled. */
function initialKeys(dcid) {
  const secret = extract(initialSalt, dcid)
  return {
    client: keysOf(expandLabel(secret, 'client in', none, 32)),
    server: keysOf(expandLabel(secret, 'server in', none, 32))
  }
}

function nonceOf(keys, packetNumber) {
  const nonce = Buffer.from(keys.iv)
  const number = Buffer.alloc(12)
  number.writeBigUInt64BE(BigInt(packetNumber), 4)
  for (let i = 0; i < nonce.length; i++) nonce[i] ^= number[i]
  return nonce
}

function mask(keys, sample) {
  return createCipheriv('aes-128-ecb', keys.hp, null).update(sample)
}

/** Seals a payload behind a header that ends with a packet number of four bytes. */
function seal(keys, header, packetNumber, payload) {
  const cipher = createCipheriv('aes-128-gcm', keys.key, nonceOf(keys, packetNumber))
  cipher.setAAD(header)
  const packet = Buffer.concat([header, cipher.update(payload), cipher.final(), cipher.getAuthTag()])
  const hidden = mask(keys, packet.subarray(header.length, header.length + 16))
  packet[0] ^= hidden[0] & (packet[0] & 0x80 ? 0x0f : 0x1f)
  for (let i = 0; i < 4; i++) packet[header.length - 4 + i] ^= hidden[1 + i]
  return packet
}

function packetNumberBytes(packetNumber) {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(Number(BigInt(packetNumber) & 0xffffffffn))
  return bytes
}

/**
 * A sealed packet with a long header.
 * @param {object} packet
 * @param {'initial'|'zeroRtt'|'handshake'} packet.type
 * @param {number} [packet.first] the bits of the first byte below its type, before header protection
 */
function longPacket({ type, keys, dcid, scid, token = none, packetNumber, payload, version = version1, first = 0x03 }) {
  const versionBytes = Buffer.alloc(4)
  versionBytes.writeUInt32BE(version)
  const header = Buffer.concat([
    Buffer.from([0xc0 | (longTypes.indexOf(type) << 4) | first]),
    versionBytes,
    Buffer.from([dcid.length]),
    dcid,
    Buffer.from([scid.length]),
    scid,
    ...(type === 'initial' ? [varint(token.length), token] : []),
    varint(4 + payload.length + tagLength, 4),
    packetNumberBytes(packetNumber)
  ])
  return seal(keys, header, packetNumber, payload)
}

/** A sealed packet with a short header. Too short a payload gets the PADDING that header protection needs. */
function shortPacket({ keys, dcid, packetNumber, payload, phase = 0, first = 0x03 }) {
  const header = Buffer.concat([Buffer.from([0x40 | (phase << 2) | first]), dcid, packetNumberBytes(packetNumber)])
  return seal(keys, header, packetNumber, payload)
}

/** A client's Initial packet, alone in a datagram that is as large as it must be. */
function initialDatagram({ keys, dcid, payload, size = minInitialDatagram, ...rest }) {
  const packet = { type: 'initial', keys: keys ?? initialKeys(dcid).client, dcid, packetNumber: 0, scid: none, ...rest }
  const overhead = longPacket({ ...packet, payload: Buffer.alloc(4) }).length - 4
  return longPacket({
    ...packet,
    payload: Buffer.concat([payload, Buffer.alloc(Math.max(0, size - overhead - payload.length))])
  })
}

/** The packet number that the peer meant by the lowest bytes of it (RFC 9000 section A.3). */
function fullPacketNumber(largest, truncated, width) {
  const window = 2 ** (8 * width)
  const expected = largest + 1
  let candidate = expected - (expected % window) + truncated
  if (candidate <= expected - window / 2) candidate += window
  else if (candidate > expected + window / 2 && candidate >= window) candidate -= window
  return candidate
}

/** Opens what begins at `numberAt` of a packet; gives `null` if the keys are others. */
function open(keys, packet, numberAt, largest) {
  const bytes = Buffer.from(packet)
  const hidden = mask(keys, bytes.subarray(numberAt + 4, numberAt + 20))
  bytes[0] ^= hidden[0] & (bytes[0] & 0x80 ? 0x0f : 0x1f)
  const width = (bytes[0] & 0x03) + 1
  for (let i = 0; i < width; i++) bytes[numberAt + i] ^= hidden[1 + i]
  const packetNumber = fullPacketNumber(largest, bytes.readUIntBE(numberAt, width), width)
  const decipher = createDecipheriv('aes-128-gcm', keys.key, nonceOf(keys, packetNumber))
  decipher.setAAD(bytes.subarray(0, numberAt + width))
  decipher.setAuthTag(bytes.subarray(-tagLength))
  try {
    const payload = Buffer.concat([decipher.update(bytes.subarray(numberAt + width, -tagLength)), decipher.final()])
    return { packetNumber, payload, phase: (bytes[0] >> 2) & 1 }
  } catch {
    return null
  }
}

/** The packets of a datagram, still sealed: type, ids, the bytes and where the packet number begins. */
function splitDatagram(datagram, idLength) {
  const packets = []
  let rest = datagram
  while (rest.length > 0) {
    if ((rest[0] & 0x80) === 0) {
      packets.push({ type: 'oneRtt', dcid: rest.subarray(1, 1 + idLength), bytes: rest, numberAt: 1 + idLength })
      break
    }
    const reader = new Reader(rest)
    const type = longTypes[(reader.uint(1) >> 4) & 3]
    const version = reader.uint(4)
    const packet = {
      type: version === 0 ? 'versionNegotiation' : type,
      version,
      dcid: reader.block(1),
      scid: reader.block(1)
    }
    if (version === 0 || type === 'retry') {
      packets.push({ ...packet, bytes: rest })
      break
    }
    if (type === 'initial') packet.token = reader.take(reader.varint())
    const length = reader.varint()
    packet.numberAt = rest.length - reader.left
    packet.bytes = rest.subarray(0, packet.numberAt + length)
    packets.push(packet)
    rest = rest.subarray(packet.numberAt + length)
  }
  return packets
}

module.exports = {
  expandLabel,
  extract,
  initialDatagram,
  initialKeys,
  keysOf,
  longPacket,
  minInitialDatagram,
  open,
  shortPacket,
  splitDatagram,
  updatedKeys
}
