// SPDX-License-Identifier: MIT
'use strict'

const crypto = require('node:crypto')
const { checkInteger, checkOptions, checkText, checkTexts } = require('../../base/check')
const { IrohError, invalid } = require('../../base/errors')
const { parsePeer } = require('../../addresses/node-addr')

const NOT_AUTHORIZED = 'not authorized'
const RULES = ['allow', 'deny', 'tokens', 'url', 'headers', 'timeoutMs']
const MAX_ANSWER_BYTES = 64

function readNodeIds(list, name) {
  if (list === null || typeof list !== 'object' || typeof list[Symbol.iterator] !== 'function') {
    throw invalid(`${name} must be a list or Set of NodeIds`)
  }
  return new Set([...list].map((peer) => parsePeer(peer).nodeId))
}

/** Digests are compared and looked up instead of tokens: what that takes tells nothing about the token. */
function digest(token) {
  return crypto.createHash('sha256').update(token).digest('base64')
}

function tokenRule(list) {
  const digests = new Set(checkTexts(list, 'access.tokens').map(digest))
  return ({ token }) => token !== undefined && digests.has(digest(token))
}

/** The first bytes of a response's body, which are all that matters here. */
async function readAnswer(response) {
  let answer = ''
  for await (const chunk of response.body ?? []) {
    answer += Buffer.from(chunk).toString('latin1')
    if (answer.length > MAX_ANSWER_BYTES) break
  }
  return answer
}

/** Asks a web server: it admits with status 200 and a body of exactly `true`. */
function callbackRule(url, headers = {}, timeoutMs) {
  if (!/^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : ''))
    throw invalid('access.url must be an http(s) URL')
  return async ({ nodeId }) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'X-Iroh-Endpoint-Id': nodeId },
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs)
    })
    return (await readAnswer(response)) === 'true' && response.status === 200
  }
}

function readRules(access) {
  const { allow, deny, tokens, url, headers, timeoutMs } = checkOptions(access, RULES, 'access')
  const rules = []
  if (deny !== undefined) {
    const denied = readNodeIds(deny, 'access.deny')
    rules.push(({ nodeId }) => !denied.has(nodeId))
  }
  if (allow !== undefined) {
    const allowed = readNodeIds(allow, 'access.allow')
    rules.push(({ nodeId }) => allowed.has(nodeId))
  }
  if (tokens !== undefined) rules.push(tokenRule(tokens))
  if (url !== undefined) {
    const limit = checkInteger(timeoutMs, 'access.timeoutMs', { min: 1, max: 30000, fallback: 5000 })
    rules.push(callbackRule(checkText(url, 'access.url'), headers, limit))
  }
  if (rules.length === 0) throw invalid('access names no rule')
  return rules
}

/** What a rule said, as a reason to deny, or null to allow. Only `true` allows. */
function reasonOf(verdict) {
  if (verdict === true) return null
  return typeof verdict === 'string' && verdict !== '' ? verdict : NOT_AUTHORIZED
}

/**
 * Reads the `access` option: 'everyone', a function, or rules that must all agree.
 * @returns {(client: object) => Promise<string | null>} the reason to deny, or null; it rejects with ERR_IROH_RELAY when
 *   a rule fails
 */
function readAccess(access = 'everyone') {
  if (access === 'everyone') return async () => null
  const isText = typeof access === 'string' || access === null
  if (isText) throw invalid("access must be 'everyone', a function or an object of rules")
  const rules = typeof access === 'function' ? [access] : readRules(access)
  return async (client) => {
    for (const rule of rules) {
      try {
        const reason = reasonOf(await rule(client))
        if (reason !== null) return reason
      } catch (cause) {
        throw new IrohError('ERR_IROH_RELAY', { detail: `the access rule failed: ${cause.message}`, cause })
      }
    }
    return null
  }
}

module.exports = { NOT_AUTHORIZED, readAccess }
