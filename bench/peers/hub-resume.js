// SPDX-License-Identifier: MIT
'use strict'

const { openHub } = require('./hub')

module.exports = { open: () => openHub({ delivery: 'resume' }) }
