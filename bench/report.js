// SPDX-License-Identifier: MIT
'use strict'

const fs = require('node:fs')
const os = require('node:os')
const { median } = require('./meter')
const { SCENARIOS } = require('./scenarios')

const OURS = 'event-target-iroh'
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

function ratio(metric, medians, rivals) {
  return ratioOf(
    metric,
    medians[OURS],
    rivals.map((peer) => medians[peer]).filter((figure) => figure !== undefined)
  )
}

/**
 * @param {{ lowerIsBetter?: boolean }} metric
 * @param {number | undefined} ours
 * @param {number[]} others The best of them counts.
 * @returns {number | null} Above 1: ours is better. Null where there is nothing to compare.
 */
function ratioOf({ lowerIsBetter }, ours, others) {
  if (others.length === 0 || ours === undefined) return null
  return lowerIsBetter ? Math.min(...others) / ours : ours / Math.max(...others)
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
    ...ratios.map(formatRatio)
  ])
  const failures = run.failures.map(({ peer, scenario, reason }) => `- ${peer}, ${scenario}: ${reason.split('\n')[0]}`)
  return [
    describeRun(run.rounds),
    '',
    ...table([head, ...rows]),
    ...(failures.length > 0 ? ['', 'Failed:', '', ...failures] : [])
  ].join('\n')
}

function describeRun(rounds) {
  return `${describeMachine()} Medians of ${rounds} interleaved round${rounds === 1 ? '' : 's'}. A ratio above 1 means that this package did better.`
}

function formatRatio(value) {
  return value === null ? '–' : value.toFixed(2)
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
 * @param {string} [section] The markers' name.
 */
function writeIntoDocument(file, rendered, section = 'bench') {
  const [before, after] = [`<!-- ${section}:start -->`, `<!-- ${section}:end -->`]
  const text = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '# Performance\n'
  const start = text.indexOf(before)
  const end = text.indexOf(after)
  const marked = `${before}\n${rendered}\n${after}`
  const found = start >= 0 && end > start
  fs.writeFileSync(
    file,
    found ? text.slice(0, start) + marked + text.slice(end + after.length) : `${text}\n${marked}\n`
  )
}

module.exports = {
  describeRun,
  formatFigure,
  formatRatio,
  ratioOf,
  renderRun,
  summarizeRun,
  table,
  writeIntoDocument
}
