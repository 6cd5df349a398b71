// SPDX-License-Identifier: MIT
'use strict'

// The files that tell a Unix system how names are looked up: /etc/hosts, /etc/resolv.conf, /etc/nsswitch.conf.

const fs = require('node:fs')
const { isIP } = require('node:net')
const { performance } = require('node:perf_hooks')

/** A file is looked at again after this long, and read again when it is another one. */
const LOOK_EVERY_MS = 1000
/** A longer file is not read. */
const MAX_BYTES = 1 << 20
/** Search domains and dots that are taken from resolv.conf (glibc has the same bound for the dots). */
const MAX_SEARCH = 16
const MAX_NDOTS = 15

/** The lines of a file without their remarks, each as its words. */
function wordsOf(text, remark) {
  const lines = text.split('\n').map((line) => line.replace(remark, '').trim())
  return lines.filter((line) => line !== '').map((line) => line.split(/\s+/))
}

/** @returns {Map<string, { address: string, family: number }[]>} by name in lower case */
function parseHosts(text) {
  const hosts = new Map()
  for (const [address, ...names] of wordsOf(text, /#.*/)) {
    const family = isIP(address)
    if (family === 0) continue
    for (const name of names) {
      const key = name.toLowerCase().replace(/\.$/, '')
      const known = hosts.get(key) ?? []
      if (!known.some((one) => one.address === address)) known.push({ address, family })
      hosts.set(key, known)
    }
  }
  return hosts
}

/** @returns {{ search: string[], ndots: number }} */
function parseResolv(text) {
  const read = { search: [], ndots: 1 }
  for (const [key, ...values] of wordsOf(text, /[#;].*/)) {
    if (key === 'search' || key === 'domain') read.search = values.filter((value) => value !== '.').slice(0, MAX_SEARCH)
    if (key !== 'options') continue
    for (const value of values) {
      const ndots = /^ndots:(\d+)$/.exec(value)
      if (ndots) read.ndots = Math.min(Number(ndots[1]), MAX_NDOTS)
    }
  }
  return read
}

/** @returns {boolean} whether names are looked up elsewhere, too: by multicast, in a directory, by a service */
function parseSources(text) {
  const hosts = wordsOf(text, /#.*/).find(([key]) => key === 'hosts:') ?? []
  const sources = hosts
    .slice(1)
    .join(' ')
    .replace(/\[[^\]]*\]/g, ' ')
    .split(/\s+/)
  return sources.some((source) => source !== '' && source !== 'files' && source !== 'dns')
}

/** What a file says, read again when it has changed. A file that cannot be read says nothing. */
class SystemFile {
  #path
  #parse
  #value
  #version = ''
  #lookedAt = Number.NEGATIVE_INFINITY

  /** @param {string} path @param {(text: string) => any} parse */
  constructor(path, parse) {
    this.#path = path
    this.#parse = parse
    this.#value = parse('')
  }

  read() {
    const now = performance.now()
    if (now - this.#lookedAt < LOOK_EVERY_MS) return this.#value
    this.#lookedAt = now
    const stat = fs.statSync(this.#path, { throwIfNoEntry: false })
    const version = stat?.isFile() && stat.size <= MAX_BYTES ? `${stat.ino} ${stat.size} ${stat.mtimeMs}` : ''
    if (version !== this.#version) {
      this.#version = version
      this.#value = this.#parse(version === '' ? '' : this.#text())
    }
    return this.#value
  }

  #text() {
    try {
      return fs.readFileSync(this.#path, 'latin1')
    } catch {
      return ''
    }
  }
}

/**
 * @param {{ hosts?: string, resolv?: string, nsswitch?: string }} [paths]
 * @returns {{ hosts: SystemFile, resolv: SystemFile, nsswitch: SystemFile }}
 */
function systemFiles({ hosts = '/etc/hosts', resolv = '/etc/resolv.conf', nsswitch = '/etc/nsswitch.conf' } = {}) {
  return {
    hosts: new SystemFile(hosts, parseHosts),
    resolv: new SystemFile(resolv, parseResolv),
    nsswitch: new SystemFile(nsswitch, parseSources)
  }
}

module.exports = { parseHosts, parseResolv, parseSources, systemFiles }
