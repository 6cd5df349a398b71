// SPDX-License-Identifier: MIT
'use strict'

const { MAX_DURATION_MS, checkInteger, checkSignal } = require('../base/check')
const { CloseCode } = require('../core/close-reason')
const { Endpoint } = require('../endpoint/endpoint')
const { IrohError, invalid } = require('../base/errors')
const { IrohEventTarget, TARGET_OPTIONS, openStream, readTargetOptions } = require('../event-target/event-target')
const { SpokeStateEvent } = require('../event-target/events')
const { CLOSE_TIMEOUT_MS, DEFAULT_ALPN } = require('./hub')
const { parsePeer } = require('../tickets/peer')
const { checkAlpn } = require('../base/alpn')
const { Reconnect, readReconnect } = require('./reconnect')
const { readDelivery } = require('../resume/options')
const { isPoisoned } = require('../resume/resuming')
const { openKept, resumingSpoke } = require('../resume/spoke-session')
const { onAbort } = require('../base/on-abort')
const {
  kAttach,
  kComplete,
  kDetached,
  kFail,
  kFinish,
  kFire,
  kOwnNames,
  kRefuse,
  kSendJson,
  kUnsent
} = require('../base/symbols')
const { within } = require('../base/within')

const SPOKE_OPTIONS = [
  ...TARGET_OPTIONS,
  'hub',
  'endpoint',
  'endpointOptions',
  'alpn',
  'reconnect',
  'delivery',
  'resume',
  'spool',
  'signal',
  'timeoutMs'
]
/** Of an endpoint the spoke makes: a hub that was restarted answers the next packet with a reset, so that comes soon. */
const KEEP_ALIVE_MS = 2000
/** Of its local events: its states, too. */
const OWN_NAMES = new Set(['error', 'close', 'connecting', 'connected', 'disconnected'])
/** What tells that a hub which was out of reach may be in reach now. */
const HOPEFUL = new Set(['network-changed', 'relay-up', 'rebound'])

/** No later attempt would do better. */
const HOPELESS = new Set(['ERR_IROH_SELF_CONNECT'])

/** Another program with this key is connected: until it leaves there is no place. */
const IN_USE_MS = 15_000

/** Of what sending throws: it is not about the connection. */
const CALLERS_FAULT = new Set(['ERR_IROH_BUFFER_FULL', 'ERR_IROH_FRAME_TOO_LONG', 'ERR_IROH_NOT_CONNECTED'])

const LOCALLY_CLOSED = Object.freeze({ kind: 'locally-closed', code: CloseCode.NORMAL, reason: '', error: null })

/**
 * The event target of a hub's spoke. It looks after its connection, which it makes again when it is lost, and after its
 * endpoint, if it made one.
 */
