// SPDX-License-Identifier: MIT
import { EventEmitter } from 'node:events'

/** An EventEmitter of known events: `Events` gives the arguments of each one's listeners. */
export declare class Emitter<Events extends Record<keyof Events, unknown[]>> extends EventEmitter {
  protected constructor(...args: never)
  on<Name extends keyof Events & string>(event: Name, listener: (...args: Events[Name]) => void): this
  once<Name extends keyof Events & string>(event: Name, listener: (...args: Events[Name]) => void): this
  off<Name extends keyof Events & string>(event: Name, listener: (...args: Events[Name]) => void): this
  addListener<Name extends keyof Events & string>(event: Name, listener: (...args: Events[Name]) => void): this
  removeListener<Name extends keyof Events & string>(event: Name, listener: (...args: Events[Name]) => void): this
  prependListener<Name extends keyof Events & string>(event: Name, listener: (...args: Events[Name]) => void): this
  prependOnceListener<Name extends keyof Events & string>(event: Name, listener: (...args: Events[Name]) => void): this
  removeAllListeners(event?: keyof Events & string): this
}
