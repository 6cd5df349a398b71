// SPDX-License-Identifier: MIT
'use strict'

// The commands and their options, once: help, the reading of the command line and completion all come from here. What a
// command does is in the file of its name.

/**
 * @typedef {object} CliOption
 * @property {string} help
 * @property {string} [value] what follows it, as help shows it; without: nothing does
 * @property {boolean} [multiple] it may be repeated
 * @property {string[]} [choices] all it may be followed by
 * @property {string} [is] what it must be followed by: a name of values.js
 * @property {number} [most] how often it may be repeated
 *
 * @typedef {object} CliCommand
 * @property {string} summary one line
 * @property {string} about what it does, a paragraph to a line
 * @property {{ name: string, choices?: string[], is?: string }} [argument] what must follow the options
 * @property {{ [name: string]: CliOption }} options
 * @property {string} json what --json does
 * @property {string[]} [notes] paragraphs after the options
 * @property {string[]} [examples]
 */

const PIPES = [
  'An envelope is {"type", "id"?, "payload"?}, one to a line. Invalid lines are reported on stderr by line number and skipped.',
  'Ends with 0 when it was told to end, 1 when something failed, 2 when called wrongly, 4 when it was told to end and had skipped lines.'
]

/** How hub and spoke take part in the network. */
const NODE = {
  key: {
    value: '<file>',
    is: 'file',
    help: 'the key; the file is made, for its owner alone, if there is none. Default: a fresh key'
  },
  bind: {
    value: '<ip:port>',
    is: 'address',
    multiple: true,
    most: 16,
    help: 'the address of a socket. Default: any port, IPv4 and IPv6'
  },
  preset: {
    value: '<preset>',
    choices: ['n0', 'minimal'],
    help: 'n0: iroh’s public relays and look-up (default); minimal: nothing but what is given here'
  },
  relay: { value: '<URL>', is: 'relay', multiple: true, help: 'a relay in place of the preset’s' },
  local: { help: 'find others, and be found, on the local network and this host (mDNS)' },
  alpn: { value: '<name>', is: 'alpn', help: 'the protocol; the same at both ends (default alkhub/1)' }
}

