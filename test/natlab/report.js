// SPDX-License-Identifier: MIT
// Writes what the lab saw into docs/measured/nat-lab.md, between its markers.
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { ABOUT, PAIRS, theory } = require('./expectations.js')

const FILE = path.join(__dirname, '../../docs/measured/nat-lab.md')
const BEGIN = '<!-- written by npm run test:natlab -- --write: begin -->'
const END = '<!-- end -->'

function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

function seen({ runs, direct, faults }) {
  if (faults.length > 0) return `**${faults[0]}**`
  if (direct === 0) return 'relayed'
  return direct === runs ? 'direct' : `direct ${direct} of ${runs}`
}

function matrixTable(rows) {
  return table(
    ['dialler > acceptor', 'theory', 'seen', 'direct after', 'first event after', 'most probes of a peer'],
    rows.map((row) => [
      row.pair.replace('>', '→'),
      theory(row.pair),
      seen(row),
      row.directMs === null ? '' : `${row.directMs} ms`,
      row.firstEventMs === null ? '' : `${row.firstEventMs} ms`,
      row.probes
    ])
  )
}

function kindsTable() {
  return table(['name', 'what it is'], Object.entries(ABOUT))
}

function scenarioTable(scenarios) {
  return table(
    ['scenario', 'seen'],
    scenarios.map(({ title, faults, about }) => [title, faults.length > 0 ? `**${faults.join('; ')}**` : about])
  )
}

/** @param {object[]} rows of runMatrix() @param {{ title: string, faults: string[], about: string }[]} scenarios */
function writeReport(rows, scenarios) {
  const repeat = Math.max(...rows.map(({ runs }) => runs))
  const written = [
    kindsTable(),
    `${PAIRS.length} pairs, ${repeat} ${repeat === 1 ? 'run' : 'runs'} each; times are medians, counted from \`connect()\`.`,
    matrixTable(rows),
    scenarioTable(scenarios)
  ].join('\n\n')
  const text = fs.readFileSync(FILE, 'utf8')
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)]
  if (begin < 0 || end < begin) throw new Error(`${FILE} has lost its markers`)
  fs.writeFileSync(FILE, `${text.slice(0, begin + BEGIN.length)}\n\n${written}\n\n${text.slice(end)}`)
}

module.exports = { writeReport }
