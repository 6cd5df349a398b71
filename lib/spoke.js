// SPDX-License-Identifier: MIT
'use strict'

const { checkOneOf } = require('./check')
const { CloseCode } = require('./close-reason')
const { Endpoint } = require('./endpoint')
const { IrohError, invalid } = require('./errors')
const { IrohEventTarget, TARGET_OPTIONS, openTarget, readTargetOptions } = require('./event-target')
const { CLOSE_TIMEOUT_MS, DEFAULT_ALPN } = require('./hub')
const { within } = require('./within')

const SPOKE_OPTIONS = [
  ...TARGET_OPTIONS,
  'hub',
  'endpoint',
  'endpointOptions',
  'alpn',
  'reconnect',
  'delivery',
  'signal',
  'timeoutMs'
]

/** The event target of a hub's spoke, which looks after its connection and, if it made one, its endpoint. */
class Spoke extends IrohEventTarget {
  #endpoint
  #owned

  /** @private use createSpoke() */
  constructor(send, recv, options, endpoint, owned) {
    super(send, recv, options)
    this.#endpoint = endpoint
    this.#owned = owned
    this.closed.then(() => this.#leave())
    this.connection.closed().then(() => this.#leave())
  }

  nodeId() {
    return this.#endpoint.nodeId()
  }

  get endpoint() {
    return this.#endpoint
  }

  /**
   * Ends the stream, waits up to two seconds for the hub to have it all, and closes the connection; closes the endpoint
   * too if the spoke made it.
   */
  async close() {
    await within(super.close(), CLOSE_TIMEOUT_MS)
    await this.#leave()
  }

  async #leave() {
    this.connection.close(CloseCode.NORMAL, '')
    await this.connection.closed()
    if (this.#owned) await this.#endpoint.close()
  }
}

/** What is to come is refused clearly. */
function checkPromises({ reconnect, delivery }) {
  if (reconnect !== undefined && reconnect !== false) {
    throw new IrohError('ERR_IROH_UNSUPPORTED', { detail: 'reconnect is not there yet; leave it out or give false' })
  }
  if (delivery === 'resume') {
    throw new IrohError('ERR_IROH_UNSUPPORTED', { detail: "delivery: 'resume' is not there yet" })
  }
  checkOneOf(delivery, 'delivery', ['at-most-once'])
}

/**
 * Dials a hub and opens the event stream.
 * @param {object} options see SpokeOptions in index.d.ts
 * @returns {Promise<Spoke>}
 * @throws {IrohError} as endpoint.connect()
 */
async function createSpoke(options) {
  const targetOptions = readTargetOptions(options, SPOKE_OPTIONS, 'createSpoke')
  checkPromises(options ?? {})
  const { hub, alpn = DEFAULT_ALPN, endpointOptions, signal, timeoutMs } = options ?? {}
  const owned = options?.endpoint === undefined
  if (!owned && !(options.endpoint instanceof Endpoint)) throw invalid('endpoint must be an Endpoint')
  const endpoint = owned ? await Endpoint.createWithOptions(endpointOptions) : options.endpoint
  try {
    const connection = await endpoint.connect(hub, alpn, { signal, timeoutMs })
    return await openTarget(connection, (send, recv) => new Spoke(send, recv, targetOptions, endpoint, owned))
  } catch (error) {
    if (owned) await endpoint.close()
    throw error
  }
}

module.exports = { Spoke, createSpoke }
