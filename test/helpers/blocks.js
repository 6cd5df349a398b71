// SPDX-License-Identifier: MIT
// The JavaScript of the documents.
'use strict'

const fs = require('node:fs')
const path = require('node:path')

const root = path.join(__dirname, '../..')
const BLOCK = /^```(\w*)[^\n]*\n(.*?)^```$/gms
const LANGUAGES = ['js', 'javascript', 'mjs', 'cjs']
/** The first line: the name of the file, and what is given to the program: <must be> or [may be]. */
const HEAD = /^\/\/ ([\w-]+\.(?:mjs|cjs))((?: (?:<[^<>]+>|\[[^[\]]+\]))*)\n/

function pages() {
  const inDocs = fs.readdirSync(path.join(root, 'docs'), { recursive: true }).filter((name) => name.endsWith('.md'))
  return ['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...inDocs.map((name) => `docs/${name}`)]
}

/**
 * The blocks of a page, which are whole programs.
 * @returns {{ page: string, line: number, text: string, file?: string, required: string[], optional: string[] }[]} `file`
 *   is missing if the block does not say what it is called
 */
function blocksOf(page) {
  const text = fs.readFileSync(path.join(root, page), 'utf8')
  const blocks = [...text.matchAll(BLOCK)].filter(([, language]) => LANGUAGES.includes(language))
  return blocks.map(({ 2: block, index }) => {
    const [, file, given = ''] = HEAD.exec(block) ?? []
    const line = text.slice(0, index).split('\n').length
    const names = (pattern) => [...given.matchAll(pattern)].map(([, name]) => name)
    return { page, line, text: block, file, required: names(/<([^<>]+)>/g), optional: names(/\[([^[\]]+)\]/g) }
  })
}

module.exports = { blocksOf, pages, root }
