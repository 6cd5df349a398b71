// SPDX-License-Identifier: MIT
'use strict'

const { onAbort } = require('../base/on-abort')
const { IrohError } = require('../base/errors')
const { HttpConnection } = require('../outbound/http-connection')
const { systemClock } = require('../base/clock')
const { Timers } = require('../base/timers')

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

function requestOf({ method, body }) {
  const headers = { connection: 'close' }
  return body
    ? { method, body, headers: { ...headers, 'content-type': TYPE, 'content-length': body.length } }
    : { method, headers }
}

/**
 * One request over a connection of its own, and its answer. Redirects are not followed.
 * @param {URL} url http or https
 * @param {object} options
 * @param {'GET' | 'PUT'} options.method
 * @param {Buffer} [options.body] a signed packet
 * @param {string | Buffer | (string | Buffer)[]} [options.ca] trusted instead of Node's roots
 * @param {import('../outbound/proxies').Proxies} [options.proxies]
 * @param {number} options.timeoutMs for all of it
 * @param {AbortSignal} options.signal
 * @returns {Promise<{ status: number, headers: import('node:http').IncomingHttpHeaders, body: Buffer }>} a body of 16 KiB at
 *   most
 * @throws {Error}
 */
async function exchange(url, { method, body, ca, proxies, timeoutMs, signal }) {
  const timers = new Timers(systemClock)
  const connection = new HttpConnection(url, { who: 'the server', ca, proxies, timers })
  let failure = null
  const stop = (error) => {
    failure ??= error
    connection.close(failure)
  }
  const giveUp = () => stop(new Error('it was given up', { cause: signal.reason }))
  const onLate = () => stop(new IrohError('ERR_IROH_TIMEOUT', { detail: connection.lateWords ?? 'no answer in time' }))
  timers.setPatient('late', timeoutMs, onLate)
  const forget = onAbort(signal, giveUp)
  if (signal.aborted) giveUp()
  try {
    const response = await connection.send(requestOf({ method, body }))
    return { status: response.statusCode, headers: response.headers, body: await readBody(response) }
  } catch (error) {
    throw failure ?? error
  } finally {
    timers.clearAll()
    forget()
    connection.close(failure)
  }
}

module.exports = { exchange }
