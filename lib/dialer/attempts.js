// SPDX-License-Identifier: MIT
'use strict'

/** The first connection; one that comes later is closed. Rejects as the first attempt did if none comes. */
async function firstOf(attempts) {
  let winner = null
  const late = (connection) => {
    if (connection !== winner) connection.close()
  }
  try {
    winner = await Promise.any(attempts)
    return winner
  } catch (error) {
    throw error.errors[0]
  } finally {
    for (const attempt of attempts) attempt.then(late, () => {})
  }
}

/**
 * Some of the addresses that others name: all relays, and so many of the rest, others each time.
 * @param {string[]} addresses as the core dials them
 * @param {number} count
 */
function someOf(addresses, count) {
  const direct = addresses.filter((address) => !address.startsWith('relay:'))
  while (direct.length > count) direct.splice(Math.floor(Math.random() * direct.length), 1)
  return [...direct, ...addresses.filter((address) => address.startsWith('relay:'))]
}

module.exports = { firstOf, someOf }
