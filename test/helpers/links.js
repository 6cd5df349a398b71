// SPDX-License-Identifier: MIT
// The links and headings of a Markdown page.
'use strict'

const FENCE = /^```.*?^```$/gms
const CODE = /`[^`\n]*`/g
const LINK = /\]\(([^()\s]+)(?: "[^"]*")?\)|^\[[^\]]+\]: +(\S+)/gm
const SCHEME = /^[a-z][a-z0-9+.-]*:/i

/** The links of a page to files and headings of this repository. @returns {string[]} */
function linksOf(text) {
  const prose = text.replace(FENCE, '').replace(CODE, '')
  return [...prose.matchAll(LINK)].map(([, inline, defined]) => inline ?? defined).filter((link) => !SCHEME.test(link))
}

/** The anchors of a page's headings, as GitHub makes them. @returns {Set<string>} */
function anchorsOf(text) {
  const anchors = new Set()
  for (const [, heading] of text.replace(FENCE, '').matchAll(/^#{1,6} +(.+)$/gm)) {
    const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase()
    const anchor = words
      .replace(/[^\p{L}\p{N}_\s-]/gu, '')
      .trim()
      .replace(/\s/g, '-')
    let name = anchor
    for (let again = 1; anchors.has(name); again++) name = `${anchor}-${again}`
    anchors.add(name)
  }
  return anchors
}

module.exports = { anchorsOf, linksOf }
