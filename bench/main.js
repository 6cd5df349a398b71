// SPDX-License-Identifier: MIT
'use strict'

const fs = require('node:fs')
const { writeIntoDocument } = require('./report')

/**
 * A bench as a program: does what its options ask for, prints the result, and writes it where they say.
 * @param {object} bench
 * @param {string} bench.help
 * @param {() => { help?: boolean, json?: string, write?: boolean }} bench.readOptions
 * @param {(options: object) => Promise<object>} bench.run
 * @param {(result: object, options: object) => string} bench.render Markdown
 * @param {(result: object) => object} [bench.inFull] what `--json` writes
 * @param {string} bench.document what `--write` changes
 * @param {string} [bench.section] and where in it
 */
async function runBench({ help, readOptions, run, render, inFull = (result) => result, document, section }) {
  try {
    const options = readOptions()
    if (options.help) return console.log(help)
    const result = await run(options)
    const rendered = render(result, options)
    console.log(rendered)
    if (options.json) fs.writeFileSync(options.json, `${JSON.stringify(inFull(result), null, 2)}\n`)
    if (options.write) writeIntoDocument(document, rendered, section)
  } catch (error) {
    console.error(error.message)
    process.exitCode = 1
  }
}

module.exports = { runBench }
