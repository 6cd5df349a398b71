// SPDX-License-Identifier: MIT
'use strict'

const { SecretKey } = require('../identity/secret-key')

/** `id`: shows an identity, or makes one. */
function run({ key: file, json }) {
  const key = file === undefined ? SecretKey.generate() : SecretKey.fromFile(file, { create: true })
  const identity = { nodeId: key.nodeId(), ...(file === undefined && { secretKey: key.toHex() }) }
  if (json) console.log(JSON.stringify(identity))
  else for (const [name, value] of Object.entries(identity)) console.log(`${name}: ${value}`)
}

module.exports = { run }
