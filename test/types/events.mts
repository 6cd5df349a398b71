// SPDX-License-Identifier: MIT
// What a map of events lets compile, and what it does not. Only compiled: with and without the types of a browser, under
// nodenext and bundler resolution.
import {
  type Connection,
  createGossipEventTarget,
  createHub,
  createHubIrohEventTarget,
  createIrohEventTarget,
  createSpoke,
  createSpokeIrohEventTarget,
  type Endpoint,
  type EnvelopeEvent,
  type EnvelopeOf,
  type EventEnvelope,
  type EventName,
  type EventType,
  type GossipEvent,
  type GossipEventTarget,
  type GossipTopic,
  type Hub,
  type HubEvents,
  type HubSession,
  type HubSpoke,
  type IrohEventTarget,
  type PayloadOf,
  pubsubEventTarget,
  type RecvStream,
  Router,
  type SendStream,
  type SequencedEvent,
  type Spoke
} from 'event-target-iroh'

interface Chat {
  text: string
}

/** A map as programs write it. */
interface Events {
  chat: Chat
  count: number
  ping: undefined
  // biome-ignore lint/suspicious/noConfusingVoidType: maps may say it
  done: void
  maybe: string | undefined
  nothing: never
}

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function is<_Holds extends true>(): void {}
/** Takes a value of exactly this type, so that `any` does not pass. */
function exactly<Expected>() {
  return <Actual,>(_value: Actual, ..._proof: Same<Actual, Expected> extends true ? [] : [never]): void => {}
}

export function names(id: string): void {
  is<Same<EventType<Events>, 'chat' | 'count' | 'ping' | 'done' | 'maybe' | 'nothing'>>()
  is<Same<PayloadOf<Events, 'chat'>, Chat>>()
  is<Same<PayloadOf<Events, 'chat:room1'>, Chat>>()
  is<Same<PayloadOf<Events, `count:${string}`>, number>>()
  is<Same<PayloadOf<Events, 'chat' | 'count:1'>, Chat | number>>()
  const good: EventName<Events>[] = ['chat', 'chat:room1', 'chat:', `count:${id}`]
  // @ts-expect-error there is no such type
  const bad: EventName<Events>[] = ['chats']
  // @ts-expect-error nor one with this id
  good.push('chats:room1')
  good.push(...bad)
  // A colon may be part of a type; 'a:b' is the type 'a:b', and the type 'a' with the id 'b'.
  is<Same<PayloadOf<{ 'a:b': 1; a: 2 }, 'a:b'>, 1 | 2>>()
  is<Same<PayloadOf<{ 'a:b': 1; a: 2 }, 'a:b:c'>, 1 | 2>>()
  is<Same<PayloadOf<{ 'a:b': 1; a: 2 }, 'a:c'>, 2>>()
}

export function envelopes(): void {
  const envelopes: EnvelopeOf<Events>[] = [
    { type: 'chat', payload: { text: 'a' } },
    { type: 'chat', id: 'room1', payload: { text: 'a' } },
    { type: 'ping' },
    { type: 'ping', payload: undefined },
    { type: 'done' },
    { type: 'maybe' },
    { type: 'maybe', id: 'a', payload: 'a' },
    { type: 'nothing' }
  ]
  const chat: EnvelopeOf<Events, 'chat'> = { type: 'chat', payload: { text: 'a' } }
  exactly<string>()(chat.payload.text)
  const loose: EventEnvelope[] = envelopes
  // @ts-expect-error the payload is missing
  envelopes.push({ type: 'chat' })
  // @ts-expect-error the payload is another
  envelopes.push({ type: 'chat', payload: 1 })
  // @ts-expect-error the payload has something more
  envelopes.push({ type: 'chat', payload: { text: 'a', more: 1 } })
  // @ts-expect-error the payload of another type
  envelopes.push({ type: 'count', payload: { text: 'a' } })
  // @ts-expect-error there is no payload
  envelopes.push({ type: 'ping', payload: 1 })
  // @ts-expect-error nor here
  envelopes.push({ type: 'nothing', payload: 1 })
  // @ts-expect-error there is no such type
  envelopes.push({ type: 'chats', payload: { text: 'a' } })
  // @ts-expect-error the id belongs in `id`
  envelopes.push({ type: 'chat:room1', payload: { text: 'a' } })
  // @ts-expect-error an id is a string
  envelopes.push({ type: 'count', id: 1, payload: 1 })
  // @ts-expect-error this one is of another type
  const other: EnvelopeOf<Events, 'count'> = chat
  envelopes.push(other)
  loose.push(...envelopes)
}

