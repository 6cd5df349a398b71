// SPDX-License-Identifier: MIT
/// <reference types="node" />
import type { Duplex } from 'node:stream'
import type { ReadableStream, WritableStream } from 'node:stream/web'
import type { AnyEvents, EnvelopeOf, EventName, eventMap, PayloadOf, SendableEvent } from './types/event-map.js'
import { Emitter } from './types/emitter.js'
import { ListenerTarget, type RemovalOptions } from './types/listener-target.js'

export type { RemovalOptions } from './types/listener-target.js'
export type { AnyEvents, EnvelopeOf, EnvelopeOfName, EventName, EventType, PayloadOf } from './types/event-map.js'

/** Every error code of this package; docs/errors.md says what each means. */
export type IrohErrorCode =
  | 'ERR_IROH_INVALID_ARGUMENT'
  | 'ERR_IROH_NO_MEMORY'
  | 'ERR_IROH_INTERNAL'
  | 'ERR_IROH_SYSTEM'
  | 'ERR_IROH_CLOSED'
  | 'ERR_IROH_INVALID_NODE_ID'
  | 'ERR_IROH_INVALID_ADDRESS'
  | 'ERR_IROH_INVALID_KEY'
  | 'ERR_IROH_KEY_FILE'
  | 'ERR_IROH_ADDRESS_IN_USE'
  | 'ERR_IROH_NO_ADDRESS'
  | 'ERR_IROH_SELF_CONNECT'
  | 'ERR_IROH_LIMIT'
  | 'ERR_IROH_STREAM_LIMIT'
  | 'ERR_IROH_BUFFER_FULL'
  | 'ERR_IROH_TIMEOUT'
  | 'ERR_IROH_ABORTED'
  | 'ERR_IROH_UNREACHABLE'
  | 'ERR_IROH_ALPN_MISMATCH'
  | 'ERR_IROH_WRONG_PEER'
  | 'ERR_IROH_REFUSED'
  | 'ERR_IROH_HANDSHAKE'
  | 'ERR_IROH_VERSION'
  | 'ERR_IROH_IDLE_TIMEOUT'
  | 'ERR_IROH_PEER_CLOSED'
  | 'ERR_IROH_PEER_RESET'
  | 'ERR_IROH_PROTOCOL'
  | 'ERR_IROH_LOCALLY_CLOSED'
  | 'ERR_IROH_DENIED'
  | 'ERR_IROH_STREAM_RESET'
  | 'ERR_IROH_STREAM_STOPPED'
  | 'ERR_IROH_STREAM_FINISHED'
  | 'ERR_IROH_UNEXPECTED_END'
  | 'ERR_IROH_TOO_LONG'
  | 'ERR_IROH_DATAGRAM_TOO_LARGE'
  | 'ERR_IROH_DATAGRAM_UNSUPPORTED'
  | 'ERR_IROH_FRAME_TOO_LONG'
  | 'ERR_IROH_FRAME_TRUNCATED'
  | 'ERR_IROH_NOT_JSON'
  | 'ERR_IROH_TOO_DEEP'
  | 'ERR_IROH_FORBIDDEN_KEY'
  | 'ERR_IROH_NOT_ENVELOPE'
  | 'ERR_IROH_NOT_SERIALIZABLE'
  | 'ERR_IROH_BUSY'
  | 'ERR_IROH_UNSUPPORTED'
  | 'ERR_IROH_RELAY'
  | 'ERR_IROH_DISCOVERY'
  | 'ERR_IROH_INVALID_TICKET'
  | 'ERR_IROH_NOT_CONNECTED'
  | 'ERR_IROH_SESSION_LOST'
  | 'ERR_IROH_SPOOL'
  | 'ERR_IROH_GOSSIP'
  | 'ERR_IROH_LOG_FILE'
  | 'ERR_IROH_NO_VIABLE_PATH'
  | 'ERR_IROH_PROXY'
  | 'ERR_IROH_KEY_IN_USE'

/** What every call of this package throws or rejects with. */
export class IrohError extends Error {
  constructor(code: IrohErrorCode, about?: { detail?: string; peer?: NodeId; quicError?: number; cause?: unknown })
  readonly name: 'IrohError'
  readonly code: IrohErrorCode
  /** What to do about it: mend the call, try again, or give up the stream, the connection or the program. */
  readonly class: 'usage' | 'transient' | 'stream' | 'conn' | 'fatal'
  /** The peer it is about. */
  readonly peer?: NodeId
  /** The QUIC code behind it: of the close, the reset or the stop. */
  readonly quicError?: number
  /** Of hub.broadcast(): the spokes that did not get the event. */
  readonly peers?: NodeId[]
  /** Of ERR_IROH_SESSION_LOST: the envelopes that the peer may or may not have dispatched; of ERR_IROH_SPOOL: those that it did not take. */
  readonly unacknowledged?: EventEnvelope[]
}

/** An Ed25519 public key as 64 lower-case hex characters; taken also in upper case and as 52 base32 characters. */
export type NodeId = string

/** Where a NodeId is. */
export interface NodeAddr {
  nodeId: NodeId
  relayUrl?: string | undefined
  /** 'ip:port' or '[ip]:port' */
  directAddresses?: Iterable<string>
}

/** Whatever names a peer; an endpoint ticket also as the string. */
export type Peer = NodeId | NodeAddr | EndpointTicket | string

/** A NodeAddr of a ticket, which may have several relays. */
export interface TicketNodeAddr extends NodeAddr {
  relayUrls?: readonly string[]
}

/** A NodeAddr as tickets give it; of several relays it has the first. */
export interface TicketedNodeAddr {
  nodeId: NodeId
  relayUrl?: string
  directAddresses: string[]
}

/**
 * Where one endpoint is, as a string to pass on: byte for byte iroh's own endpoint ticket. It has what a NodeAddr has,
 * and is taken for one.
 */
export class EndpointTicket {
  /** At most 1024 addresses. */
  constructor(peer: Peer | TicketNodeAddr)
  /** Throws ERR_IROH_INVALID_TICKET, with what is wrong. */
  static parse(text: string): EndpointTicket
  readonly nodeId: NodeId
  /** The first relay. */
  readonly relayUrl: string | undefined
  /** Every relay, sorted. */
  readonly relayUrls: string[]
  /** Sorted, IPv4 first. */
  readonly directAddresses: string[]
  readonly nodeAddr: TicketedNodeAddr
  toString(): string
  toJSON(): string
}

/** A gossip topic and peers to join it by, as iroh-gossip's chat example writes it: `<base32>`. */
export class RoomTicket {
  /** At most 256 peers. */
  constructor(room: { topic: AnyTopicId; peers?: (Peer | TicketNodeAddr)[] })
  /** Reads the older form too, which holds JSON. Throws ERR_IROH_INVALID_TICKET, with what is wrong. */
  static parse(text: string): RoomTicket
  /** 32 bytes, a copy. */
  readonly topic: Buffer
  readonly peers: TicketedNodeAddr[]
  toString(): string
  toJSON(): string
}

/** Where a live broadcast is, and its name, as iroh-live writes it: `iroh-live:<base64url>/<name>`. */
export class LiveTicket {
  /** `name`: up to 1024 bytes, without space around it. */
  constructor(live: { endpoint: Peer | TicketNodeAddr; name: string })
  /** Reads the older form `<name>@<base32>` too. Throws ERR_IROH_INVALID_TICKET, with what is wrong. */
  static parse(text: string): LiveTicket
  readonly name: string
  readonly nodeAddr: TicketedNodeAddr
  toString(): string
  toJSON(): string
}

