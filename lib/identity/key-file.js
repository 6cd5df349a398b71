// SPDX-License-Identifier: MIT
'use strict'

const crypto = require('node:crypto')
const fs = require('node:fs')
const { IrohError, invalid } = require('../base/errors')

const MODE = 0o600
const OTHERS = 0o077
const MAX_BYTES = 256

function keyFileError(path, cause) {
  return new IrohError('ERR_IROH_KEY_FILE', { detail: `${path}: ${cause.message}`, cause })
}

function checkPath(path) {
  if (typeof path !== 'string' || path === '') throw invalid('path must be a string')
}

/**
 * The text of a key file, or null if there is none.
 * @throws {IrohError} ERR_IROH_KEY_FILE when it cannot be read, or when others may read it
 */
function read(path) {
  checkPath(path)
  let file
  try {
    file = fs.openSync(path, 'r')
    const stat = fs.fstatSync(file)
    if (stat.isDirectory()) throw new Error('it is a folder; name a file in it')
    if (!stat.isFile() || stat.size > MAX_BYTES) throw new Error('not a key file')
    if ((stat.mode & OTHERS) !== 0) throw new Error(`others may read it; run: chmod 600 ${path}`)
    return fs.readFileSync(file, 'latin1').trim()
  } catch (error) {
    if (error.code === 'ENOENT') return null
    throw keyFileError(path, error)
  } finally {
    if (file !== undefined) fs.closeSync(file)
  }
}

/**
 * Makes a key file, whole or not at all: it is written aside and then linked into place, which fails if one is there.
 * @returns {boolean} false if a file of this name exists
 */
function write(path, seed) {
  checkPath(path)
  const aside = `${path}.${crypto.randomBytes(6).toString('hex')}`
  try {
    fs.writeFileSync(aside, `${seed.toString('hex')}\n`, { flag: 'wx', mode: MODE, flush: true })
    fs.linkSync(aside, path)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw keyFileError(path, error)
  } finally {
    fs.rmSync(aside, { force: true })
  }
}

module.exports = { read, write }