function everyTarget(target: IrohEventTarget<Events>, id: string): void {
  target.send({ type: 'chat', id, payload: { text: 'a' } })
  target.send({ type: 'ping' })
  // @ts-expect-error the payload is another
  target.send({ type: 'chat', payload: 1 })
  // @ts-expect-error the payload is missing
  target.send({ type: 'count' })
  // @ts-expect-error there is no such type
  target.send({ type: 'chats' })
  target.dispatchEvent(new CustomEvent('chat:room1', { detail: { type: 'chat', id: 'room1', payload: { text: 'a' } } }))
  target.dispatchEvent(new CustomEvent('ping', { detail: { type: 'ping' } }))
  // @ts-expect-error the payload is another
  target.dispatchEvent(new CustomEvent('chat', { detail: { type: 'chat', payload: 1 } }))
  // @ts-expect-error the detail is no envelope of the map
  target.dispatchEvent(new CustomEvent('chats', { detail: { type: 'chats' } }))
  // @ts-expect-error an event without a detail sends nothing
  target.dispatchEvent(new Event('chat'))
}

function everyListener(target: IrohEventTarget<Events>, id: string): void {
  target.addEventListener('chat', ({ detail, sequence }) => {
    exactly<'chat'>()(detail.type)
    exactly<Chat>()(detail.payload)
    exactly<string | undefined>()(detail.id)
    exactly<number | undefined>()(sequence)
  })
  target.addEventListener('chat:room1', ({ detail }) => exactly<string>()(detail.payload.text))
  target.addEventListener(`count:${id}`, ({ detail }) => exactly<number>()(detail.payload), { once: true })
  target.addEventListener('count', { handleEvent: ({ detail }) => exactly<number>()(detail.payload) })
  target.addEventListener('ping', ({ detail }) => exactly<undefined>()(detail.payload))
  target.addEventListener('maybe', ({ detail }) => exactly<string | undefined>()(detail.payload))
  target.addEventListener('chat', null)
  const onChat = (event: EnvelopeEvent<Chat>) => exactly<Chat | undefined>()(event.detail.payload)
  const onAny = (event: Event) => exactly<string>()(event.type)
  const onNumbered = ({ sequence }: SequencedEvent<Chat>) => exactly<number>()(sequence)
  const onCount = (event: EnvelopeEvent<number>) => exactly<number | undefined>()(event.detail.payload)
  target.addEventListener('chat', onChat, true)
  target.addEventListener('chat:room1', onAny)
  target.addEventListener('chat:room1', onNumbered)
  target.removeEventListener('chat', onChat, { capture: true })
  target.removeEventListener('chat:room1', onAny)
  target.removeEventListener('chat:room1', onNumbered)
  for (const name of ['chat', 'chat:room1'] as const) target.addEventListener(name, onChat)
  // @ts-expect-error a listener of another payload
  target.addEventListener('chat', onCount)
  // @ts-expect-error the same with an id
  target.addEventListener('chat:room1', onCount)
  // @ts-expect-error nor can it have been added
  target.removeEventListener('chat', onCount)
  // @ts-expect-error there is no such type
  target.addEventListener('chats', onAny)
  // @ts-expect-error nor with an id
  target.addEventListener('chats:room1', onAny)
  // @ts-expect-error nor to remove
  target.removeEventListener('chats', onAny)
  // @ts-expect-error the payload has no such member
  target.addEventListener('chat', ({ detail }) => detail.payload.txt)
  // @ts-expect-error there is no such option
  target.addEventListener('chat', onAny, { onec: true })
  // Local events are what they are.
  target.addEventListener('error', ({ error, detail }) => exactly<string | undefined>()(error.peer ?? detail?.type))
  target.addEventListener('close', ({ code }) => exactly<number>()(code))
  target.removeEventListener('close', onAny)
  // @ts-expect-error the close event has no envelope
  target.addEventListener('close', ({ detail }) => detail)
}

export async function targets(connection: Connection, send: SendStream, recv: RecvStream): Promise<void> {
  exactly<IrohEventTarget<Events>>()(createIrohEventTarget<Events>(send, recv))
  exactly<IrohEventTarget<Events>>()(await createHubIrohEventTarget<Events>(connection))
  const target: IrohEventTarget<Events> = await createSpokeIrohEventTarget(connection)
  everyTarget(target, 'a')
  everyListener(target, 'a')
}

