// SPDX-License-Identifier: MIT
'use strict'

const { once } = require('node:events')
const http = require('node:http')
const https = require('node:https')
const { Patience } = require('../base/patience')
const { hostOf, serverName } = require('../relay/client-dial')

const TYPE = 'application/x-pkarr-signed-packet'
/** What the answer says beyond it is not read: no packet is so long, only pages for people are. */
const MAX_BODY_BYTES = 16_384

async function readBody(response) {
  const chunks = []
  let length = 0
  for await (const chunk of response) {
    length += chunk.length
    if (length > MAX_BODY_BYTES) throw new Error('the answer is too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function open(url, { method, body, ca }, signal) {
  const options = { method, agent: false, signal, headers: body ? { 'content-length': body.length } : {} }
  const request =
    url.protocol === 'https:'
      ? https.request(url, { ...options, ca, servername: serverName(hostOf(url)) })
      : http.request(url, options)
  request.on('error', () => {}) // after the answer nobody else listens
  if (body) request.setHeader('content-type', TYPE)
  request.end(body)
  return request
}

/**
 * One request over a connection of its own, and its answer. Redirects are not followed.
 * @param {URL} url http or https
 * @param {object} options
 * @param {'GET' | 'PUT'} options.method
 * @param {Buffer} [options.body] a signed packet
 * @param {string | Buffer | (string | Buffer)[]} [options.ca] trusted instead of Node's roots
 * @param {number} options.timeoutMs for all of it
 * @param {AbortSignal} options.signal
 * @returns {Promise<{ status: number, body: Buffer }>} a body of 16 KiB at most
 * @throws {Error}
 */
async function exchange(url, { timeoutMs, signal, ...what }) {
  const stop = new AbortController()
  const onAbort = () => stop.abort(new Error('it was given up', { cause: signal.reason }))
  const patience = new Patience(timeoutMs, () => stop.abort(new Error('no answer in time')))
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  try {
    const [response] = await once(open(url, what, stop.signal), 'response')
    return { status: response.statusCode, body: await readBody(response) }
  } catch (error) {
    throw stop.signal.aborted ? stop.signal.reason : error
  } finally {
    patience.stop()
    signal.removeEventListener('abort', onAbort)
  }
}

module.exports = { exchange }
