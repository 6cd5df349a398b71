// SPDX-License-Identifier: MIT
'use strict'

const { IrohError } = require('../base/errors')
const { ListFile, linesOf } = require('../base/list-file')
const { parseNodeId } = require('./node-id')

/**
 * The NodeIds of a list, one a line.
 * @returns {Set<string>}
 * @throws {IrohError} ERR_IROH_INVALID_NODE_ID, with the number of the line
 */
function parseList(text) {
  const nodeIds = new Set()
  for (const [word, number] of linesOf(text)) {
    try {
      nodeIds.add(parseNodeId(word))
    } catch {
      throw new IrohError('ERR_IROH_INVALID_NODE_ID', { detail: `line ${number}: ${word.slice(0, 80)}` })
    }
  }
  return nodeIds
}

/** A list of NodeIds in a file, which is read again whenever it changes. */
class NodeIdFile extends ListFile {
  /**
   * @param {string} file
   * @param {string} what it is, for errors
   * @throws {IrohError} ERR_IROH_INVALID_NODE_ID; ERR_IROH_INVALID_ARGUMENT if it cannot be read
   */
  constructor(file, what) {
    super(file, { what, parse: parseList })
  }
}

module.exports = { NodeIdFile, parseList }