/** @type {{ [name: string]: CliCommand }} */
const COMMANDS = {
  completion: {
    summary: 'print what makes a shell complete these commands',
    about: 'Prints a script for a shell that completes the commands, their options and what follows them.',
    argument: { name: '<shell>', choices: ['bash', 'zsh', 'fish'] },
    options: {},
    json: 'as {"shell", "script"}',
    examples: [
      'source <(event-target-iroh completion bash)',
      'event-target-iroh completion zsh > ~/.zfunc/_event-target-iroh',
      'event-target-iroh completion fish > ~/.config/fish/completions/event-target-iroh.fish'
    ]
  },
  doctor: {
    summary: 'look at the network: what works, what the NAT does, what to change',
    about:
      'Looks at the network from here: whether UDP gets out, the public addresses, what the NAT does, how far the relays are; says what that means for connecting, and what to change. Asks the relays given, or else iroh’s public ones. Those answer no STUN: for the public addresses and the NAT give relays that do, such as event-target-iroh’s own.',
    options: {
      relay: {
        value: '<URL>',
        is: 'relay',
        multiple: true,
        help: 'a relay to ask; may be repeated. Two at two addresses tell the most'
      },
      ca: { value: '<file>', is: 'file', help: 'PEM certificates trusted for relays instead of the built-in ones' },
      'stun-port': {
        value: '<port>',
        is: 'port',
        help: 'UDP port of the relays given, for STUN (default 3478); 0: none'
      },
      'quic-port': {
        value: '<port>',
        is: 'port',
        help: 'UDP port of the relays given, for QUIC address discovery (default 7842); 0: none'
      },
      timeout: { value: '<ms>', is: 'reportMs', help: 'report what there is after so long (default 5000)' }
    },
    json: 'as one line of JSON',
    notes: [
      'Ends with 0 when something can be connected to (UDP works, or a relay is reached), 1 when not, 2 when called wrongly.'
    ],
    examples: [
      'event-target-iroh doctor',
      'event-target-iroh doctor --relay https://relay-1.example.com --relay https://relay-2.example.com',
      'event-target-iroh doctor --relay http://192.0.2.10:3340 --json | jq .mapping'
    ]
  },
  gossip: {
    summary: 'join a room of any number of peers; envelopes from stdin go to all, theirs to stdout',
    about:
      'Takes part in a gossip topic, without a hub: given by a room ticket, a topic (64 hex or 52 base32 characters), or a name, which is the same room for all who use it. Its ticket stands on stderr. Each line of stdin is sent to everyone in the room; while nobody is there stdin waits. Each envelope that comes is a line of stdout: {"from": NodeId, "type", "id"?, "payload"?}, where from is who signed it, or null. It ends with stdin.',
    argument: { name: '<room>' },
    options: {
      ...NODE,
      alpn: { value: '<name>', is: 'alpn', help: 'the protocol; the same for all (default /iroh-gossip/1)' },
      peer: {
        value: '<peer>',
        is: 'peer',
        multiple: true,
        help: 'somebody in the room, by endpoint ticket or NodeId; may be repeated'
      },
      verify: { help: 'drop what is not signed' },
      qr: { help: 'show the ticket as a QR code on stderr' },
      stay: { help: 'stay when stdin ends, until SIGINT or SIGTERM' }
    },
    json: 'everything else that goes to stderr also goes to stdout, as {"event", …}',
    notes: PIPES,
    examples: [
      'event-target-iroh gossip kitchen --preset minimal --qr',
      'event-target-iroh gossip <room ticket>',
      `echo '{"type":"hello"}' | event-target-iroh gossip kitchen --peer endpointaa…`
    ]
  },
  hub: {
    summary: 'accept spokes; envelopes from stdin go to all of them, theirs to stdout',
    about:
      'Runs a hub until SIGINT or SIGTERM. Its NodeId and ticket stand on stderr. Each line of stdin is sent to every spoke, or to one: {"to": NodeId, "type", …}. Each envelope that comes is a line of stdout: {"from": NodeId, "type", "id"?, "payload"?}. The end of stdin does not end the hub.',
    options: {
      ...NODE,
      allow: { value: '<NodeId>', is: 'peer', multiple: true, help: 'only these may connect; may be repeated' },
      'allow-file': {
        value: '<file>',
        is: 'file',
        help: 'only NodeIds in this file may connect, one per line; the file is watched, and SIGHUP reads it at once'
      },
      'slow-spoke': {
        value: '<policy>',
        choices: ['wait', 'disconnect', 'drop-oldest'],
        help: 'when a spoke does not keep up: stdin waits (default), the spoke is closed, or it misses the oldest'
      },
      qr: { help: 'show the ticket as a QR code on stderr' }
    },
    json: 'everything else that goes to stderr also goes to stdout, as {"event", …}',
    notes: PIPES,
    examples: [
      'event-target-iroh hub --key hub.key --qr',
      'event-target-iroh hub --preset minimal --local --allow-file friends.txt',
      'tail -f log.jsonl | event-target-iroh hub --key hub.key | jq -c .payload'
    ]
  },
  id: {
    summary: 'show or make an identity',
    about:
      'Prints the NodeId of the key in a file; the file is made, for its owner alone, if there is none. Without --key it prints a fresh secret key and its NodeId.',
    options: { key: { value: '<file>', is: 'file', help: 'the key file' } },
    json: 'as one line of JSON',
    examples: ['event-target-iroh id --key hub.key', 'event-target-iroh id --key hub.key --json | jq -r .nodeId']
  },
  relay: {
    summary: 'run a relay, with STUN and the look-up of NodeIds',
    about:
      'Runs a relay for iroh nodes until SIGINT or SIGTERM, with STUN, and the look-up of NodeIds over HTTP (pkarr) and DNS. SIGHUP reads the certificate and the files of lists anew, which happens by itself when they change.',
    options: {
      host: { value: '<address>', is: 'host', help: 'where to listen (default ::, which is IPv4 too)' },
      hostname: { value: '<name>', is: 'host', help: 'the name in the URL' },
      port: { value: '<port>', is: 'port', help: 'default 3340, with TLS 443; 0: any' },
      'tls-cert': { value: '<file>', is: 'file', help: 'PEM certificate chain; with --tls-key' },
      'tls-key': { value: '<file>', is: 'file', help: 'PEM private key' },
      'http-port': {
        value: '<port>',
        is: 'portOrOff',
        help: "plain HTTP beside TLS, for /generate_204 alone (default 80); 'off': none"
      },
      'access-token': { value: '<token>', is: 'token', multiple: true, help: 'clients must bring it; may be repeated' },
      'access-token-file': { value: '<file>', is: 'file', help: 'the same in a file, one a line; it is watched' },
      allow: { value: '<NodeId>', is: 'peer', multiple: true, help: 'only these may use the relay; may be repeated' },
      'allow-file': { value: '<file>', is: 'file', help: 'the same in a file, one a line; it is watched' },
      deny: { value: '<NodeId>', is: 'peer', multiple: true, help: 'these may not; may be repeated' },
      'deny-file': { value: '<file>', is: 'file', help: 'the same in a file, one a line; it is watched' },
      'access-url': { value: '<url>', is: 'webUrl', help: 'asked about each client by POST' },
      rate: { value: '<bytes>', is: 'rate', help: 'bytes per second read from one client (default no limit)' },
      'max-connections': { value: '<n>', is: 'count', help: 'default 16384' },
      'stun-port': {
        value: '<port>',
        is: 'portOrOff',
        help: "UDP, for STUN (default 3478 if it is free); 'off': none"
      },
      'stun-alt-port': {
        value: '<port>',
        is: 'portOrOff',
        help: "UDP, a second one for NAT behaviour discovery (default the next if it is free); 'off': none"
      },
      'quic-port': {
        value: '<port>',
        is: 'portOrOff',
        help: "UDP, keeps iroh nodes from waiting (default 7842 if it is free); 'off': none"
      },
      'no-pkarr': { help: 'do not serve NodeId look-ups (HTTP and DNS)' },
      'dns-port': {
        value: '<port>',
        is: 'portOrOff',
        help: "UDP and TCP, for DNS queries of NodeIds (default 5300 if it is free); 'off': none"
      },
      'dns-origin': { value: '<zone>', is: 'zone', help: 'the DNS zone of the NodeIds (default any)' },
      'metrics-port': { value: '<port>', is: 'port', help: 'HTTP on 127.0.0.1, for /metrics (default none)' }
    },
    json: 'one JSON object per line',
    examples: [
      'event-target-iroh relay --host 192.0.2.10',
      'event-target-iroh relay --hostname relay.example.com --tls-cert fullchain.pem --tls-key privkey.pem',
      'event-target-iroh relay --hostname relay.example.com --dns-port 53 --dns-origin iroh.example.com'
    ]
  },
  spoke: {
    summary: 'connect to a hub; envelopes from stdin go to it, its own to stdout',
    about:
      'Connects to a hub, given by its ticket or its NodeId, and comes back after every break. Each line of stdin is sent to the hub; while there is no connection stdin waits. Each envelope that comes is a line of stdout: {"from": NodeId, "type", "id"?, "payload"?}. It ends with stdin, once the hub has everything.',
    argument: { name: '<ticket|NodeId>' },
    options: {
      ...NODE,
      timeout: { value: '<ms>', is: 'ms', help: 'how long one attempt to connect may take' },
      wait: { help: 'wait for a hub that is not there yet' },
      'no-reconnect': { help: 'end when the connection is lost' },
      stay: { help: 'stay when stdin ends, until SIGINT or SIGTERM' }
    },
    json: 'everything else that goes to stderr also goes to stdout, as {"event", …}',
    notes: [...PIPES.slice(0, 1), `${PIPES[1].slice(0, -1)}, 3 when the connection was lost and is not made again.`],
    examples: [
      'event-target-iroh spoke endpointaa…',
      `echo '{"type":"hello","payload":1}' | event-target-iroh spoke --key spoke.key endpointaa…`,
      'event-target-iroh spoke --preset minimal --local --stay 5c49… </dev/null | jq -c .'
    ]
  }
}

/** What every command takes beside its own options. */
const COMMON = {
  json: {},
  help: { short: 'h', help: 'this text' },
  version: { short: 'V', help: 'this release and those of the libraries it has loaded' }
}

/** All options of a command, in the order of help. @param {CliCommand} command */
function optionsOf(command) {
  return {
    ...command.options,
    json: { ...COMMON.json, help: command.json },
    help: COMMON.help,
    version: COMMON.version
  }
}

module.exports = { COMMANDS, optionsOf }
