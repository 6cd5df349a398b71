// SPDX-License-Identifier: MIT
import type { AnyTopicId } from './gossip.js'
import type { KnownNodeAddr, NodeAddr, NodeId, Peer } from './identity.js'

/** A NodeAddr for a ticket, which may have several relays. */
export interface TicketNodeAddr extends NodeAddr {
  /** Several relays, in place of `relayUrl`. */
  relayUrls?: readonly string[]
}

/** A NodeAddr from a ticket: the first relay, and the addresses sorted, IPv4 first. */
export type TicketedNodeAddr = KnownNodeAddr

/**
 * The address of one endpoint as a string to pass on, byte for byte iroh's own endpoint ticket. It holds no secret. A
 * ticket is accepted wherever a NodeAddr is.
 * @example
 * ```js
 * const text = new EndpointTicket(endpoint.addr()).toString()
 * const connection = await other.connect(EndpointTicket.parse(text), 'my-protocol/1')
 * ```
 */
export class EndpointTicket {
  /**
   * @param peer at most 1024 addresses
   * @throws {IrohError} ERR_IROH_INVALID_NODE_ID, ERR_IROH_INVALID_ADDRESS, ERR_IROH_INVALID_ARGUMENT
   */
  constructor(peer: Peer | TicketNodeAddr)
  /** @throws {IrohError} ERR_IROH_INVALID_TICKET; the message says what is wrong */
  static parse(text: string): EndpointTicket
  /** The node. */
  readonly nodeId: NodeId
  /** The first relay. */
  readonly relayUrl: string | undefined
  /** Every relay, sorted. */
  readonly relayUrls: string[]
  /** IP addresses with ports, IPv4 first, sorted. */
  readonly directAddresses: string[]
  /** The same as a NodeAddr. */
  readonly nodeAddr: TicketedNodeAddr
  /** The ticket: `endpoint…`. */
  toString(): string
  /** The ticket, as `toString()` gives it. */
  toJSON(): string
}

/**
 * A gossip topic and peers through which to join it, as iroh-gossip's chat example writes it: base32. Anyone who has
 * the ticket can join.
 * @example
 * ```js
 * const { topic, peers } = RoomTicket.parse(text)
 * const room = await gossip.subscribeAndJoin(topic, peers)
 * ```
 */
export class RoomTicket {
  /**
   * @param room at most 256 peers
   * @throws {IrohError} ERR_IROH_INVALID_NODE_ID, ERR_IROH_INVALID_ADDRESS, ERR_IROH_INVALID_ARGUMENT
   */
  constructor(room: { topic: AnyTopicId; peers?: (Peer | TicketNodeAddr)[] })
  /**
   * Reads a room ticket, also in the older form, which holds JSON.
   * @throws {IrohError} ERR_IROH_INVALID_TICKET; the message says what is wrong
   */
  static parse(text: string): RoomTicket
  /** The topic: 32 bytes, a copy. */
  readonly topic: Buffer
  /** The peers in the order of the ticket. */
  readonly peers: TicketedNodeAddr[]
  /** The ticket. */
  toString(): string
  /** The ticket, as `toString()` gives it. */
  toJSON(): string
}

/**
 * The address and the name of a live broadcast, as iroh-live writes them: `iroh-live:<base64url>/<name>`.
 * @example
 * ```js
 * const ticket = new LiveTicket({ endpoint: endpoint.addr(), name: 'camera' })
 * console.log(`${ticket}`)
 * ```
 */
export class LiveTicket {
  /**
   * @param live `name`: up to 1024 bytes of UTF-8, without space around it
   * @throws {IrohError} ERR_IROH_INVALID_NODE_ID, ERR_IROH_INVALID_ADDRESS, ERR_IROH_INVALID_ARGUMENT
   */
  constructor(live: { endpoint: Peer | TicketNodeAddr; name: string })
  /**
   * Reads a live ticket, also in the older form `<name>@<base32>`.
   * @throws {IrohError} ERR_IROH_INVALID_TICKET; the message says what is wrong
   */
  static parse(text: string): LiveTicket
  /** The name of the broadcast. */
  readonly name: string
  /** The address of the broadcaster. */
  readonly nodeAddr: TicketedNodeAddr
  /** The ticket. */
  toString(): string
  /** The ticket, as `toString()` gives it. */
  toJSON(): string
}

/**
 * Reads a ticket of any kind.
 * @throws {IrohError} ERR_IROH_INVALID_TICKET; the message says what is wrong
 * @example
 * ```js
 * const ticket = parseTicket(text)
 * if (ticket instanceof RoomTicket) join(ticket.topic, ticket.peers)
 * ```
 */
export function parseTicket(text: string): EndpointTicket | RoomTicket | LiveTicket
