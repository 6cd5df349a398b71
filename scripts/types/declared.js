// SPDX-License-Identifier: MIT
// What declaration files say, by name, as the TypeScript compiler reads them.
'use strict'

const ts = require('typescript')

/** The declarations that can be reached from one .d.ts file. */
class Declared {
  #checker
  #symbols

  /** @param {ts.Program} program @param {string} file one of its files */
  constructor(program, file) {
    this.#checker = program.getTypeChecker()
    const source = this.#checker.getSymbolAtLocation(program.getSourceFile(file))
    this.#symbols = new Map(this.#checker.getExportsOfModule(source).map((symbol) => [symbol.name, symbol]))
  }

  /** The names that exist at run time. */
  values() {
    return [...this.#symbols]
      .filter(([, symbol]) => this.#target(symbol).flags & ts.SymbolFlags.Value)
      .map(([name]) => name)
  }

  /**
   * The members of a type, with what it extends, or of the last parameter of a function or method: 'HubOptions',
   * 'createHub', 'Gossip.subscribe'.
   */
  members(name) {
    return [...new Set(this.#membersOf(this.#typeOf(name)))]
  }

  /** The members that a class itself declares: without what it inherits, symbols and the constructor. */
  ownMembers(name) {
    const { members, exports } = this.#target(this.#symbol(name))
    return [...members.values(), ...exports.values()]
      .filter(
        ({ flags, name }) => !(flags & ts.SymbolFlags.TypeParameter) && !name.startsWith('__') && name !== 'prototype'
      )
      .map(({ name }) => name)
  }

  /** All members of a class, static ones too. */
  allMembers(name) {
    const symbol = this.#target(this.#symbol(name))
    const own = this.#checker.getDeclaredTypeOfSymbol(symbol).getProperties()
    return [...own, ...this.#checker.getTypeOfSymbol(symbol).getProperties()].map((member) => member.name)
  }

  /** The texts of a union of string literals: of a type, or of a member in any part of a union. */
  literals(name, member) {
    const type = this.#typeOf(name)
    const types = member === undefined ? [type] : this.#parts(type).map((part) => this.#memberType(part, member))
    return types.flatMap((one) => this.#parts(one)).map(({ value }) => value)
  }

  /** The literal types of the members of a constant: { NORMAL: 0 }. */
  constants(name) {
    const type = this.#checker.getTypeOfSymbol(this.#target(this.#symbol(name)))
    return Object.fromEntries(this.#membersWithTypes(type).map(([member, { value }]) => [member, value]))
  }

  #membersWithTypes(type) {
    // Readonly<T> is not known without the library; its argument is.
    const inner = type.aliasTypeArguments?.[0] ?? type
    return inner.getProperties().map((member) => [member.name, this.#checker.getTypeOfSymbol(member)])
  }

  #memberType(type, member) {
    return this.#checker.getTypeOfSymbol(type.getProperty(member))
  }

  #typeOf(name) {
    const [first, method] = name.split('.')
    const symbol = this.#target(this.#symbol(first))
    if (symbol.flags & ts.SymbolFlags.Function) return this.#lastParameter(symbol, name)
    const type = this.#checker.getDeclaredTypeOfSymbol(symbol)
    if (method === undefined) return type
    const found = type.getProperty(method) ?? this.#checker.getTypeOfSymbol(symbol).getProperty(method)
    if (!found) throw new Error(`${name} is not declared`)
    return this.#lastParameter(found, name)
  }

  #lastParameter(symbol, name) {
    const [signature] = this.#checker.getTypeOfSymbol(symbol).getCallSignatures()
    const parameter = signature.getParameters().at(-1)
    if (!parameter) throw new Error(`${name} has no parameter`)
    return this.#checker.getTypeOfSymbol(parameter)
  }

  #parts(type) {
    return type.isUnionOrIntersection() ? type.types.flatMap((one) => this.#parts(one)) : [type]
  }

  #membersOf(type) {
    return this.#parts(type).flatMap((part) => part.getProperties().map((member) => member.name))
  }

  #symbol(name) {
    const symbol = this.#symbols.get(name)
    if (!symbol) throw new Error(`${name} is not declared`)
    return symbol
  }

  #target(symbol) {
    return symbol.flags & ts.SymbolFlags.Alias ? this.#checker.getAliasedSymbol(symbol) : symbol
  }
}

/**
 * Reads declaration files, and those of the package that they refer to. Nothing is checked: `npm run test:types` does that.
 * @param {string[]} files absolute
 * @returns {{ declared: (file: string) => Declared, texts: { file: string, text: string }[] }}
 */
function readDeclarations(files) {
  const options = { noLib: true, types: [], module: ts.ModuleKind.Node16 }
  const host = ts.createCompilerHost(options)
  const isOwn = (file) => !file.includes('/node_modules/')
  const own = { ...host, fileExists: (file) => isOwn(file) && host.fileExists(file), directoryExists: isOwn }
  const program = ts.createProgram(files, options, own)
  return {
    declared: (file) => new Declared(program, file),
    texts: program.getSourceFiles().map(({ fileName, text }) => ({ file: fileName, text }))
  }
}

module.exports = { readDeclarations }
