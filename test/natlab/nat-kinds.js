// SPDX-License-Identifier: MIT
// What stands between a site and the internet, as nftables rules of the box there: `wan` is its interface outside, and
// interfaces inside begin with `lan`.
'use strict'

const SEQUENTIAL_PORTS = 1024

/** Nothing comes in unasked. Without the drop in `input` a stranger's packet would take a port of the NAT's. */
function filter(extra = '') {
  return `
    table inet filter {
      chain input {
        type filter hook input priority filter
        iifname "wan" ct state new drop
      }
      chain forward {
        type filter hook forward priority filter; policy drop
        ${extra}
        ct state established,related accept
        iifname "lan*" oifname "wan" accept
        ct status dnat accept
      }
    }`
}

function masquerade(how) {
  return `
    table ip nat {
      chain post {
        type nat hook postrouting priority srcnat
        oifname "wan" masquerade ${how}
      }
    }`
}

/**
 * The port of the first packet out is open to everyone for as long as it is used, and its number is kept. Packets from
 * inside to the box's own address come back in (hairpin).
 */
function fullCone(wanAddress) {
  return `
    table ip nat {
      map mapped {
        type inet_service : ipv4_addr
        flags dynamic, timeout
        timeout 5m
      }
      chain pre {
        type nat hook prerouting priority dstnat
        ip daddr ${wanAddress} meta l4proto udp dnat to udp dport map @mapped
      }
      chain post {
        type nat hook postrouting priority srcnat
        iifname "lan*" ct status dnat snat to ${wanAddress}
        oifname "wan" meta l4proto udp update @mapped { udp sport : ip saddr }
        oifname "wan" masquerade
      }
    }`
}

/** Each new destination gets the port after the last one. The map is there because numgen's numbers are no ports. */
function sequential(wanAddress) {
  const ports = Array.from({ length: SEQUENTIAL_PORTS }, (_, n) => `${n} : ${20000 + n}`)
  return `
    table ip nat {
      chain post {
        type nat hook postrouting priority srcnat
        oifname "wan" meta l4proto udp snat to ${wanAddress} : numgen inc mod ${SEQUENTIAL_PORTS} map { ${ports} }
        oifname "wan" masquerade
      }
    }`
}

/** What a box does, by kind: (its address outside) => rules. */
const natKinds = {
  'full-cone': (wanAddress) => filter() + fullCone(wanAddress),
  'port-restricted': () => filter() + masquerade(''),
  sequential: (wanAddress) => filter() + sequential(wanAddress),
  symmetric: () => filter() + masquerade('random,fully-random'),
  'udp-blocked': () => filter('meta l4proto udp drop') + masquerade(''),
  firewall: () => filter()
}

module.exports = { natKinds }
