// SPDX-License-Identifier: MIT
import type { Connection } from './connection.js'
import type { ConnectOptions, Endpoint } from './endpoint.js'
import type { IrohError } from './errors.js'
import type { Bytes, NodeId, Peer } from './identity.js'

/** Names a gossip topic: a TopicId, 32 bytes, or 64 hex or 52 base32 characters. */
export type AnyTopicId = TopicId | Uint8Array | string

/**
 * The name of a gossip topic: 32 bytes that everyone who joins has to know. Immutable.
 * @example
 * ```js
 * const topic = await gossip.subscribe(TopicId.fromName('my-room'), [peer])
 * ```
 */
export class TopicId {
  private constructor()
  /** A new topic that no one can guess. */
  static random(): TopicId
  /**
   * @param bytes 32 bytes, which are copied
   * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT
   */
  static fromBytes(bytes: Uint8Array): TopicId
  /**
   * The topic of a name: BLAKE3 of the UTF-8 of its Unicode form NFC. Anyone who knows or guesses the name can join.
   * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT
   */
  static fromName(name: string): TopicId
  /**
   * @param text 64 hex or 52 base32 characters, either case
   * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT
   */
  static parse(text: string): TopicId
  /**
   * Accepts whatever names a topic.
   * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT
   */
  static from(topic: AnyTopicId): TopicId
  /** The 32 bytes, a copy. */
  toBytes(): Buffer
  /** Whether both name the same topic. */
  equals(other: AnyTopicId): boolean
  /** 64 hex characters. */
  toString(): string
  /** 52 lower-case base32 characters. */
  toBase32(): string
  /** 64 hex characters. */
  toJSON(): string
}

/** Options of `Gossip.spawn()`. */
export interface GossipOptions {
  /**
   * The protocol. Peers that are to meet use the same one.
   * @default '/iroh-gossip/1'
   */
  alpn?: string
  /**
   * The longest message in bytes, 512 to 1 MiB. Peers that are to meet use the same value.
   * @default 4096
   */
  maxMessageSize?: number
  /**
   * Neighbours of a topic, 1 to 31.
   * @default 5
   */
  activeView?: number
  /**
   * Further peers of a topic to remember, to replace lost neighbours, 1 to 256.
   * @default 30
   */
  passiveView?: number
  /**
   * How often neighbours exchange the peers that they know, in milliseconds: 100 to 3600000.
   * @default 60000
   */
  shuffleMs?: number
  /**
   * How long a message is kept for peers that ask for it, in milliseconds: 1000 to 3600000.
   * @default 30000
   */
  keepPayloadsMs?: number
  /**
   * Bytes of the messages kept for one topic.
   * @default 8 MiB
   */
  maxPayloadBytes?: number
  /**
   * How long the id of a message is remembered, so that it is delivered once, in milliseconds: 1000 to 3600000.
   * @default 90000
   */
  keepIdsMs?: number
  /**
   * Ids remembered for one topic, 1024 to 16777216.
   * @default 65536
   */
  maxIds?: number
  /**
   * Bytes of one topic that may wait for one neighbour. Beyond it the neighbour gets only the ids of messages.
   * @default 8 MiB
   */
  maxOutbox?: number
  /**
   * The same over all neighbours and topics. One may use as much as is free.
   * @default 64 MiB
   */
  maxOutboxes?: number
  /**
   * Connections, 1 to 65536. Beyond it those that no topic needs are closed.
   * @default 1024
   */
  maxConnections?: number
  /**
   * Streams that a peer may have open on a connection, one for each shared topic: 100 to 16384. Of those that have
   * ended, an eighth becomes available again each second.
   * @default 1024
   */
  maxStreams?: number
  /**
   * How long a connection that no topic needs stays open, in milliseconds: 100 to 3600000.
   * @default 10000
   */
  idleMs?: number
  /**
   * The longest time to find and dial a peer, in milliseconds: 100 to 3600000.
   * @default 15000
   */
  dialTimeoutMs?: number
  /**
   * Events of a subscription that may wait to be read; further ones are missed, and a `lagged` event counts them.
   * @default 2048
   */
  maxEvents?: number
  /**
   * Bytes of the messages among those events.
   * @default 8 MiB
   */
  maxEventBytes?: number
}

/** Options of `gossip.subscribe()`. */
export interface SubscribeOptions {
  /**
   * Called before a peer becomes a neighbour, once while it is connected. Only `true` admits it; an exception does not.
   * The function of a topic's first subscriber applies.
   */
  admit?: (nodeId: NodeId) => boolean | Promise<boolean>
  /** Aborts the call; `subscribeAndJoin()` leaves the topic. */
  signal?: AbortSignal
}

