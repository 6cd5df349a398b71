// SPDX-License-Identifier: MIT
// What a declaration file says, by name.
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const ts = require('typescript')

/** The declarations of one .d.ts file of the package. */
class Declarations {
  #byName = new Map()

  constructor(file) {
    const text = fs.readFileSync(path.join(__dirname, '../..', file), 'utf8')
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest)
    for (const node of source.statements) if (node.name) this.#byName.set(node.name.text, node)
  }

  /** The names of all members of an interface, an object type, or the options of a function; with what it extends. */
  members(name) {
    return [...new Set(this.#membersOf(this.#node(name)))].sort()
  }

  /** The texts that a member may have in any part of a union. */
  literals(name, member) {
    const found = []
    const visit = (node) => {
      if (ts.isPropertySignature(node) && node.name.text === member) this.#literalsIn(node.type, found)
      ts.forEachChild(node, visit)
    }
    visit(this.#node(name))
    return found.sort()
  }

  #node(name) {
    const node = this.#byName.get(name)
    if (!node) throw new Error(`there is no ${name}`)
    return node
  }

  #literalsIn(type, found) {
    if (ts.isLiteralTypeNode(type)) found.push(type.literal.text)
    else if (ts.isUnionTypeNode(type)) for (const one of type.types) this.#literalsIn(one, found)
  }

  #membersOf(node) {
    if (ts.isTypeAliasDeclaration(node)) return this.#membersOf(node.type)
    if (ts.isParenthesizedTypeNode(node)) return this.#membersOf(node.type)
    if (ts.isUnionTypeNode(node) || ts.isIntersectionTypeNode(node))
      return node.types.flatMap((type) => this.#membersOf(type))
    if (ts.isTypeReferenceNode(node)) return this.#membersOf(this.#node(node.typeName.text))
    if (ts.isFunctionDeclaration(node)) return this.#membersOf(node.parameters.at(-1).type)
    const inherited = (node.heritageClauses ?? []).flatMap(({ types }) =>
      types.flatMap(({ expression }) => this.#membersOf(this.#node(expression.text)))
    )
    return [...inherited, ...node.members.map((member) => member.name.text)]
  }
}

module.exports = { Declarations }