class Spoke extends IrohEventTarget {
  #endpoint
  #owned
  #hub
  #alpn
  #timeoutMs
  #reconnect
  #state = 'connecting'
  #ending = null
  #stop = new AbortController()
  #forgetSignal = () => {}
  #onNetwork = ({ type }) => {
    if (HOPEFUL.has(type)) this.#reconnect?.soon()
  }

  /** @private use createSpoke() */
  constructor({ endpoint, owned, hub, alpn, timeoutMs, reconnect, targetOptions }) {
    super(parsePeer(hub).nodeId, targetOptions)
    this.#endpoint = endpoint
    this.#owned = owned
    this.#hub = hub
    this.#alpn = alpn
    this.#timeoutMs = timeoutMs
    this.#reconnect = reconnect && new Reconnect(reconnect, () => this.#again())
    endpoint.on('network', this.#onNetwork)
  }

  nodeId() {
    return this.#endpoint.nodeId()
  }

  get endpoint() {
    return this.#endpoint
  }

  /** 'connecting', 'connected', 'disconnected' (and waiting to try again) or 'closed'. */
  get state() {
    return this.#state
  }

  /**
   * Ends the stream, waits up to two seconds for the hub to have dispatched it all, and closes the connection; closes the
   * endpoint too if the spoke made it. Events of the hub may come out until then.
   */
  async close() {
    this.#stop.abort(new IrohError('ERR_IROH_CLOSED'))
    this.#reconnect?.stop()
    const finished = super.close()
    if (this.#state === 'connected') await within(finished, CLOSE_TIMEOUT_MS)
    await this.#leave(LOCALLY_CLOSED)
  }

  /** Resolves when little is unsent. @throws {IrohError} ERR_IROH_NOT_CONNECTED, also when the connection is lost first */
  async drained() {
    await super.drained().catch((error) => this.#rethrow(error))
  }

  /** @private The first connection. @throws {IrohError} as endpoint.connect() */
  async start() {
    try {
      await this.#connect()
    } catch (error) {
      await this.#leave({ ...LOCALLY_CLOSED, error })
      throw error
    }
  }

  /** @private The first connection, for which the hub may be waited for. */
  startLater() {
    this.#again()
  }

  /** @private Until it is connected for the first time, this signal ends it. */
  endWith(signal) {
    const stop = () => {
      const error = new IrohError('ERR_IROH_ABORTED', { cause: signal.reason })
      this.#stop.abort(error)
      this.#leave({ ...LOCALLY_CLOSED, error })
    }
    this.#forgetSignal = onAbort(signal, stop)
    if (signal.aborted) stop()
  }

  /** @private */
  get [kOwnNames]() {
    return OWN_NAMES
  }

  /** @private The hub ends its half when it has dispatched everything; a connection closed before would lose the rest. */
  [kFinish](channel) {
    channel.finishSending()
  }

  /** @private */
  [kDetached](ending) {
    this.connection.close(CloseCode.NORMAL, '')
    const code = ending.kind === 'application-closed' ? ending.code : CloseCode.NORMAL
    const isReplaced = code === CloseCode.REPLACED
    const isFinal = this.session !== null && isPoisoned(ending)
    if (this.#stop.signal.aborted) this.#leave(ending.kind === 'finished' ? LOCALLY_CLOSED : ending)
    else if (isReplaced) this.#leave(this.#keyInUse(ending))
    else if (isFinal) this.#leave(ending)
    else if (code === CloseCode.IN_USE) this.#wait(this.#keyInUse(ending), IN_USE_MS)
    else this.#wait(ending)
  }

  /** @private */
  [kFail](error) {
    this.#leave({ ...LOCALLY_CLOSED, reason: error.message, error })
  }

  /** @private */
  [kSendJson](json, sharers) {
    try {
      super[kSendJson](json, sharers)
    } catch (error) {
      this.#rethrow(error)
    }
  }

  /** @private */
  [kUnsent]() {
    if (this.#state === 'closed') return super[kUnsent]()
    return new IrohError('ERR_IROH_NOT_CONNECTED', { peer: this.remoteNodeId })
  }

  /** Whatever ended the stream: the spoke is not connected, and may be again. */
  #rethrow(cause) {
    const { code } = cause
    if (CALLERS_FAULT.has(code) || this.#stop.signal.aborted) throw cause
    throw new IrohError('ERR_IROH_NOT_CONNECTED', { peer: this.remoteNodeId, cause })
  }

  async #connect() {
    this.#stop.signal.throwIfAborted()
    this.#tell('connecting')
    const options = { signal: this.#stop.signal, timeoutMs: this.#timeoutMs }
    const connection = await this.#endpoint.connect(this.#hub, this.#alpn, options).catch((error) => {
      throw error.code === 'ERR_IROH_ABORTED' ? this.#stop.signal.reason : error
    })
    await this.#goOnOver(connection)
    this.#forgetSignal()
    this.#reconnect?.succeeded()
    this.#tell('connected')
  }

  async #goOnOver(connection) {
    connection[kRefuse]()
    const forget = onAbort(this.#stop.signal, () => connection.close())
    try {
      const { send, recv } = await openStream(connection)
      this.#stop.signal.throwIfAborted()
      this[kAttach](send, recv)
    } catch (error) {
      connection.close()
      throw this.#stop.signal.aborted ? this.#stop.signal.reason : error
    } finally {
      forget()
    }
  }

  async #again() {
    try {
      await this.#connect()
    } catch (error) {
      if (this.#stop.signal.aborted) return
      this.#reconnect.failed()
      const ending = { kind: 'not-connected', code: 0, reason: error.message, error }
      if (this.#endpoint.isClosed()) this.#leave({ ...LOCALLY_CLOSED, error })
      else if (HOPELESS.has(error.code)) this.#leave(ending)
      else this.#wait(ending)
    }
  }

  #keyInUse(ending) {
    return {
      ...ending,
      error: new IrohError('ERR_IROH_KEY_IN_USE', { detail: ending.reason, peer: this.remoteNodeId })
    }
  }

  /** Tries again after a while, or gives up. */
  #wait(ending, atLeastMs = 0) {
    const retryInMs = this.#reconnect?.schedule(atLeastMs) ?? null
    if (retryInMs === null) this.#leave(ending)
    else this.#tell('disconnected', { ...ending, retryInMs })
  }

  /** The end. */
  #leave(ending) {
    this.#ending ??= this.#end(ending)
    return this.#ending
  }

  async #end(ending) {
    this.#stop.abort(new IrohError('ERR_IROH_CLOSED'))
    this.#reconnect?.stop()
    this.#forgetSignal()
    this.#endpoint.off('network', this.#onNetwork)
    this.#state = 'closed'
    const { connection } = this
    connection?.close(CloseCode.NORMAL, '')
    this[kComplete](ending)
    await connection?.closed()
    if (this.#owned) await this.#endpoint.close()
  }

  #tell(state, about) {
    this.#state = state
    this[kFire](new SpokeStateEvent(state, { ...about, failures: this.#reconnect?.failures ?? 0 }))
  }
}

/** The endpoint of a spoke: the one given, or one of its own. */
async function spokeEndpoint({ endpoint, endpointOptions }) {
  if (endpoint === undefined) return Endpoint.createWithOptions({ keepAliveMs: KEEP_ALIVE_MS, ...endpointOptions })
  if (!(endpoint instanceof Endpoint)) throw invalid('endpoint must be an Endpoint')
  return endpoint
}

const ResumingSpoke = resumingSpoke(Spoke)

/**
 * Dials a hub and opens the event stream; does so again whenever it is lost, unless `reconnect` is false.
 * @param {object} options see SpokeOptions in index.d.ts
 * @returns {Promise<Spoke>} connected; with `reconnect: { fromStart: true }` at once, connecting
 * @throws {IrohError} as endpoint.connect()
 */
async function createSpoke(options) {
  const targetOptions = readTargetOptions(options, SPOKE_OPTIONS, 'createSpoke')
  const { hub, alpn = DEFAULT_ALPN, signal, timeoutMs } = options ?? {}
  const resume = readDelivery(options ?? {}, targetOptions)
  checkSignal(signal)
  checkAlpn(alpn)
  parsePeer(hub)
  if (timeoutMs !== undefined) checkInteger(timeoutMs, 'timeoutMs', { min: 1, max: MAX_DURATION_MS })
  if (signal?.aborted) throw new IrohError('ERR_IROH_ABORTED', { cause: signal.reason })
  const reconnect = readReconnect(options.reconnect)
  const owned = options.endpoint === undefined
  const kept = resume && openKept(resume, parsePeer(hub).nodeId)
  const endpoint = await spokeEndpoint(options).catch((error) => {
    kept?.spool?.close()
    throw error
  })
  const about = { endpoint, owned, hub, alpn, timeoutMs, reconnect, targetOptions }
  const spoke = kept ? new ResumingSpoke({ ...about, resume, kept }) : new Spoke(about)
  if (signal) spoke.endWith(signal)
  if (reconnect?.fromStart) spoke.startLater()
  else await spoke.start()
  return spoke
}

module.exports = { Spoke, createSpoke }
