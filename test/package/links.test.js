// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { pages, root } = require('../helpers/blocks')
const { anchorsOf, linksOf } = require('../helpers/links')

/** What is wrong with a link of a page, or nothing. */
function faultOf(page, link) {
  const [file, anchor] = link.split('#')
  const target = file ? path.join(path.dirname(page), decodeURI(file)) : page
  if (target.startsWith('..')) return `${page}: ${link} leads out of the repository`
  if (!fs.existsSync(path.join(root, target))) return `${page}: ${link} leads nowhere`
  if (!anchor) return undefined
  if (!target.endsWith('.md')) return `${page}: ${link} has an anchor, and ${target} is not a page`
  const anchors = anchorsOf(fs.readFileSync(path.join(root, target), 'utf8'))
  return anchors.has(anchor) ? undefined : `${page}: ${link} names a heading that ${target} does not have`
}

describe('Links to documents', () => {
  it('lead to files and headings that exist', () => {
    const faults = pages().flatMap((page) =>
      linksOf(fs.readFileSync(path.join(root, page), 'utf8'))
        .map((link) => faultOf(page, link))
        .filter(Boolean)
    )
    assert.deepEqual(faults, [])
  })

  it('reach every page of docs/ from README.md', () => {
    const reached = new Set(['README.md'])
    for (const page of reached) {
      for (const link of linksOf(fs.readFileSync(path.join(root, page), 'utf8'))) {
        const [file] = link.split('#')
        const target = path.join(path.dirname(page), file)
        if (file.endsWith('.md') && fs.existsSync(path.join(root, target))) reached.add(target)
      }
    }
    assert.deepEqual(
      pages().filter((page) => !reached.has(page)),
      []
    )
  })

  it('name pages by paths that exist, in sources and in pages', () => {
    const files = ['bench', 'bin', 'examples', 'lib', 'scripts', 'src', 'test'].flatMap((directory) =>
      fs.readdirSync(path.join(root, directory), { recursive: true, withFileTypes: true })
    )
    const sources = files
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    const others = ['index.d.ts', 'relay.d.ts', ...pages()].map((file) => path.join(root, file))
    const faults = [...sources, ...others].flatMap((file) =>
      (fs.readFileSync(file, 'latin1').match(/\bdocs\/[\w/-]+\.(md|svg)\b/g) ?? [])
        .filter((page) => !fs.existsSync(path.join(root, page)))
        .map((page) => `${path.relative(root, file)}: ${page}`)
    )
    assert.deepEqual(faults, [])
  })

  describe('are read so that', () => {
    it('code is no link, and images and definitions are', () => {
      const text =
        '[a](b.md "title") `[no](no.md)` ![i](i.svg)\n```\n[no](no.md)\n```\n[d]: d.md\n[out](https://example.com)\n'
      assert.deepEqual(linksOf(text), ['b.md', 'i.svg', 'd.md'])
    })

    it('headings have the anchors that GitHub gives them', () => {
      const text = '# One `two()`, three\n\n## Same\n## Same\n```\n# not this\n```\n## [Linked](x.md) and *so*\n'
      assert.deepEqual([...anchorsOf(text)], ['one-two-three', 'same', 'same-1', 'linked-and-so'])
    })
  })
})
