// SPDX-License-Identifier: MIT
'use strict'

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

module.exports = { AllowFile, parseList }
