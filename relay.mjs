// SPDX-License-Identifier: MIT
import relay from './relay.js'

export const { RelayServer } = relay
