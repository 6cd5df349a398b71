// SPDX-License-Identifier: MIT
'use strict'

const { SecretKey } = require('../secret-key')
const { readArgs } = require('./command')

const usage = `Usage: event-target-iroh id [--key <file>] [--json]

Prints the NodeId of the key in a file; the file is made, for its owner alone, if there is none.
Without --key it prints a fresh secret key and its NodeId.

  --key <file>  the key file
  --json        as one line of JSON
  --help        this text`

/** `id`: shows an identity, or makes one. */
async function run(args) {
  const values = readArgs(args, { usage, options: { key: { type: 'string' } } })
  if (!values) return
  const { key: file, json } = values
  const key = file === undefined ? SecretKey.generate() : SecretKey.fromFile(file, { create: true })
  const identity = { nodeId: key.nodeId(), ...(file === undefined && { secretKey: key.toHex() }) }
  if (json) console.log(JSON.stringify(identity))
  else for (const [name, value] of Object.entries(identity)) console.log(`${name}: ${value}`)
}

module.exports = { run }
