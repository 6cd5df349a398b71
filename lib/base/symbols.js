// SPDX-License-Identifier: MIT
'use strict'

// What the parts of the library show each other and not their users.
module.exports = {
  /** connection[kEvent](kind, stream, number, error, data): one event of the core. */
  kEvent: Symbol('event'),
  /** endpoint[kCore](): its Core. */
  kCore: Symbol('core'),
  /** endpoint[kListsAdmit](nodeId): whether its lists, as they are now, let a NodeId in; its functions are not asked. */
  kListsAdmit: Symbol('listsAdmit'),
  /** endpoint[kDenies](nodeId): whether deny() named it, or the list of the `deny` option. */
  kDenies: Symbol('denies'),
  /** endpoint[kExpel](isMeant, code, reason): closes connections that peers made, of those NodeIds. */
  kExpel: Symbol('expel'),
  /** endpoint[kDial](nodeId, alpn, { hint, signal, timeoutMs }): dials a peer that others name, there too where they say. */
  kDial: Symbol('dial'),
  /** endpoint[kProxies] of discovery.attach(endpoint): the proxies of its HTTP requests. */
  kProxies: Symbol('proxies'),
  /** endpoint[kLooksUp](): whether it has a discovery that finds peers. */
  kLooksUp: Symbol('looksUp'),
  /** connection[kHandOver](): its streams are the core's own from now on; gives its handle. */
  kHandOver: Symbol('handOver'),
  /** connection[kRefuse](): nobody takes streams and datagrams of the peer, unless the program asks for them. */
  kRefuse: Symbol('refuse'),
  /** send[kStream], recv[kStream]: the StreamHandle behind a half. */
  kStream: Symbol('stream'),
  /** send[kBusy], recv[kBusy]: whether a call waits on the half. */
  kBusy: Symbol('busy'),
  /** endpoint[kServe](alpn, onConnection), hub[kServe](onConnection): takes connections; gives back what ends that. */
  kServe: Symbol('serve'),
  /** target[kSendJson](json): sends an envelope that is already JSON. */
  kSendJson: Symbol('sendJson'),
  /** target[kBroadcastJson](json, sharers): the same, for what so many spokes of a hub are sent. */
  kBroadcastJson: Symbol('broadcastJson'),
  /** target[kCheckType](type): throws for types that are not to be sent, if there are any. */
  kCheckType: Symbol('checkType'),
  /** target[kMeasure](json): how much it takes, in bytes or characters; throws if it can be sent at no time. */
  kMeasure: Symbol('measure'),
  /**
   * target[kTap] = (envelope) => void: sees each envelope that comes, whatever its type, before its listeners; over gossip
   * it is the event, with its author.
   */
  kTap: Symbol('tap'),
  /** target[kOwnNames]: the names of its local events, which no envelope of a peer's has. */
  kOwnNames: Symbol('ownNames'),
  /** target[kAttach](send, recv): it goes on over this stream. */
  kAttach: Symbol('attach'),
  /** target[kTake](channel, isGreeted): it goes on over this Channel, on which it has said what it exposes, or not yet. */
  kTake: Symbol('take'),
  /** target[kAdopt](channel): the peer has opened a second one, whose events wait. */
  kAdopt: Symbol('adopt'),
  /** target[kHearFirst](channel): the events of the second channel come before those of the first. */
  kHearFirst: Symbol('hearFirst'),
  /** target[kMove](channel, isGreeted): it goes on over the second channel. */
  kMove: Symbol('move'),
  /** connection[kAsk](): the peer is asked for a sign of life. */
  kAsk: Symbol('ask'),
  /** connection[kIsHeard](): whether the peer was heard since it was asked. */
  kIsHeard: Symbol('isHeard'),
  /** target[kGreet](channel): says what it exposes. */
  kGreet: Symbol('greet'),
  /** target[kEnvelope](envelope, sequence, session): an envelope of the peer; dispatches it. */
  kEnvelope: Symbol('envelope'),
  /** target[kAhead](envelope): an envelope of the peer that waits for resume(); true: it is taken now. */
  kAhead: Symbol('ahead'),
  /** target[kKeepsHeld](length): whether what waits for resume() comes out although its connection is lost. */
  kKeepsHeld: Symbol('keepsHeld'),
  /** target[kListen](name, listener): listens as the library does; nothing that waits for a first listener comes out. */
  kListen: Symbol('listen'),
  /** target[kFinish](channel): ends the stream in good order. */
  kFinish: Symbol('finish'),
  /** target[kPark](): the hub ends, and the session may go on in its next life. */
  kPark: Symbol('park'),
  /** target[kEnd](ending): ends a session at once. */
  kEnd: Symbol('end'),
  /** target[kFail](error): it cannot go on. */
  kFail: Symbol('fail'),
  /** target[kRefused](): a frame of the peer is not dispatched. */
  kRefused: Symbol('refused'),
  /** target[kSide](side): how a session goes over its channels. */
  kSide: Symbol('side'),
  /** target[kDetached](ending): its stream is over. */
  kDetached: Symbol('detached'),
  /** target[kComplete](ending): it is over. */
  kComplete: Symbol('complete'),
  /** target[kUnsent](): the error of sending without a stream. */
  kUnsent: Symbol('unsent'),
  /** target[kFire](event): dispatches to its listeners here. */
  kFire: Symbol('fire'),
  /** target[kHold](isHeld): nothing comes out, whatever resume() says, until as many who held it let go. */
  kHold: Symbol('hold'),
  /** target[kReceivedLength]: characters or bytes of events that have come. */
  kReceivedLength: Symbol('receivedLength'),
  /** target[kHalfClose](): sends no more, and reads on. */
  kHalfClose: Symbol('halfClose'),
  /** hub[kAllow](allow): who may connect, from a rule or a watched file. */
  kAllow: Symbol('allow'),
  asyncDispose: Symbol.asyncDispose ?? Symbol.for('nodejs.asyncDispose')
}
