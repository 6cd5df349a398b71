// SPDX-License-Identifier: MIT
'use strict'

const { checkFunction, checkOptions } = require('./base/check')
const { CloseCode } = require('./core/close-reason')
const { Emitter } = require('./base/emitter')
const { expectMany } = require('./base/signals')
const { Endpoint } = require('./endpoint/endpoint')
const { invalid } = require('./base/errors')
const { Gossip } = require('./gossip/gossip')
const { reportUncaught } = require('./base/guard')
const { Hub } = require('./hub/hub')
const { checkAlpn } = require('./base/alpn')
const { asyncDispose, kListsAdmit, kServe } = require('./base/symbols')
const { within } = require('./base/within')

/** How long shutdown() waits for handlers. */
const SHUTDOWN_MS = 5000

/** What accept() takes as its handler: a function, or an object with accept(connection), and shutdown() or close(). */
function checkHandler(handler) {
  if (typeof handler === 'function' || typeof handler?.accept === 'function') return handler
  throw invalid('a handler must be a function or an object with accept()')
}

function servesItself(handler) {
  return handler instanceof Hub || handler instanceof Gossip
}

/** The protocols of a router that is to be. */
class RouterBuilder {
  #endpoint
  #routes = new Map()

  /** @private use Router.builder() */
  constructor(endpoint) {
    this.#endpoint = endpoint
  }

  /**
   * Gives the connections of one ALPN to a handler.
   * @param {string} alpn
   * @param {Function | object} handler a hub, a function that gets the connection and { signal }, or an object with
   *   accept(connection, { signal }) and, if it has something to end, shutdown() or close(). `signal` is aborted by
   *   shutdown(), which waits for the promise that is returned
   * @param {{ admit?: (nodeId: string, connection: object) => boolean | Promise<boolean> }} [options] `admit` lets a
   *   connection through with true only
   * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT, also for an ALPN that has a handler
   */
  accept(alpn, handler, options) {
    checkAlpn(alpn)
    if (this.#routes.has(alpn)) throw invalid(`${alpn} has a handler already`)
    const { admit } = checkOptions(options, ['admit'], 'accept')
    checkFunction(admit, 'admit')
    if (servesItself(handler) && (handler.alpn !== alpn || handler.endpoint !== this.#endpoint)) {
      throw invalid(`a hub or gossip must be one of this endpoint, for ${alpn}`)
    }
    this.#routes.set(alpn, { handler: checkHandler(handler), admit })
    return this
  }

  /**
   * Begins to accept.
   * @returns {Router}
   * @throws {IrohError} ERR_IROH_BUSY when something else serves one of the ALPNs; ERR_IROH_CLOSED
   */
  spawn() {
    return new Router(this.#endpoint, this.#routes)
  }
}

/**
 * Several protocols on one endpoint, each with a handler of its own. Emits 'rejected' (nodeId, alpn) for connections an
 * `admit` hook did not let through, and 'failed' (error, alpn) when a handler fails: its connection is closed with code
 * CloseCode.HANDLER_FAILED.
 */
class Router extends Emitter {
  #endpoint
  #routes
  #stops = []
  #running = new Set()
  #ending = new AbortController()
  #shutdown = null

  /** @param {Endpoint} endpoint @returns {RouterBuilder} */
  static builder(endpoint) {
    if (!(endpoint instanceof Endpoint)) throw invalid('endpoint must be an Endpoint')
    return new RouterBuilder(endpoint)
  }

  /** @private use Router.builder(endpoint)….spawn() */
  constructor(endpoint, routes) {
    super()
    this.#endpoint = endpoint
    this.#routes = routes
    expectMany(this.#ending.signal) // the handler of every connection may listen
    try {
      for (const [alpn, route] of routes) this.#serve(alpn, route)
    } catch (error) {
      for (const stop of this.#stops) stop()
      throw error
    }
  }

  get endpoint() {
    return this.#endpoint
  }

  /** Whether shutdown() was called. */
  isShutdown() {
    return this.#ending.signal.aborted
  }

  /**
   * Accepts nothing more, lets the handlers end (shutdown() or close() of those that have it), waits up to five seconds
   * for what they are doing, and closes the endpoint. Never rejects.
   */
  shutdown() {
    this.#shutdown ??= this.#end()
    return this.#shutdown
  }

  [asyncDispose]() {
    return this.shutdown()
  }

  /** A hub or gossip serves its ALPN by itself; what the router adds is the hook before it. */
  #serve(alpn, route) {
    const onConnection = (connection) => this.#run(alpn, route, connection)
    const { handler } = route
    this.#stops.push(servesItself(handler) ? handler[kServe](onConnection) : this.#endpoint[kServe](alpn, onConnection))
  }

  #run(alpn, route, connection) {
    const running = this.#handle(alpn, route, connection).finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  async #handle(alpn, { handler, admit }, connection) {
    try {
      if (admit && !(await this.#isAdmitted(admit, connection))) {
        connection.close(CloseCode.NOT_ALLOWED, 'not admitted')
        this.emit('rejected', connection.remoteNodeId(), alpn)
        return
      }
      const { signal } = this.#ending
      await (typeof handler === 'function' ? handler(connection, { signal }) : handler.accept(connection, { signal }))
    } catch (error) {
      connection.close(CloseCode.HANDLER_FAILED, 'the handler failed')
      this.#failed(error, alpn, this.isShutdown())
    }
  }

  /** The endpoint's lists may have changed while the hook took its time. */
  async #isAdmitted(admit, connection) {
    const nodeId = connection.remoteNodeId()
    return (await admit(nodeId, connection)) === true && this.endpoint[kListsAdmit](nodeId)
  }

  /** What nobody listens for is an uncaught exception, but for what shutdown() breaks off. */
  #failed(error, alpn, isBrokenOff) {
    if (this.listenerCount('failed') > 0) this.emit('failed', error, alpn)
    else if (!isBrokenOff) reportUncaught(error)
  }

  async #end() {
    for (const stop of this.#stops) stop()
    this.#ending.abort()
    const handlers = new Map([...this.#routes].map(([alpn, { handler }]) => [handler, alpn]))
    const ends = [...handlers].map(([handler, alpn]) => this.#endHandler(handler, alpn))
    await within(Promise.allSettled([...ends, ...this.#running]), SHUTDOWN_MS)
    await this.#endpoint.close(CloseCode.NORMAL, 'the router is shut down')
  }

  async #endHandler(handler, alpn) {
    try {
      await (handler.shutdown ? handler.shutdown() : handler.close?.())
    } catch (error) {
      this.#failed(error, alpn, false)
    }
  }
}

module.exports = { Router, RouterBuilder }
