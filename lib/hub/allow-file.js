// SPDX-License-Identifier: MIT
'use strict'

const { checkOptions, checkText } = require('../base/check')
const { NodeIdFile, parseList } = require('../identity/node-id-file')

/** A hub's allowlist in a file. */
class AllowFile extends NodeIdFile {
  /** @throws {IrohError} ERR_IROH_INVALID_NODE_ID; ERR_IROH_INVALID_ARGUMENT if it cannot be read */
  constructor(file) {
    super(file, 'the allowlist')
  }

  /** The NodeIds of the last version that could be read. */
  get nodeIds() {
    return this.items
  }
}

/** The `allow` option: { file } is a list that is watched. */
function readAllow(allow) {
  const isFile = typeof allow === 'object' && allow !== null && 'file' in allow
  if (!isFile) return allow
  const { file } = checkOptions(allow, ['file'], 'allow')
  return new AllowFile(checkText(file ?? null, 'allow.file'))
}

module.exports = { AllowFile, parseList, readAllow }
