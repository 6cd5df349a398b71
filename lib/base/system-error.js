// SPDX-License-Identifier: MIT
'use strict'

const util = require('node:util')

const names = util.getSystemErrorMap()

/**
 * What the operating system said, as an Error like those of Node: `code` ('EMFILE'), `errno`, `syscall`, `address`.
 * @param {[number, string, string?]} said errno, the call, and the address it was about; the call 'icmp': a host on the way
 *   said so
 * @returns {Error}
 */
function systemError([number, syscall, address]) {
  const errno = -Math.abs(number)
  const [code, words] = names.get(errno) ?? [`errno ${-errno}`, 'unknown system error']
  const error = new Error(`${code}: ${words} (${syscall}${address === undefined ? '' : ` ${address}`})`)
  return Object.assign(error, { code, errno, syscall, ...(address !== undefined && { address }) })
}

module.exports = { systemError }
