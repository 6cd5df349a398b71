// SPDX-License-Identifier: MIT
import type { Connection, Path } from './connection.js'
import type { Discovery } from './discovery.js'
import { Emitter } from './emitter.js'
import type { IrohError } from './errors.js'
import type { AccessRule, KnownNodeAddr, NodeAddr, NodeId, Peer, SecretKey } from './identity.js'
import type { NetReport, NetReportOptions } from './net-report.js'

/** A relay with what is needed to use it. */
export interface RelayOption {
  /** The relay. */
  url: string
  /** Sent as `Authorization: Bearer`. */
  token?: string
  /**
   * UDP port of the relay's STUN server, from which the endpoint learns its public address; 0: it has none.
   * @default 3478
   */
  stunPort?: number
  /**
   * UDP port of the relay's QUIC address discovery, where `netReport()` asks whether UDP gets through; 0: it has none.
   * @default 7842
   */
  quicPort?: number
}

/** Options of `Endpoint.createWithOptions()`. docs/reference/limits.md explains the bounds. */
export interface EndpointOptions {
  /**
   * Protocols to accept. Without any the endpoint only dials.
   * @default []
   */
  alpns?: string[]
  /**
   * The key, which decides the NodeId.
   * @default a new key
   */
  secretKey?: SecretKey | Uint8Array | string
  /**
   * Addresses to bind, `'ip:port'` or `'[ip]:port'`; port 0 is any port.
   * @default IPv4 and IPv6, any port
   */
  bindAddress?: string | string[]
  /**
   * Relays through which peers without a direct path are reached; the nearest is the home relay. At most 64. They
   * replace the relays of the preset; []: none.
   */
  relays?: (string | RelayOption)[]
  /** PEM certificates to trust for relays in place of Node's own roots. */
  relayCa?: string | Buffer | (string | Buffer)[]
  /**
   * The URL of an HTTP proxy (http or https, with user and password if needed) for relays, pkarr and net reports;
   * false: none.
   * @default HTTPS_PROXY, HTTP_PROXY and NO_PROXY of the environment
   */
  proxy?: string | false
  /**
   * `'n0'`: iroh's public relays, and its public service for publishing and finding NodeIds. `'minimal'`: nothing
   * outside this host is contacted. An endpoint without `alpns` contacts no one until it dials.
   * @default 'n0'
   */
  preset?: 'n0' | 'minimal'
  /** Services that find NodeIds and publish this one. They replace those of the preset; []: none. */
  discovery?: Discovery[]
  /**
   * Who may connect. A function admits with `true` only, and must answer at once: a promise admits no one. It is called
   * twice for each connection: when the peer has proved its key, and when the connection is ready.
   * @default everyone
   */
  allow?: AccessRule
  /** Who may not connect, whatever `allow` says. A function admits with `false` only; it is called twice, too. */
  deny?: AccessRule
  /**
   * Close a connection with CloseCode.RELAYED if it has no direct path after 10 s.
   * @default false
   */
  requireDirect?: boolean
  /**
   * Ask the gateway of this network for a port (PCP, NAT-PMP) that peers outside can send to. Used only with relays, if
   * the endpoint is bound to an IPv4 wildcard or a private IPv4 address and the gateway's own address is private.
   * @default true
   */
  portMapping?: boolean
  /**
   * Dials at a time, 1 to 65536; further ones wait their turn.
   * @default 256
   */
  maxDials?: number
  /**
   * Send a keep-alive after so many milliseconds without traffic; 0: never.
   * @default 5000
   */
  keepAliveMs?: number
  /**
   * Close a connection when nothing has been received for so many milliseconds.
   * @default 30000
   */
  idleTimeoutMs?: number
  /**
   * The longest time for a handshake, in milliseconds. For a dial it starts with the dial, for an accepted handshake
   * with its first packet.
   * @default 10000
   */
  handshakeTimeoutMs?: number
  /**
   * Open connections.
   * @default 16384
   */
  maxConnections?: number
  /**
   * Open accepted connections with one NodeId; further ones are refused.
   * @default 4096
   */
  maxConnectionsPerPeer?: number
  /**
   * Accepted handshakes in progress, and started per second. When all are in use, each network, address and port gets
   * its share. When 1/32 of them (at most 64) are in use by peers that have not proved their address, a Retry asks for
   * the proof first.
   * @default 1024
   */
  maxHandshakes?: number
  /**
   * Bidirectional streams that a peer may have open at a time.
   * @default 100
   */
  maxStreamsBidi?: number
  /**
   * Unidirectional streams that a peer may have open at a time.
   * @default 100
   */
  maxStreamsUni?: number
  /**
   * Streams of all connections that wait for `acceptBi()` and `acceptUni()`; further ones are refused. One connection
   * may use an eighth of the free ones.
   * @default 8192
   */
  maxPendingStreams?: number
  /**
   * Bytes that a peer may send on one stream before they are read: from 512 KiB at the beginning up to this value for a
   * reader that keeps up.
   * @default 2 MiB
   */
  streamWindow?: number
  /**
   * Bytes that a peer may send on all streams of a connection before they are read: from 1 MiB at the beginning up to
   * this value.
   * @default 16 MiB
   */
  connectionWindow?: number
  /**
   * Unread bytes of all connections. Beyond it the connections with the most are closed (CloseCode.OVERFLOW).
   * @default 256 MiB
   */
  maxReceiveBuffer?: number
  /**
   * Unsent bytes of one stream.
   * @default 64 MiB
   */
  maxSendBuffer?: number
  /**
   * Unacknowledged bytes of all streams. One stream may have as many unsent bytes as are free.
   * @default 1 GiB
   */
  maxSendTotal?: number
  /**
   * `drained()` resolves at so many unsent bytes; at most an eighth of `maxSendBuffer`.
   * @default 64 KiB
   */
  sendLowWater?: number
  /**
   * Datagrams that may wait on a connection, in each direction; beyond it the oldest is dropped.
   * @default 1024
   */
  maxDatagrams?: number
  /**
   * The size of UDP payloads to start with, 1200 to 65527 bytes, in place of a search for what the path can carry. It
   * shrinks and grows with the path. See docs/design/path-mtu.md.
   * @default 16000 on this host, otherwise from 1200 up to 1444 as the path allows
   */
  maxUdpPayload?: number
  /**
   * How fast to send. `'bbr2'` is another name for `'bbr'`.
   * @default 'bbr'
   */
  congestionControl?: 'cubic' | 'reno' | 'bbr' | 'bbr2'
  /**
   * Use one system call for each datagram, for kernels that handle batches badly.
   * @default false
   */
  plainUdp?: boolean
  /**
   * Make every new address prove itself first (Retry).
   * @default false
   */
  alwaysRetry?: boolean
  /**
   * A file for the NSS key log, with which captures can be decrypted. It is created for its owner alone, or appended
   * to. Creating the endpoint fails with ERR_IROH_LOG_FILE if others may read the file, or if it is a link.
   */
  keyLogFile?: string
  /**
   * A directory for qlog files, which only their owner may read. Creating the endpoint fails with ERR_IROH_LOG_FILE if
   * the directory does not exist or is not writable.
   */
  qlogDir?: string
}

