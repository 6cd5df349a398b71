// SPDX-License-Identifier: MIT
'use strict'

const crypto = require('node:crypto')
const binding = require('../binding')
const { IrohError } = require('../base/errors')
const { CHALLENGE_BYTES, ID_BYTES, SIGNATURE_BYTES } = require('./protocol')

/** The request header that proves the key without a challenge, over TLS. */
const CLIENT_AUTH_HEADER = 'x-iroh-relay-client-auth-v1'

const CHALLENGE_CONTEXT = 'iroh-relay handshake v1 challenge signature'
const EXPORTER_LABEL = 'iroh-relay handshake v1'
/** Before TLS 1.3 what is exported need not belong to one connection alone (RFC 7627, section 1). */
const SECURE_EXPORTER = 'TLSv1.3'
const EXPORTED_BYTES = 32
const SIGNED_BYTES = 16
const HEADER_BYTES = ID_BYTES + 1 + SIGNATURE_BYTES + EXPORTED_BYTES - SIGNED_BYTES

/** 16 random bytes for a client to sign. */
function newChallenge() {
  return crypto.randomBytes(CHALLENGE_BYTES)
}

/** What a client signs for a challenge: its BLAKE3 hash in key derivation mode. */
function challengeMessage(challenge) {
  return binding.blake3DeriveKey(CHALLENGE_CONTEXT, challenge)
}

/**
 * A client's answer to a challenge.
 * @param {import('../identity/secret-key').SecretKey} secretKey
 * @param {Uint8Array} challenge 16 bytes
 * @returns {Buffer} 64 bytes of signature
 */
function signChallenge(secretKey, challenge) {
  return secretKey.sign(challengeMessage(challenge))
}

/** Whether the signature is the NodeId's own for this challenge; false too if that is no NodeId. */
function verifyChallenge(nodeId, challenge, signature) {
  return isSignature(nodeId, challengeMessage(challenge), signature)
}

function isSignature(nodeId, message, signature) {
  return typeof binding.nodeIdParse(nodeId) === 'string' && binding.keyVerify(nodeId, message, signature)
}

/** The 32 bytes both ends of a TLS connection can compute and nobody else (RFC 5705; RFC 8446, section 7.5). */
function exportFor(socket, publicKey) {
  return socket.exportKeyingMaterial(EXPORTED_BYTES, EXPORTER_LABEL, publicKey)
}

/**
 * The value of CLIENT_AUTH_HEADER for a TLS connection whose handshake is complete.
 * @param {import('node:tls').TLSSocket} socket
 * @param {import('../identity/secret-key').SecretKey} secretKey
 * @returns {string}
 */
function clientAuthHeader(socket, secretKey) {
  const publicKey = Buffer.from(secretKey.nodeId(), 'hex')
  const exported = exportFor(socket, publicKey)
  const signature = secretKey.sign(exported.subarray(0, SIGNED_BYTES))
  const value = [publicKey, Buffer.of(SIGNATURE_BYTES), signature, exported.subarray(SIGNED_BYTES)]
  return Buffer.concat(value).toString('base64url')
}

/**
 * Who the header of a request says and proves to be at its other end.
 * @param {string} value of CLIENT_AUTH_HEADER
 * @param {import('node:net').Socket} socket the request's; without TLS 1.3 nothing is proved
 * @returns {string | null} the NodeId, or null if it is not proved for this connection: then a challenge decides
 * @throws {IrohError} ERR_IROH_RELAY when the header cannot be read
 */
function verifyClientAuth(value, socket) {
  const bytes = Buffer.from(value, 'base64url')
  if (bytes.length !== HEADER_BYTES || bytes.toString('base64url') !== value || bytes[ID_BYTES] !== SIGNATURE_BYTES) {
    throw new IrohError('ERR_IROH_RELAY', { detail: `${CLIENT_AUTH_HEADER} cannot be read` })
  }
  if (!socket.encrypted || socket.getProtocol() !== SECURE_EXPORTER) return null
  const publicKey = bytes.subarray(0, ID_BYTES)
  const signature = bytes.subarray(ID_BYTES + 1, ID_BYTES + 1 + SIGNATURE_BYTES)
  const exported = exportFor(socket, publicKey)
  if (!exported.subarray(SIGNED_BYTES).equals(bytes.subarray(ID_BYTES + 1 + SIGNATURE_BYTES))) return null
  const nodeId = publicKey.toString('hex')
  return isSignature(nodeId, exported.subarray(0, SIGNED_BYTES), signature) ? nodeId : null
}

/**
 * The access token of a request: of the first Authorization header whose scheme is Bearer, or else, for browsers, the
 * query parameter `token`.
 * @param {import('node:http').IncomingMessage} request
 * @returns {string | undefined}
 */
function accessToken({ rawHeaders, url }) {
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at].toLowerCase() !== 'authorization') continue
    const bearer = /^bearer +([\x20-\x7e]*)$/i.exec(rawHeaders[at + 1])
    if (bearer) return bearer[1].trim()
  }
  const [, query] = url.split('?', 2)
  return new URLSearchParams(query).get('token') ?? undefined
}

module.exports = {
  CLIENT_AUTH_HEADER,
  accessToken,
  clientAuthHeader,
  newChallenge,
  signChallenge,
  verifyChallenge,
  verifyClientAuth
}
