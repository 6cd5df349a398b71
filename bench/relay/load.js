// SPDX-License-Identifier: MIT
'use strict'

// The load generator of one measurement, started by run.js: load.js <scenario> <server as JSON> <settings as JSON>. It
// says { result } or { error }.

const { SCENARIOS } = require('./scenarios')

const [scenario, server, settings] = process.argv.slice(2)

SCENARIOS[scenario]
  .run(JSON.parse(server), JSON.parse(settings))
  .then((result) => process.send({ result }))
  .catch((error) => process.send({ error: error.message }))
  .finally(() => process.disconnect())
