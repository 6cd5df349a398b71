// SPDX-License-Identifier: MIT
export * from './relay.js'
