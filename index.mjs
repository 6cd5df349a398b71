// SPDX-License-Identifier: MIT
import iroh from './index.js'

export const {
  CloseCode,
  Connection,
  Endpoint,
  EndpointTicket,
  Hub,
  IrohCloseEvent,
  IrohError,
  IrohErrorEvent,
  IrohEventTarget,
  LiveTicket,
  RecvStream,
  RoomTicket,
  SecretKey,
  SendStream,
  Spoke,
  createHub,
  createHubIrohEventTarget,
  createIrohEventTarget,
  createSpoke,
  createSpokeIrohEventTarget,
  isNodeId,
  parseNodeId,
  parseTicket,
  pubsubEventTarget,
  toDuplex,
  verifySignature
} = iroh
