// SPDX-License-Identifier: MIT
// Opens the spool it is told, and holds it.
'use strict'

const { Spool } = require('../../../lib/resume/spool')

process.once('message', (path) => {
  try {
    globalThis.spool = new Spool(path, 1 << 20)
    process.send('taken')
  } catch (error) {
    process.send(error.message)
  }
})
process.once('disconnect', () => process.exit())
