// SPDX-License-Identifier: MIT
'use strict'

const net = require('node:net')
const { findGateway } = require('../port-mapping/gateway')
const { GatewaySocket } = require('../port-mapping/gateway-socket')
const natPmp = require('../port-mapping/nat-pmp')
const pcp = require('../port-mapping/pcp')
const { onAbort } = require('../base/on-abort')

const ANY_ADDRESS = '0.0.0.0'
/** As long as a relay has. */
const ANSWER_MS = 1500

/** Relays on this host say that nothing but this host is looked at. */
function isLocal({ url }) {
  const host = new URL(url).hostname
  return host === 'localhost' || host === '[::1]' || (net.isIPv4(host) && host.startsWith('127.'))
}

/** PCP tells no address without a mapping; many gateways that speak it tell theirs by NAT-PMP (RFC 6887, appendix A). */
const QUESTIONS = {
  pcp: {
    write: (socket) => pcp.writeAnnounceRequest(socket.localAddress),
    read: (datagram) => {
      if (pcp.isVersionRefused(datagram)) return { resultCode: pcp.ResultCode.UNSUPP_VERSION }
      return pcp.readAnnounceResponse(datagram)
    }
  },
  'nat-pmp': { write: natPmp.writeExternalAddressRequest, read: natPmp.readExternalAddressResponse }
}

/** Asks by one protocol, and notes it. @returns {Promise<object | null>} null: no answer, or a refusal */
async function ask(run, gateway, protocol) {
  const { write, read } = QUESTIONS[protocol]
  const target = `${gateway.address}:${gateway.port}`
  const started = performance.now()
  let socket
  const stop = () => socket?.close()
  const forget = onAbort(run.signal, stop)
  try {
    socket = await GatewaySocket.open(gateway, ANY_ADDRESS)
    const answer = run.isOver ? null : await socket.ask(write(socket), read, ANSWER_MS)
    const isRefused = answer !== null && answer.resultCode !== 0
    const detail = isRefused ? `result code ${answer.resultCode}` : answer?.externalAddress
    run.journal.note(protocol, target, answer === null ? 'no-answer' : isRefused ? 'error' : 'ok', started, detail)
    return isRefused ? null : answer
  } catch (error) {
    run.journal.note(protocol, target, 'error', started, error.message)
    return null
  } finally {
    forget()
    stop()
  }
}

/**
 * Whether the gateway gives ports by PCP or NAT-PMP, and its external address. No port is asked for. Relays that are all
 * on this host leave the gateway alone.
 * @param {import('./run').Run} run
 * @param {{ url: string }[]} relays
 * @param {() => Promise<{ address: string, port: number } | null>} [find] default: the gateway of the default route
 * @returns {Promise<{ protocol: 'pcp' | 'nat-pmp', externalAddress: string | null } | null>} null: it gives none, or
 *   there is none to ask
 */
async function findPortMapping(run, relays, find = findGateway) {
  if (relays.every(isLocal)) return null
  const gateway = await find()
  if (run.isOver) return null
  if (gateway === null) {
    run.journal.skipped('port mapping', 'gateway', 'no default route by IPv4, or to no private address')
    return null
  }
  const [announced, said] = await Promise.all(Object.keys(QUESTIONS).map((protocol) => ask(run, gateway, protocol)))
  if (announced === null && said === null) return null
  return { protocol: announced === null ? 'nat-pmp' : 'pcp', externalAddress: said?.externalAddress ?? null }
}

module.exports = { findPortMapping }
