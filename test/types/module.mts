// SPDX-License-Identifier: MIT
// Every public name once, as an ES module uses it. Only compiled.
import type { Duplex } from 'node:stream'
import { createPubSub } from '@graphql-yoga/subscription'
import type {
  AnyTopicId,
  DiscoveryEndpoint,
  GossipHalf,
  GossipOptions,
  GossipReceiver,
  GossipSender,
  GossipStateEvent,
  GossipTargetOptions,
  GossipTargetStats,
  GossipTopic,
  GossipTopicEvent,
  JoinOutcome,
  Listener,
  NeighborDownReason,
  ResolveAbout,
  SubscribeOptions
} from 'event-target-iroh'
import {
  type Delivery,
  type DeliveryOptions,
  type HubSession,
  type SequencedEvent,
  type SessionState,
  type AccessRule,
  type BidiStream,
  type Bytes,
  CloseCode,
  type CloseKind,
  type CloseReason,
  type ConnectOptions,
  type Connection,
  type ConnectionStats,
  createGossipEventTarget,
  createHub,
  createHubIrohEventTarget,
  createIrohEventTarget,
  createSpoke,
  createSpokeIrohEventTarget,
  type Discovery,
  dnsDiscovery,
  Endpoint,
  type EndpointOptions,
  EndpointTicket,
  type EnvelopeListener,
  type EventEnvelope,
  type EventTargetOptions,
  Gossip,
  GossipEvent,
  type GossipEventTarget,
  type Hub,
  type HubOptions,
  type IrohCloseEvent,
  IrohError,
  type IrohErrorCode,
  type IrohErrorEvent,
  type IrohEventTarget,
  isNodeId,
  LiveTicket,
  type LocalDiscovery,
  localDiscovery,
  type MemoryDiscovery,
  memoryDiscovery,
  type NatBehaviour,
  type NetReport,
  type NetReportOptions,
  type NetReportRelay,
  type NetReportTry,
  type NetworkEvent,
  type NodeAddr,
  type NodeId,
  type Operation,
  type Path,
  type Peer,
  type ProtocolHandler,
  type PubSubEventTarget,
  parseNodeId,
  parseTicket,
  pkarrDiscovery,
  pubsubEventTarget,
  type ReconnectOptions,
  type RecvStream,
  type Registration,
  type RemoteInfo,
  RoomTicket,
  Router,
  type RouterBuilder,
  SecretKey,
  type SendStream,
  type Spoke,
  type SpokeCloseReason,
  type SpokeOptions,
  type SpokeStateEvent,
  type TargetClosed,
  type TargetStats,
  type TicketedNodeAddr,
  type TicketNodeAddr,
  type TopicEvent,
  TopicId,
  toDuplex,
  verifySignature,
  versions
} from 'event-target-iroh'

function same<Expected>(_value: Expected): void {}

export function identity(): void {
  const keys: SecretKey[] = [
    SecretKey.generate(),
    SecretKey.fromBytes(new Uint8Array(32)),
    SecretKey.fromHex('00'),
    SecretKey.fromBase32('aa'),
    SecretKey.from('00'),
    SecretKey.fromFile('key', { create: true })
  ]
  const [key] = keys as [SecretKey]
  key.toFile('other')
  const nodeId: NodeId = key.nodeId()
  const signature: Buffer = key.sign('message')
  same<string>(versions.ngtcp2)
  same<boolean>(verifySignature(nodeId, new Uint8Array(1), signature))
  same<string>(key.toHex() + key.toBase32() + key.toString() + key.toJSON() + parseNodeId(nodeId))
  same<Buffer>(key.toBytes())
  const unknown: unknown = nodeId
  if (isNodeId(unknown)) same<string>(unknown)
  // @ts-expect-error keys are made by the static functions
  new SecretKey()
}

