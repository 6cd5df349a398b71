#!/usr/bin/env node
// SPDX-License-Identifier: MIT
'use strict'

const { main } = require('../lib/cli/main')

main(process.argv.slice(2))