/** Limits of an attempt to connect. */
export interface ConnectOptions {
  /** Aborts the attempt. */
  signal?: AbortSignal
  /**
   * The longest time for all of it, in milliseconds.
   * @default for a dial: ten seconds to find the peer, and the endpoint's `handshakeTimeoutMs` for the handshake
   */
  timeoutMs?: number
}

/** What an endpoint reports of its network, by `type`. */
export type NetworkEvent =
  | {
      /** A connection uses another path now. */
      type: 'path'
      /** The peer. */
      nodeId: NodeId
      /** `'ip:port'`, or the URL of a relay. */
      remoteAddress: string
    }
  | {
      /** A peer that is connected through a relay names an address of its own. */
      type: 'candidate'
      /** The peer. */
      nodeId: NodeId
      /** `'ip:port'`, or the URL of a relay. */
      remoteAddress: string
    }
  | {
      /** An address of a peer has answered a probe. */
      type: 'probe'
      /** The peer. */
      nodeId: NodeId
      /** `'ip:port'`, or the URL of a relay. */
      remoteAddress: string
      /** The round-trip time, in milliseconds. */
      rttMs: number
    }
  | {
      /** A peer was refused: it is not allowed, or it is denied. */
      type: 'refused'
      /** The peer. */
      nodeId: NodeId
    }
  | {
      /** The dialled connections moved to fresh sockets. */
      type: 'rebound'
    }
  | {
      /** This host's addresses or default route have changed. */
      type: 'network-changed'
      /** This host's IP addresses, as far as it lists them. */
      addresses: string[]
    }
  | {
      /**
       * The operating system refused a call, which is repeated later: ERR_IROH_SYSTEM, with the system's error as
       * `cause`. The same error is reported once in ten minutes.
       */
      type: 'system-error'
      /** What went wrong. */
      error: IrohError
    }
  | {
      /** This relay is the home relay now. */
      type: 'home-relay'
      /** The relay. */
      relayUrl: string
    }
  | {
      /** A relay is connected. */
      type: 'relay-up'
      /** The relay. */
      relayUrl: string
    }
  | {
      /** The endpoint's addresses have changed. */
      type: 'addresses'
      /** IP addresses with ports. */
      directAddresses: string[]
    }
  | {
      /** The gateway forwards this port ('ip:port') to the endpoint; null: it no longer does. */
      type: 'port-mapping'
      /** `'ip:port'`; null: the gateway no longer forwards a port. */
      address: string | null
      /** The protocol of the gateway. */
      protocol: 'pcp' | 'nat-pmp'
    }
  | {
      /** The connection to a relay is lost. */
      type: 'relay-down'
      /** The relay. */
      relayUrl: string
      /** What went wrong. */
      error: IrohError
    }
  | {
      /** A relay cannot be measured or used: once for each cause, until the relay works again. */
      type: 'relay-failed'
      /** The relay. */
      relayUrl: string
      /** What went wrong. */
      error: IrohError
    }
  | {
      /** Another program with this key took over at a relay, `times` within ten minutes: ERR_IROH_KEY_IN_USE. */
      type: 'relay-displaced'
      /** The relay. */
      relayUrl: string
      /** What went wrong. */
      error: IrohError
      /** How often within ten minutes. */
      times: number
    }
  | {
      /** That program has left the relay. */
      type: 'relay-regained'
      /** The relay. */
      relayUrl: string
    }
  | {
      /** Discovery has found a peer. */
      type: 'discovered'
      /** The peer. */
      nodeId: NodeId
      /** IP addresses with ports. */
      directAddresses: string[]
      /** The relay. */
      relayUrl?: string
    }
  | {
      /** A discovery service failed to find a peer or, without `nodeId`, to publish. */
      type: 'discovery-failed'
      /** The name of the service. */
      name: string
      /** What went wrong. */
      error: unknown
      /** The peer. */
      nodeId?: NodeId
    }

