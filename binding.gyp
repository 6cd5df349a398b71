# SPDX-License-Identifier: MIT
# The native addon. `npm run build` calls node-gyp with it; test/native/Makefile builds the core without Node.
{
  'variables': {
    # address: AddressSanitizer and UBSan (npm run test:asan)
    'sanitize%': '',
    # Warnings are errors in every build of ours but the one a user makes, whose compiler may be newer than ours.
    'werror%': '',
    # Found by pkg-config; scripts/build.js leads it to the ngtcp2 that scripts/deps built.
    'libraries_used': 'libngtcp2_crypto_gnutls libngtcp2 gnutls libsodium',
  },
  'targets': [
    {
      'target_name': 'iroh',
      'sources': [
        '<!@(node -p "require(\'fs\').readdirSync(\'src\', { recursive: true }).filter((f) => f.endsWith(\'.c\')).map((f) => \'src/\' + f).sort().join(\' \')")',
      ],
      'include_dirs': ['src', '<!@(pkg-config --cflags-only-I <(libraries_used) | sed s/-I//g)'],
      'defines': ['NAPI_VERSION=8', '_GNU_SOURCE'],
      'cflags!': ['-Wno-unused-parameter'],
      'cflags': ['-Wall', '-Wextra', '-fvisibility=hidden'],
      'cflags_c': ['-std=c11'],
      'libraries': ['<!@(pkg-config --libs <(libraries_used))'],
      # No symbol of ours may meet one of Node's: newer Node builds carry an ngtcp2 and a libuv of their own.
      'ldflags': [
        '-Wl,-Bsymbolic',
        '-Wl,--exclude-libs,ALL',
        '-Wl,--version-script=<(module_root_dir)/scripts/addon.map',
      ],
      'configurations': {
        'Release': {
          'cflags!': ['-O3'],
          'cflags': ['-O2'],
        },
        'Debug': {
          'cflags': ['-O1', '-g', '-fno-omit-frame-pointer'],
        },
      },
      'conditions': [
        ['werror != ""', {'cflags': ['-Werror']}],
        ['sanitize != ""', {
          'cflags': ['-fsanitize=address,undefined', '-fno-sanitize-recover=undefined'],
          'ldflags': ['-fsanitize=address,undefined'],
        }],
      ],
    },
  ],
}
