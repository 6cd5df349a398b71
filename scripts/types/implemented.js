// SPDX-License-Identifier: MIT
// What the sources in lib/ read, emit and have, found in their syntax.
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const ts = require('typescript')

/** The sources of the JavaScript below a directory. */
class Implemented {
  #root
  #sources = new Map()
  /** By name: { node, source } of each class. */
  #classes = new Map()
  /** By source: its calls. */
  #known = new Map()

  /** @param {string} root absolute; lib/ is below it */
  constructor(root) {
    this.#root = root
    for (const name of fs.readdirSync(path.join(root, 'lib'), { recursive: true })) {
      if (name.endsWith('.js')) this.#read(path.join(root, 'lib', name))
    }
  }

  /**
   * Every list of options that is checked, with the reader's name in messages: `checkOptions(options, names, 'reader')`, and
   * readTargetOptions() in the same way.
   * @returns {{ at: string, reader: string, options: string[] }[]}
   */
  optionLists() {
    const lists = []
    for (const call of this.#calls()) {
      const { node, source } = call
      if (!/^(checkOptions|readTargetOptions)$/.test(node.expression.getText(source))) continue
      const [, names, reader] = node.arguments
      // Without a name the caller's caller gives it, or it is that of the function's default.
      if (reader && ts.isStringLiteral(reader))
        lists.push({ at: this.#at(call), reader: reader.text, options: this.#texts(names, source) })
    }
    return lists
  }

  /** The names of the constant list in the file of a class: OWN_NAMES of IrohEventTarget. */
  listNear(className, constant) {
    const { source } = this.#class(className)
    return this.#texts(this.#constant(constant, source), source)
  }

  /** The keys of a constant object and what of their values is a number. */
  constants(name) {
    for (const source of this.#sources.values()) {
      const found = this.#constant(name, source)
      if (found) return Object.fromEntries(this.#properties(found, source).map((one) => [one.name.text, numberOf(one)]))
    }
    throw new Error(`there is no constant ${name} in lib/`)
  }

  /** The events that the file of a class emits by name. */
  emittedBy(className) {
    const { source } = this.#class(className)
    const names = this.#calls(source).map(
      ({ node }) => /\bemit$/.test(node.expression.getText(source)) && node.arguments[0]
    )
    return [...new Set(names.filter((name) => name && ts.isStringLiteral(name)).map(({ text }) => text))]
  }

  /** The `type` of every object that is handed to a function of one of these names. */
  typesToldBy(...functions) {
    const types = new Set()
    for (const { node, source } of this.#calls()) {
      if (!functions.includes(node.expression.getText(source).replace(/^.*[.#]/, ''))) continue
      for (const argument of node.arguments) {
        if (!ts.isObjectLiteralExpression(argument)) continue
        const type = argument.properties.find((one) => one.name?.text === 'type')?.initializer
        if (type && ts.isStringLiteral(type)) types.add(type.text)
      }
    }
    return [...types]
  }

  /** The first argument, a text, of the calls of a method in the file of a class. */
  firstArguments(className, method) {
    const { source } = this.#class(className)
    return this.#calls(source)
      .filter(({ node }) => node.expression.getText(source).endsWith(method))
      .map(({ node }) => node.arguments[0]?.text)
      .filter((text) => text !== undefined)
  }

  hasClass(name) {
    return this.#classes.has(name)
  }

  /** The public members of a class and of those it extends: methods, getters, fields, what it sets on `this`. */
  membersOf(name) {
    const { node, source } = this.#class(name)
    const base = node.heritageClauses?.[0]?.types[0]?.expression.text
    const inherited = base && this.hasClass(base) ? this.membersOf(base) : []
    return [...inherited, ...this.ownMembersOf(name), ...assignedToThis(node, source)]
  }

  /** Those that a class itself has, without what is marked @private or @internal. */
  ownMembersOf(name) {
    const { node, source } = this.#class(name)
    return node.members
      .filter((member) => member.name && ts.isIdentifier(member.name) && !isPrivate(member, source))
      .map((member) => member.name.text)
  }

  #read(file) {
    const source = ts.createSourceFile(file, fs.readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true)
    this.#sources.set(file, source)
    for (const node of source.statements) {
      if (ts.isClassDeclaration(node)) this.#classes.set(node.name.text, { node, source })
    }
  }

  #class(name) {
    return this.#classes.get(name) ?? fail(`there is no class ${name} in lib/`)
  }

  /** The calls in one file, or in all. */
  #calls(only) {
    return (only ? [only] : [...this.#sources.values()]).flatMap((source) => this.#callsIn(source))
  }

  #callsIn(source) {
    const known = this.#known.get(source)
    if (known) return known
    const calls = []
    const visit = (node) => {
      if (ts.isCallExpression(node)) calls.push({ node, source })
      ts.forEachChild(node, visit)
    }
    visit(source)
    this.#known.set(source, calls)
    return calls
  }

  /** The texts of a list, as far as it is written down: an array, a Set, the keys of an object, a constant of these. */
  #texts(node, source) {
    if (ts.isStringLiteral(node)) return [node.text]
    if (ts.isArrayLiteralExpression(node)) return node.elements.flatMap((element) => this.#texts(element, source))
    if (ts.isSpreadElement(node)) return this.#texts(node.expression, source)
    if (ts.isNewExpression(node)) return this.#texts(node.arguments[0], source)
    if (ts.isIdentifier(node)) return this.#followed(node, source, (found, where) => this.#texts(found, where))
    if (ts.isCallExpression(node) && node.expression.getText(source) === 'Object.keys')
      return this.#properties(node.arguments[0], source).map((one) => one.name.text)
    return fail(`${this.#at({ node, source })}: cannot read this list`)
  }

  #properties(node, source) {
    if (ts.isObjectLiteralExpression(node)) return [...node.properties]
    if (ts.isCallExpression(node)) return this.#properties(node.arguments[0], source) // Object.freeze()
    if (ts.isIdentifier(node)) return this.#followed(node, source, (found, where) => this.#properties(found, where))
    return fail(`${this.#at({ node, source })}: cannot read this object`)
  }

  /** What a name stands for, in its file or in the one that it is required from. */
  #followed(name, source, read) {
    const here = this.#constant(name.text, source)
    if (here) return read(here, source)
    const from = this.#requiredFrom(name.text, source)
    const there = from && this.#constant(name.text, from)
    return there ? read(there, from) : fail(`${this.#at({ node: name, source })}: ${name.text} is not known`)
  }

  #constant(name, source) {
    let found
    const visit = (node) => {
      if (ts.isVariableDeclaration(node) && node.name.text === name) found ??= node.initializer
      ts.forEachChild(node, visit)
    }
    visit(source)
    return found
  }

  #requiredFrom(name, source) {
    const declaration = source.statements
      .filter(ts.isVariableStatement)
      .flatMap((statement) => [...statement.declarationList.declarations])
      .find(
        (one) => ts.isObjectBindingPattern(one.name) && one.name.elements.some((element) => element.name.text === name)
      )
    const target = declaration?.initializer.arguments?.[0]?.text
    const file = target && path.join(path.dirname(source.fileName), target)
    return file && (this.#sources.get(`${file}.js`) ?? this.#sources.get(path.join(file, 'index.js')))
  }

  #at({ node, source }) {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source))
    return `${path.relative(this.#root, source.fileName)}:${line + 1}`
  }
}

/** The names of `this.name = …` in a class. */
function assignedToThis(node, source) {
  return [...node.getText(source).matchAll(/\bthis\.(\w+) = /g)].map(([, name]) => name)
}

function isPrivate(member, source) {
  const comment = source.text.slice(member.getFullStart(), member.getStart(source))
  return /@(private|internal)\b/.test(comment)
}

/** A number as it is written, or undefined. */
function numberOf({ initializer }) {
  return initializer && ts.isNumericLiteral(initializer) ? Number(initializer.text) : undefined
}

function fail(message) {
  throw new Error(message)
}

module.exports = { Implemented }
