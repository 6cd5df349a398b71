// SPDX-License-Identifier: MIT
import type { NodeId } from './identity.js'

/** What is promised about events: each at most once, or each exactly once and in order, across reconnects. */
export type Delivery = 'at-most-once' | 'resume'

/** The state of a session. */
export interface SessionState {
  /** Identifies the session. */
  id: string
  /** Events sent since the session began. */
  sent: number
  /** How many of them the peer has acknowledged as dispatched. */
  acknowledged: number
  /** Events dispatched here. */
  received: number
  /** Unacknowledged characters of JSON. */
  replaySize: number
}

/** Limits of sessions, with `delivery: 'resume'`. See docs/reference/resume.md. */
export interface ResumeOptions {
  /**
   * Unacknowledged characters of JSON in a session; beyond it `send()` throws ERR_IROH_BUFFER_FULL.
   * @default 16 MiB
   */
  maxReplayBytes?: number
  /**
   * For a hub: the same over all sessions. Each may use as much as is free; sessions without a spoke yield to those
   * with one.
   * @default 256 MiB
   */
  maxReplayTotal?: number
  /**
   * Unacknowledged events in a session.
   * @default 262144
   */
  maxReplayEvents?: number
  /**
   * For a spoke: how long it waits for the hub to offer sessions, and to answer. For a hub: how long it waits for a
   * spoke that it knows. In milliseconds.
   * @default 3000
   */
  answerTimeoutMs?: number
  /**
   * For a hub: how long a session waits for its spoke, in milliseconds.
   * @default 300000
   */
  expiryMs?: number
  /**
   * For a hub: how many sessions may wait for their spokes.
   * @default 1024
   */
  maxDisconnected?: number
  /**
   * Called when a session is restored from a spool, whose `received` may lag behind the program.
   * @returns how many events the program has recorded as processed; undefined or null: unknown
   */
  received?: (about: { nodeId: NodeId; session: string; received: number }) => number | undefined | null
}

/** How a hub or a spoke delivers events. */
export interface DeliveryOptions {
  /**
   * `'resume'`: each event exactly once and in order, across reconnects, if the peer does the same.
   * @default 'at-most-once'
   */
  delivery?: Delivery
  /** Limits of the sessions. */
  resume?: ResumeOptions
  /** A directory that keeps sessions, so that they survive the program; needs the package lmdb. */
  spool?: string
}
