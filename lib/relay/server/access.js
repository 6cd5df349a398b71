// SPDX-License-Identifier: MIT
'use strict'

const crypto = require('node:crypto')
const { checkInteger, checkOptions, checkText, checkTexts } = require('../../base/check')
const { IrohError, invalid, textOf } = require('../../base/errors')
const { ListFile, linesOf } = require('../../base/list-file')
const { NodeIdFile } = require('../../identity/node-id-file')
const { parsePeer } = require('../../tickets/peer')

const NOT_AUTHORIZED = 'not authorized'
const RULES = ['allow', 'deny', 'tokens', 'url', 'headers', 'timeoutMs']
const MAX_ANSWER_BYTES = 64

/** { file }: a list that is watched. @returns {string | null} the file */
function fileOf(list, name) {
  if (typeof list !== 'object' || list === null || !('file' in list)) return null
  return checkText(checkOptions(list, ['file'], name).file ?? null, `${name}.file`)
}

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

/** The digests of tokens, one a line. */
function parseTokens(text) {
  return new Set(linesOf(text).map(([token]) => digest(token)))
}

/** A list as given, or one in a file: { items }, which may be others later. */
function readList(list, name) {
  const file = fileOf(list, name)
  if (name === 'access.tokens') {
    if (file !== null) return new ListFile(file, { what: name, parse: parseTokens })
    return { items: new Set(checkTexts(list, name).map(digest)) }
  }
  return file === null ? { items: readNodeIds(list, name) } : new NodeIdFile(file, name)
}

/** What the lists say of a client. */
const LISTS = {
  deny: ({ items }, { nodeId }) => !items.has(nodeId),
  allow: ({ items }, { nodeId }) => items.has(nodeId),
  tokens: ({ items }, { token }) => token !== undefined && items.has(digest(token))
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
  const lists = Object.entries({ deny, allow, tokens }).filter(([, list]) => list !== undefined)
  const held = lists.map(([name, list]) => ({ judge: LISTS[name], list: readList(list, `access.${name}`) }))
  const asked = []
  if (url !== undefined) {
    const limit = checkInteger(timeoutMs, 'access.timeoutMs', { min: 1, max: 30000, fallback: 5000 })
    asked.push(callbackRule(checkText(url, 'access.url'), headers, limit))
  }
  if (held.length + asked.length === 0) throw invalid('access names no rule')
  return { held, asked }
}

/** What a rule said, as a reason to deny, or null to allow. Only `true` allows. */
function reasonOf(verdict) {
  if (verdict === true) return null
  return typeof verdict === 'string' && verdict !== '' ? verdict : NOT_AUTHORIZED
}

/** Who may use a relay: lists, which may change, and functions that are asked once. */
class Access {
  #held
  #asked

  /** @param {{ held: { judge: Function, list: { items: Set<string> } }[], asked: Function[] }} rules that must all agree */
  constructor({ held, asked }) {
    this.#held = held
    this.#asked = asked
  }

  /** Whether the lists, as they are now, let a client in. @param {{ nodeId: string, token?: string }} client */
  listsAdmit(client) {
    return this.#held.every(({ judge, list }) => judge(list, client))
  }

  /**
   * Asks the rules.
   * @param {object} client
   * @returns {Promise<string | null>} the reason to deny, or null
   * @throws {IrohError} ERR_IROH_RELAY when a rule fails
   */
  async judge(client) {
    if (!this.listsAdmit(client)) return NOT_AUTHORIZED
    for (const rule of this.#asked) {
      const reason = await this.#ask(rule, client)
      if (reason !== null) return reason
    }
    // They may have changed while others took their time.
    return this.listsAdmit(client) ? null : NOT_AUTHORIZED
  }

  /** @param {(error: Error | null) => void} onChange a file has changed; with an error: it cannot be used, and its old list stays */
  watch(onChange) {
    for (const file of this.#files) file.watch(onChange)
  }

  /** Reads the files now. @throws {IrohError} the first failure, after all were read */
  reload() {
    const failures = []
    for (const file of this.#files) {
      try {
        file.reload()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }

  close() {
    for (const file of this.#files) file.close()
  }

  get #files() {
    return this.#held.map(({ list }) => list).filter((list) => list instanceof ListFile)
  }

  async #ask(rule, client) {
    try {
      return reasonOf(await rule(client))
    } catch (cause) {
      throw new IrohError('ERR_IROH_RELAY', { detail: `the access rule failed: ${textOf(cause)}`, cause })
    }
  }
}

/** Reads the `access` option: 'everyone', a function, or rules that must all agree. @returns {Access} */
function readAccess(access = 'everyone') {
  if (access === 'everyone') return new Access({ held: [], asked: [] })
  const isText = typeof access === 'string' || access === null
  if (isText) throw invalid("access must be 'everyone', a function or an object of rules")
  return new Access(typeof access === 'function' ? { held: [], asked: [access] } : readRules(access))
}

module.exports = { NOT_AUTHORIZED, readAccess }
