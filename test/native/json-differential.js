// SPDX-License-Identifier: MIT
'use strict'

// json-differential.js PROGRAM: judges 50,000 mutated documents with PROGRAM (json-check) and with JSON.parse, and
// compares. The seed is fixed: every run judges the same documents.

const { execFileSync } = require('node:child_process')
const { mkdtempSync, rmSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')

const DOCUMENTS = 50000

const SEEDS = [
  '{"type":"bench.event","id":"000000000001","payload":{"text":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}}',
  '{"type":"call.responded","id":"","payload":{"ok":true,"n":-12.5e+3,"list":[1,0,2.25,null,false]}}',
  ' [ 1 , "two\\u00e9\\n" , { "drei" : [ [ ] , { } ] } ]\r\n\t',
  '"grüße 你好 😀 \\ud83d\\ude00 \\ud800 \\"quoted\\" \\\\ \\/ \\b\\f\\n\\r\\t"',
  '{"__prot__":1,"__proto_":2,"_proto__":3,"\\u005f_proto":4,"":5}',
  '{"a":{"__proto__":{"b":1}}}',
  '["a long string, the kind that most of what is sent consists of, with an occasional é in it"]',
  '[[[[[[[[[[[[1]]]]]]]]]]]]',
  '-0.0e-10',
  'true',
  'null'
]

const TOKENS = [
  ...'{}[]:,"\\ \n\t-+.eE0123456789tfnu/',
  'true',
  'null',
  '\\u00',
  '\\ud83d',
  '\\x',
  '__proto__',
  '"__proto__":',
  '"\\u005f_proto__":',
  '"a":1,',
  'é',
  '你',
  '😀',
  '\u2028',
  '\ufeff',
  '\0',
  '\x1f',
  '\x7f'
].map((token) => Buffer.from(token))

const RAW = [
  [0x80],
  [0xbf],
  [0xc0, 0x80],
  [0xc1, 0xbf],
  [0xc2],
  [0xe0, 0x80, 0x80],
  [0xe0, 0xa0],
  [0xed, 0xa0, 0x80],
  [0xef, 0xbb, 0xbf],
  [0xf0, 0x80, 0x80, 0x80],
  [0xf0, 0x9f, 0x98],
  [0xf4, 0x90, 0x80, 0x80],
  [0xf5, 0x80, 0x80, 0x80],
  [0xff]
].map((bytes) => Buffer.from(bytes))

let state = 0x2545f491

function below(bound) {
  state ^= state << 13
  state ^= state >>> 17
  state ^= state << 5
  return (state >>> 0) % bound
}

function pick(list) {
  return list[below(list.length)]
}

// Replaces `removed` bytes at a random place by `inserted`.
function splice(bytes, removed, inserted) {
  const at = below(bytes.length + 1)
  return Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + removed)])
}

function mutate(bytes) {
  switch (below(7)) {
    case 0:
      return splice(bytes, 0, pick(TOKENS))
    case 1:
      return splice(bytes, 1, pick(TOKENS))
    case 2:
      return splice(bytes, 1, Buffer.alloc(0))
    case 3:
      return splice(bytes, below(2), Buffer.from([below(256)]))
    case 4:
      return splice(bytes, 0, pick(RAW))
    case 5:
      return bytes.subarray(0, below(bytes.length + 1))
    default: {
      const from = below(bytes.length + 1)
      return splice(bytes, below(3), bytes.subarray(from, from + below(12)))
    }
  }
}

function makeDocument() {
  let bytes = Buffer.from(pick(SEEDS))
  // One mutation leaves many documents good, four hardly any.
  for (let left = pick([0, 1, 1, 1, 2, 3, 4]); left > 0; left--) bytes = mutate(bytes)
  return bytes
}

function hasProtoKey(value) {
  if (typeof value !== 'object' || value === null) return false
  if (Object.hasOwn(value, '__proto__')) return true
  return Object.values(value).some(hasProtoKey)
}

function isAscii(bytes) {
  return bytes.every((byte) => byte < 0x80)
}

function expectedVerdict(bytes) {
  let value
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch {
    return 'ERR_IROH_NOT_JSON'
  }
  if (hasProtoKey(value)) return 'ERR_IROH_FORBIDDEN_KEY'
  return isAscii(bytes) ? 'accepted ascii' : 'accepted'
}

// A document that is not JSON further on may be refused for its key first.
function agree(verdict, expected) {
  return verdict === expected || (verdict === 'ERR_IROH_FORBIDDEN_KEY' && expected === 'ERR_IROH_NOT_JSON')
}

function judge(program, documents) {
  const directory = mkdtempSync(join(tmpdir(), 'json-differential-'))
  try {
    const file = join(directory, 'documents')
    writeFileSync(file, documents.map((bytes) => `${bytes.toString('hex')}\n`).join(''))
    return execFileSync(program, [file], { encoding: 'utf8', maxBuffer: 1 << 26 })
      .trimEnd()
      .split('\n')
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const documents = Array.from({ length: DOCUMENTS }, makeDocument)
const verdicts = judge(process.argv[2], documents)
const counts = {}
let wrong = verdicts.length === documents.length ? 0 : 1
documents.forEach((bytes, i) => {
  const expected = expectedVerdict(bytes)
  counts[expected] = (counts[expected] ?? 0) + 1
  if (agree(verdicts[i], expected)) return
  wrong++
  if (wrong <= 10) console.log(`# ${bytes.toString('hex')} is ${verdicts[i]}, expected ${expected}`)
})
console.log(`# ${JSON.stringify(counts)}`)
console.log(`${wrong ? 'not ok' : 'ok'} 1 - ${DOCUMENTS} documents are judged as JSON.parse judges them`)
process.exitCode = wrong ? 1 : 0
