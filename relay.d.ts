// SPDX-License-Identifier: MIT
/// <reference types="node" />
import type { IncomingHttpHeaders } from 'node:http'
import type { NodeId, Peer } from './index.js'

/** A client that proved its NodeId, as access rules and `onDisconnect` see it. */
export interface RelayClientInfo {
  nodeId: NodeId
  /** Counts the connections of this relay. */
  connectionId: number
  remoteAddress: string
  /** Of the relay protocol. */
  version: 1 | 2
  /** Of the Authorization header (Bearer), or else the query parameter `token`. */
  token?: string
  /** The request's: path and query. */
  url: string
  headers: IncomingHttpHeaders
}

/** true admits; a text denies and is told to the client; anything else denies. */
export type RelayAccessFunction = (client: RelayClientInfo) => boolean | string | Promise<boolean | string>

/**
 * A list in a file, one a line, '#' begins a remark. It is read again when it changes, and clients that it lets in no longer
 * are closed.
 */
export interface RelayAccessFile {
  file: string
}

/** All the rules given must agree. */
export interface RelayAccessRules {
  allow?: Iterable<Peer> | RelayAccessFile
  deny?: Iterable<Peer> | RelayAccessFile
  /** The client must bring one of these. */
  tokens?: string[] | RelayAccessFile
  /** Asked by POST with the header X-Iroh-Endpoint-Id; admits with status 200 and a body of exactly `true`. */
  url?: string
  /** Sent to `url`. */
  headers?: Record<string, string>
  /** For `url`, default 5000. */
  timeoutMs?: number
}

/** PEM files, which are read anew when they change, or PEM text. */
export type RelayTls = (
  | { certFile: string; keyFile: string }
  | { cert: string | Uint8Array; key: string | Uint8Array }
) & {
  /** Plain HTTP beside it, for /generate_204 alone. Default 80; false: none. */
  httpPort?: number | false
}

export interface RelayLimits {
  /** TCP connections. Default 16384. */
  maxConnections?: number
  /** From one IPv4 address or one IPv6 /64. Default 1024. */
  maxConnectionsPerIp?: number
  /** With one NodeId. Default 16; the oldest is closed. */
  maxConnectionsPerNode?: number
  /** Datagram frames waiting for one client; more are dropped. Default 512. */
  queueFrames?: number
  /** The same in bytes. Default 4 MiB. */
  queueBytes?: number
  /** Bytes waiting for all clients; those of one address may have as many as are free. Then the newest is dropped. Default 256 MiB. */
  queueBytesTotal?: number
  /** Of those a client sent to, so many are told when it leaves: the latest. Default 256. */
  maxPeersPerNode?: number
  /** The same of all clients; one has at most a 64th of what is free, and 4 in any case. Default 262144. */
  maxPeersTotal?: number
  /** Read from one client; 0 (default): no limit. Nothing is dropped, the client is read later. */
  bytesPerSecond?: number
  /** At once. Default a tenth of bytesPerSecond. */
  burstBytes?: number
  /** From the TCP connection to the authenticated client. Default 30000. */
  handshakeTimeoutMs?: number
  /** A client that reads nothing for so long is cut off. Default 2000. */
  writeTimeoutMs?: number
  /** A client that is silent for so long, and a bit, is pinged. Default 15000. */
  pingAfterMs?: number
  /** The longest wait for its pong. Default 5000. */
  pongTimeoutMs?: number
  /** For the closing handshake. Default 2000. */
  closeTimeoutMs?: number
  /** UDP answers to one IPv4 address or one IPv6 /64. Default 50. */
  udpPerSecondPerIp?: number
  /** UDP answers in all. Default 10000. */
  udpPerSecond?: number
  /** Signed packets held; beyond it the one published longest ago goes. Default 65536. */
  maxPackets?: number
  /** Packets published from one IPv4 address or one IPv6 /64. Default 20. */
  packetsPerSecondPerIp?: number
  /** Packets of NodeIds that are not held yet, in all. Default a 360th of maxPackets, so that who publishes every five minutes stays. */
  packetsPerSecond?: number
}

export interface RelayServerOptions {
  /** The address to listen at. Default '::', which is IPv4 too. */
  host?: string
  /** The name in `url`. Default the host. */
  hostname?: string
  /** Default 3340, with TLS 443; 0: any. */
  port?: number
  tls?: RelayTls
  /** Who may use this relay. Default everyone. */
  access?: 'everyone' | RelayAccessRules | RelayAccessFunction
  /** Called once for each client that was admitted. */
  onDisconnect?: (client: RelayClientInfo) => void
  /** Called when the files of `tls` or `access` have changed; with an error: they cannot be used, and what was read before stays. */
  onReload?: (about: { what: 'tls' | 'access'; error: Error | null }) => void
  limits?: RelayLimits
  /** UDP, for STUN. Default 3478 if it is free; a number given must be free, 0: any; false: none. */
  stunPort?: number | false
  /**
   * UDP, a second port for NAT behaviour discovery (RFC 5780). Default the port after `stunPort` if it is free; the same
   * rules. There is none without `stunPort`.
   */
  stunAltPort?: number | false
  /** UDP, keeps iroh nodes from waiting for QUIC address discovery. Default 7842 if it is free; the same rules. */
  quicPort?: number | false
  /** Keeps where NodeIds say that they are (pkarr), and answers for it over HTTP and DNS. Default true. */
  pkarr?: boolean
  /** UDP and TCP, for DNS. Default 5300 if it is free; the same rules. There is none without `pkarr`. */
  dnsPort?: number | false
  /** The zone that DNS is answered for: TXT records of `_iroh.<key>.<zone>`. Default: any. */
  dnsOrigin?: string
  /** HTTP, for /metrics. Default none. */
  metricsPort?: number | false
  /** Default '127.0.0.1'. */
  metricsHost?: string
}

/** A relay for iroh nodes. docs/reference/relay.md. */
export class RelayServer {
  private constructor()
  static listen(options?: RelayServerOptions): Promise<RelayServer>
  /** What nodes are given as their relay. */
  readonly url: string
  /** What pkarrDiscovery() takes as its `relay`; null: `pkarr` is false. */
  readonly pkarrUrl: string | null
  /** The ports in use. */
  readonly ports: {
    readonly relay: number
    readonly http: number | null
    readonly stun: number | null
    readonly stunAlt: number | null
    readonly quic: number | null
    readonly dns: number | null
    readonly metrics: number | null
  }
  /** Counters and gauges since the start. */
  metrics(): Record<string, number>
  /** Reads the certificate anew; throws ERR_IROH_INVALID_ARGUMENT and keeps the old one if that fails. */
  reloadTls(): void
  /** Reads the files of `access` anew; throws if one cannot be used, and keeps its old list. */
  reloadAccess(): void
  /**
   * Tells the clients that the relay restarts, and closes. They come back at a random time within `reconnectInMs`
   * (default 1 ms for each client), and try for `tryForMs` (5000). What is open after `graceMs` (1000) is cut off.
   */
  close(options?: { reconnectInMs?: number; tryForMs?: number; graceMs?: number }): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
