// SPDX-License-Identifier: MIT
'use strict'

const { formatFigure, table } = require('../report')
const { ATTACKS, FAULTS, HICCUPS, OVERLAY, PARTITIONS, SPREAD } = require('./cases')

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length

/** A figure of a case over its seeds: "0.12", or "0.10–0.14" where they differ. */
function range(runs, name, digits = 0) {
  const values = runs.map((run) => run[name])
  if (values.some((value) => value === null)) return 'never'
  const [least, most] = [Math.min(...values), Math.max(...values)].map((value) => formatFigure(value, digits))
  return least === most ? least : `${least}–${most}`
}

const percent = (runs, name) =>
  range(
    runs.map((run) => ({ [name]: 100 * run[name] })),
    name,
    1
  )
const sum = (runs, name) => formatFigure(runs.reduce((total, run) => total + run[name], 0))
const kib = (runs, name) => formatFigure(Math.max(...runs.map((run) => run[name])) / 1024, 1)

function model(figures, digits) {
  if (!figures) return ''
  const [least, most] = figures.map((figure) => formatFigure(figure, digits))
  return least === most ? least : `${least}–${most}`
}

function spread(results) {
  const head = ['', 'peers', 'ms', 'RMR', 'upstream’s', 'LDH', 'upstream’s', 'duration, ms', 'control frames', 'missed']
  const rows = SPREAD.filter(({ id }) => results[id]).map(({ id, title, nodes, max = 50, rmr, ldh }) => {
    const runs = results[id]
    return [
      title,
      formatFigure(nodes),
      `10–${max}`,
      range(runs, 'rmr', 2),
      model(rmr, 2),
      range(runs, 'ldh', 1),
      model(ldh, 1),
      range(runs, 'durationMs'),
      range(runs, 'controls'),
      sum(runs, 'missed')
    ]
  })
  return [head, ...rows]
}

function overlay(results) {
  const head = [
    'peers',
    'without a neighbour after 20 latencies',
    '4 or 5 neighbours after 10 s, %',
    'parts',
    'one-sided links',
    'dials a peer to get there',
    'frames a peer and minute when idle',
    'most memory of a peer, KiB',
    'connections / needed'
  ]
  const rows = OVERLAY.filter(({ id }) => results[id]).map(({ id, nodes }) => {
    const runs = results[id]
    return [
      formatFigure(nodes),
      sum(runs, 'isolatedEarly'),
      percent(runs, 'full'),
      range(runs, 'components'),
      sum(runs, 'oneSided'),
      formatFigure(mean(runs.map(({ dials }) => dials / nodes)), 1),
      formatFigure(mean(runs.map(({ idleControls }) => idleControls)), 1),
      kib(runs, 'memoryMax'),
      formatFigure(mean(runs.map(({ connections, connectionsNeeded }) => connections / connectionsNeeded)), 2)
    ]
  })
  return [head, ...rows]
}

function crashes(results) {
  const head = [
    'crashed, %',
    'peers',
    'the next 5 messages reach within 5 s, %',
    'isolated, parts 40 s later',
    'missed of 60 messages after that',
    '4 or 5 neighbours at the end, %'
  ]
  const rows = FAULTS.filter(({ id }) => results[id]).map(({ id, share, nodes }) => {
    const runs = results[id]
    return [
      String(share),
      formatFigure(nodes),
      percent(
        runs.map(({ reach }) => ({ early: mean(reach.slice(0, 5)) })),
        'early'
      ),
      `${sum(runs, 'isolatedNoticed')}, ${range(runs, 'componentsNoticed')}`,
      sum(runs, 'missedLater'),
      percent(runs, 'full')
    ]
  })
  return [head, ...rows]
}

function partitions(results) {
  const head = ['cut off, %', 'parts before', 'in one piece after, s', 'missed within a part', 'missed after that']
  const rows = PARTITIONS.filter(({ id }) => results[id]).map(({ id, share }) => {
    const runs = results[id]
    return [
      String(share),
      range(runs, 'partsBefore'),
      range(runs, 'mergedSeconds'),
      sum(runs, 'missedApart'),
      sum(runs, 'missedMerged')
    ]
  })
  return [head, ...rows]
}

