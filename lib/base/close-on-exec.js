// SPDX-License-Identifier: MIT
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const binding = require('../binding')

const OPEN = '/proc/self/fd'

/** What a descriptor leads to; one that was closed meanwhile leads nowhere. */
function targetOf(fd) {
  try {
    return fs.readlinkSync(path.join(OPEN, fd))
  } catch {
    return ''
  }
}

/**
 * Keeps child processes from inheriting the files of a folder that are open now. A library may have opened them without
 * close-on-exec; where the system does not list descriptors they stay as they are.
 * @param {string} directory it exists
 */
function keepFromChildren(directory) {
  if (!fs.existsSync(OPEN)) return
  const prefix = fs.realpathSync(directory) + path.sep
  for (const fd of fs.readdirSync(OPEN)) if (targetOf(fd).startsWith(prefix)) binding.closeOnExec(Number(fd))
}

module.exports = { keepFromChildren }