/** Reads a ticket of any kind. Throws ERR_IROH_INVALID_TICKET, with what is wrong. */
export function parseTicket(text: string): EndpointTicket | RoomTicket | LiveTicket

/** Bytes to send; a string is sent as UTF-8. */
export type Bytes = Uint8Array | string

/** Whether the value is a NodeId, in any of the forms that are taken. */
export function isNodeId(value: unknown): value is NodeId
/** The NodeId in its one form. Throws ERR_IROH_INVALID_NODE_ID. */
export function parseNodeId(text: string): NodeId
/** Whether the signature is the NodeId's own over the bytes (Ed25519). */
export function verifySignature(nodeId: NodeId, bytes: Bytes, signature: Uint8Array): boolean

/** This package's release, and those of the libraries that its addon has loaded. */
export const versions: {
  readonly package: string
  readonly ngtcp2: string
  readonly gnutls: string
  readonly libsodium: string
}

/** An Ed25519 secret key. It does not show itself in text, JSON or logs. */
export class SecretKey {
  private constructor()
  static generate(): SecretKey
  /** 32 bytes, copied. */
  static fromBytes(bytes: Uint8Array): SecretKey
  /** 64 hex characters. */
  static fromHex(text: string): SecretKey
  /** 52 base32 characters. */
  static fromBase32(text: string): SecretKey
  /** Any of the forms above. */
  static from(value: SecretKey | Uint8Array | string): SecretKey
  /** Reads a key file that only its owner may read; `create` makes it (mode 0600) if there is none. */
  static fromFile(path: string, options?: { create?: boolean }): SecretKey
  /** Writes a new file with mode 0600; throws ERR_IROH_KEY_FILE if it exists. */
  toFile(path: string): void
  nodeId(): NodeId
  /** 64 bytes of signature. */
  sign(bytes: Bytes): Buffer
  /** A copy of the 32 secret bytes. */
  toBytes(): Buffer
  toHex(): string
  toBase32(): string
  /** Not the key. */
  toString(): string
  toJSON(): string
}

/** Who may connect: a list of peers, or a function asked inside the TLS handshake. */
export type AccessRule = Iterable<Peer> | ((nodeId: NodeId) => boolean)

export interface EndpointOptions {
  /** Protocols accepted; none: the endpoint only dials. */
  alpns?: string[]
  /** Default: a fresh key. */
  secretKey?: SecretKey | Uint8Array | string
  /** Default: IPv4 and IPv6, any port. */
  bindAddress?: string | string[]
  /**
   * Relays over which peers that have no direct path are reached; the nearest is the home relay. At most 64. Given, they
   * replace those of the preset; []: none.
   */
  relays?: (string | RelayOption)[]
  /** PEM certificates trusted for relays instead of Node's own roots. */
  relayCa?: string | Buffer | (string | Buffer)[]
  /**
   * The URL of an HTTP proxy (http or https, with user and password if it asks for them) for relays, pkarr and net reports;
   * false: none. Default: as HTTPS_PROXY, HTTP_PROXY and NO_PROXY of the environment say.
   */
  proxy?: string | false
  /**
   * 'n0' (default, as iroh's own): iroh's public relays, and its public look-up for publishing and finding NodeIds.
   * 'minimal': nothing outside this host is asked. An endpoint without `alpns` asks nobody until it dials.
   */
  preset?: 'n0' | 'minimal'
  /** How NodeIds are found, and where this endpoint's is published. Given, they replace those of the preset; []: none. */
  discovery?: Discovery[]
  /**
   * Default: everyone. A function admits with `true` only, and so at once: a promise admits nobody. It is asked twice about
   * a connection: when the peer has proved its key, and when the connection comes to be.
   */
  allow?: AccessRule
  /** Denied beats allowed. A function lets pass with `false` only; it is asked twice as well. */
  deny?: AccessRule
  /** A connection that is still relayed after 10 s is closed with code 5. */
  requireDirect?: boolean
  /**
   * Asks the gateway of this network for a port (PCP, NAT-PMP) that peers outside can send to; default true. Only with
   * relays, bound to an IPv4 wildcard or a private IPv4 address, and where the gateway's own address is private.
   */
  portMapping?: boolean
  /** Dials at a time; further ones wait their turn. Default 256. */
  maxDials?: number
  /** Default 5000; 0: none. */
  keepAliveMs?: number
  /** Default 30000. */
  idleTimeoutMs?: number
  /** From the beginning of a dial, whatever its addresses answer, and of an accepted handshake; default 10000. */
  handshakeTimeoutMs?: number
  /** Default 16384. */
  maxConnections?: number
  /** Accepted connections open with one NodeId; further ones are refused. Default 4096. */
  maxConnectionsPerPeer?: number
  /**
   * Accepting handshakes in flight, and begun in a second; default 1024. All are for whoever comes. Once they are taken,
   * each network, address and port that asks has its share. From 1/32 of them (at most 64) in flight of peers that have
   * not proved their address, a Retry asks for the proof first.
   */
  maxHandshakes?: number
  /** Bidirectional streams a peer may have open at once; default 100. */
  maxStreamsBidi?: number
  /** Unidirectional streams a peer may have open at once; default 100. */
  maxStreamsUni?: number
  /** Streams of all connections that wait for acceptBi() and acceptUni(); one connection may have an eighth of what is free. Default 8192; further ones are refused. */
  maxPendingStreams?: number
  /** Bytes a stream may send before they are read; begins with 512 KiB at most and grows for a reader that keeps up. Default 2 MiB. */
  streamWindow?: number
  /** The same over all streams of a connection; begins with 1 MiB at most. Default 16 MiB. */
  connectionWindow?: number
  /** Bytes unread over all connections; beyond it those that hold most are closed (CloseCode.OVERFLOW). Default 256 MiB. */
  maxReceiveBuffer?: number
  /** Unsent bytes a stream holds; default 64 MiB. */
  maxSendBuffer?: number
  /** Bytes unacknowledged over all streams: one may have as many unsent as are free. Default 1 GiB. */
  maxSendTotal?: number
  /** drained() resolves at so many unsent bytes; default 64 KiB. */
  sendLowWater?: number
  /** Datagrams waiting per connection, each way; then the oldest is dropped. Default 1024. */
  maxDatagrams?: number
  /**
   * The size that UDP payloads begin with, 1200 to 65527, in place of a search for what the path takes. It comes down, and
   * up again, when the path does not take it ([docs/path-mtu.md](docs/path-mtu.md)). Default: 16000 towards this host, else
   * from 1200 up to 1444, as the path allows.
   */
  maxUdpPayload?: number
  /** Default 'bbr'; 'bbr2' is another name of it. */
  congestionControl?: 'cubic' | 'reno' | 'bbr' | 'bbr2'
  /** One system call a datagram, for kernels that do batches badly. */
  plainUdp?: boolean
  /** Every new address must prove itself first (Retry). */
  alwaysRetry?: boolean
  /**
   * NSS key log, for reading captures: made for its owner alone, else appended to. ERR_IROH_LOG_FILE if others may read it,
   * or it is a link.
   */
  keyLogFile?: string
  /** A directory for qlog files, which are for their owner alone. ERR_IROH_LOG_FILE if there is none, or none can be made in it. */
  qlogDir?: string
}

/**
 * Finds NodeIds and publishes where an endpoint is: one of this package's, or an object of your own with resolve(),
 * publish() or both.
 */
