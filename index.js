// SPDX-License-Identifier: MIT
'use strict'

const { CloseCode } = require('./lib/core/close-reason')
const { Connection } = require('./lib/connection/connection')
const { dnsDiscovery } = require('./lib/discovery/dns')
const { localDiscovery } = require('./lib/discovery/local')
const { memoryDiscovery } = require('./lib/discovery/memory')
const { pkarrDiscovery } = require('./lib/discovery/pkarr')
const { toDuplex } = require('./lib/connection/duplex')
const { Endpoint } = require('./lib/endpoint/endpoint')
const { IrohError } = require('./lib/base/errors')
const {
  IrohEventTarget,
  createHubIrohEventTarget,
  createIrohEventTarget,
  createSpokeIrohEventTarget
} = require('./lib/event-target/event-target')
const { IrohCloseEvent, IrohErrorEvent } = require('./lib/event-target/events')
const { GossipEventTarget, createGossipEventTarget } = require('./lib/gossip/event-target')
const { GossipEvent } = require('./lib/gossip/events')
const { Gossip } = require('./lib/gossip/gossip')
const { GossipTopic } = require('./lib/gossip/topic')
const { TopicId } = require('./lib/identity/topic-id')
const { Hub, createHub } = require('./lib/hub/hub')
const { isNodeId, parseNodeId, verifySignature } = require('./lib/identity/node-id')
const { pubsubEventTarget } = require('./lib/pubsub/pubsub-event-target')
const { RecvStream } = require('./lib/connection/recv-stream')
const { Router } = require('./lib/router')
const { SecretKey } = require('./lib/identity/secret-key')
const { SendStream } = require('./lib/connection/send-stream')
const { Spoke, createSpoke } = require('./lib/hub/spoke')
const { versions } = require('./lib/versions')
const { EndpointTicket, LiveTicket, RoomTicket, parseTicket } = require('./lib/tickets')

module.exports = {
  CloseCode,
  Connection,
  Endpoint,
  EndpointTicket,
  Gossip,
  GossipEvent,
  GossipEventTarget,
  GossipTopic,
  Hub,
  IrohCloseEvent,
  IrohError,
  IrohErrorEvent,
  IrohEventTarget,
  LiveTicket,
  RecvStream,
  RoomTicket,
  Router,
  SecretKey,
  SendStream,
  Spoke,
  TopicId,
  createGossipEventTarget,
  createHub,
  createHubIrohEventTarget,
  createIrohEventTarget,
  createSpoke,
  createSpokeIrohEventTarget,
  dnsDiscovery,
  isNodeId,
  localDiscovery,
  memoryDiscovery,
  parseNodeId,
  parseTicket,
  pkarrDiscovery,
  pubsubEventTarget,
  toDuplex,
  verifySignature,
  versions
}
