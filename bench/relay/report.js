// SPDX-License-Identifier: MIT
'use strict'

const { median } = require('../meter')
const { describeRun, formatFigure, formatRatio, ratioOf, table } = require('../report')
const { SCENARIOS } = require('./scenarios')
const { OURS } = require('./servers')

/**
 * The medians and ratios of a run.
 * @param {{ servers: string[], scenarios: string[], samples: object }} run `samples[server][metric]` is an array of
 *   numbers.
 * @returns {{ metric: object, medians: object, ratios: (number | null)[] }[]} One entry a metric, and in it one ratio a
 *   server that is not ours. Above 1: ours did better.
 */
function summarizeRun({ servers, scenarios, samples }) {
  return scenarios
    .flatMap((name) => SCENARIOS[name].metrics)
    .map((metric) => {
      const medians = Object.fromEntries(servers.map((server) => [server, median(samples[server][metric.name])]))
      const ratios = servers
        .filter((server) => server !== OURS)
        .map((server) => (metric.noRatio ? null : ratioOf(metric, medians[OURS], [medians[server]])))
      return { metric, medians, ratios }
    })
}

/**
 * The results as a Markdown table.
 * @param {object} run As for summarizeRun, with `rounds` and `lost` (frames by server).
 * @returns {string}
 */
function renderRun(run) {
  const others = run.servers.filter((server) => server !== OURS)
  const head = ['', ...run.servers, ...others.map((server) => `÷ ${server}`)]
  const rows = summarizeRun(run).map(({ metric, medians, ratios }) => [
    `${metric.title}, ${metric.unit}`,
    ...run.servers.map((server) => formatFigure(medians[server], metric.digits)),
    ...ratios.map(formatRatio)
  ])
  const lost = run.servers.map((server) => `${server} ${formatFigure(run.lost[server])}`)
  return [describeRun(run.rounds), '', ...table([head, ...rows]), '', `Frames lost: ${lost.join(', ')}.`].join('\n')
}

module.exports = { renderRun, summarizeRun }
