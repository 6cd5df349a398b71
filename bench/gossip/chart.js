// SPDX-License-Identifier: MIT
'use strict'

const { SPREAD } = require('./cases')
const { mean } = require('./tables')

const WIDTH = 960
const HEIGHT = 330
const PANEL = { width: 320, left: 46, right: 14, top: 44, bottom: 58 }
const OURS = '#2563a8'
const THEIRS = '#c9ced6'
const LINES = ['#2563a8', '#c26a1b', '#a3264a']

const escapeText = (text) => String(text).replace(/[&<>"]/g, (character) => `&#${character.codePointAt(0)};`)
const round = (value) => Math.round(value * 10) / 10

function text(x, y, content, { anchor = 'middle', size = 11, weight = 'normal' } = {}) {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" font-size="${size}" font-weight="${weight}">${escapeText(content)}</text>`
}

/** A panel's frame with its title and horizontal lines; `x` and `y` turn values into places. */
function panel(number, title, { maxX, maxY, stepY, formatY = String }) {
  const left = number * PANEL.width + PANEL.left
  const right = (number + 1) * PANEL.width - PANEL.right
  const bottom = HEIGHT - PANEL.bottom
  const x = (value) => left + (value / maxX) * (right - left)
  const y = (value) => bottom - (value / maxY) * (bottom - PANEL.top)
  const parts = [text((left + right) / 2, 24, title, { size: 13, weight: 'bold' })]
  for (let value = 0; value <= maxY + 1e-9; value += stepY) {
    parts.push(`<line x1="${left}" x2="${right}" y1="${round(y(value))}" y2="${round(y(value))}" stroke="#e3e6ea"/>`)
    parts.push(text(left - 6, y(value) + 4, formatY(round(value)), { anchor: 'end', size: 10 }))
  }
  return { parts, x, y, left, right, bottom }
}

/** A figure of the cases with messages only, beside a model of upstream's rules. */
function bars(results, number, title, figure, scale) {
  const cases = SPREAD.filter((entry) => entry[figure] && !entry.max && results[entry.id])
  const { parts, x, y, left, bottom } = panel(number, title, { maxX: cases.length, ...scale })
  cases.forEach(({ id, scenario, nodes, [figure]: theirs }, index) => {
    const width = x(0.34) - x(0)
    const bar = (from, value, colour) =>
      `<rect x="${round(from)}" y="${round(y(value))}" width="${round(width)}" height="${round(bottom - y(value))}" fill="${colour}"/>`
    const ours = mean(results[id].map((run) => run[figure]))
    parts.push(bar(x(index + 0.13), mean(theirs), THEIRS), bar(x(index + 0.5), ours, OURS))
    parts.push(text(x(index + 0.5), bottom + 14, scenario, { size: 10 }))
    parts.push(text(x(index + 0.5), bottom + 27, nodes, { size: 10 }))
  })
  parts.push(legend(left, [THEIRS, OURS], ['model of upstream', 'this package']))
  return parts
}

/** How much of the peers a message gets to, second by second. */
function reach(results, number, title, axis, series) {
  const shown = series.filter(({ id }) => results[id])
  const curves = shown.map(({ id }) => meanSeries(results[id].map((run) => run.reach)))
  const maxX = Math.max(1, ...curves.map((curve) => curve.length - 1))
  const { parts, x, y, left, right, bottom } = panel(number, title, {
    maxX,
    maxY: 100,
    stepY: 25,
    formatY: (value) => `${value} %`
  })
  curves.forEach((curve, index) => {
    const points = curve.map((value, second) => `${round(x(second))},${round(y(100 * value))}`)
    parts.push(`<polyline points="${points.join(' ')}" fill="none" stroke="${LINES[index]}" stroke-width="1.8"/>`)
  })
  for (let second = 0; second <= maxX; second += 20) parts.push(text(x(second), bottom + 14, second, { size: 10 }))
  parts.push(text((left + right) / 2, bottom + 28, axis, { size: 10 }))
  parts.push(
    legend(
      left,
      LINES,
      shown.map((entry) => entry.label)
    )
  )
  return parts
}

function meanSeries(series) {
  const length = Math.min(...series.map((values) => values.length))
  return Array.from({ length }, (_, index) => mean(series.map((values) => values[index])))
}

function legend(left, colours, labels) {
  const step = (PANEL.width - PANEL.left - PANEL.right) / labels.length
  return labels
    .map(
      (label, index) =>
        `<rect x="${round(left + index * step)}" y="${HEIGHT - 22}" width="10" height="10" fill="${colours[index]}"/>` +
        text(left + index * step + 15, HEIGHT - 13, label, { anchor: 'start', size: 10 })
    )
    .join('')
}

/**
 * The figures as a drawing.
 * @param {{ [id: string]: object[] }} results As for renderTables.
 * @returns {string} SVG.
 */
function drawChart(results) {
  const parts = [
    ...bars(results, 0, 'Redundant payloads (RMR)', 'rmr', { maxY: 1.6, stepY: 0.4 }),
    ...bars(results, 1, 'Hops to the last receiver (LDH)', 'ldh', { maxY: 24, stepY: 6 }),
    ...reach(
      results,
      2,
      'Reached within 5 s, 1,000 peers',
      'seconds after the crash',
      [20, 50, 80].map((share) => ({ id: `crash-${share}-1000`, label: `${share} % crash` }))
    )
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" fill="#24292f">
<title>Gossip in the simulator</title>
<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>
${parts.join('\n')}
</svg>
`
}

module.exports = { drawChart }
