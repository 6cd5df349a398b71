// SPDX-License-Identifier: MIT
// What a server has: no types of a browser, and every declaration is checked. Only compiled.
import { once } from 'node:events'
import {
  type Connection,
  createGossipEventTarget,
  createHub,
  createSpoke,
  Endpoint,
  type GossipTopic,
  type HubSession,
  type HubSpoke,
  type IrohError,
  type ListenerOptions,
  type NodeId,
  pubsubEventTarget,
  Router,
  type SequencedEvent,
  type SpokeCloseReason
} from 'event-target-iroh'
import { RelayServer } from 'event-target-iroh/relay'

function same<Expected>(_value: Expected): void {}

export async function sequences(): Promise<void> {
  const spoke = await createSpoke({ hub: 'x', delivery: 'resume' })
  spoke.addEventListener('reading', ({ detail, session, sequence }) => {
    same<[string | undefined, number | undefined, string]>([session, sequence, detail.type])
  })
  spoke.addEventListener('reading', ({ sequence, session, detail }: SequencedEvent<number>) => {
    same<[number, string, number | undefined]>([sequence, session, detail.payload])
  })
  spoke.addEventListener('reading', { handleEvent: (event: SequencedEvent<number>) => same<number>(event.sequence) })
  spoke.addEventListener('error', ({ error, detail, sequence }) => {
    same<[IrohError, string | undefined, number | undefined]>([error, detail?.type, sequence])
  })
  spoke.addEventListener('disconnected', ({ retryInMs }) => same<number | undefined>(retryInMs))
  same<number | undefined>(spoke.session?.replaySize)
  same<'connecting' | 'connected' | 'disconnected' | 'closed'>(spoke.state)
}

export async function listenerOptions(topic: GossipTopic): Promise<void> {
  const options: ListenerOptions = { once: true, passive: true, capture: false, signal: AbortSignal.timeout(1) }
  const spoke = await createSpoke({ hub: 'x' })
  const gossip = createGossipEventTarget(topic)
  const heard = () => {}
  for (const target of [spoke, gossip, pubsubEventTarget(spoke)]) {
    target.addEventListener('a', heard, options)
    target.addEventListener('a', heard, true)
    target.removeEventListener('a', heard, { capture: true })
    // @ts-expect-error there is no such option
    target.addEventListener('a', heard, { onec: true })
  }
  same<EventTarget>(spoke)
  same<EventTarget>(gossip)
  await once(spoke, 'a')
}

export async function hubEvents(): Promise<void> {
  const hub = await createHub({ delivery: 'resume' })
  const onSpoke = (target: HubSpoke) => same<'connected' | 'disconnected' | 'closed' | undefined>(target.state)
  const onClose = (nodeId: NodeId, { kind, code, reason }: SpokeCloseReason) =>
    same<string>(nodeId + kind + code + reason)
  const onResume = (target: HubSession) => same<string>(target.session.id)
  const onList = (error: IrohError | null) => same<string | undefined>(error?.code)
  const onError = (error: IrohError) => same<string>(error.message)
  for (const call of ['on', 'once', 'off'] as const) {
    hub[call]('spoke', onSpoke)[call]('spokeclose', onClose)[call]('spokedisconnect', onClose)
    hub[call]('spokeresume', onResume)[call]('allowlist', onList)[call]('error', onError)
  }
  hub.on('spoke', (target) => target.state)
  hub.once('spokeresume', () => {})
  hub.off('allowlist', () => {})
  for (const target of hub.spokes.values()) same<string | undefined>(target.state)
  same<HubSpoke>(await hub.dial('x'))
  // @ts-expect-error there is no such event
  hub.on('spokes', () => {})
}

export async function routers(): Promise<void> {
  const endpoint = await Endpoint.create()
  const hub = await createHub({ endpoint })
  const router = Router.builder(endpoint)
    .accept('a/1', { accept: (connection) => same<Connection>(connection) })
    .accept('b/1', { accept: async (_connection, { signal }) => same<boolean>(signal.aborted), shutdown: () => {} })
    .accept('c/1', async (connection, { signal }) => same<[string, boolean]>([connection.alpn(), signal.aborted]))
    .accept(hub.alpn, hub)
    .spawn()
  for (const call of ['on', 'once', 'off'] as const) {
    router[call]('failed', (error, alpn) => same<[unknown, string]>([error, alpn]))
    router[call]('rejected', (nodeId, alpn) => same<string>(nodeId + alpn))
  }
  for (const call of ['on', 'once', 'off'] as const) endpoint[call]('network', ({ type }) => same<string>(type))
  const relay = await RelayServer.listen({ onReload: ({ what }) => same<'tls' | 'access'>(what) })
  await relay.close()
}
