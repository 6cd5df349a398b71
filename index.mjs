// SPDX-License-Identifier: MIT
import iroh from './index.js'

export const {
  CloseCode,
  Connection,
  Endpoint,
  Hub,
  IrohCloseEvent,
  IrohError,
  IrohErrorEvent,
  IrohEventTarget,
  RecvStream,
  Router,
  SecretKey,
  SendStream,
  Spoke,
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
  pkarrDiscovery,
  pubsubEventTarget,
  toDuplex,
  verifySignature
} = iroh
