// SPDX-License-Identifier: MIT
import type { KnownNodeAddr, NodeAddr, NodeId, SecretKey } from './identity.js'

/**
 * Finds the addresses of NodeIds, and publishes the address of an endpoint: one of this package's services, or an
 * object of your own with `resolve()`, `publish()` or both. See docs/reference/discovery.md.
 * @example
 * ```js
 * const known = new Map()
 * const own = {
 *   name: 'own',
 *   publish: (nodeAddr) => void known.set(nodeAddr.nodeId, nodeAddr),
 *   resolve: (nodeId) => known.get(nodeId) ?? null
 * }
 * const endpoint = await Endpoint.createWithOptions({ alpns: ['my-protocol/1'], discovery: [own] })
 * ```
 */
export interface Discovery {
  /**
   * Finds a NodeId. An error is reported as a `discovery-failed` event, and the other services are asked all the same.
   * @returns the address; null if this service does not know the NodeId
   */
  resolve?(nodeId: NodeId, about: ResolveAbout): Promise<NodeAddr | null | undefined> | NodeAddr | null
  /** Called with the endpoint's address once the endpoint serves an ALPN, and again whenever the address changes. */
  publish?(nodeAddr: KnownNodeAddr): void | Promise<void>
  /** Called once, before anything else. If it throws, creating the endpoint fails with that error. */
  attach?(endpoint: DiscoveryEndpoint): void
  /** Called when this host's addresses or routes have changed. */
  networkChanged?(): void
  /** Called when the endpoint is closed; the endpoint waits for one second at most. */
  close?(): void | Promise<void>
  /** The service's name in errors. */
  readonly name?: string
}

/** What `resolve()` of a discovery service is given. */
export interface ResolveAbout {
  /** Aborted when the answer is no longer needed. */
  signal: AbortSignal
  /** True if the address found before did not answer, so that a cached result is of no use. */
  fresh?: boolean
}

/** The endpoint that a discovery service works for. */
export interface DiscoveryEndpoint {
  /** Its NodeId. */
  nodeId: NodeId
  /** Its key, to sign what is published. */
  secretKey: SecretKey
  /** Reports a failure outside `resolve()` and `publish()` as a `discovery-failed` event. */
  onError(error: unknown): void
}

/** A discovery service that the program fills. Endpoints of one process that share it find each other. */
export interface MemoryDiscovery extends Discovery {
  /**
   * Adds the address of a NodeId, in place of an earlier one. The service keeps 65536 addresses and forgets the oldest.
   * @throws {IrohError} ERR_IROH_INVALID_NODE_ID, ERR_IROH_INVALID_ADDRESS, ERR_IROH_INVALID_ARGUMENT
   */
  add(nodeAddr: NodeAddr): void
  /** Forgets a NodeId. @returns whether the NodeId was known */
  remove(nodeId: NodeId): boolean
}

/**
 * A discovery service in memory.
 * @example
 * ```js
 * const discovery = memoryDiscovery()
 * discovery.add({ nodeId, directAddresses: ['192.0.2.1:4433'] })
 * const endpoint = await Endpoint.createWithOptions({ discovery: [discovery] })
 * ```
 */
export function memoryDiscovery(): MemoryDiscovery

/** A discovery service by multicast DNS. */
export interface LocalDiscovery extends Discovery {
  /**
   * Lists the peers of the local network.
   * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT; ERR_IROH_DISCOVERY when no interface can be used
   */
  peers(options?: {
    /**
     * How long to wait for answers, in milliseconds: 0 to 60000.
     * @default 1000
     */
    waitMs?: number
  }): Promise<NodeAddr[]>
  /** Counts the messages that were ignored. */
  readonly dropped: {
    /** From another link. */
    offLink: number
    /** More than one sender may send. */
    overLimit: number
    /** Not as the protocol requires. */
    malformed: number
  }
}

/**
 * Finds peers of the same network and of this host by multicast DNS, without a server. Each endpoint needs a service of
 * its own.
 * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT
 */
export function localDiscovery(options?: {
  /**
   * IPv4 addresses of the interfaces to use.
   * @default every interface except loopback; loopback if it is the only one
   */
  interfaces?: string[]
  /**
   * How long to wait for an answer, in milliseconds.
   * @default 3000
   */
  timeoutMs?: number
}): LocalDiscovery

/**
 * Finds peers by DNS: TXT records of `_iroh.<z-base-32 key>.<origin>`. It publishes nothing.
 * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT
 */
export function dnsDiscovery(options?: {
  /**
   * The domain below which NodeIds are looked up.
   * @default 'dns.iroh.link'
   */
  origin?: string
  /**
   * DNS servers, `'ip'` or `'ip:port'`.
   * @default those of the system
   */
  servers?: string[]
  /**
   * The longest time for one query, in milliseconds.
   * @default 3000
   */
  timeoutMs?: number
}): Discovery

/**
 * Publishes the endpoint's address at a pkarr relay, over HTTP, and finds others there. It publishes each change, and
 * every five minutes. Each endpoint needs a service of its own.
 * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT
 */
export function pkarrDiscovery(options?: {
  /**
   * The URL of the pkarr relay; for a relay server of this package its `pkarrUrl`.
   * @default 'https://dns.iroh.link/pkarr'
   */
  relay?: string
  /** PEM certificates to trust in place of Node's own roots. */
  ca?: string | Buffer | (string | Buffer)[]
  /**
   * The longest time for one request, in milliseconds.
   * @default 5000
   */
  timeoutMs?: number
  /**
   * Publish IP addresses too, and not only the relay's URL.
   * @default false, as in iroh
   */
  publishAddresses?: boolean
  /**
   * Find peers; false: only publish.
   * @default true
   */
  resolve?: boolean
}): Discovery