export async function endpoints(): Promise<void> {
  const allow: AccessRule = new Set<NodeId>()
  const options: EndpointOptions = {
    alpns: ['a/1'],
    secretKey: SecretKey.generate(),
    bindAddress: ['127.0.0.1:0'],
    relays: [],
    preset: 'n0',
    discovery: [],
    allow,
    deny: (nodeId) => nodeId === '',
    requireDirect: false,
    portMapping: false,
    keepAliveMs: 1,
    idleTimeoutMs: 1,
    handshakeTimeoutMs: 1,
    maxConnections: 1,
    maxConnectionsPerPeer: 1,
    maxHandshakes: 1,
    maxStreamsBidi: 1,
    maxStreamsUni: 1,
    streamWindow: 1,
    connectionWindow: 1,
    maxSendBuffer: 1,
    sendLowWater: 1,
    maxDatagrams: 1,
    maxUdpPayload: 1200,
    congestionControl: 'bbr2',
    plainUdp: true,
    alwaysRetry: true,
    keyLogFile: 'keys',
    qlogDir: 'logs'
  }
  await using endpoint = await Endpoint.createWithOptions(options)
  const peers: Peer[] = [
    endpoint.nodeId(),
    endpoint.addr(),
    { nodeId: '', relayUrl: '', directAddresses: new Set(['']) }
  ]
  const connecting: ConnectOptions = { signal: AbortSignal.timeout(1), timeoutMs: 1 }
  const connection = await endpoint.connect(peers[0] as Peer, 'a/1', connecting)
  same<Connection>(connection)
  same<Connection | null>(await endpoint.accept())
  for await (const accepted of endpoint) same<Connection>(accepted)
  const address: NodeAddr = endpoint.addr()
  endpoint.addNodeAddr(address)
  endpoint.setAlpns(endpoint.alpns())
  endpoint.setAllow(undefined)
  endpoint.allow('')
  endpoint.deny('')
  endpoint.rebind()
  await endpoint.online(connecting)
  const info: RemoteInfo | null = endpoint.remoteInfo('')
  same<number | null | undefined>(info?.lastSeenMs)
  same<Record<string, number>>(endpoint.metrics())
  endpoint.on('network', (event: NetworkEvent) => {
    if (event.type === 'path') same<string>(event.remoteAddress)
    if (event.type === 'port-mapping') same<[string | null, 'pcp' | 'nat-pmp']>([event.address, event.protocol])
  })
  same<string[]>(endpoint.ref().unref().boundAddresses())
  same<boolean>(endpoint.isClosed())
  same<SecretKey>(endpoint.secretKey())
  const reporting: NetReportOptions = { signal: AbortSignal.timeout(1), timeoutMs: 100 }
  const report: NetReport = await endpoint.netReport(reporting)
  const behaviours: NatBehaviour[] = [report.mapping, report.filtering]
  const relays: NetReportRelay[] = report.relays
  const tried: NetReportTry[] = report.tried
  same<(boolean | null)[]>([report.udpV4, report.udpV6, report.behindNat, report.hairpin, report.captivePortal])
  same<(number | null | undefined)[]>([relays[0]?.latencyMs, relays[0]?.stunRttMs, relays[0]?.quicRttMs])
  same<(string | null | undefined)[]>([relays[0]?.url, relays[0]?.error, report.preferredRelay, ...behaviours])
  same<(string | undefined)[]>([tried[0]?.what, tried[0]?.detail, ...report.advice, ...report.publicAddresses])
  same<['pcp' | 'nat-pmp' | undefined, string | null | undefined]>([
    report.portMapping?.protocol,
    report.portMapping?.externalAddress
  ])
  if (typeof report.portStep === 'number') same<number>(report.portStep + report.tookMs)
  // @ts-expect-error there is no such preset
  await Endpoint.createWithOptions({ preset: 'n1' })
  // @ts-expect-error there is no such option
  await Endpoint.createWithOptions({ alpn: 'a/1' })
  await Endpoint.createWithOptions({
    relays: ['https://relay.example', { url: 'http://[::1]:3340', token: 't', stunPort: 1, quicPort: 0 }],
    relayCa: 'pem',
    proxy: 'http://proxy.example:3128'
  })
}

export async function connections(connection: Connection): Promise<void> {
  const bidi: BidiStream = await connection.openBi()
  const { send, recv } = await connection.acceptBi()
  same<SendStream>(await connection.openUni())
  same<RecvStream>(await connection.acceptUni())
  const bytes: Bytes = 'text'
  connection.sendDatagram(bytes)
  same<Buffer>(await connection.readDatagram())
  same<number>(connection.maxDatagramSize() + connection.rtt())
  const stats: ConnectionStats = connection.stats()
  same<number>(stats.bytesSent)
  const paths: Path[] = connection.paths()
  same<boolean | undefined>(paths[0]?.isRelay)
  for await (const now of connection.watchPaths()) same<Path[]>(now)
  same<'client' | 'server'>(connection.side())
  same<string>(connection.alpn() + connection.remoteNodeId())
  connection.updateKey()
  connection.close(1, 'reason')
  const reason: CloseReason = await connection.closed()
  const kind: CloseKind | undefined = connection.closeReason()?.kind
  same<IrohErrorCode>(reason.errorCode)
  same<string | undefined>(kind)

  same<number>(await send.write('text'))
  await send.writeAll(new Uint8Array(1))
  await send.finish()
  same<number | null>(await send.stopped())
  send.reset(1)
  send.setPriority(send.id)
  same<Buffer | null>(await recv.read(1))
  same<Buffer>(await recv.readExact(1))
  same<Buffer>(await recv.readToEnd(1))
  recv.stop(recv.id)
  for await (const chunk of recv) same<Buffer>(chunk)
  await recv.readable.pipeTo(send.writable)
  same<Duplex>(toDuplex(bidi))
}