export async function spokes(): Promise<void> {
  await using spoke = await createSpoke<Events>({ hub: 'a', delivery: 'resume' })
  exactly<Spoke<Events>>()(spoke)
  everyTarget(spoke, 'a')
  everyListener(spoke, 'a')
  spoke.addEventListener('chat:room1', ({ detail }) => exactly<Chat>()(detail.payload))
  spoke.addEventListener('disconnected', ({ retryInMs }) => exactly<number | undefined>()(retryInMs))
  spoke.addEventListener('error', ({ error }) => exactly<string>()(error.message))
  // @ts-expect-error the payload is another
  spoke.send({ type: 'count', payload: 'a' })
  // @ts-expect-error there is no such type
  spoke.addEventListener('disconnect', () => {})
}

export async function hubs(endpoint: Endpoint): Promise<void> {
  await using hub = await createHub<Events>({ endpoint })
  exactly<Hub<Events>>()(hub)
  exactly<number>()(hub.broadcast({ type: 'chat', payload: { text: 'a' } }, { except: 'a' }))
  hub.broadcast({ type: 'ping' }, { except: [...hub.spokes.values()] })
  hub.send('a', { type: 'count', id: 'a', payload: 1 })
  // @ts-expect-error the payload is another
  hub.broadcast({ type: 'chat', payload: 'a' })
  // @ts-expect-error there is no such type
  hub.broadcast({ type: 'chats', payload: { text: 'a' } })
  // @ts-expect-error the payload is missing
  hub.send('a', { type: 'count' })
  exactly<HubSpoke<Events>>()(await hub.dial('a'))
  exactly<HubSpoke<Events> | undefined>()(hub.spokes.get('a'))
  hub.on('spoke', (target) => {
    exactly<HubSpoke<Events>>()(target)
    everyTarget(target, 'a')
    everyListener(target, 'a')
    target.addEventListener('count', ({ detail }) => hub.broadcast(detail, { except: target }))
    // @ts-expect-error the payload is another
    target.send({ type: 'chat', payload: 1 })
  })
  hub.once('spokeresume', (target) => exactly<HubSession<Events>>()(target))
  const heard = (...[target]: HubEvents<Events>['spoke']) => everyTarget(target, 'a')
  hub.addListener('spoke', heard).prependListener('spoke', heard).prependOnceListener('spoke', heard)
  hub.off('spoke', heard).removeListener('spoke', heard).removeAllListeners('spoke')
  // @ts-expect-error there is no such event
  hub.addListener('spokes', heard)
  // @ts-expect-error its listener is called with something else
  hub.prependListener('spokeclose', heard)
  // A hub is a handler of a router, whatever its events.
  const router = Router.builder(endpoint).accept(hub.alpn, hub).spawn()
  router.addListener('failed', (_error, alpn) => exactly<string>()(alpn))
  // @ts-expect-error there is no such event
  router.on('fail', () => {})
  endpoint.prependListener('network', ({ type }) => exactly<string>()(type as string))
  // @ts-expect-error there is no such event
  endpoint.on('networks', () => {})
}

export function gossip(topic: GossipTopic, id: string): void {
  const target = createGossipEventTarget<Events>(topic, { verify: true })
  exactly<GossipEventTarget<Events>>()(target)
  target.send({ type: 'chat', id, payload: { text: 'a' } })
  target.dispatchEvent(new CustomEvent('ping', { detail: { type: 'ping' } }))
  target.addEventListener(`chat:${id}`, ({ detail, author, deliveredFrom }) => {
    exactly<Chat>()(detail.payload)
    exactly<string | null>()(author)
    exactly<string>()(deliveredFrom)
  })
  const onChat = ({ detail }: GossipEvent<Chat>) => exactly<Chat | undefined>()(detail.payload)
  const onCount = ({ detail }: GossipEvent<number>) => exactly<number | undefined>()(detail.payload)
  target.addEventListener('chat', onChat)
  target.removeEventListener('chat', onChat)
  target.addEventListener('lagged', ({ missed }) => exactly<number>()(missed))
  target.addEventListener('close', ({ code }) => exactly<number>()(code))
  // @ts-expect-error a listener of another payload
  target.addEventListener('chat', onCount)
  // @ts-expect-error there is no such type
  target.addEventListener('chats', onChat)
  // @ts-expect-error the payload is another
  target.send({ type: 'chat', payload: 1 })
  // @ts-expect-error the same
  target.dispatchEvent(new CustomEvent('count', { detail: { type: 'count', payload: 'a' } }))
}

