// SPDX-License-Identifier: MIT
'use strict'

const { setImmediate } = require('node:timers/promises')

/** How many TCP ports this process listens to, and how many UDP sockets it holds, bound or not. */
async function openPorts() {
  await setImmediate() // what was closed still counts until the event loop has let go of it
  await setImmediate()
  const names = process.getActiveResourcesInfo()
  const count = (wanted) => names.filter((name) => name === wanted).length
  return { tcp: count('TCPServerWrap'), udp: count('UDPWrap') }
}

module.exports = { openPorts }
