// SPDX-License-Identifier: MIT
// As much of TLS 1.3 (RFC 8446) as a QUIC handshake with raw public keys (RFC 7250) takes: TLS_AES_128_GCM_SHA256, X25519,
// Ed25519. Messages are made and read; whether the other side tells the truth is not checked.
'use strict'

const crypto = require('node:crypto')
const { Reader, varint } = require('./frames.js')
const { expandLabel, extract, keysOf } = require('./packets.js')

const MessageType = {
  clientHello: 1,
  serverHello: 2,
  encryptedExtensions: 8,
  certificate: 11,
  certificateRequest: 13,
  certificateVerify: 15,
  finished: 20
}
const ExtensionType = {
  supportedGroups: 10,
  signatureAlgorithms: 13,
  alpn: 16,
  clientCertificateType: 19,
  serverCertificateType: 20,
  supportedVersions: 43,
  keyShare: 51,
  transportParameters: 57
}
const cipherSuite = 0x1301
const groupX25519 = 0x001d
const schemeEd25519 = 0x0807
const rawPublicKey = 2
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex')
const none = Buffer.alloc(0)

const uint = (width, value) => {
  const bytes = Buffer.alloc(width)
  bytes.writeUIntBE(value, 0, width)
  return bytes
}
/** Bytes behind their length in `width` bytes. */
const block = (width, ...parts) => {
  const bytes = Buffer.concat(parts)
  return Buffer.concat([uint(width, bytes.length), bytes])
}
const message = (type, ...parts) => Buffer.concat([Buffer.from([type]), block(3, ...parts)])
const extension = (type, ...parts) => Buffer.concat([uint(2, type), block(2, ...parts)])

/** An Ed25519 identity: `nodeId` is its public key. */
function generateIdentity() {
  const { privateKey, publicKey } = crypto.generateKeyPairSync('ed25519')
  return { privateKey, nodeId: publicKey.export({ type: 'spki', format: 'der' }).subarray(spkiPrefix.length) }
}

function generateShare() {
  const { privateKey, publicKey } = crypto.generateKeyPairSync('x25519')
  return { privateKey, share: publicKey.export({ type: 'spki', format: 'der' }).subarray(-32) }
}

function agree(privateKey, share) {
  const x25519Prefix = Buffer.from('302a300506032b656e032100', 'hex')
  const publicKey = crypto.createPublicKey({
    key: Buffer.concat([x25519Prefix, share]),
    format: 'der',
    type: 'spki'
  })
  return crypto.diffieHellman({ privateKey, publicKey })
}

/**
 * Transport parameters (RFC 9000 section 18) as bytes. Each is [id, value]; a value is a number or bytes.
 * @param {Map<number, number|Buffer>} parameters
 */
function transportParameters(parameters) {
  const entries = [...parameters].map(([id, value]) => {
    const bytes = Buffer.isBuffer(value) ? value : varint(value)
    return Buffer.concat([varint(id), varint(bytes.length), bytes])
  })
  return Buffer.concat(entries)
}

/** `null`: without the extension. */
const parametersExtension = (bytes) => (bytes === null ? none : extension(ExtensionType.transportParameters, bytes))

function clientHello({ share, alpn, parameters }) {
  const extensions = [
    extension(ExtensionType.supportedVersions, block(1, uint(2, 0x0304))),
    extension(ExtensionType.supportedGroups, block(2, uint(2, groupX25519))),
    extension(ExtensionType.signatureAlgorithms, block(2, uint(2, schemeEd25519))),
    extension(ExtensionType.keyShare, block(2, uint(2, groupX25519), block(2, share))),
    extension(ExtensionType.alpn, block(2, block(1, Buffer.from(alpn)))),
    extension(ExtensionType.clientCertificateType, block(1, Buffer.from([rawPublicKey]))),
    extension(ExtensionType.serverCertificateType, block(1, Buffer.from([rawPublicKey]))),
    parametersExtension(parameters)
  ]
  return message(
    MessageType.clientHello,
    uint(2, 0x0303),
    crypto.randomBytes(32),
    block(1),
    block(2, uint(2, cipherSuite)),
    block(1, Buffer.from([0])),
    block(2, ...extensions)
  )
}

