import type { Rule } from './rule.ts';

/** Frames that no text client takes. */
export const frames: readonly Rule[] = [
  {
    cause: 'breaks-websocket',
    find: ({ breach }, { again }) =>
      breach?.section === undefined
        ? undefined
        : {
            what: `Your server breaks the WebSocket protocol: ${breach.says}.`,
            why: `RFC 6455, section ${breach.section}, forbids it: browsers and Qt end the connection there with ${breach.code}, and so did we.`,
            do: [
              'where your own code makes frames: leave that to a WebSocket library',
              'where a library makes them: look at its version, and at the proxies on the way',
              again('protocol'),
            ],
          },
  },
  {
    cause: 'floods',
    find: ({ breach }, { again }) =>
      breach === undefined || breach.section !== undefined
        ? undefined
        : {
            what: `Your server floods its clients: it ${breach.says.replace(/^it /, '')}.`,
            why: 'No client can take it; so we ended the connection.',
            do: ['look for a loop in what it sends, and for a queue that nobody empties', again('protocol')],
          },
  },
  {
    cause: 'sends-binary',
    find: ({ binary }, { again }) =>
      binary === undefined
        ? undefined
        : {
            what: `Your server sends ${binary.join(', ')} as binary, of which a text client reads nothing.`,
            why: 'They came in binary frames (opcode 2). Qt tells of these in binaryMessageReceived, and browsers give a Blob: an application that waits for text sees none of them.',
            do: ['send text: send(str) instead of send(bytes) in websockets; { binary: false } in ws', again('server')],
          },
  },
];