export interface Discovery {
  /** Where a NodeId is; null: not known here. What it throws is told as a 'discovery-failed' event. */
  resolve?(nodeId: NodeId, about: ResolveAbout): Promise<NodeAddr | null | undefined> | NodeAddr | null
  /** Called with the endpoint's address, and again whenever it is another, once the endpoint serves an ALPN. */
  publish?(nodeAddr: { nodeId: NodeId; relayUrl?: string; directAddresses: string[] }): void | Promise<void>
  /** Called once, before anything else, with the endpoint it works for. What it throws, creating the endpoint throws. */
  attach?(endpoint: DiscoveryEndpoint): void
  /** This host's addresses or routes have changed. */
  networkChanged?(): void
  /** The endpoint is closed; it waits a second at most. */
  close?(): void | Promise<void>
  /** For errors. */
  readonly name?: string
}

/** How a discovery is asked. */
export interface ResolveAbout {
  /** Aborted when the answer is not wanted any more. */
  signal: AbortSignal
  /** What was found before did not answer: what is cached does not help. */
  fresh?: boolean
}

/** Whom a discovery works for. */
export interface DiscoveryEndpoint {
  nodeId: NodeId
  secretKey: SecretKey
  /** Takes what fails between calls; it becomes a 'discovery-failed' event. */
  onError(error: unknown): void
}

/** A discovery that the program fills; endpoints of one process that share it find each other. */
export interface MemoryDiscovery extends Discovery {
  /** Tells where a NodeId is; what was told before is replaced. At most 65536 are kept. */
  add(nodeAddr: NodeAddr): void
  /** Whether it was there. */
  remove(nodeId: NodeId): boolean
}
export function memoryDiscovery(): MemoryDiscovery

/** A discovery by multicast DNS. */
export interface LocalDiscovery extends Discovery {
  /** Asks who is there, and waits so long for answers; default 1000. */
  peers(options?: { waitMs?: number }): Promise<NodeAddr[]>
  /** Messages of iroh's service that were not read: not from this link, more than a sender may send, malformed. */
  readonly dropped: { offLink: number; overLimit: number; malformed: number }
}
/** Finds peers of the same network and of this host by multicast DNS, without any server; belongs to one endpoint. */
export function localDiscovery(options?: {
  /** Their IPv4 addresses. Default: all but the loopback, and that one if there is no other. */
  interfaces?: string[]
  /** How long an answer is waited for; default 3000. */
  timeoutMs?: number
}): LocalDiscovery

/** Finds peers by DNS: TXT records of `_iroh.<z-base-32 key>.<origin>`. Publishes nothing. */
export function dnsDiscovery(options?: {
  /** Default 'dns.iroh.link'. */
  origin?: string
  /** 'ip' or 'ip:port'. Default: the system's. */
  servers?: string[]
  /** Of one query; default 3000. */
  timeoutMs?: number
}): Discovery

/**
 * Publishes where an endpoint is at a pkarr relay, over HTTP, and finds others there; belongs to one endpoint. Publishes
 * each change, and every five minutes.
 */
export function pkarrDiscovery(options?: {
  /** Default 'https://dns.iroh.link/pkarr'; of a relay server of this package: its `pkarrUrl`. */
  relay?: string
  /** PEM certificates trusted instead of Node's own roots. */
  ca?: string | Buffer | (string | Buffer)[]
  /** Of a request; default 5000. */
  timeoutMs?: number
  /** IP addresses too, and not the relay's URL alone; default false, as in iroh. */
  publishAddresses?: boolean
  /** false: it only publishes. */
  resolve?: boolean
}): Discovery

export interface ConnectOptions {
  signal?: AbortSignal
  /** Of all of it. Default: the endpoint's handshakeTimeoutMs for the handshake, and ten seconds to find the peer. */
  timeoutMs?: number
}

/** A relay with what it takes to use it. */
export interface RelayOption {
  url: string
  /** Sent as `Authorization: Bearer`. */
  token?: string
  /** UDP port of its STUN server, which tells this endpoint's public address. Default 3478; 0: it has none. */
  stunPort?: number
  /** UDP port of its QUIC address discovery; netReport() asks there whether UDP gets through. Default 7842; 0: none. */
  quicPort?: number
}

/** How a NAT maps ports, or a NAT or firewall filters (RFC 4787). */
export type NatBehaviour = 'endpoint-independent' | 'address-dependent' | 'address-and-port-dependent' | 'unknown'

export interface NetReportOptions {
  signal?: AbortSignal
  /** When the report is made with what there is; 100 to 60000, default 5000. */
  timeoutMs?: number
}

/** A relay as the report saw it; times are of round trips. */
export interface NetReportRelay {
  url: string
  /** Of /ping, over TCP and TLS; null: it did not answer. */
  latencyMs: number | null
  /** null: it did not answer STUN, or was not asked; the first five relays are. */
  stunRttMs: number | null
  /** Of its QUIC port, which is asked where STUN does not answer. */
  quicRttMs: number | null
  /** Why there is no latency. */
  error: string | null
}

/** One thing that was tried. */
export interface NetReportTry {
  /** For people; may change. */
  what: string
  target: string
  outcome: 'ok' | 'no-answer' | 'error' | 'skipped'
  detail?: string
  ms: number
}

/** What the network is like from here. null: it could not be told; `tried` says why. */
export interface NetReport {
  /** Whether any relay answered over UDP, with IPv4 and with IPv6; null: none could be asked. */
  udpV4: boolean | null
  udpV6: boolean | null
  /** The IP addresses this host is seen at. */
  publicAddresses: string[]
  /** Whether they are other than the host's own. */
  behindNat: boolean | null
  /**
   * Whether the NAT gives one socket another port for each peer. This and what follows are of IPv4, or of IPv6 where IPv4
   * told no address. 'address-dependent': it may depend on the port, too, where relays serve no RFC 5780.
   */
  mapping: NatBehaviour
  /** If it does, by how much the next port differs from the last one. null: it does not, or that is not known. */
  portStep: number | 'random' | null
  /** Who may send here without having been sent to: anyone, other ports of an address that was sent to, or nobody. */
  filtering: NatBehaviour
  /** Whether the NAT brings back what is sent to its own address. */
  hairpin: boolean | null
  /** The URL of the relay with the lowest latency. */
  preferredRelay: string | null
  relays: NetReportRelay[]
  /** The HTTP proxies that relays are asked through, without user and password. */
  proxies: string[]
  /** Whether something else answers in place of the relays over plain HTTP. */
  captivePortal: boolean | null
  /**
   * Whether the gateway speaks PCP or NAT-PMP, and the address it says it has outside; PCP alone does not tell that. null:
   * no gateway answered, or none was asked.
   */
  portMapping: { protocol: 'pcp' | 'nat-pmp'; externalAddress: string | null } | null
  tried: NetReportTry[]
  /** What to change, for people, the most pressing first. */
  advice: string[]
  tookMs: number
}

