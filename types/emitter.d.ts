// SPDX-License-Identifier: MIT
import { EventEmitter } from 'node:events'

/** An EventEmitter of known events: `Events` maps their names to the arguments of their listeners. */
export declare class Emitter<Events extends Record<keyof Events, unknown[]>> extends EventEmitter {
  protected constructor(...args: never)
  /** Adds a listener. */
  on<Name extends keyof Events & string>(event: Name, listener: (...args: Events[Name]) => void): this
  /** Adds a listener that is called once. */
  once<Name extends keyof Events & string>(event: Name, listener: (...args: Events[Name]) => void): this
  /** Removes a listener. */
  off<Name extends keyof Events & string>(event: Name, listener: (...args: Events[Name]) => void): this
  /** Adds a listener, as `on()`. */
  addListener<Name extends keyof Events & string>(event: Name, listener: (...args: Events[Name]) => void): this
  /** Removes a listener, as `off()`. */
  removeListener<Name extends keyof Events & string>(event: Name, listener: (...args: Events[Name]) => void): this
  /** Adds a listener that is called before the others. */
  prependListener<Name extends keyof Events & string>(event: Name, listener: (...args: Events[Name]) => void): this
  /** Adds a listener that is called once, before the others. */
  prependOnceListener<Name extends keyof Events & string>(event: Name, listener: (...args: Events[Name]) => void): this
  /** Removes all listeners, or those of one event. */
  removeAllListeners(event?: keyof Events & string): this
}
