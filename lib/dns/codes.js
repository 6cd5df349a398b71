// SPDX-License-Identifier: MIT
'use strict'

// Numbers of DNS messages (RFC 1035) that reading and writing share.

const HEADER_BYTES = 12
const MAX_LABEL_BYTES = 63
/** Of a name as it is written without pointers. */
const MAX_NAME_BYTES = 255
const POINTER = 0xc000
const CLASS_IN = 1
const TYPE = Object.freeze({ A: 1, SOA: 6, PTR: 12, TXT: 16, AAAA: 28, SRV: 33, OPT: 41, ANY: 255 })
const FLAG = Object.freeze({ RESPONSE: 0x8000, AUTHORITATIVE: 0x0400, TRUNCATED: 0x0200, RECURSION_DESIRED: 0x0100 })

module.exports = { CLASS_IN, FLAG, HEADER_BYTES, MAX_LABEL_BYTES, MAX_NAME_BYTES, POINTER, TYPE }