/** What the endpoint noticed of its network. */
export type NetworkEvent =
  /** A connection goes by another path now. */
  | { type: 'path'; nodeId: NodeId; remoteAddress: string }
  /** A peer that we are connected to by a relay says where it may be reached. */
  | { type: 'candidate'; nodeId: NodeId; remoteAddress: string }
  /** An address of a peer has answered a probe. */
  | { type: 'probe'; nodeId: NodeId; remoteAddress: string; rttMs: number }
  | { type: 'refused'; nodeId: NodeId }
  | { type: 'rebound' }
  /** This host's addresses or its default route are others now; `addresses` are its IP addresses, as far as it lists them. */
  | { type: 'network-changed'; addresses: string[] }
  /**
   * The operating system refused a call that is made again later: ERR_IROH_SYSTEM, with what it said as `cause`. The same is
   * told once in ten minutes.
   */
  | { type: 'system-error'; error: IrohError }
  | { type: 'home-relay'; relayUrl: string }
  | { type: 'relay-up'; relayUrl: string }
  /** Where this endpoint may be reached has changed. */
  | { type: 'addresses'; directAddresses: string[] }
  /** The gateway leads a port of its own to this endpoint, 'ip:port'; null: it does no longer. */
  | { type: 'port-mapping'; address: string | null; protocol: 'pcp' | 'nat-pmp' }
  | { type: 'relay-down'; relayUrl: string; error: IrohError }
  /** A relay cannot be measured, or there is no session with it: once for each cause, until it works again. */
  | { type: 'relay-failed'; relayUrl: string; error: IrohError }
  /** Another program with this key took over at a relay, so many times within ten minutes: ERR_IROH_KEY_IN_USE. */
  | { type: 'relay-displaced'; relayUrl: string; error: IrohError; times: number }
  /** That program has left the relay. */
  | { type: 'relay-regained'; relayUrl: string }
  /** Discovery has found a peer. */
  | { type: 'discovered'; nodeId: NodeId; directAddresses: string[]; relayUrl?: string }
  /** One of the discoveries failed, to find a peer, or without `nodeId` to publish. */
  | { type: 'discovery-failed'; name: string; error: unknown; nodeId?: NodeId }

/** What is known of a peer. */
export interface RemoteInfo {
  nodeId: NodeId
  directAddresses: string[]
  /** How many connections there are now. */
  connections: number
  paths: Path[]
  rttMs: number | null
  /** Milliseconds since 1970, or null if never connected. */
  lastSeenMs: number | null
}

/** The events of an endpoint, and what their listeners are called with. */
export interface EndpointEvents {
  network: [event: NetworkEvent]
}

/** A node: a secret key, some sockets, and the connections over them. */
export class Endpoint extends Emitter<EndpointEvents> {
  private constructor()
  /** With a fresh key, for dialling. */
  static create(): Promise<Endpoint>
  static createWithOptions(options?: EndpointOptions): Promise<Endpoint>
  nodeId(): NodeId
  secretKey(): SecretKey
  /** Where this endpoint can be dialled, as far as it knows. */
  addr(): { nodeId: NodeId; relayUrl?: string; directAddresses: string[] }
  /** addr() as an endpoint ticket. */
  ticket(): string
  /** addr() now and whenever it is another; one that reads slowly gets the latest. Ends when the endpoint is closed. */
  watchAddr(): AsyncGenerator<{ nodeId: NodeId; relayUrl?: string; directAddresses: string[] }, void, void>
  /** The sockets' own addresses. */
  boundAddresses(): string[]
  /**
   * Resolves when the home relay is connected; at once without relays. ERR_IROH_TIMEOUT says why no relay is;
   * ERR_IROH_KEY_IN_USE: another program with this key has taken over there.
   */
  online(options?: ConnectOptions): Promise<void>
  /**
   * Looks at the network from here, with sockets of its own, by asking the endpoint's relays. What fails is part of the
   * report; it rejects with ERR_IROH_ABORTED, or ERR_IROH_CLOSED when the endpoint is closed.
   */
  netReport(options?: NetReportOptions): Promise<NetReport>
  /**
   * Dials a peer: where it is given to be, else where addNodeAddr() told, else where discovery finds it; discovery is also
   * asked when known addresses do not answer. After a failure the same peer is not dialled again for 50 ms to 1 s.
   */
  connect(peer: Peer, alpn: string, options?: ConnectOptions): Promise<Connection>
  /** The next connection a peer made; null once the endpoint is closed. */
  accept(): Promise<Connection | null>
  [Symbol.asyncIterator](): AsyncGenerator<Connection, void, void>
  /** Tells where a NodeId is. */
  addNodeAddr(nodeAddr: NodeAddr): void
  alpns(): string[]
  setAlpns(alpns: string[]): void
  allow(nodeId: NodeId): void
  /** Also closes live connections. */
  deny(nodeId: NodeId): void
  /** Replaces the `allow` rule, also for handshakes in flight. Connections that are open stay: see deny(). */
  setAllow(allow: AccessRule | undefined): void
  remoteInfo(nodeId: NodeId): RemoteInfo | null
  /**
   * Moves every dialled connection to fresh sockets, as after a change of network. A socket whose port was asked for in
   * `bindAddress` stays open beside the fresh one.
   */
  rebind(): void
  /** Counters and gauges by name. */
  metrics(): Record<string, number>
  ref(): this
  unref(): this
  /** Resolves when nothing is open any more; never rejects. */
  close(code?: number, reason?: string): Promise<void>
  isClosed(): boolean
  [Symbol.asyncDispose](): Promise<void>
}

export type CloseKind =
  | 'locally-closed'
  | 'application-closed'
  | 'connection-closed'
  | 'timed-out'
  | 'reset'
  | 'transport-error'

/** How a connection ended. */
export interface CloseReason {
  readonly kind: CloseKind
  /** The application's or QUIC's code. */
  readonly code: number
  /** The peer's; of a time-out what the operating system said of the packets that did not leave, if it said anything. */
  readonly reason: string
  readonly errorCode: IrohErrorCode
}

export interface ConnectionStats {
  rttMs: number
  minRttMs: number
  rttVarMs: number
  congestionWindow: number
  bytesInFlight: number
  slowStartThreshold: number
  bytesSent: number
  bytesReceived: number
  packetsSent: number
  packetsReceived: number
  /** The largest UDP payload that is sent now. It follows the path, and maxDatagramSize() follows it. */
  maxUdpPayload: number
  maxDatagramSize: number
  streamsBidiLeft: number
  streamsUniLeft: number
}

/** A network path under a connection. */
export interface Path {
  id: number
  /** 'ip:port', or the relay's URL. */
  remoteAddress: string
  /** Not of a relayed path. */
  localAddress?: string
  isRelay: boolean
  isSelected: boolean
  rttMs: number
  stats: ConnectionStats
}

export interface BidiStream {
  send: SendStream
  recv: RecvStream
}

/** A QUIC connection whose two ends have proved their NodeIds to each other. */
export class Connection {
  private constructor()
  remoteNodeId(): NodeId
  alpn(): string
  side(): 'client' | 'server'
  /** Waits while the peer allows no more. The peer learns of the stream with its first bytes. */
  openBi(): Promise<BidiStream>
  acceptBi(): Promise<BidiStream>
  openUni(): Promise<SendStream>
  acceptUni(): Promise<RecvStream>
  sendDatagram(bytes: Bytes): void
  readDatagram(): Promise<Buffer>
  /** 0 if the peer takes none. */
  maxDatagramSize(): number
  /** Milliseconds. */
  rtt(): number
  stats(): ConnectionStats
  paths(): Path[]
  watchPaths(): AsyncGenerator<Path[], void, void>
  /** Starts a TLS key update. */
  updateKey(): void
  /** At once; what is unsent is dropped. */
  close(code?: number, reason?: string): void
  /** Never rejects. */
  closed(): Promise<CloseReason>
  closeReason(): CloseReason | null
}

/** The sending half of a stream. */
export class SendStream {
  private constructor()
  /** The QUIC stream id. */
  readonly id: number
  /** The same as a WHATWG stream. */
  readonly writable: WritableStream<Bytes>
  /** Resolves with how many bytes were taken; waits while the buffer is full. */
  write(bytes: Bytes): Promise<number>
  writeAll(bytes: Bytes): Promise<void>
  /** Ends the stream; stopped() tells when all of it was acknowledged. */
  finish(): Promise<void>
  /** Ends it at once with an application error code. */
  reset(code?: number): void
  /** null: all acknowledged; a number: the peer's code for not reading on. */
  stopped(): Promise<number | null>
  /** Higher goes first; default 0. */
  setPriority(priority: number): void
}