export async function targets(connection: Connection, { send, recv }: BidiStream): Promise<void> {
  const operations: Operation[] = ['a', { name: 'b' }]
  const options: EventTargetOptions = { maxFrameLength: 2, maxDepth: 1, maxBufferedAmount: 1, operations }
  await using target = await createSpokeIrohEventTarget(connection, options)
  same<IrohEventTarget>(await createHubIrohEventTarget(connection))
  same<EventTarget>(createIrohEventTarget(send, recv, options))
  const envelope: EventEnvelope<number> = { type: 'a', id: 'b', payload: 1 }
  target.send(envelope)
  same<boolean>(target.dispatchEvent(new CustomEvent('a:b', { detail: envelope })))
  const listener: EnvelopeListener = ({ detail }) => same<string | undefined>(detail.id)
  target.addEventListener('a:b', listener, { once: true })
  target.addEventListener<number>('a:b', ({ detail }) => same<number | undefined>(detail.payload))
  target.addEventListener('a:b', { handleEvent: (event) => same<string>(event.detail.type) })
  target.removeEventListener('a:b', listener)
  target.addEventListener('error', (event) => {
    same<IrohErrorEvent>(event)
    same<IrohError>(event.error)
    if (event.error.code === 'ERR_IROH_NOT_JSON') same<string>(event.message)
    // @ts-expect-error there is no such code
    if (event.error.code === 'ERR_IROH_NOPE') return
  })
  target.addEventListener('close', (event) => {
    same<IrohCloseEvent>(event)
    same<number>(event.code)
  })
  same<number>(target.bufferedAmount)
  await target.drained()
  target.pause()
  target.resume()
  same<Registration | undefined>((await target.registered) ?? undefined)
  same<string>(target.remoteNodeId + target.connection.alpn())
  await target.close()
  const closed: TargetClosed = await target.closed
  same<IrohError | null>(closed.error)
  const view: PubSubEventTarget = pubsubEventTarget(target, { stallTimeoutMs: 1000 })
  view.addEventListener('topic', (event: TopicEvent) => same<unknown>(event.detail))
  const pubSub = createPubSub<{ topic: [number] }>({ eventTarget: view })
  pubSub.publish('topic', 1)
  // @ts-expect-error an envelope has a type
  target.send({ id: 'b' })
}

export async function hubs(endpoint: Endpoint): Promise<void> {
  const hubOptions: HubOptions = { endpoint, alpn: 'a/1', allow: [], operations: [], streamTimeoutMs: 1 }
  await using hub = await createHub(hubOptions)
  same<Hub>(hub)
  hub.on('spoke', (target) => same<IrohEventTarget>(target))
  hub.on('spokeclose', (nodeId: NodeId, reason: SpokeCloseReason) => same<string>(nodeId + reason.reason))
  same<number>(hub.broadcast({ type: 'a' }, { except: hub.nodeId() }))
  hub.send(hub.nodeId(), { type: 'a' })
  same<IrohEventTarget>(await hub.dial(hub.addr()))
  same<IrohEventTarget | undefined>(hub.spokes.get(''))
  hub.allow('')
  hub.deny('')
  same<Promise<void>>(hub.reloadAllow())
  same<Endpoint>(hub.endpoint)

  const spokeOptions: SpokeOptions = {
    hub: hub.addr(),
    endpointOptions: {},
    reconnect: false,
    delivery: 'at-most-once'
  }
  await using spoke = await createSpoke(spokeOptions)
  same<Spoke>(spoke)
  same<string>(spoke.nodeId() + spoke.endpoint.nodeId())
  same<0>(CloseCode.NORMAL)
  const error: unknown = null
  if (error instanceof IrohError) same<'usage' | 'transient' | 'stream' | 'conn' | 'fatal'>(error.class)
}

