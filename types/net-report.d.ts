// SPDX-License-Identifier: MIT

/** How a NAT maps ports, or how a NAT or firewall filters (RFC 4787). */
export type NatBehaviour = 'endpoint-independent' | 'address-dependent' | 'address-and-port-dependent' | 'unknown'

/** Options of `endpoint.netReport()`. */
export interface NetReportOptions {
  /** Aborts the report. */
  signal?: AbortSignal
  /**
   * When to finish the report with the results so far, in milliseconds: 100 to 60000.
   * @default 5000
   */
  timeoutMs?: number
}

/** A relay in a net report. */
export interface NetReportRelay {
  /** The relay. */
  url: string
  /** Round-trip time of /ping, over TCP and TLS, in milliseconds; null: no answer. */
  latencyMs: number | null
  /** Round-trip time of STUN, in milliseconds; null: no answer, or not asked. The first five relays are asked. */
  stunRttMs: number | null
  /** Round-trip time of its QUIC port, in milliseconds. It is asked where STUN does not answer. */
  quicRttMs: number | null
  /** Why there is no latency. */
  error: string | null
}

/** One attempt of a net report. */
export interface NetReportTry {
  /** What was tried, for people to read; the text may change. */
  what: string
  /** The relay, server or gateway that was asked. */
  target: string
  /** How it went. */
  outcome: 'ok' | 'no-answer' | 'error' | 'skipped'
  /** More about the outcome. */
  detail?: string
  /** How long it took, in milliseconds. */
  ms: number
}

/** What the network is like from here. A value of null could not be found out; `tried` says why. */
export interface NetReport {
  /** Whether any relay answered over UDP with IPv4; null: none could be asked. */
  udpV4: boolean | null
  /** Whether any relay answered over UDP with IPv6; null: none could be asked. */
  udpV6: boolean | null
  /** The IP addresses that others see this host at. */
  publicAddresses: string[]
  /** Whether the public addresses differ from the host's own. */
  behindNat: boolean | null
  /**
   * Whether the NAT uses another port for each peer. This and the following members describe IPv4, or IPv6 if no
   * address was found by IPv4. 'address-dependent' may include the port where the relays do not support RFC 5780.
   */
  mapping: NatBehaviour
  /**
   * How the next port differs from the last one, if the NAT uses another port for each peer. null: it does not, or that
   * is unknown.
   */
  portStep: number | 'random' | null
  /**
   * Who may send here without having received anything: anyone, other ports of an address that was sent to, or no one.
   */
  filtering: NatBehaviour
  /** Whether the NAT returns packets that are sent to its own public address. */
  hairpin: boolean | null
  /** The URL of the relay with the lowest latency. */
  preferredRelay: string | null
  /** The relays of the endpoint. */
  relays: NetReportRelay[]
  /** The HTTP proxies used to reach relays, without user and password. */
  proxies: string[]
  /** Whether something else answers plain HTTP in place of the relays. */
  captivePortal: boolean | null
  /**
   * The gateway of this network. With PCP alone its external address is unknown. null: no gateway answered, or none was
   * asked.
   */
  portMapping: {
    /** How the gateway answers. */
    protocol: 'pcp' | 'nat-pmp'
    /** The address outside; null: unknown. */
    externalAddress: string | null
  } | null
  /** Every attempt. */
  tried: NetReportTry[]
  /** What to change, for people to read, the most pressing first. */
  advice: string[]
  /** How long the report took, in milliseconds. */
  tookMs: number
}
