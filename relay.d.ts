// SPDX-License-Identifier: MIT
/// <reference types="node" />
import type { IncomingHttpHeaders } from 'node:http'
import type { NodeId, Peer } from './index.js'

/** A client that proved its NodeId, as access functions and `onDisconnect` see it. */
export interface RelayClientInfo {
  /** The client. */
  nodeId: NodeId
  /** Numbers the connections of this relay. */
  connectionId: number
  /** The client's IP address. */
  remoteAddress: string
  /** The version of the relay protocol. */
  version: 1 | 2
  /** From the Authorization header (Bearer), or else from the query parameter `token`. */
  token?: string
  /** The path and query of the request. */
  url: string
  /** The headers of the request. */
  headers: IncomingHttpHeaders
}

/** `true` admits a client; a string denies it and is sent to it as the reason; anything else denies it. */
export type RelayAccessFunction = (client: RelayClientInfo) => boolean | string | Promise<boolean | string>

/**
 * A list in a file, one entry per line, `#` starts a comment. The file is read again when it changes, and clients that
 * it no longer admits are closed.
 */
export interface RelayAccessFile {
  /** The path of the file. */
  file: string
}

/** Rules for clients. A client must satisfy all the rules that are given. */
export interface RelayAccessRules {
  /** The clients to admit. */
  allow?: Iterable<Peer> | RelayAccessFile
  /** The clients to deny, whatever `allow` says. */
  deny?: Iterable<Peer> | RelayAccessFile
  /** The client must present one of these. */
  tokens?: string[] | RelayAccessFile
  /**
   * A server that decides: it gets a POST with the header X-Iroh-Endpoint-Id, and admits with status 200 and the body
   * `true`.
   */
  url?: string
  /** Headers to send to `url`. */
  headers?: Record<string, string>
  /**
   * The longest time to wait for `url`, in milliseconds.
   * @default 5000
   */
  timeoutMs?: number
}

/** The certificate and key of a relay: PEM files, which are read again when they change, or PEM text. */
export type RelayTls = (
  | {
      /** The file of the certificate chain. */
      certFile: string
      /** The file of the private key. */
      keyFile: string
    }
  | {
      /** The certificate chain. */
      cert: string | Uint8Array
      /** The private key. */
      key: string | Uint8Array
    }
) & {
  /**
   * A port for plain HTTP, which serves /generate_204 only; false: none.
   * @default 80
   */
  httpPort?: number | false
}

/** Limits and times of a relay. docs/reference/limits.md explains the bounds. */
export interface RelayLimits {
  /**
   * TCP connections.
   * @default 16384
   */
  maxConnections?: number
  /**
   * TCP connections from one IPv4 address or one IPv6 /64.
   * @default 1024
   */
  maxConnectionsPerIp?: number
  /**
   * Connections with one NodeId; beyond it the oldest is closed.
   * @default 16
   */
  maxConnectionsPerNode?: number
  /**
   * Datagram frames that may wait for one client; further ones are dropped.
   * @default 512
   */
  queueFrames?: number
  /**
   * Bytes that may wait for one client; further frames are dropped.
   * @default 4 MiB
   */
  queueBytes?: number
  /**
   * Bytes that may wait for all clients; beyond it the newest are dropped. The clients of one address may use as much
   * as is free.
   * @default 256 MiB
   */
  queueBytesTotal?: number
  /**
   * When a client leaves, so many of the peers that it sent to are notified: the latest ones.
   * @default 256
   */
  maxPeersPerNode?: number
  /**
   * The same over all clients. One may use a 64th of what is free, and 4 in any case.
   * @default 262144
   */
  maxPeersTotal?: number
  /**
   * Bytes per second to read from one client; 0: no limit. Nothing is dropped: the client is read later.
   * @default 0
   */
  bytesPerSecond?: number
  /**
   * Bytes to read from one client at once.
   * @default a tenth of `bytesPerSecond`
   */
  burstBytes?: number
  /**
   * The longest time from the TCP connection to the authenticated client, in milliseconds.
   * @default 30000
   */
  handshakeTimeoutMs?: number
  /**
   * A client that reads nothing for so many milliseconds is cut off.
   * @default 2000
   */
  writeTimeoutMs?: number
  /**
   * A client that sends nothing for about so many milliseconds is pinged.
   * @default 15000
   */
  pingAfterMs?: number
  /**
   * The longest wait for its pong, in milliseconds.
   * @default 5000
   */
  pongTimeoutMs?: number
  /**
   * The longest time for the closing handshake, in milliseconds.
   * @default 2000
   */
  closeTimeoutMs?: number
  /**
   * UDP answers per second to one IPv4 address or one IPv6 /64.
   * @default 50
   */
  udpPerSecondPerIp?: number
  /**
   * UDP answers per second in all.
   * @default 10000
   */
  udpPerSecond?: number
  /**
   * Signed packets to keep; beyond it the one published longest ago is dropped.
   * @default 65536
   */
  maxPackets?: number
  /**
   * Packets per second from one IPv4 address or one IPv6 /64.
   * @default 20
   */
  packetsPerSecondPerIp?: number
  /**
   * Packets per second of NodeIds that are not kept yet, in all.
   * @default a 360th of `maxPackets`, so that a NodeId that publishes every five minutes is kept
   */
  packetsPerSecond?: number
}