export async function discoveries(endpoint: Endpoint): Promise<void> {
  const memory: MemoryDiscovery = memoryDiscovery()
  memory.add({ nodeId: 'a' })
  same<boolean>(memory.remove('a'))
  const local: LocalDiscovery = localDiscovery({ interfaces: ['127.0.0.1'], timeoutMs: 1 })
  same<NodeAddr[]>(await local.peers({ waitMs: 0 }))
  const own: Discovery = {
    name: 'own',
    attach: ({ nodeId, secretKey, onError }: DiscoveryEndpoint) => onError(`${nodeId} ${secretKey}`),
    resolve: async (nodeId, { signal, fresh }: ResolveAbout) => (signal.aborted || fresh ? null : { nodeId })
  }
  const discovery: Discovery[] = [memory, local, own, dnsDiscovery({ origin: 'a', servers: ['1.1.1.1'], timeoutMs: 1 })]
  discovery.push(pkarrDiscovery({ relay: 'http://a', ca: '', timeoutMs: 1, publishAddresses: true, resolve: false }))
  await Endpoint.createWithOptions({ discovery, preset: 'n0', maxDials: 1 })
  for await (const { nodeId, relayUrl, directAddresses } of endpoint.watchAddr()) {
    same<[string, string | undefined, string[]]>([nodeId, relayUrl, directAddresses])
  }
}

export function tickets(several: TicketNodeAddr, endpoint: Endpoint, hub: Hub): void {
  const ticket = new EndpointTicket(several)
  const peers: Peer[] = [ticket, ticket.toString(), endpoint.ticket(), hub.ticket()]
  const room = new RoomTicket({ topic: new Uint8Array(32), peers: [...peers, several] })
  const live = new LiveTicket({ endpoint: ticket, name: 'x' })
  same<TicketedNodeAddr[]>([ticket.nodeAddr, ...room.peers, live.nodeAddr])
  same<Buffer>(room.topic)
  same<string>(live.name + ticket.nodeId + ticket.relayUrls.join() + room.toJSON() + ticket.relayUrl)
  same<EndpointTicket | RoomTicket | LiveTicket>(parseTicket(''))
  same<LiveTicket | RoomTicket>(Math.random() > 1 ? LiveTicket.parse('') : RoomTicket.parse(''))
  same<NodeAddr>(EndpointTicket.parse(''))
}

export async function router(endpoint: Endpoint, hub: Hub): Promise<void> {
  const handlers: ProtocolHandler[] = [hub, () => {}, { accept: async () => {}, shutdown: () => {} }]
  const builder: RouterBuilder = Router.builder(endpoint).accept('a', hub, { admit: async () => true })
  for (const handler of handlers) builder.accept('b', handler)
  await using made: Router = builder.spawn()
  made
    .on('failed', (error, alpn) => console.log(error, alpn))
    .on('rejected', (nodeId, alpn) => console.log(nodeId, alpn))
  same<boolean>(made.isShutdown())
  await made.shutdown()
}

export async function lasting(): Promise<void> {
  const reconnect: ReconnectOptions = { minDelayMs: 1, maxDelayMs: 2, maxAttempts: 3, fromStart: true }
  const spoke = await createSpoke({ hub: 'a', reconnect })
  spoke.addEventListener('disconnected', ({ retryInMs, failures, error }: SpokeStateEvent) => {
    same<[number | undefined, number, IrohError | null | undefined]>([retryInMs, failures, error])
  })
  spoke.addEventListener<number>('news', ({ detail }) => same<number | undefined>(detail.payload))
  const stats: TargetStats = spoke.stats()
  same<number>(stats.dropped)
  const hub = await createHub({ allow: { file: 'allowed' }, slowSpoke: 'drop-oldest', maxPending: 1 })
  hub.on('allowlist', (error) => same<IrohError | null>(error))
  hub.on('conflict', (nodeId) => same<string>(nodeId))
  hub.endpoint.on('network', (event) => {
    if (event.type === 'relay-displaced') same<number>(event.times)
    if (event.type === 'relay-failed') same<IrohError>(event.error)
  })
  await hub.drained()
}

export async function resumed(): Promise<void> {
  const options: DeliveryOptions = {
    delivery: 'resume',
    spool: 'spool',
    resume: {
      maxReplayBytes: 1,
      maxReplayEvents: 1,
      expiryMs: 1,
      received: ({ session, received }) => received + session.length
    }
  }
  const spoke = await createSpoke({ hub: 'a', ...options })
  same<Delivery>(spoke.delivery)
  same<SessionState | null>(spoke.session)
  spoke.addEventListener('news', (event) => same<number>((event as SequencedEvent).sequence))
  const hub = await createHub({ ...options, resume: { maxDisconnected: 1, answerTimeoutMs: 1, maxReplayTotal: 1 } })
  hub.on('spokeresume', (target: HubSession) => same<'connected' | 'disconnected' | 'closed'>(target.state))
  hub.on('spokedisconnect', (nodeId, { reason }) => same<string>(nodeId + reason))
  const error: unknown = null
  if (error instanceof IrohError) same<EventEnvelope[] | undefined>(error.unacknowledged)
}

