// SPDX-License-Identifier: MIT
'use strict'

const fs = require('node:fs')
const os = require('node:os')
const { median } = require('./meter')
const { SCENARIOS } = require('./scenarios')

const OURS = 'event-target-iroh'
const START = '<!-- bench:start -->'
const END = '<!-- bench:end -->'
const RIVALS = [
  { title: '÷ net', peers: ['net'] },
  { title: '÷ tls', peers: ['tls'] },
  { title: '÷ best ws', peers: ['ws', 'wss'] },
  { title: '÷ @number0/iroh', peers: ['number0-iroh'] }
]

/**
 * The medians and ratios of a run.
 * @param {{ peers: string[], scenarios: string[], samples: object }} run `samples[peer][metric]` is an array of numbers.
 * @returns {{ metric: object, medians: object, ratios: (number | null)[] }[]} One entry a metric. A ratio above 1 says
 *   that this package did better, whichever direction is better.
 */
function summarizeRun({ peers, scenarios, samples }) {
  return scenarios
    .flatMap((name) => SCENARIOS[name].metrics)
    .map((metric) => {
      const measured = peers.filter((peer) => samples[peer]?.[metric.name]?.length > 0)
      const medians = Object.fromEntries(measured.map((peer) => [peer, median(samples[peer][metric.name])]))
      return { metric, medians, ratios: RIVALS.map((rival) => ratio(metric, medians, rival.peers)) }
    })
}

function ratio({ lowerIsBetter }, medians, rivals) {
  const figures = rivals.map((peer) => medians[peer]).filter((figure) => figure !== undefined)
  if (figures.length === 0 || medians[OURS] === undefined) return null
  return lowerIsBetter ? Math.min(...figures) / medians[OURS] : medians[OURS] / Math.max(...figures)
}

/**
 * The results as a Markdown table.
 * @param {object} run As for summarizeRun, with `rounds` and `failures` ({ peer, scenario, reason }[]).
 * @returns {string}
 */
function renderRun(run) {
  const head = ['', ...run.peers, ...RIVALS.map(({ title }) => title)]
  const rows = summarizeRun(run).map(({ metric, medians, ratios }) => [
    `${metric.title}, ${metric.unit}`,
    ...run.peers.map((peer) => formatFigure(medians[peer], metric.digits)),
    ...ratios.map((value) => (value === null ? '–' : value.toFixed(2)))
  ])
  const failures = run.failures.map(({ peer, scenario, reason }) => `- ${peer}, ${scenario}: ${reason.split('\n')[0]}`)
  return [
    `${describeMachine()} Medians of ${run.rounds} interleaved round${run.rounds === 1 ? '' : 's'}. A ratio above 1 means that this package did better.`,
    '',
    ...table([head, ...rows]),
    ...(failures.length > 0 ? ['', 'Failed:', '', ...failures] : [])
  ].join('\n')
}

function formatFigure(value, digits = 0) {
  if (value === undefined) return '–'
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(3, ...rows.map((row) => row[column].length)))
  const line = (row) => {
    const cells = row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
    return `| ${cells.join(' | ')} |`
  }
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [line(rows[0]), `| ${rule.join(' | ')} |`, ...rows.slice(1).map(line)]
}

function describeMachine() {
  const cpus = os.cpus()
  const model = cpus[0].model.replace(/\s+/g, ' ').trim()
  return `${cpus.length} × ${model}, ${os.type()} ${os.release().split('-')[0]}, Node ${process.version}, loopback.`
}

/**
 * Puts the rendered results between the two marker comments of a Markdown file; where there are none, at its end.
 * @param {string} file
 * @param {string} rendered
 */
function writeIntoDocument(file, rendered) {
  const text = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '# Performance\n'
  const start = text.indexOf(START)
  const end = text.indexOf(END)
  const section = `${START}\n${rendered}\n${END}`
  const found = start >= 0 && end > start
  fs.writeFileSync(
    file,
    found ? text.slice(0, start) + section + text.slice(end + END.length) : `${text}\n${section}\n`
  )
}

module.exports = { renderRun, summarizeRun, writeIntoDocument }