/** The receiving half of a stream. */
export class RecvStream {
  private constructor()
  /** The QUIC stream id. */
  readonly id: number
  /** The same as a WHATWG stream. */
  readonly readable: ReadableStream<Buffer>
  /** The next bytes, at most `max` (default 65536); null at the end. */
  read(max?: number): Promise<Buffer | null>
  /** Throws ERR_IROH_UNEXPECTED_END if the stream ends first. */
  readExact(length: number): Promise<Buffer>
  /** Throws ERR_IROH_TOO_LONG if there is more. */
  readToEnd(max: number): Promise<Buffer>
  /** Tells the peer to stop sending. */
  stop(code?: number): void
  /** Leaving the loop early stops the stream. */
  [Symbol.asyncIterator](): AsyncGenerator<Buffer, void, void>
}

/** A node:stream over both halves. */
export function toDuplex(stream: BidiStream): Duplex

/** What event targets carry: an event named `type:id`, or `type` without an id. */
export interface EventEnvelope<Payload = unknown> {
  type: string
  id?: string
  payload?: Payload
}

/** What a side exposes: names, or objects that describe. */
export type Operation = string | { [key: string]: unknown }

/** What the peer said it exposes. */
export interface Registration {
  operations: Operation[]
}

export interface EventTargetOptions {
  /** Longest frame taken and sent, in bytes; default 1 MiB. */
  maxFrameLength?: number
  /** Deepest nesting taken; default 256. send() refuses what is deeper than this, or than 256 if that is more. */
  maxDepth?: number
  /**
   * Unsent bytes before send() throws ERR_IROH_BUFFER_FULL; default 64 MiB, at most the endpoint's maxSendBuffer. With
   * `delivery: 'resume'` the bounds are those of `resume`.
   */
  maxBufferedAmount?: number
  /** Turns on the start-up exchange of `hub.register`; see `registered`. */
  operations?: Operation[]
}

/** How an event target ended. */
export interface TargetClosed {
  /** 'finished': the peer ended the stream. 'locally-closed': close() was called, or the connection closed here. */
  readonly kind: CloseKind | 'finished' | 'stream-reset' | 'stream-error' | 'not-connected'
  readonly code: number
  readonly reason: string
  readonly error: IrohError | null
}

/** What went through an event target. */
export interface TargetStats {
  /** Events sent and received since the beginning. */
  sent: number
  received: number
  /** Events dropped because the spoke does not keep up; only by a hub with `slowSpoke: 'drop-oldest'`. */
  dropped: number
  bufferedAmount: number
  /** When the stream began, in milliseconds since 1970. */
  connectedAtMs: number
}

/**
 * The 'error' event. A peer whose envelope has the name of a local event, such as 'close', brings about one, too, with the
 * code ERR_IROH_NOT_ENVELOPE and the envelope in `detail`.
 */
export class IrohErrorEvent extends Event {
  constructor(error: IrohError)
  readonly error: IrohError
  readonly message: string
  readonly detail?: EventEnvelope
  /** Of such an envelope: as of other events. */
  readonly sequence?: number
  readonly session?: string
}

/** The local 'close' event. */
export class IrohCloseEvent extends Event implements TargetClosed {
  constructor(closed: TargetClosed)
  readonly kind: TargetClosed['kind']
  readonly code: number
  readonly reason: string
  readonly error: IrohError | null
}

export type Delivery = 'at-most-once' | 'resume'

/** Where a session is. */
export interface SessionState {
  id: string
  /** Events taken by send() since the session began. */
  sent: number
  /** How many of them the peer has said to have dispatched. */
  acknowledged: number
  /** Events dispatched here. */
  received: number
  /** Characters of JSON that are unacknowledged. */
  replaySize: number
}

/** With `delivery: 'resume'`; see docs/resume.md. */
export interface ResumeOptions {
  /** Characters of JSON that may be unacknowledged before send() throws ERR_IROH_BUFFER_FULL; default 16 MiB. */
  maxReplayBytes?: number
  /** Of a hub: the same over all sessions; each may have as much as is free, and those without a spoke give way to those with one. Default 256 MiB. */
  maxReplayTotal?: number
  /** The same in events; default 262144. */
  maxReplayEvents?: number
  /** Of a spoke: how long it waits for the hub to offer sessions, and to answer; of a hub: for a spoke it knows. Default 3000. */
  answerTimeoutMs?: number
  /** Of a hub: how long a session waits for its spoke; default 300000. */
  expiryMs?: number
  /** Of a hub: sessions that wait for their spokes at a time; default 1024. */
  maxDisconnected?: number
  /** Asked when a session comes from a spool: how many events the program has noted to have dealt with, if it knows. */
  received?: (about: { nodeId: NodeId; session: string; received: number }) => number | undefined | null
}

export interface DeliveryOptions {
  /** 'resume': each event exactly once and in order, across reconnects, if the peer does so too. Default 'at-most-once'. */
  delivery?: Delivery
  resume?: ResumeOptions
  /** A directory that keeps sessions, so that they outlive the program; needs the package lmdb. */
  spool?: string
}

/** An event of the peer. */
export interface EnvelopeEvent<Payload = unknown, Envelope extends EventEnvelope<Payload> = EventEnvelope<Payload>>
  extends CustomEvent<Envelope> {
  /** With `delivery: 'resume'` in force: its number in the session, from 1 on. */
  readonly sequence?: number
  /** And the session's id. */
  readonly session?: string
}

/** An event of a session. */
export interface SequencedEvent<Payload = unknown, Envelope extends EventEnvelope<Payload> = EventEnvelope<Payload>>
  extends EnvelopeEvent<Payload, Envelope> {
  readonly sequence: number
  readonly session: string
}

/** The listener of an event, as a function or an object. */
export type Listener<E> = ((event: E) => void) | { handleEvent(event: E): void } | null

/** The third argument of addEventListener(), as the DOM has it. */
export interface ListenerOptions {
  capture?: boolean
  once?: boolean
  passive?: boolean
  signal?: AbortSignal
}

/** Listens to events of one envelope type. */
export type EnvelopeListener = Exclude<Listener<EnvelopeEvent>, null>

/** The local events of every event target, by name. */
export interface LocalEvents {
  error: IrohErrorEvent
  close: IrohCloseEvent
}

/**
 * An EventTarget whose other end is a peer: what is dispatched here fires there.
 *
 * Local events are 'error' and 'close'. No peer can fire them: an envelope of such a name is dispatched as 'error', with
 * the code ERR_IROH_NOT_ENVELOPE and the envelope in `detail`, which local events do not have.
 */
export class IrohEventTarget<
  Events extends object = AnyEvents,
  Local extends LocalEvents & Record<keyof Local, Event> = LocalEvents