/** Options of `RelayServer.listen()`. See docs/reference/relay.md. */
export interface RelayServerOptions {
  /**
   * The address to listen on.
   * @default '::', which includes IPv4
   */
  host?: string
  /**
   * The name in `url`.
   * @default the host
   */
  hostname?: string
  /**
   * The port; 0: any.
   * @default 3340; with TLS 443
   */
  port?: number
  /** Serve HTTPS. */
  tls?: RelayTls
  /**
   * Who may use this relay.
   * @default 'everyone'
   */
  access?: 'everyone' | RelayAccessRules | RelayAccessFunction
  /** Called once for each admitted client when it leaves. */
  onDisconnect?: (client: RelayClientInfo) => void
  /**
   * Called when the files of `tls` or `access` have changed. With an error they cannot be used, and what was read
   * before stays.
   */
  onReload?: (about: { what: 'tls' | 'access'; error: Error | null }) => void
  /** Limits and times. */
  limits?: RelayLimits
  /**
   * UDP port for STUN. A given number must be free; 0: any; false: none.
   * @default 3478 if it is free
   */
  stunPort?: number | false
  /**
   * A second UDP port, for NAT behaviour discovery (RFC 5780); the same rules. It needs `stunPort`.
   * @default the port after `stunPort` if it is free
   */
  stunAltPort?: number | false
  /**
   * UDP port that answers QUIC address discovery, so that iroh nodes need not wait for a time-out; the same rules.
   * @default 7842 if it is free
   */
  quicPort?: number | false
  /**
   * Keep the addresses that NodeIds publish (pkarr), and serve them over HTTP and DNS.
   * @default true
   */
  pkarr?: boolean
  /**
   * UDP and TCP port for DNS; the same rules. It needs `pkarr`.
   * @default 5300 if it is free
   */
  dnsPort?: number | false
  /**
   * The zone to answer DNS for: TXT records of `_iroh.<key>.<zone>`.
   * @default any
   */
  dnsOrigin?: string
  /**
   * HTTP port for /metrics.
   * @default none
   */
  metricsPort?: number | false
  /**
   * The address for /metrics.
   * @default '127.0.0.1'
   */
  metricsHost?: string
}

/**
 * A relay for iroh nodes: it forwards sealed packets between nodes that cannot reach each other. See
 * docs/reference/relay.md.
 * @example
 * ```js
 * import { RelayServer } from 'event-target-iroh/relay'
 *
 * const relay = await RelayServer.listen({ host: '127.0.0.1', port: 0 })
 * console.log(relay.url)
 * ```
 */
export class RelayServer {
  private constructor()
  /**
   * Opens the ports and starts to serve.
   * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT, ERR_IROH_INVALID_NODE_ID; ERR_IROH_ADDRESS_IN_USE or ERR_IROH_SYSTEM
   *   when a port cannot be opened
   */
  static listen(options?: RelayServerOptions): Promise<RelayServer>
  /** The URL for the `relays` option of endpoints. */
  readonly url: string
  /** The URL for the `relay` option of `pkarrDiscovery()`; null: `pkarr` is false. */
  readonly pkarrUrl: string | null
  /** The ports in use; null: none. */
  readonly ports: {
    /** HTTP, or HTTPS with `tls`. */
    readonly relay: number
    /** Plain HTTP, with `tls`. */
    readonly http: number | null
    /** STUN. */
    readonly stun: number | null
    /** NAT behaviour discovery. */
    readonly stunAlt: number | null
    /** QUIC address discovery. */
    readonly quic: number | null
    /** DNS. */
    readonly dns: number | null
    /** Metrics. */
    readonly metrics: number | null
  }
  /** Counters and gauges since the start; docs/reference/relay.md explains them. */
  metrics(): Record<string, number>
  /**
   * Reads the certificate files again.
   * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT; the old certificate stays in use
   */
  reloadTls(): void
  /**
   * Reads the files of `access` again.
   * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT, ERR_IROH_INVALID_NODE_ID: a file cannot be used, and its old list
   *   stays
   */
  reloadAccess(): void
  /**
   * Tells the clients that the relay restarts, and closes.
   * @param options `reconnectInMs`: clients come back at a random time within so many milliseconds; default 1 for each
   *   client, at most 10 s. `tryForMs`: how long they try; default 5000. `graceMs`: what is still open after it is cut
   *   off; default 1000
   */
  close(options?: { reconnectInMs?: number; tryForMs?: number; graceMs?: number }): Promise<void>
  /** The same as `close()`. */
  [Symbol.asyncDispose](): Promise<void>
}