function serverHello({ share, sessionId }) {
  return message(
    MessageType.serverHello,
    uint(2, 0x0303),
    crypto.randomBytes(32),
    block(1, sessionId),
    uint(2, cipherSuite),
    Buffer.from([0]),
    block(
      2,
      extension(ExtensionType.supportedVersions, uint(2, 0x0304)),
      extension(ExtensionType.keyShare, uint(2, groupX25519), block(2, share))
    )
  )
}

function encryptedExtensions({ alpn, parameters }) {
  const extensions = [
    extension(ExtensionType.alpn, block(2, block(1, Buffer.from(alpn)))),
    extension(ExtensionType.clientCertificateType, Buffer.from([rawPublicKey])),
    extension(ExtensionType.serverCertificateType, Buffer.from([rawPublicKey])),
    parametersExtension(parameters)
  ]
  return message(MessageType.encryptedExtensions, block(2, ...extensions))
}

function certificateRequest() {
  const extensions = extension(ExtensionType.signatureAlgorithms, block(2, uint(2, schemeEd25519)))
  return message(MessageType.certificateRequest, block(1), block(2, extensions))
}

function certificate({ nodeId, context = none }) {
  return message(MessageType.certificate, block(1, context), block(3, block(3, spkiPrefix, nodeId), block(2)))
}

/** The proof that the key is held; signed over everything said so far. */
function certificateVerify({ privateKey, role, transcript }) {
  const label = `TLS 1.3, ${role} CertificateVerify`
  const signed = Buffer.concat([Buffer.alloc(64, 0x20), Buffer.from(label), Buffer.from([0]), hash(transcript)])
  return message(MessageType.certificateVerify, uint(2, schemeEd25519), block(2, crypto.sign(null, signed, privateKey)))
}

function finished({ secret, transcript }) {
  const key = expandLabel(secret, 'finished', none, 32)
  return message(MessageType.finished, crypto.createHmac('sha256', key).update(hash(transcript)).digest())
}

const hash = (bytes) => crypto.createHash('sha256').update(bytes).digest()

/** Reads extensions into a Map of type and bytes. */
function readExtensions(reader) {
  const extensions = new Map()
  const inner = new Reader(reader.block(2))
  while (inner.left > 0) extensions.set(inner.uint(2), inner.block(2))
  return extensions
}

/** What of a ClientHello or ServerHello the other side needs. */
function readHello(body) {
  const reader = new Reader(body)
  reader.take(2 + 32)
  const sessionId = reader.block(1)
  return { sessionId, reader }
}

function readClientHello(body) {
  const { sessionId, reader } = readHello(body)
  reader.block(2)
  reader.block(1)
  const extensions = readExtensions(reader)
  const shares = new Reader(new Reader(extensions.get(ExtensionType.keyShare)).block(2))
  while (shares.left > 0) {
    const group = shares.uint(2)
    const share = shares.block(2)
    if (group === groupX25519) return { sessionId, share }
  }
  throw new RangeError('a ClientHello without X25519')
}

function readServerHello(body) {
  const { reader } = readHello(body)
  reader.take(3)
  const share = new Reader(readExtensions(reader).get(ExtensionType.keyShare))
  share.take(2)
  return { share: share.block(2) }
}

/** The secrets of a handshake (RFC 8446 section 7.1), in the order they come to be known. */
class KeySchedule {
  #secret

  constructor(sharedSecret) {
    const early = extract(none, Buffer.alloc(32))
    this.#secret = extract(expandLabel(early, 'derived', hash(none), 32), sharedSecret)
  }

  #keys(kind, transcript) {
    const of = (letter) => keysOf(expandLabel(this.#secret, `${letter} ${kind} traffic`, hash(transcript), 32))
    return { client: of('c'), server: of('s') }
  }

  /** @param {Buffer} transcript up to ServerHello */
  handshakeKeys(transcript) {
    return this.#keys('hs', transcript)
  }

  /** @param {Buffer} transcript up to the server's Finished. Afterwards nothing else can be asked. */
  applicationKeys(transcript) {
    this.#secret = extract(expandLabel(this.#secret, 'derived', hash(none), 32), Buffer.alloc(32))
    return this.#keys('ap', transcript)
  }
}

module.exports = {
  agree,
  certificate,
  certificateRequest,
  certificateVerify,
  clientHello,
  encryptedExtensions,
  finished,
  generateIdentity,
  generateShare,
  KeySchedule,
  MessageType,
  readClientHello,
  readServerHello,
  serverHello,
  transportParameters
}
