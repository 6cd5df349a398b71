// SPDX-License-Identifier: MIT
import type { EndpointTicket } from './tickets.js'

/**
 * An Ed25519 public key, which names a node: 64 lower-case hex characters. Where this package takes a NodeId, upper
 * case and the form of 52 base32 characters are accepted too.
 */
export type NodeId = string

/** Where a node can be reached. */
export interface NodeAddr {
  /** The node. */
  nodeId: NodeId
  /** The URL of its home relay. */
  relayUrl?: string | undefined
  /** Its IP addresses with ports: `'192.0.2.1:4433'`, `'[2001:db8::1]:4433'`. */
  directAddresses?: Iterable<string>
}

/** A NodeAddr as this package returns it. */
export interface KnownNodeAddr {
  /** The node. */
  nodeId: NodeId
  /** The URL of its home relay; from a ticket, the first of its relays. */
  relayUrl?: string
  /** Its IP addresses with ports: `'192.0.2.1:4433'`, `'[2001:db8::1]:4433'`. */
  directAddresses: string[]
}

/** Names a peer: a NodeId, a NodeAddr, or an endpoint ticket, also as a string. */
export type Peer = NodeId | NodeAddr | EndpointTicket | string

/** Bytes to send; a string is sent as UTF-8. */
export type Bytes = Uint8Array | string

/**
 * Who may connect: a list of peers, or a function that is called inside the TLS handshake and returns `true` to admit.
 */
export type AccessRule = Iterable<Peer> | ((nodeId: NodeId) => boolean)

/** Whether a value is a NodeId, in any of its forms. */
export function isNodeId(value: unknown): value is NodeId

/**
 * Normalizes a NodeId.
 * @param text 64 hex or 52 base32 characters, either case
 * @returns 64 lower-case hex characters
 * @throws {IrohError} ERR_IROH_INVALID_NODE_ID
 */
export function parseNodeId(text: string): NodeId

/**
 * Whether a signature over the bytes was made with the NodeId's secret key (Ed25519, RFC 8032).
 * @param signature 64 bytes, as `SecretKey.sign()` returns them
 * @throws {IrohError} ERR_IROH_INVALID_NODE_ID, ERR_IROH_INVALID_ARGUMENT
 */
export function verifySignature(nodeId: NodeId, bytes: Bytes, signature: Uint8Array): boolean

/**
 * An Ed25519 secret key. It does not reveal itself in text, JSON or logs, and its memory is wiped when it is collected.
 * @example
 * ```js
 * const secretKey = SecretKey.fromFile('node.key', { create: true })
 * const endpoint = await Endpoint.createWithOptions({ secretKey })
 * ```
 */
export class SecretKey {
  private constructor()
  /** Makes a new key from the system's random source. */
  static generate(): SecretKey
  /**
   * @param bytes 32 bytes, which are copied
   * @throws {IrohError} ERR_IROH_INVALID_KEY
   */
  static fromBytes(bytes: Uint8Array): SecretKey
  /**
   * @param text 64 hex characters
   * @throws {IrohError} ERR_IROH_INVALID_KEY
   */
  static fromHex(text: string): SecretKey
  /**
   * @param text 52 base32 characters (RFC 4648, either case, no padding)
   * @throws {IrohError} ERR_IROH_INVALID_KEY
   */
  static fromBase32(text: string): SecretKey
  /**
   * Accepts what the `secretKey` option accepts: a SecretKey, 32 bytes, 64 hex or 52 base32 characters.
   * @throws {IrohError} ERR_IROH_INVALID_KEY
   */
  static from(value: SecretKey | Uint8Array | string): SecretKey
  /**
   * Reads a key file, which only its owner may be able to read.
   * @param options `create`: if the file does not exist, write a new key to it (mode 0600)
   * @throws {IrohError} ERR_IROH_KEY_FILE
   */
  static fromFile(path: string, options?: { create?: boolean }): SecretKey
  /**
   * Writes the key to a new file with mode 0600.
   * @throws {IrohError} ERR_IROH_KEY_FILE, also when the file exists
   */
  toFile(path: string): void
  /** The public key. */
  nodeId(): NodeId
  /**
   * Signs bytes.
   * @returns 64 bytes, for `verifySignature()`
   */
  sign(bytes: Bytes): Buffer
  /** A copy of the 32 secret bytes; wiping the copy is up to you. */
  toBytes(): Buffer
  /** The secret as 64 hex characters. */
  toHex(): string
  /** The secret as 52 lower-case base32 characters. */
  toBase32(): string
  /** A placeholder, not the key. */
  toString(): string
  /** A placeholder, not the key. */
  toJSON(): string
}
