// SPDX-License-Identifier: MIT
'use strict'

// Events as the content of gossip messages, a convention of this package on top of plain gossip: the envelope's JSON with
// one member more at its end, so that others can read it as JSON too.
//
//   {"type":"a","id":"b","payload":1,"gossip":{"nonce":"<16>","author":"<64 hex>","signature":"<86>"}}
//
// The nonce, 12 random bytes in base64url, makes equal events different messages: gossip delivers a content once. The
// author and its signature may be left out. Signed is DOMAIN, the topic, the nonce, the author (32, 12 and 32 bytes) and
// the envelope's JSON, which is all that is before the member and a closing brace. Content without the member is an
// envelope as it is.

const crypto = require('node:crypto')
const { IrohError } = require('../base/errors')
const { isEnvelope } = require('../event-target/envelope')
const { MAX_DEPTH } = require('../event-target/json-bounds')
const { isNodeId, verifySignature } = require('../identity/node-id')

/** First in what an author signs, so that no signature of another purpose can be taken for one of an event. */
const DOMAIN = Buffer.from('event-target-iroh gossip event 1\0')
const NONCE_BYTES = 12

const MEMBER = /^,"gossip":\{"nonce":"([\w-]{16})"(?:,"author":"([0-9a-f]{64})","signature":"([\w-]{86})")?\}\}$/
const LENGTH = memberText('n'.repeat(16)).length
const SIGNED_LENGTH = memberText('n'.repeat(16), 'a'.repeat(64), 's'.repeat(86)).length

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** What stands in place of an envelope's closing brace. */
function memberText(nonce, author, signature) {
  const signed = author === undefined ? '' : `,"author":"${author}","signature":"${signature}"`
  return `,"gossip":{"nonce":"${nonce}"${signed}}}`
}

/** Bytes that an event has beside its envelope's JSON. @param {boolean} signed */
function overhead(signed) {
  return (signed ? SIGNED_LENGTH : LENGTH) - 1
}

function signedBytes(topicId, nonce, author, json) {
  const fixed = [topicId.toBytes(), Buffer.from(nonce, 'base64url'), Buffer.from(author, 'hex')]
  return Buffer.concat([DOMAIN, ...fixed, Buffer.from(json)])
}

/**
 * The content of an event, another each time.
 * @param {import('../identity/topic-id').TopicId} topicId
 * @param {string} json of an envelope
 * @param {import('../identity/secret-key').SecretKey | null} secretKey the author's; null: unsigned
 * @returns {Buffer}
 */
function writeContent(topicId, json, secretKey) {
  const nonce = crypto.randomBytes(NONCE_BYTES).toString('base64url')
  const open = json.slice(0, -1)
  if (!secretKey) return Buffer.from(open + memberText(nonce))
  const author = secretKey.nodeId()
  const signature = secretKey.sign(signedBytes(topicId, nonce, author, json)).toString('base64url')
  return Buffer.from(open + memberText(nonce, author, signature))
}

/** The member at the end of a text, if there is one of either length: [text, nonce, author, signature]. */
function memberOf(text) {
  return MEMBER.exec(text.slice(-SIGNED_LENGTH)) ?? MEMBER.exec(text.slice(-LENGTH))
}

/** Whether the signature is one way only to write it: else one event could be many messages. */
function isCanonical(signature) {
  return Buffer.from(signature, 'base64url').toString('base64url') === signature
}

/** @returns {string | null} the author's NodeId, if its signature holds */
function provenAuthor(topicId, json, [, nonce, author, signature]) {
  if (author === undefined || !isNodeId(author) || !isCanonical(signature)) return null
  const bytes = signedBytes(topicId, nonce, author, json)
  return verifySignature(author, bytes, Buffer.from(signature, 'base64url')) ? author : null
}

function checkValue(value, depth) {
  if (value === null || typeof value !== 'object') return
  if (depth === 0) throw new IrohError('ERR_IROH_TOO_DEEP', { detail: `at most ${MAX_DEPTH}` })
  for (const key of Object.keys(value)) {
    if (key === '__proto__') throw new IrohError('ERR_IROH_FORBIDDEN_KEY')
    checkValue(value[key], depth - 1)
  }
}

/** Content as text; '' if it is no UTF-8, which then is no JSON either. */
function decodeText(content) {
  try {
    return utf8.decode(content)
  } catch {
    return ''
  }
}

function parse(json) {
  try {
    return JSON.parse(json)
  } catch {
    // The cause would quote what came, and errors end in logs.
    throw new IrohError('ERR_IROH_NOT_JSON')
  }
}

/** The envelope in a text. @throws {IrohError} ERR_IROH_NOT_JSON, _TOO_DEEP, _FORBIDDEN_KEY, _NOT_ENVELOPE */
function parseEnvelope(json) {
  const value = parse(json)
  checkValue(value, MAX_DEPTH)
  if (!isEnvelope(value)) throw new IrohError('ERR_IROH_NOT_ENVELOPE')
  return value
}

/** The content of a message as an event: who wrote it and what. Either is found out when it is asked for. */
class EventContent {
  #topicId
  #json
  #member
  #author

  /** @param {import('../identity/topic-id').TopicId} topicId @param {Buffer} content */
  constructor(topicId, content) {
    this.#topicId = topicId
    const text = decodeText(content)
    this.#member = memberOf(text)
    this.#json = this.#member ? `${text.slice(0, -this.#member[0].length)}}` : text
  }

  /** The NodeId whose signature it has, proven; null: it has none that holds. */
  get author() {
    if (this.#author === undefined) {
      this.#author = this.#member ? provenAuthor(this.#topicId, this.#json, this.#member) : null
    }
    return this.#author
  }

  /** @returns {object} @throws {IrohError} ERR_IROH_NOT_JSON, _TOO_DEEP, _FORBIDDEN_KEY, _NOT_ENVELOPE */
  envelope() {
    return parseEnvelope(this.#json)
  }
}

module.exports = { EventContent, overhead, writeContent }