export function topicIds(): AnyTopicId[] {
  const topic = TopicId.random()
  same<boolean>(topic.equals(TopicId.fromBytes(topic.toBytes())))
  same<string>(topic.toString() + topic.toBase32() + topic.toJSON())
  // @ts-expect-error topics are made by the static functions
  new TopicId()
  return [topic, topic.toBytes(), topic.toString(), TopicId.fromName('a'), TopicId.parse('a'), TopicId.from('a')]
}

export async function gossip(endpoint: Endpoint): Promise<void> {
  const all: GossipOptions = {
    alpn: '/iroh-gossip/1',
    maxMessageSize: 4096,
    activeView: 5,
    passiveView: 30,
    shuffleMs: 1
  }
  const limits: GossipOptions = {
    keepPayloadsMs: 1,
    maxPayloadBytes: 1,
    keepIdsMs: 1,
    maxIds: 1,
    maxOutbox: 1,
    maxOutboxes: 1,
    idleMs: 1
  }
  const more: GossipOptions = { maxConnections: 1, maxStreams: 1, dialTimeoutMs: 1, maxEvents: 1, maxEventBytes: 1 }
  await using made = await Gossip.spawn(endpoint, { ...all, ...limits, ...more })
  same<[Endpoint, string, number, TopicId[]]>([made.endpoint, made.alpn, made.maxMessageSize, made.topics()])
  same<RouterBuilder>(Router.builder(endpoint).accept('/iroh-gossip/1', made))
  const options: SubscribeOptions = { admit: (nodeId) => nodeId !== '', signal: AbortSignal.timeout(1) }
  await using topic: GossipTopic = await made.subscribe(TopicId.random(), [endpoint.addr()], options)
  same<GossipTopic>(await made.subscribeAndJoin('a', [], { timeoutMs: 1, admit: () => true }))
  same<boolean>(topic.broadcast('a') && topic.broadcastNeighbors(new Uint8Array(topic.maxContentLength)))
  const joined: JoinOutcome[] = await topic.joinPeers(['a'], { timeoutMs: 1 })
  same<IrohError | undefined>(joined[0]?.error)
  const { sender, receiver }: { sender: GossipSender; receiver: GossipReceiver } = topic.split()
  const halves: GossipHalf[] = Object.values(topic.split())
  await Promise.all([sender.drained(), topic.drained(), ...halves.map((half) => half.close())])
  same<string[]>([...receiver.neighbors(), ...topic.neighbors()])
  for await (const event of topic) {
    same<GossipTopicEvent>(event)
    if (event.type === 'received') sender.broadcast(event.content)
    if (event.type === 'neighborDown') same<NeighborDownReason>(event.reason)
    if (event.type === 'lagged') same<number>(event.missed)
    if (event.type === 'dialFailed') same<IrohError>(event.error)
  }
  same<Record<string, number>>({ ...topic.metrics(), ...made.metrics() })
}

export async function gossipTargets(topic: GossipTopic): Promise<void> {
  const options: GossipTargetOptions = { sign: true, verify: true }
  await using target: GossipEventTarget = createGossipEventTarget(topic, options)
  target.send({ type: 'a', payload: target.maxEnvelopeLength + target.bufferedAmount })
  const listener: Listener<GossipEvent<number>> = ({ author, deliveredFrom, detail }) => {
    same<[string | null, string, number | undefined]>([author, deliveredFrom, detail.payload])
  }
  target.addEventListener('a', listener)
  target.removeEventListener('a', listener)
  target.addEventListener('a', (event) => same<boolean>(event instanceof GossipEvent))
  target.addEventListener('lagged', ({ missed }) => same<number>(missed))
  target.addEventListener('neighborDown', ({ reason }: GossipStateEvent<'neighborDown'>) => same<string>(reason))
  target.addEventListener('error', ({ error }) => same<IrohError>(error))
  target.addEventListener('close', ({ kind }) => same<string>(kind))
  const stats: GossipTargetStats = target.stats()
  same<number>(stats.unproven)
  createPubSub<{ topic: [number] }>({ eventTarget: pubsubEventTarget(target) })
  const typed = createGossipEventTarget<{ chat: string; count: number }>(topic)
  createPubSub<{ chat: [id: string, payload: string]; count: [number] }>({ eventTarget: pubsubEventTarget(typed) })
  // @ts-expect-error no event has such a payload
  createPubSub<{ chat: [boolean] }>({ eventTarget: pubsubEventTarget(typed) })
  same<GossipTopic>(target.topic)
  await target.drained()
  same<TargetClosed>(await target.closed)
}
