// SPDX-License-Identifier: MIT
// A process whose only work is a relay session. Arguments: client or manager, the relay's URL, and what to do when up:
// close; unref; ref: say so and leave with exit code 3 a second later, if still here; unref-first: not wait for it.
'use strict'

const { SecretKey } = require('event-target-iroh')
const { RelayClient } = require('../../../lib/relay/client')
const { RelayManager } = require('../../../lib/relay/manager')

const [what, url, task] = process.argv.slice(2)
const secretKey = SecretKey.generate()
const session = what === 'client' ? new RelayClient({ url, secretKey }) : new RelayManager({ relays: [url], secretKey })

process.channel.unref()
if (task === 'unref-first') session.unref()
else session.once(what === 'client' ? 'up' : 'relay', onUp)
if (what === 'client') session.connect()
else session.start()

function onUp() {
  if (task === 'close') session.close()
  else if (task === 'unref') session.unref()
  else process.send('up', () => setTimeout(() => process.exit(3), 300).unref())
}