> extends ListenerTarget<Events, Local, 'stream', 'session'> {
  protected constructor(...args: never)
  readonly connection: Connection
  readonly remoteNodeId: NodeId
  /** Bytes handed to send() that have not left yet. */
  readonly bufferedAmount: number
  /** What is in force: 'resume' takes both sides. */
  readonly delivery: Delivery
  /** With `delivery: 'resume'`: where the session is. Else null. */
  readonly session: SessionState | null
  stats(): TargetStats
  /**
   * With the `operations` option: what the peer exposes; rejects if the target closes before. A spoke has a new one from
   * each 'connected' event on. Without: null.
   */
  readonly registered: Promise<Registration> | null
  /** Never rejects. */
  readonly closed: Promise<TargetClosed>
  /** Sends an envelope. What throws is not sent. */
  send(envelope: EnvelopeOf<Events>): void
  /** Sends the event's `detail`; it does not fire locally. */
  dispatchEvent(event: SendableEvent<Events>): boolean
  /** Resolves when bufferedAmount is at most the endpoint's sendLowWater; rejects if the target closes before. */
  drained(): Promise<void>
  /**
   * No events of the peer come out, and it is held back. Local events do come: what had arrived when a connection was lost
   * comes out after resume().
   */
  pause(): void
  /** Events come out again, also when there is no listener yet; without resume() they wait ten seconds for the first. */
  resume(): void
  /** Ends the stream; resolves once the peer acknowledged all that was sent, or the connection is gone. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** The dialling side: opens the stream. */
export function createSpokeIrohEventTarget<Events extends object = AnyEvents>(
  connection: Connection,
  options?: EventTargetOptions
): Promise<IrohEventTarget<Events>>
/** The accepting side: takes the next stream the peer opens. */
export function createHubIrohEventTarget<Events extends object = AnyEvents>(
  connection: Connection,
  options?: EventTargetOptions
): Promise<IrohEventTarget<Events>>
/** Over a stream there is. */
export function createIrohEventTarget<Events extends object = AnyEvents>(
  send: SendStream,
  recv: RecvStream,
  options?: EventTargetOptions
): IrohEventTarget<Events>

/** An event of the publish/subscribe view: the type is the topic, the detail the payload. */
export type TopicEvent<Payload = AnyEvents[string]> = CustomEvent<Payload>

/** Without a map the listener says what it takes. */
type TopicEventOf<Events, Name extends string> = unknown extends Events ? never : TopicEvent<PayloadOf<Events, Name>>

/** What createPubSub({ eventTarget }) of @graphql-yoga/subscription takes. */
export interface PubSubEventTarget<Events extends object = AnyEvents> {
  readonly [eventMap]?: Events
  addEventListener<Name extends EventName<Events>>(
    topic: Name,
    listener: Listener<TopicEventOf<Events, Name>>,
    options?: ListenerOptions | boolean
  ): void
  /** As createPubSub() calls it: with listeners of any event. */
  addEventListener(topic: EventName<Events>, listener: Listener<never>, options?: ListenerOptions | boolean): void
  removeEventListener(topic: EventName<Events>, listener: Listener<never>, options?: RemovalOptions | boolean): void
  /** Sends the event's `detail` as the payload of its topic. */
  dispatchEvent(
    event: unknown extends Events ? Event : TopicEvent<PayloadOf<Events, EventName<Events>> | null | undefined>
  ): boolean
}

export interface PubSubOptions {
  /**
   * How long a subscriber that takes nothing may hold the others back, in ms; then it has ERR_IROH_BUFFER_FULL and no more
   * events. Default 30000. See docs/pubsub.md.
   */
  stallTimeoutMs?: number
}

/** The publish/subscribe view of an event target. A subscriber that is slower than its events come loses none of them. */
export function pubsubEventTarget<Events extends object = AnyEvents>(
  target: IrohEventTarget<Events> | GossipEventTarget<Events>,
  options?: PubSubOptions
): PubSubEventTarget<Events>

/** What a gossip topic is called: 32 bytes that whoever joins it has to know. Immutable. */
export class TopicId {
  private constructor()
  /** One that nobody can guess. */
  static random(): TopicId
  static fromBytes(bytes: Uint8Array): TopicId
  /** BLAKE3 of the UTF-8 of the name's Unicode form NFC: whoever knows or guesses the name can join. */
  static fromName(name: string): TopicId
  /** 64 hex or 52 base32 characters, either case. */
  static parse(text: string): TopicId
  static from(topic: AnyTopicId): TopicId
  toBytes(): Buffer
  equals(other: AnyTopicId): boolean
  /** 64 hex characters. */
  toString(): string
  toBase32(): string
  toJSON(): string
}

/** What names a gossip topic: a TopicId, 32 bytes, or 64 hex or 52 base32 characters. */
export type AnyTopicId = TopicId | Uint8Array | string

export interface GossipOptions {
  /** The protocol's name; all who are to meet have the same. Default '/iroh-gossip/1'. */
  alpn?: string
  /** Bytes of a message, the same for all who are to meet; 512 to 1 MiB, default 4096. */
  maxMessageSize?: number
  /** Neighbours of a topic, 1 to 31, default 5. */
  activeView?: number
  /** Peers of a topic known beside them, to fill gaps; 1 to 256, default 30. */
  passiveView?: number
  /** How often neighbours are told of other peers, default 60000. */
  shuffleMs?: number
  /** How long a message is kept for those who ask for it, default 30000. */
  keepPayloadsMs?: number
  /** And of a topic's at most so many bytes, default 8 MiB. */
  maxPayloadBytes?: number
  /** How long a message is known to have been seen, default 90000. */
  keepIdsMs?: number
  /** And of a topic's at most so many, default 65536. */
  maxIds?: number
  /** Bytes that may wait to be sent to a neighbour, per topic; beyond them it is told the messages' ids only. Default 8 MiB. */
  maxOutbox?: number
  /** The same over all neighbours and topics: one may have as many as are free. Default 64 MiB. */
  maxOutboxes?: number
  /** Connections; beyond them those that no topic needs are closed. Default 1024. */
  maxConnections?: number
  /** Streams that a peer may have open on a connection: topics shared with it. 100 to 16384, default 1024. Of those that are over an eighth a second is allowed anew. */
  maxStreams?: number
  /** After this time a connection that no topic needs is closed, default 10000. */
  idleMs?: number
  /** How long finding and dialling a peer may take, default 15000. */
  dialTimeoutMs?: number
  /** Events that may wait to be read, per subscription; what comes beyond is missed. Default 2048. */
  maxEvents?: number
  /** And bytes of messages among them, default 8 MiB. */
  maxEventBytes?: number
}

export interface SubscribeOptions {
  /** Asked before a peer becomes a neighbour, once while it is connected; what is not true, or a throw, keeps it out. */
  admit?: (nodeId: NodeId) => boolean | Promise<boolean>
  signal?: AbortSignal
}

/** Why a peer is no neighbour any more: out of reach, it left the topic, it chose others, or this side did. */
export type NeighborDownReason = 'closed' | 'left' | 'dropped' | 'evicted'

/** What happens in a gossip topic. */
export type GossipTopicEvent =
  | { type: 'neighborUp'; nodeId: NodeId }
  | { type: 'neighborDown'; nodeId: NodeId; reason: NeighborDownReason }
  | {
      type: 'received'
      content: Buffer
      /** The neighbour it came from, the author or not. */
      deliveredFrom: NodeId
      scope: 'swarm' | 'neighbors'
      /** How many passed it on before; 0: `deliveredFrom` is the author. */
      round: number
    }
  /** So many events were lost, since they were not read in time. */
  | { type: 'lagged'; missed: number }
  | { type: 'dialFailed'; nodeId: NodeId; error: IrohError }

/** What became of one peer that joinPeers() was given. */
export interface JoinOutcome {
  nodeId: NodeId
  joined: boolean
  error?: IrohError
}

export interface GossipSender {
  /** The most bytes a broadcast() may have. */
  readonly maxContentLength: number
  /**
   * Sends to everyone in the topic. False: the same content was sent or seen within 90 s, and nothing is sent.
   * ERR_IROH_TOO_LONG names the limit.
   */
  broadcast(content: Bytes): boolean
  /** Sends to all direct neighbours and nobody else. */
  broadcastNeighbors(content: Bytes): boolean
  /** Little of what was broadcast waits to be sent. A neighbour that takes nothing for a second is not waited for. */
  drained(): Promise<void>
  /** Asks peers to let this one in; resolves when it is known of each. */
  joinPeers(peers: Iterable<Peer>, options?: ConnectOptions): Promise<JoinOutcome[]>
}

export interface GossipReceiver extends AsyncIterable<GossipTopicEvent> {
  neighbors(): NodeId[]
}

/** Half of a topic: the topic is left when close() of both was called. */
export interface GossipHalf {
  readonly topicId: TopicId
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** A topic that this program is in. Its events are read by one reader. */
export class GossipTopic implements GossipSender, GossipReceiver {
  private constructor()
  readonly topicId: TopicId
  readonly endpoint: Endpoint
  readonly maxContentLength: number
  /** Whether it was left, or has ended with its gossip or endpoint. */
  readonly isOver: boolean
  broadcast(content: Bytes): boolean
  broadcastNeighbors(content: Bytes): boolean
  drained(): Promise<void>
  joinPeers(peers: Iterable<Peer>, options?: ConnectOptions): Promise<JoinOutcome[]>
  neighbors(): NodeId[]
  /** The same as two halves. */
  split(): { sender: GossipSender & GossipHalf; receiver: GossipReceiver & GossipHalf }
  metrics(): Record<string, number>
  /** Tells the neighbours, and ends the events. Resolves when they have acknowledged it, or nothing for 2 s. */
  leave(): Promise<void>
  [Symbol.asyncIterator](): AsyncIterator<GossipTopicEvent, undefined, undefined>
  [Symbol.asyncDispose](): Promise<void>
}

/** Gossip on one endpoint: any number of topics. */
export class Gossip {
  private constructor()
  static spawn(endpoint: Endpoint, options?: GossipOptions): Promise<Gossip>
  readonly endpoint: Endpoint
  readonly alpn: string
  readonly maxMessageSize: number
  /** Those that are subscribed to. */
  topics(): TopicId[]
  /** Takes a connection of its ALPN, as a router gives it. */
  accept(connection: Connection): void
  /** Joins by these peers, without waiting for any. */
  subscribe(topic: AnyTopicId, bootstrap?: Iterable<Peer>, options?: SubscribeOptions): Promise<GossipTopic>
  /** The same; resolves with the first neighbour. */
  subscribeAndJoin(
    topic: AnyTopicId,
    bootstrap?: Iterable<Peer>,
    options?: SubscribeOptions & ConnectOptions
  ): Promise<GossipTopic>
  metrics(): Record<string, number>
  /** Leaves all topics and closes the connections; the endpoint stays open. Never rejects. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export interface GossipTargetOptions {
  /** Sign each event with the endpoint's key; default true. */
  sign?: boolean
  /** Drop events that are not signed, or whose signature does not hold; default false. */
  verify?: boolean
}

/** What went through a gossip event target. */
export interface GossipTargetStats {
  sent: number
  received: number
  /** Dropped by `verify`. */
  unproven: number
  /** What was no envelope; each raised 'error'. */
  refused: number
  /** Messages lost because they were not read in time. */
  missed: number
}

/** An event of somebody in the topic. */
export class GossipEvent<
  Payload = unknown,
  Envelope extends EventEnvelope<Payload> = EventEnvelope<Payload>
> extends CustomEvent<Envelope> {
  private constructor()
  /** Who signed it, proven; null: nobody, or the signature does not hold. */
  readonly author: NodeId | null
  /** The neighbour that passed it on, the author or not. */
  readonly deliveredFrom: NodeId
}

/** A local event of the topic under a gossip event target: its fields are those of the GossipTopicEvent. */
export type GossipStateEvent<Type extends GossipTopicEvent['type']> = Event & Extract<GossipTopicEvent, { type: Type }>

/** The local events of a gossip event target, by name. */
export interface GossipLocalEvents extends LocalEvents {
  neighborUp: GossipStateEvent<'neighborUp'>
  neighborDown: GossipStateEvent<'neighborDown'>
  dialFailed: GossipStateEvent<'dialFailed'>
  lagged: GossipStateEvent<'lagged'>
}

/**
 * An EventTarget whose other ends are all who are in a gossip topic: what is dispatched here fires at each of them, in any
 * order and usually once. See docs/gossip-event-target.md.
 *
 * Local events are 'error', 'close', 'neighborUp', 'neighborDown', 'dialFailed' and 'lagged'. No peer can fire them: an
 * envelope of such a name is dispatched as 'error', with the code ERR_IROH_NOT_ENVELOPE and the envelope in `detail`.
 */
export class GossipEventTarget<Events extends object = AnyEvents> extends ListenerTarget<
  Events,
  GossipLocalEvents,
  'gossip'
> {
  private constructor()
  readonly topic: GossipTopic
  /** Bytes that the JSON of an envelope may have. */
  readonly maxEnvelopeLength: number
  /** Bytes on their way to the neighbours. */
  readonly bufferedAmount: number
  stats(): GossipTargetStats
  /** Never rejects. */
  readonly closed: Promise<TargetClosed>
  /** Sends an envelope. What throws is not sent; ERR_IROH_TOO_LONG names the limit. */
  send(envelope: EnvelopeOf<Events>): void
  /** Sends the event's `detail`; it does not fire locally. */
  dispatchEvent(event: SendableEvent<Events>): boolean
  /**
   * Resolves once the neighbours have taken most of what was sent; one that takes nothing for a second is not waited for.
   * Rejects if the target closes before.
   */
  drained(): Promise<void>
  /** No events come out; what the topic's queue has no room for is missed. */
  pause(): void
  resume(): void
  /** Leaves the topic. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** An event target over a gossip topic. It reads the topic's events from now on. */
export function createGossipEventTarget<Events extends object = AnyEvents>(
  topic: GossipTopic,
  options?: GossipTargetOptions
): GossipEventTarget<Events>

/** How a spoke left the hub. */
export interface SpokeCloseReason {
  kind: TargetClosed['kind']
  code: number
  reason: string
}

export interface HubOptions extends EventTargetOptions, DeliveryOptions {
  /** An endpoint whose connections the hub may accept; else it makes one. */
  endpoint?: Endpoint
  endpointOptions?: EndpointOptions
  /** Default 'alkhub/1'. */
  alpn?: string
  /**
   * Who may connect; for a given endpoint this replaces its rule. `{ file }`: the NodeIds of a file, one a line, '#' begins
   * a remark; it is read again when it changes, and accepted connections and spokes of NodeIds that are no longer in it are
   * closed with code 7.
   */
  allow?: AccessRule | { file: string }
  /** How long a peer may take to open its event stream; default 10000. */
  streamTimeoutMs?: number
  /** Connections that have not opened theirs yet, four of a NodeId; further ones are closed with code 8. Default 1024. */
  maxPending?: number
  /**
   * What broadcast() does about a spoke with `maxBufferedAmount` unsent, or whose session is full. 'wait' (default): it
   * throws, after the others got it; see drained(). 'disconnect': closes the spoke with code 6. 'drop-oldest': drops what
   * waits longest, and counts it.
   */
  slowSpoke?: 'wait' | 'disconnect' | 'drop-oldest'
}

/** A hub's target of one spoke. */
export interface HubSpoke<Events extends object = AnyEvents> extends IrohEventTarget<Events> {
  /** With `delivery: 'resume'`; 'disconnected': the spoke may come back. A target that delivers at most once has none. */
  readonly state?: 'connected' | 'disconnected' | 'closed'
}

/** With `delivery: 'resume'`: a hub's target of one spoke, over all its connections. */
export interface HubSession<Events extends object = AnyEvents> extends HubSpoke<Events> {
  readonly state: 'connected' | 'disconnected' | 'closed'
  readonly session: SessionState
}

/** The events of a hub, and what their listeners are called with. */
export interface HubEvents<Events extends object = AnyEvents> {
  spoke: [target: HubSpoke<Events>]
  spokeclose: [nodeId: NodeId, reason: SpokeCloseReason]
  /** With `delivery: 'resume'`: a spoke has no connection now. */
  spokedisconnect: [nodeId: NodeId, reason: SpokeCloseReason]
  /** It has one again. */
  spokeresume: [target: HubSession<Events>]
  /** The file of the allowlist has changed; with an error it cannot be read, and the old list stays. */
  allowlist: [error: IrohError | null]
  /** Two programs have the key of a spoke and took turns; the newer one was turned away. Once, until it has been quiet. */
  conflict: [nodeId: NodeId]
  /** A session could not begin; its spoke tries again. Without a listener the error is dropped. */
  error: [error: IrohError]
}

/** Many spokes under one roof. */
export class Hub<Events extends object = AnyEvents> extends Emitter<HubEvents<Events>> {
  private constructor()
  readonly [eventMap]?: Events
  readonly endpoint: Endpoint
  /** The protocol it serves. */
  readonly alpn: string
  /** One target a NodeId: a newer connection takes the place of the older one, which is closed with code 1. */
  readonly spokes: ReadonlyMap<NodeId, HubSpoke<Events>>
  nodeId(): NodeId
  addr(): { nodeId: NodeId; relayUrl?: string; directAddresses: string[] }
  /** addr() as an endpoint ticket. */
  ticket(): string
  /** How many spokes it went to. */
  broadcast(
    envelope: EnvelopeOf<Events>,
    options?: { except?: NodeId | IrohEventTarget | Iterable<NodeId | IrohEventTarget> }
  ): number
  /** Resolves when every spoke has nearly nothing unsent. */
  drained(): Promise<void>
  send(nodeId: NodeId, envelope: EnvelopeOf<Events>): void
  /** Takes a connection of its ALPN that somebody else accepted. */
  accept(connection: Connection): Promise<void>
  /** Dials a peer that serves the hub's ALPN; it becomes a spoke. One that is a spoke already is given as it is. */
  dial(peer: Peer, options?: ConnectOptions): Promise<HubSpoke<Events>>
  allow(nodeId: NodeId): void
  deny(nodeId: NodeId): void
  /**
   * Reads the file of `allow` now, which happens by itself within two seconds of a change. Rejects if it cannot be used,
   * and then the old list stays; or if there is none.
   */
  reloadAllow(): Promise<void>
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** A hub: an endpoint that accepts event targets. */
export function createHub<Events extends object = AnyEvents>(options?: HubOptions): Promise<Hub<Events>>

/**
 * When a spoke tries again: after a random part of a time that doubles with each failure, and with each connection that
 * lasts shorter than `maxDelayMs`.
 */
export interface ReconnectOptions {
  /** Default 500. */
  minDelayMs?: number
  /** Default 3000. */
  maxDelayMs?: number
  /** Attempts that may fail in a row; default: no limit. */
  maxAttempts?: number
  /** createSpoke() waits for the hub, too: it resolves at once, and does not reject when the first attempt fails. */
  fromStart?: boolean
}

export interface SpokeOptions extends EventTargetOptions, ConnectOptions, DeliveryOptions {
  hub: Peer
  /** Ends the spoke unless it has been connected before; afterwards it does nothing. */
  signal?: AbortSignal
  /** Of each attempt. */
  timeoutMs?: number
  endpoint?: Endpoint
  /** `keepAliveMs` is 2000 if not given. */
  endpointOptions?: EndpointOptions
  /** Default 'alkhub/1'. */
  alpn?: string
  /** false: when the connection is lost, the spoke is over. */
  reconnect?: ReconnectOptions | false
}

/** The local events of a spoke's state. */
export interface SpokeStateEvent extends Event {
  readonly type: 'connecting' | 'connected' | 'disconnected'
  /** Attempts that failed since the last that did not. */
  readonly failures: number
  /** Of 'disconnected': when it is tried again, and why it must be. */
  readonly retryInMs?: number
  readonly kind?: TargetClosed['kind']
  readonly code?: number
  readonly reason?: string
  readonly error?: IrohError | null
}

/** The local events of a spoke, by name. */
export interface SpokeLocalEvents extends LocalEvents {
  connecting: SpokeStateEvent
  connected: SpokeStateEvent
  disconnected: SpokeStateEvent
}

/**
 * The event target of a hub's spoke. It connects again whenever the connection is lost, at once when the network changes,
 * and registers again; only close(), another spoke of the same NodeId, or `reconnect` ends it. While it is not connected
 * send() throws ERR_IROH_NOT_CONNECTED; with `delivery: 'resume'` events wait instead. close() also closes its connection and the endpoint it made.
 *
 * Its local events are 'connecting', 'connected' and 'disconnected', too.
 */
export class Spoke<Events extends object = AnyEvents> extends IrohEventTarget<Events, SpokeLocalEvents> {
  private constructor()
  readonly endpoint: Endpoint
  readonly state: 'connecting' | 'connected' | 'disconnected' | 'closed'
  nodeId(): NodeId
}

/** Dials a hub and opens the event stream; rejects if the first attempt fails. */
export function createSpoke<Events extends object = AnyEvents>(options: SpokeOptions): Promise<Spoke<Events>>

/** Codes this package closes streams (NORMAL, BAD_FRAME, UNWANTED) and connections (the others and NORMAL) with. */
export const CloseCode: Readonly<{
  NORMAL: 0
  REPLACED: 1
  NO_STREAM: 2
  WRONG_ALPN: 3
  BAD_FRAME: 4
  RELAYED: 5
  SLOW: 6
  NOT_ALLOWED: 7
  FULL: 8
  HANDLER_FAILED: 9
  SESSION: 10
  OVERFLOW: 11
  UNWANTED: 12
  IN_USE: 13
}>

/** What takes the connections of one ALPN: a Hub, a Gossip, a function or an object of your own. shutdown() of the router aborts `signal` and waits for what is returned. */
export type ProtocolHandler =
  | ((connection: Connection, options: { signal: AbortSignal }) => unknown)
  | {
      accept(connection: Connection, options: { signal: AbortSignal }): unknown
      shutdown?(): unknown
      close?(): unknown
    }

/** The protocols of a router that is to be. */
export interface RouterBuilder {
  /** `admit` lets a connection through with true only. */
  accept(
    alpn: string,
    handler: ProtocolHandler,
    options?: { admit?: (nodeId: NodeId, connection: Connection) => boolean | Promise<boolean> }
  ): this
  /** Begins to accept. Throws ERR_IROH_BUSY when something else serves one of the ALPNs. */
  spawn(): Router
}

/** The events of a router, and what their listeners are called with. */
export interface RouterEvents {
  /** An `admit` hook did not let a connection through; it is closed with code 7. */
  rejected: [nodeId: NodeId, alpn: string]
  /** A handler failed, and its connection is closed with code 9. Without a listener it is an uncaught exception. */
  failed: [error: unknown, alpn: string]
}

/** Several protocols on one endpoint, each with a handler of its own. */
export class Router extends Emitter<RouterEvents> {
  private constructor()
  static builder(endpoint: Endpoint): RouterBuilder
  readonly endpoint: Endpoint
  isShutdown(): boolean
  /** Accepts nothing more, lets the handlers end, for at most 5 s, and closes the endpoint. Never rejects. */
  shutdown(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