/** What an endpoint knows about a peer. */
export interface RemoteInfo {
  /** The peer. */
  nodeId: NodeId
  /** Its known IP addresses with ports. */
  directAddresses: string[]
  /** How many connections are open. */
  connections: number
  /** The paths of those connections. */
  paths: Path[]
  /** The round-trip time, in milliseconds; null without a connection. */
  rttMs: number | null
  /** When the peer was last connected, in milliseconds since 1970; null: never. */
  lastSeenMs: number | null
}

/** The events of an endpoint, and the arguments of their listeners. */
export interface EndpointEvents {
  /** Something about the network: paths, probes, relays, addresses, discovery. */
  network: [event: NetworkEvent]
}

/**
 * A node of the network: a secret key, sockets, and the connections over them.
 * @example
 * ```js
 * const server = await Endpoint.createWithOptions({ alpns: ['my-protocol/1'] })
 * const client = await Endpoint.create()
 * const connection = await client.connect(server.addr(), 'my-protocol/1')
 * for await (const accepted of server) console.log(accepted.remoteNodeId())
 * ```
 */
export class Endpoint extends Emitter<EndpointEvents> {
  private constructor()
  /** Creates an endpoint with a new key that only dials. */
  static create(): Promise<Endpoint>
  /**
   * Creates an endpoint. It needs no network, and works offline.
   * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT, ERR_IROH_INVALID_KEY, ERR_IROH_INVALID_ADDRESS,
   *   ERR_IROH_ADDRESS_IN_USE, ERR_IROH_LOG_FILE, ERR_IROH_SYSTEM
   */
  static createWithOptions(options?: EndpointOptions): Promise<Endpoint>
  /** The NodeId of this endpoint. */
  nodeId(): NodeId
  /** The key of this endpoint. */
  secretKey(): SecretKey
  /** Where this endpoint can be dialled, as far as it knows. */
  addr(): KnownNodeAddr
  /** `addr()` as an endpoint ticket: a string that peers can pass to `connect()`. */
  ticket(): string
  /** Yields `addr()` now and whenever it changes; a slow reader gets the latest. Ends when the endpoint is closed. */
  watchAddr(): AsyncGenerator<KnownNodeAddr, void, void>
  /** The addresses of the sockets, `'ip:port'`; wildcards are shown as such. */
  boundAddresses(): string[]
  /**
   * Resolves when the home relay is connected; without relays at once.
   * @throws {IrohError} ERR_IROH_ABORTED, ERR_IROH_CLOSED; ERR_IROH_TIMEOUT, whose message says why no relay is
   *   connected; ERR_IROH_KEY_IN_USE when another program with this key has taken over at the relay
   */
  online(options?: ConnectOptions): Promise<void>
  /**
   * Examines the network with sockets of its own: UDP, public addresses, the NAT, the endpoint's relays. Failures are
   * part of the report.
   * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT, ERR_IROH_ABORTED, ERR_IROH_CLOSED
   */
  netReport(options?: NetReportOptions): Promise<NetReport>
  /**
   * Dials a peer; both sides prove their NodeIds. The peer is tried at the addresses given, else at those of
   * `addNodeAddr()`, else where discovery finds it; discovery is also asked when known addresses do not answer. After a
   * failure the same peer is not dialled again for 50 ms to 1 s.
   * @returns a connection of the caller's own, even if several calls dial one peer at once
   * @throws {IrohError} ERR_IROH_NO_ADDRESS, ERR_IROH_TIMEOUT, ERR_IROH_ABORTED, ERR_IROH_UNREACHABLE,
   *   ERR_IROH_ALPN_MISMATCH, ERR_IROH_WRONG_PEER, ERR_IROH_REFUSED, ERR_IROH_SELF_CONNECT, ERR_IROH_CLOSED; and
   *   ERR_IROH_INVALID_ARGUMENT, ERR_IROH_INVALID_NODE_ID, ERR_IROH_INVALID_ADDRESS, ERR_IROH_INVALID_TICKET
   */
  connect(peer: Peer, alpn: string, options?: ConnectOptions): Promise<Connection>
  /** Waits for the next connection from a peer. @returns null once the endpoint is closed */
  accept(): Promise<Connection | null>
  /** `accept()` as a loop; ends when the endpoint is closed. */
  [Symbol.asyncIterator](): AsyncGenerator<Connection, void, void>
  /**
   * Adds addresses of a NodeId; earlier ones are kept.
   * @throws {IrohError} ERR_IROH_INVALID_NODE_ID, ERR_IROH_INVALID_ADDRESS, ERR_IROH_INVALID_ARGUMENT
   */
  addNodeAddr(nodeAddr: NodeAddr): void
  /** The protocols accepted now, those of hubs and others at this endpoint included. */
  alpns(): string[]
  /**
   * Sets the protocols to accept from now on. Hubs and others at this endpoint keep theirs.
   * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT, ERR_IROH_CLOSED
   */
  setAlpns(alpns: string[]): void
  /**
   * Lets a NodeId connect, even if it was denied before. A `deny` function is still called.
   * @throws {IrohError} ERR_IROH_INVALID_NODE_ID, ERR_IROH_CLOSED
   */
  allow(nodeId: NodeId): void
  /**
   * Refuses a NodeId from now on, and closes its connections.
   * @throws {IrohError} ERR_IROH_INVALID_NODE_ID, ERR_IROH_CLOSED
   */
  deny(nodeId: NodeId): void
  /**
   * Replaces the `allow` rule, also for handshakes in progress. Open connections stay; `deny()` closes them.
   * @param allow undefined: everyone
   */
  setAllow(allow: AccessRule | undefined): void
  /** What is known about a peer; null: nothing. */
  remoteInfo(nodeId: NodeId): RemoteInfo | null
  /**
   * Moves every dialled connection to fresh sockets, as after a change of network. A socket whose port was asked for in
   * `bindAddress` stays open next to the fresh one.
   * @throws {IrohError} ERR_IROH_CLOSED, ERR_IROH_SYSTEM
   */
  rebind(): void
  /**
   * Counters and gauges by name; docs/reference/metrics.md explains them.
   * @throws {IrohError} ERR_IROH_CLOSED
   */
  metrics(): Record<string, number>
  /** Keeps the process alive while the endpoint is open, which is the default. */
  ref(): this
  /** Lets the process end while the endpoint is open. */
  unref(): this
  /**
   * Closes every connection and then the sockets. Resolves when nothing is open any more; never rejects.
   * @param code application error code for the peers; default 0
   * @param reason text for the peers
   */
  close(code?: number, reason?: string): Promise<void>
  /** Whether `close()` was called. */
  isClosed(): boolean
  /** The same as `close()`. */
  [Symbol.asyncDispose](): Promise<void>
}
