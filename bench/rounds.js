// SPDX-License-Identifier: MIT
'use strict'

// What both benches do with the names of what they compare.

/**
 * @param {string | undefined} list names separated by commas; none: all
 * @param {string[]} known
 * @param {string} what they are
 * @returns {string[]} in the order of `known`
 */
function pick(list, known, what) {
  const names = list?.split(',') ?? known
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined) throw new Error(`no ${what} '${unknown}'; there are: ${known.join(', ')}`)
  return known.filter((name) => names.includes(name))
}

/** The names in another order each round, so that none always follows the same one. */
function rotate(names, round) {
  const at = round % names.length
  return [...names.slice(at), ...names.slice(0, at)]
}

module.exports = { pick, rotate }