export function pubsub(spoke: Spoke<Events>, topic: GossipEventTarget<Events>, id: string): void {
  const view = pubsubEventTarget(spoke, { stallTimeoutMs: 1 })
  view.addEventListener('chat', ({ detail }) => exactly<Chat>()(detail))
  view.addEventListener(`count:${id}`, ({ detail }) => exactly<number>()(detail))
  view.dispatchEvent(new CustomEvent('count:1', { detail: 1 }))
  const onChat = ({ detail }: CustomEvent<Chat>) => exactly<Chat>()(detail)
  view.addEventListener('chat', onChat)
  view.removeEventListener('chat', onChat)
  // @ts-expect-error the payload has no such member
  view.addEventListener('count', ({ detail }) => detail.text)
  // @ts-expect-error no topic has such a payload
  view.dispatchEvent(new CustomEvent('count', { detail: true }))
  // @ts-expect-error there is no such topic
  view.addEventListener('chats', onChat)
  pubsubEventTarget(topic).addEventListener('chat:room1', ({ detail }) => exactly<Chat>()(detail))
}

/** With an index signature the types that it does not name have its payload. */
export function openMaps(
  target: IrohEventTarget<{ chat: Chat; [other: string]: unknown }>,
  numbers: IrohEventTarget<Record<string, number>>,
  none: IrohEventTarget<Record<never, never>>
): void {
  numbers.send({ type: 'a', payload: 1 })
  numbers.addEventListener('a:b', ({ detail }) => exactly<number | undefined>()(detail.payload))
  // @ts-expect-error the payload is another
  numbers.send({ type: 'a', payload: 'a' })
  // @ts-expect-error a listener of another payload
  numbers.addEventListener('a', (_event: EnvelopeEvent<string>) => {})
  // @ts-expect-error an empty map allows nothing
  none.send({ type: 'a' })
  target.send({ type: 'chat', payload: { text: 'a' } })
  target.send({ type: 'other', payload: 1 })
  target.addEventListener('chat:room1', ({ detail }) => exactly<Chat>()(detail.payload))
  target.addEventListener('other', ({ detail }) => is<Same<typeof detail.payload, unknown>>())
}

/** Targets with a map and without one stand for each other; one with more events stands for one with fewer. */
export function mixing(typed: Spoke<Events>, loose: IrohEventTarget, hub: Hub<Events>, looseHub: Hub): void {
  const targets: [IrohEventTarget, IrohEventTarget<Events>, IrohEventTarget<{ chat: Chat }>] = [typed, loose, typed]
  const plain: EventTarget[] = [typed, loose, ...targets]
  const spokes: [Spoke, Spoke<Events>] = [typed, typed]
  const hubs: [Hub, Hub<Events>] = [hub, looseHub]
  plain.push(...spokes, ...hubs[0].spokes.values())
  // @ts-expect-error the payload is another
  const other: IrohEventTarget<{ chat: number }> = typed
  // @ts-expect-error it does not have the event
  const more: IrohEventTarget<Events & { more: 1 }> = typed
  plain.push(other, more)
  // A function may be generic over the events.
  function echo<Own extends { echo: string }>(target: IrohEventTarget<Own>): void {
    target.addEventListener('close', () => {})
  }
  echo(loose)
  // @ts-expect-error it has no such event
  echo(typed)
}

/** Without a map a listener says what it takes. */
export function withoutMap(spoke: Spoke, topic: GossipTopic, hub: Hub): void {
  // biome-ignore lint/suspicious/noExplicitAny: it is what is tested
  spoke.addEventListener('a:b', ({ detail }) => exactly<any>()(detail.payload))
  spoke.addEventListener<string>('a', ({ detail }) => exactly<string | undefined>()(detail.payload))
  spoke.addEventListener<number>('a', ({ detail }) => exactly<number | undefined>()(detail.payload))
  spoke.addEventListener('a', ({ sequence }: SequencedEvent<number>) => exactly<number>()(sequence))
  spoke.removeEventListener('a', (_event: EnvelopeEvent<number>) => {})
  spoke.send({ type: 'a', id: 'b', payload: new Date() })
  spoke.dispatchEvent(new Event('a'))
  hub.broadcast({ type: 'a' })
  createGossipEventTarget(topic).addEventListener<number>('a', ({ author, detail }) => {
    exactly<string | null>()(author)
    exactly<number | undefined>()(detail.payload)
  })
  // @ts-expect-error an envelope has a type
  spoke.send({ payload: 1 })
  // @ts-expect-error and it is a string
  hub.broadcast({ type: 1 })
}