/**
 * Why a peer is no longer a neighbour: the connection closed, the peer left the topic, it chose other neighbours, or
 * this side did.
 */
export type NeighborDownReason = 'closed' | 'left' | 'dropped' | 'evicted'

/** An event of a gossip topic, by `type`. */
export type GossipTopicEvent =
  | {
      /** A peer became a neighbour. */
      type: 'neighborUp'
      /** The peer. */
      nodeId: NodeId
    }
  | {
      /** A peer is no longer a neighbour. */
      type: 'neighborDown'
      /** The peer. */
      nodeId: NodeId
      /** Why. */
      reason: NeighborDownReason
    }
  | {
      /** A message arrived. */
      type: 'received'
      /** The bytes that were broadcast. */
      content: Buffer
      /** The neighbour that it came from, the author or not. */
      deliveredFrom: NodeId
      /** Sent to everyone in the topic, or only to the neighbours of the author. */
      scope: 'swarm' | 'neighbors'
      /** How many peers passed it on before; 0: `deliveredFrom` is the author. */
      round: number
    }
  | {
      /** So many events were lost because they were not read in time. */
      type: 'lagged'
      /** How many. */
      missed: number
    }
  | {
      /** A peer could not be dialled. */
      type: 'dialFailed'
      /** The peer. */
      nodeId: NodeId
      /** What went wrong. */
      error: IrohError
    }

/** The outcome for one peer of `joinPeers()`. */
export interface JoinOutcome {
  /** The peer. */
  nodeId: NodeId
  /** Whether it is a neighbour now. */
  joined: boolean
  /** Why it is not. */
  error?: IrohError
}

/** What sends to a topic. */
export interface GossipSender {
  /** The longest content of a broadcast, in bytes. */
  readonly maxContentLength: number
  /**
   * Sends to everyone in the topic. The bytes may be reused at once.
   * @returns false: the same content was sent or received within `keepIdsMs`, and nothing is sent
   * @throws {IrohError} ERR_IROH_TOO_LONG, which names the limit; ERR_IROH_CLOSED
   */
  broadcast(content: Bytes): boolean
  /**
   * Sends to all direct neighbours and no one else. The same content may be sent again.
   * @returns true
   * @throws {IrohError} as `broadcast()`
   */
  broadcastNeighbors(content: Bytes): boolean
  /**
   * Resolves when little of what was broadcast is still unsent. A neighbour that takes nothing for a second is not
   * waited for. If you send a lot, await it between batches.
   */
  drained(): Promise<void>
  /**
   * Asks peers to let this one in.
   * @param options `timeoutMs`: how long each may take to become a neighbour; default 15000
   * @returns the outcomes, in the order of `peers`
   * @throws {IrohError} ERR_IROH_CLOSED; for a malformed peer ERR_IROH_INVALID_ARGUMENT, ERR_IROH_INVALID_NODE_ID,
   *   ERR_IROH_INVALID_ADDRESS, ERR_IROH_INVALID_TICKET
   */
  joinPeers(peers: Iterable<Peer>, options?: ConnectOptions): Promise<JoinOutcome[]>
}

/** What receives from a topic: a loop over it yields the events, each once. */
export interface GossipReceiver extends AsyncIterable<GossipTopicEvent> {
  /** The neighbours now. */
  neighbors(): NodeId[]
}