function rest({ churn, rejoin, topics, slow, load }) {
  const rows = [['', '']]
  const add = (title, value) => rows.push([title, value])
  if (churn) {
    add('churn: deliveries', sum(churn, 'deliveries'))
    add('churn: missed', sum(churn, 'missed'))
    add('churn: later than 5 s', sum(churn, 'late'))
    add('churn: the last receiver waits, ms', range(churn, 'waitMs'))
    add('churn: connections / needed', range(churn.map(connectionShare), 'share', 2))
  }
  if (rejoin) {
    add('crash and return with the same key, a joiner: neighbours after, s', range(rejoin, 'joinerSeconds', 2))
    add('the same of the peer that others had joined', range(rejoin, 'contactSeconds', 2))
  }
  if (topics) {
    add('150 topics between 20 peers: messages, missed', `${sum(topics, 'messages')}, ${sum(topics, 'missed')}`)
    add('the same: connections / needed', range(topics.map(connectionShare), 'share', 2))
  }
  if (slow) {
    add('a peer that reads a tenth: missed by the others', sum(slow, 'missedOfOthers'))
    add('the same: the last of the others waits, ms', range(slow, 'waitMsWith'))
    add('the same without that peer', range(slow, 'waitMsWithout'))
    add('the same: what the slow one had a minute later, %', percent(slow, 'slowReceived'))
  }
  if (load) {
    add('1,000 messages of 4,000 bytes a second, 10 minutes, 6 peers: missed', sum(load, 'missed'))
    add('the same: most memory of a peer, KiB', kib(load, 'memoryLoaded'))
    add('the same: in the first quarter', kib(load, 'memoryFirstQuarter'))
    add('the same: two minutes later', kib(load, 'memoryMax'))
  }
  return rows
}

function hiccups(results) {
  const head = [
    'peers',
    'messages a second',
    'RMR',
    'asked for a message',
    'control frames a message',
    'median wait of the last, ms',
    '99 %',
    'missed'
  ]
  const rows = HICCUPS.filter(({ id }) => results[id]).map(({ id, nodes, rounds }) => {
    const runs = results[id]
    return [
      formatFigure(nodes),
      formatFigure(rounds),
      range(runs, 'rmr', 3),
      range(runs, 'grafts', 2),
      range(runs, 'controls', 1),
      range(runs, 'waitMs', 1),
      range(runs, 'waitMs99'),
      sum(runs, 'missed')
    ]
  })
  return [head, ...rows]
}

const connectionShare = ({ connections, connectionsNeeded }) => ({ share: connections / connectionsNeeded })

function attacks(results) {
  const head = [
    'attack on 100 peers',
    'missed',
    'late',
    'neighbours that are hostile, %',
    'without an honest one',
    'dials a peer and s',
    'frames a peer and s',
    'turned away a peer and s',
    'payloads to attackers a message',
    'largest message of an honest peer',
    'most memory, KiB'
  ]
  const rows = ATTACKS.filter(({ id }) => results[id]).map(({ id, title }) => {
    const runs = results[id]
    const average = (name) => formatFigure(mean(runs.map((run) => run[name])), 1)
    return [
      title,
      sum(runs, 'missed'),
      sum(runs, 'late'),
      percent(runs, 'hostileShare'),
      range(runs, 'eclipsed'),
      average('dials'),
      average('controls'),
      average('limited'),
      average('hostilePayloads'),
      range(runs, 'largestFrame'),
      kib(runs, 'memoryAttacked')
    ]
  })
  return [head, ...rows]
}

/**
 * All tables as Markdown.
 * @param {{ [id: string]: object[] }} results What the simulator printed for each case, a run a seed; cases may be absent.
 * @returns {string}
 */
function renderTables(results) {
  const sections = [
    ['Messages', spread(results)],
    ['Overlay', overlay(results)],
    ['Crashes', crashes(results)],
    ['Partitions', partitions(results)],
    ['Other faults', rest(results)],
    ['Processes that stop', hiccups(results)],
    ['Attacks', attacks(results)]
  ]
  return sections
    .filter(([, rows]) => rows.length > 1)
    .map(([title, rows]) => [`### ${title}`, '', ...table(rows)].join('\n'))
    .join('\n\n')
}

module.exports = { mean, renderTables }
