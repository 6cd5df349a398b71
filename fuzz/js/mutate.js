// SPDX-License-Identifier: MIT
'use strict'

// Changes an input into another one, as random as its generator is: bits, numbers that lengths and counts like to be, and
// pieces cut out, repeated, or taken from another input.

const INTERESTING_BYTES = [0, 1, 4, 0x0f, 0x10, 0x20, 0x3f, 0x40, 0x7f, 0x80, 0xbf, 0xc0, 0xc1, 0xfe, 0xff]
const INTERESTING_NUMBERS = [0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xfffe, 0xffff]
const MAX_CHANGES = 8
const MAX_REPEATS = 400

/** Draws from a generator of numbers in [0, 1). */
class Dice {
  #random

  /** @param {() => number} random */
  constructor(random) {
    this.#random = random
  }

  /** 0 to limit - 1. */
  below(limit) {
    return Math.floor(this.#random() * limit)
  }

  oneOf(list) {
    return list[this.below(list.length)]
  }

  /** [start, end] of a piece; small ones are more frequent. */
  piece(length) {
    const start = this.below(length + 1)
    const most = length - start
    const size = this.below(2) === 0 ? this.below(Math.min(most, 8) + 1) : this.below(most + 1)
    return [start, start + size]
  }
}

function flipBit(bytes, dice) {
  bytes[dice.below(bytes.length)] ^= 1 << dice.below(8)
  return bytes
}

function setByte(bytes, dice) {
  bytes[dice.below(bytes.length)] = dice.below(2) === 0 ? dice.oneOf(INTERESTING_BYTES) : dice.below(256)
  return bytes
}

function addToByte(bytes, dice) {
  bytes[dice.below(bytes.length)] += dice.below(17) - 8
  return bytes
}

/** A length or a count: an edge of its range, or about what is left of the input, or where something is. */
function setNumber(bytes, dice) {
  const width = dice.oneOf([2, 2, 4])
  if (bytes.length < width) return bytes
  const at = dice.below(bytes.length - width + 1)
  const left = bytes.length - at - width
  const near = [left, left - 1, left + 1, at, at + width, bytes.length, dice.below(bytes.length)]
  const value = Math.max(0, dice.below(2) === 0 ? dice.oneOf(INTERESTING_NUMBERS) : dice.oneOf(near))
  if (width === 4) bytes.writeUInt32BE(value, at)
  else bytes.writeUInt16BE(value & 0xffff, at)
  return bytes
}

function insert(bytes, piece, at) {
  return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)])
}

function insertRandom(bytes, dice) {
  const piece = Buffer.from(Array.from({ length: 1 + dice.below(8) }, () => dice.below(256)))
  return insert(bytes, piece, dice.below(bytes.length + 1))
}

function remove(bytes, dice) {
  const [start, end] = dice.piece(bytes.length)
  return Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)])
}

function repeat(bytes, dice) {
  const [start, end] = dice.piece(bytes.length)
  const times = dice.below(4) === 0 ? dice.below(MAX_REPEATS) : 1 + dice.below(4)
  return insert(bytes, Buffer.concat(Array(times).fill(bytes.subarray(start, end))), end)
}

function overwrite(bytes, dice) {
  const [start, end] = dice.piece(bytes.length)
  bytes.copy(bytes, dice.below(bytes.length), start, end)
  return bytes
}

function truncate(bytes, dice) {
  return bytes.subarray(0, dice.below(bytes.length + 1))
}

function splice(bytes, dice, { others }) {
  const other = dice.oneOf(others)
  const [start, end] = dice.piece(other.length)
  const piece = other.subarray(start, end)
  if (dice.below(2) === 0) return insert(bytes, piece, dice.below(bytes.length + 1))
  return Buffer.concat([bytes.subarray(0, dice.below(bytes.length + 1)), piece])
}

function insertToken(bytes, dice, { tokens }) {
  return tokens.length === 0 ? bytes : insert(bytes, dice.oneOf(tokens), dice.below(bytes.length + 1))
}

const CHANGES = [
  flipBit,
  setByte,
  addToByte,
  setNumber,
  setNumber,
  insertRandom,
  remove,
  repeat,
  overwrite,
  truncate,
  splice,
  insertToken
]
const NEED_BYTES = new Set([flipBit, setByte, addToByte, overwrite])

/**
 * Another input, made of one.
 * @param {Buffer} input which stays as it is
 * @param {Dice} dice
 * @param {{ others: Buffer[], tokens: Buffer[], maxLength: number }} material
 * @returns {Buffer}
 */
function mutate(input, dice, material) {
  let bytes = Buffer.from(input)
  for (let left = 1 + dice.below(MAX_CHANGES); left > 0; left--) {
    const change = dice.oneOf(CHANGES)
    if (bytes.length === 0 && NEED_BYTES.has(change)) continue
    bytes = change(bytes, dice, material)
    if (bytes.length > material.maxLength) bytes = bytes.subarray(0, material.maxLength)
  }
  return bytes
}

module.exports = { Dice, mutate }
