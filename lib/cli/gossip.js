// SPDX-License-Identifier: MIT
'use strict'

const { parsePeer } = require('../tickets/peer')
const { kTap } = require('../base/symbols')
const { Endpoint } = require('../endpoint/endpoint')
const { Gossip } = require('../gossip/gossip')
const { createGossipEventTarget } = require('../gossip/event-target')
const { TopicId } = require('../identity/topic-id')
const { RoomTicket } = require('../tickets')
const { announce } = require('./announce')
const { UsageError } = require('./command')
const { quote } = require('./values')
const { endpointOptions } = require('./node-options')
const { tellNetwork } = require('./network-lines')
const { Session } = require('./session')

const TOPIC_TEXT = /^([0-9a-f]{64}|[a-z2-7]{52})$/i
/** The shortest room ticket has 33 bytes. What looks like one is no name. */
const TICKET_TEXT = /^[a-z2-7]{53,}$/i
/** Who joins is there by then, as a rule. */
const WAITING_MS = 1000
const WAITING = 'nobody is in the room yet; what is to be sent waits'

/** @returns {{ topicId: TopicId, peers: object[] }} */
function readRoom(text) {
  if (TOPIC_TEXT.test(text)) return { topicId: TopicId.parse(text), peers: [] }
  if (!TICKET_TEXT.test(text)) return { topicId: TopicId.fromName(text), peers: [] }
  const { topic, peers } = RoomTicket.parse(text)
  return { topicId: TopicId.fromBytes(topic), peers }
}

/** @throws {UsageError} */
function readCommandLine({ peer = [] }, room) {
  try {
    const { topicId, peers } = readRoom(room)
    return { topicId, peers: [...peers, ...peer.map(parsePeer)] }
  } catch (error) {
    throw new UsageError(`<room> ${quote(room)}: ${error.message}`)
  }
}

/** What the topic tells beside envelopes: the event's name in --json, its fields, and words. */
const TOLD = {
  neighborUp: ({ nodeId }) => [{ event: 'neighborup', nodeId }, `neighbour ${nodeId} is here`],
  neighborDown: ({ nodeId, reason }) => [
    { event: 'neighbordown', nodeId, reason },
    `neighbour ${nodeId} is gone: ${reason}`
  ],
  dialFailed: ({ nodeId, error: { code, message } }) => [
    { event: 'dialfailed', nodeId, code, message },
    `${nodeId}: ${message}`
  ],
  lagged: ({ missed }) => [{ event: 'lagged', missed }, `${missed} events were missed, since nobody read them in time`],
  error: ({ error: { code, message, peer } }) => [
    { event: 'bad-input', from: peer, code, message },
    `${peer}: ${message}`
  ]
}

/** What others send is printed, with who signed it; while nobody takes it, it waits in the topic's queue. */
function listen(target, session) {
  target[kTap] = ({ author, detail }) => session.print(author, detail)
  for (const [name, tell] of Object.entries(TOLD)) {
    /** An error that has a detail is an envelope with the name of a local event. */
    target.addEventListener(name, (event) => event.detail === undefined && session.say(...tell(event)))
  }
  session.on('full', () => target.pause()).on('drain', () => target.resume())
}

/** Resolves when somebody is there to send to, or it is to end; says so if that takes a while. */
async function hasNeighbors({ target, session }) {
  const waiting = setTimeout(() => session.say({ event: 'waiting' }, WAITING), WAITING_MS)
  while (target.topic.neighbors().length === 0 && !session.signal.aborted) {
    const heard = new AbortController()
    const up = new Promise((resolve) => target.addEventListener('neighborUp', resolve, { signal: heard.signal }))
    await Promise.race([up, session.stopped])
    heard.abort()
  }
  clearTimeout(waiting)
}

/** What stdin has is sent, while there are neighbours. */
async function feed(target, session) {
  for await (const { line, envelope } of session.envelopes({ isAddressed: false })) {
    await hasNeighbors({ target, session })
    if (session.signal.aborted) {
      session.say({ event: 'unsent', line }, `nobody was in the room: line ${line} and those after it were not sent`)
      return
    }
    try {
      target.send(envelope)
    } catch (error) {
      session.skip(line, error)
    }
    await target.drained().catch(() => {}) // then send() tells
  }
}

/** Until stdin ends, unless it is to stay then, or it is told to end. */
async function serve(gossip, { topicId, peers }, session, { verify, stay }) {
  const target = createGossipEventTarget(await gossip.subscribe(topicId, peers), { verify })
  listen(target, session)
  const fed = feed(target, session)
  await Promise.race([fed.then(() => (stay ? session.stopped : undefined)), session.stopped])
  session.stop()
  await target.close()
  await fed
}

/** `gossip`: takes part in a topic. */
async function run(values, room) {
  const about = readCommandLine(values, room)
  const { alpn, qr } = values
  const session = new Session(values)
  const endpoint = await Endpoint.createWithOptions(endpointOptions(values))
  tellNetwork(endpoint, session)
  try {
    const gossip = await Gossip.spawn(endpoint, { ...(alpn !== undefined && { alpn }) })
    const { topicId } = about
    const ticketOf = () => new RoomTicket({ topic: topicId, peers: [endpoint.addr()] }).toString()
    const told = announce(endpoint, session, { ticketOf, about: { topic: `${topicId}` }, isQrWanted: qr })
    await serve(gossip, about, session, values)
    await gossip.close()
    await endpoint.close()
    await told
  } finally {
    session.stop()
    await endpoint.close()
  }
  session.end()
}

module.exports = { run }