/** Half of a topic. The topic is left when both halves are closed. */
export interface GossipHalf {
  /** The topic. */
  readonly topicId: TopicId
  /** Closes this half. */
  close(): Promise<void>
  /** The same as `close()`. */
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * A subscription to a topic. Its events are read by one reader.
 * @example
 * ```js
 * const topic = await gossip.subscribeAndJoin(TopicId.fromName('my-room'), [peer])
 * topic.broadcast('hello')
 * for await (const event of topic) {
 *   if (event.type === 'received') console.log(event.deliveredFrom, String(event.content))
 * }
 * ```
 */
export class GossipTopic implements GossipSender, GossipReceiver {
  private constructor()
  /** The topic. */
  readonly topicId: TopicId
  /** The endpoint of its gossip. */
  readonly endpoint: Endpoint
  /** The longest content of a broadcast, in bytes: 4057 with the default `maxMessageSize`. */
  readonly maxContentLength: number
  /** Whether the topic was left, or ended with its gossip or endpoint. */
  readonly isOver: boolean
  /**
   * Sends to everyone in the topic. The bytes may be reused at once.
   * @returns false: the same content was sent or received within `keepIdsMs`, and nothing is sent
   * @throws {IrohError} ERR_IROH_TOO_LONG, which names the limit; ERR_IROH_CLOSED
   */
  broadcast(content: Bytes): boolean
  /**
   * Sends to all direct neighbours and no one else. The same content may be sent again.
   * @returns true
   * @throws {IrohError} as `broadcast()`
   */
  broadcastNeighbors(content: Bytes): boolean
  /**
   * Resolves when little of what was broadcast is still unsent. A neighbour that takes nothing for a second is not
   * waited for. If you send a lot, await it between batches.
   */
  drained(): Promise<void>
  /** The neighbours now. */
  neighbors(): NodeId[]
  /**
   * Asks peers to let this one in.
   * @param options `timeoutMs`: how long each may take to become a neighbour; default 15000
   * @returns the outcomes, in the order of `peers`
   * @throws {IrohError} ERR_IROH_CLOSED; for a malformed peer ERR_IROH_INVALID_ARGUMENT, ERR_IROH_INVALID_NODE_ID,
   *   ERR_IROH_INVALID_ADDRESS, ERR_IROH_INVALID_TICKET
   */
  joinPeers(peers: Iterable<Peer>, options?: ConnectOptions): Promise<JoinOutcome[]>
  /**
   * Splits the topic for two parts of a program. It is left when both halves are closed.
   * @throws {IrohError} ERR_IROH_CLOSED
   */
  split(): {
    /** Sends. */
    sender: GossipSender & GossipHalf
    /** Receives. */
    receiver: GossipReceiver & GossipHalf
  }
  /**
   * Counters and gauges by name; docs/reference/gossip.md explains them.
   * @throws {IrohError} ERR_IROH_CLOSED
   */
  metrics(): Record<string, number>
  /** Leaves the topic, which ends the events. Resolves when the neighbours have acknowledged it, or nothing for 2 s. */
  leave(): Promise<void>
  /** The events, each once; several loops share them. Ends when the topic is left or has ended. */
  [Symbol.asyncIterator](): AsyncIterator<GossipTopicEvent, undefined, undefined>
  /** The same as `leave()`. */
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Gossip on one endpoint: topics in which any number of peers send to each other without a broker. Each peer has a few
 * neighbours, and a message passes from neighbour to neighbour until everyone has it, once. See
 * docs/reference/gossip.md.
 * @example
 * ```js
 * const endpoint = await Endpoint.createWithOptions()
 * const gossip = await Gossip.spawn(endpoint)
 * const topic = await gossip.subscribe(TopicId.fromName('my-room'), [peer])
 * ```
 */
export class Gossip {
  private constructor()
  /**
   * Serves gossip at an endpoint.
   * @throws {IrohError} ERR_IROH_BUSY when the endpoint serves the ALPN already; ERR_IROH_INVALID_ARGUMENT,
   *   ERR_IROH_CLOSED
   */
  static spawn(endpoint: Endpoint, options?: GossipOptions): Promise<Gossip>
  /** The endpoint. */
  readonly endpoint: Endpoint
  /** The protocol. */
  readonly alpn: string
  /** The longest message in bytes, its framing included. */
  readonly maxMessageSize: number
  /** The subscribed topics. */
  topics(): TopicId[]
  /** Takes over a connection of its ALPN; a router calls it. */
  accept(connection: Connection): void
  /**
   * Subscribes to a topic, and asks the bootstrap peers to let this one in. It resolves without waiting for them.
   * Without peers the topic waits for others to join.
   * @throws {IrohError} ERR_IROH_ABORTED, ERR_IROH_CLOSED, ERR_IROH_LIMIT; for a malformed argument
   *   ERR_IROH_INVALID_ARGUMENT, ERR_IROH_INVALID_NODE_ID, ERR_IROH_INVALID_ADDRESS, ERR_IROH_INVALID_TICKET
   */
  subscribe(topic: AnyTopicId, bootstrap?: Iterable<Peer>, options?: SubscribeOptions): Promise<GossipTopic>
  /**
   * Subscribes to a topic and waits for the first neighbour, whose event is the topic's first. If it rejects, the topic
   * is left.
   * @param options without `timeoutMs` there is no time limit
   * @throws {IrohError} ERR_IROH_TIMEOUT; else as `subscribe()`
   */
  subscribeAndJoin(
    topic: AnyTopicId,
    bootstrap?: Iterable<Peer>,
    options?: SubscribeOptions & ConnectOptions
  ): Promise<GossipTopic>
  /** Counters and gauges by name, summed over the topics; docs/reference/gossip.md explains them. */
  metrics(): Record<string, number>
  /** Leaves all topics and closes the connections; the endpoint stays open. Never rejects. */
  close(): Promise<void>
  /** The same as `close()`. */
  [Symbol.asyncDispose](): Promise<void>
}
