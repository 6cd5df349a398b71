// SPDX-License-Identifier: MIT
'use strict'

// Why a connection to a server failed, in words that say what to look at. What OpenSSL and Node say names neither the dates
// of a certificate nor the clock they were compared with, nor what to do about an authority that is not known.

const { IrohError } = require('../base/errors')

/** Codes of `ws` and of Node's HTTP parser. */
const PROTOCOL_ERROR = /^(WS_ERR|HPE)_/
const TLS_ERROR =
  /^(CERT_|CRL_|ERR_TLS|ERR_SSL|ERR_OSSL|EPROTO|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME|INVALID_|PATH_LENGTH)/
/** Nobody whom this host trusts has signed the certificate. */
const AUTHORITY = /^(UNABLE_TO_(GET_ISSUER|VERIFY_LEAF)|SELF_SIGNED_CERT_IN_CHAIN|CERT_UNTRUSTED|INVALID_CA)/
const NO_TLS = /^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|UNEXPECTED_MESSAGE)$/
/** Certificates of a chain that are looked at, and names of one that are told. */
const MAX_CHAIN = 10
const MAX_NAMES = 5
const MAX_NAME_CHARACTERS = 100

/**
 * What a failed connection was about.
 * @typedef {object} About
 * @property {string} who 'the relay', 'the server', 'the proxy http://…'
 * @property {string} host that the certificate is to be for
 * @property {string} caOption the option that names trusted certificates
 * @property {boolean} [hasOwnCa] whether that option was given, so that Node's own roots do not count
 * @property {object | null} [certificate] of TLSSocket.getPeerCertificate(true)
 * @property {boolean} [isUp] whether the connection was in use already
 */

/** An instant as people read it, to the second. */
function instant(ms) {
  return Number.isFinite(ms) ? new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z') : 'an unknown time'
}

function* chainOf(certificate) {
  let one = certificate
  for (let depth = 0; one?.valid_to && depth < MAX_CHAIN; depth++) {
    yield one
    if (one.issuerCertificate === one) return
    one = one.issuerCertificate
  }
}

function shortened(text) {
  return text.length > MAX_NAME_CHARACTERS ? `${text.slice(0, MAX_NAME_CHARACTERS)}…` : text
}

function nameOf(distinguished) {
  const name = distinguished?.CN ?? distinguished?.O
  return name === undefined ? '' : shortened(String(name))
}

/** Whose certificate of the chain it is that is out of time. */
function ownerOf(one, certificate, who) {
  return one === certificate
    ? `${who}'s certificate`
    : `the certificate of the authority '${nameOf(one.subject)}' above ${who}'s`
}

function outOfTime(certificate, now, who) {
  const clock = `this host's clock says ${instant(now)}`
  for (const one of chainOf(certificate)) {
    const [from, to] = [Date.parse(one.valid_from), Date.parse(one.valid_to)]
    if (now > to) return `${ownerOf(one, certificate, who)} expired on ${instant(to)}; ${clock}`
    if (now < from) return `${ownerOf(one, certificate, who)} is not valid before ${instant(from)}; ${clock}`
  }
  return null
}

/** The names that a certificate is for, without their kinds. */
function namesOf(certificate) {
  const names = (certificate?.subjectaltname ?? '').split(', ').filter((name) => name !== '')
  const plain = names.map((name) => shortened(name.replace(/^(DNS|IP Address|URI):/, '')))
  if (plain.length === 0) return nameOf(certificate?.subject) || 'no name'
  return [...plain.slice(0, MAX_NAMES), ...(plain.length > MAX_NAMES ? ['…'] : [])].join(', ')
}

function untrusted(cause, { who, caOption, hasOwnCa, certificate }) {
  const issuer = nameOf(certificate?.issuer)
  const signer = issuer === '' ? '' : ` ('${issuer}')`
  if (cause.code === 'DEPTH_ZERO_SELF_SIGNED_CERT') {
    return `${who}'s certificate is signed by itself${signer}, and not by an authority that this host knows: set NODE_EXTRA_CA_CERTS or ${caOption}`
  }
  const known = hasOwnCa ? `is not in ${caOption}` : 'this host does not know'
  return `${who}'s certificate is signed by an authority${signer} that ${known} (a proxy that inspects traffic?): set NODE_EXTRA_CA_CERTS or ${caOption}`
}

/** @returns {string} what is wrong with TLS */
function tlsWords(cause, about) {
  const { who, host, certificate } = about
  const { code } = cause
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    const words = outOfTime(certificate, Date.now(), who)
    if (words) return words
    const fault = code === 'CERT_HAS_EXPIRED' ? 'has expired' : 'is not yet valid'
    return `${who}'s certificate ${fault}; this host's clock says ${instant(Date.now())}`
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID' || code === 'HOSTNAME_MISMATCH') {
    return `${who}'s certificate is for ${namesOf(cause.cert ?? certificate)}, not ${host}`
  }
  if (AUTHORITY.test(code) || code === 'DEPTH_ZERO_SELF_SIGNED_CERT') return untrusted(cause, about)
  if (NO_TLS.test(code)) return `what answers in ${who}'s place does not speak TLS (${cause.reason ?? code})`
  return cause.reason ?? cause.message ?? code
}

/**
 * An error of a socket, of TLS, of HTTP or of `ws`, as one of ours.
 * @param {Error & { code?: string }} cause
 * @param {About} about
 * @returns {IrohError}
 */
function connectionError(cause, about) {
  if (cause instanceof IrohError) return cause
  const { code } = cause
  const said = { detail: cause.message || code, cause }
  if (code === undefined || PROTOCOL_ERROR.test(code)) return new IrohError('ERR_IROH_RELAY', said)
  if (TLS_ERROR.test(code)) return new IrohError('ERR_IROH_HANDSHAKE', { detail: tlsWords(cause, about), cause })
  return new IrohError(about.isUp ? 'ERR_IROH_PEER_CLOSED' : 'ERR_IROH_UNREACHABLE', said)
}

/**
 * What stays the same when a failure repeats: words may hold the time.
 * @param {IrohError} error
 * @returns {string}
 */
function causeOf(error) {
  const code = error.cause?.code
  return `${error.code} ${typeof code === 'string' ? code : error.message}`
}

module.exports = { causeOf, connectionError, instant }
