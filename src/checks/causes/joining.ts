import { closeCodeMeaning } from '../../protocol/closing.ts';
import { NOT_1008, RELOOK, type Rule } from './rule.ts';

const WEBSOCKETS = /websockets\/(\d+)(?:\.[\d.]+)?/;

/** A WebSocket that nobody can join by. */
export const joining: readonly Rule[] = [
  {
    cause: 'unasked-extension',
    find: ({ unasked_extension }) =>
      unasked_extension === undefined
        ? undefined
        : {
            what: `The server compresses although no client asked for it (${unasked_extension}).`,
            why: 'Its handshake names an extension that ours did not offer; RFC 6455 lets a client end the connection.',
            do: ['switch compression off: compression=None in websockets, perMessageDeflate: false in ws'],
          },
  },
  {
    cause: 'other-protocol',
    find: ({ kind, first_message }) => {
      const name = {
        'engine.io': 'Engine.IO (first frame `0{"sid":…`)',
        yjs: 'Yjs (first byte 00)',
        echo: 'echo: it sends back what it gets',
      }[kind as string];
      return name === undefined
        ? undefined
        : {
            what: `This server speaks ${name}.`,
            why:
              first_message === undefined
                ? 'It answered our message with the message.'
                : `Its first message was ${first_message.slice(0, 60)}`,
            do: [
              'look at host, port and path in --url: is another server meant?',
              'for a test of the collaboration, start the collaboration server',
            ],
          };
    },
  },
  {
    cause: 'handler-raises',
    find: ({ join, variations = [], server_header }) => {
      if (join?.outcome !== 'closed' || join.code !== 1011) return undefined;
      const difference = variations.find(({ same }) => !same);
      const version = WEBSOCKETS.exec(server_header ?? '');
      const isNew = version !== null && Number(version[1]) >= 14;
      return {
        what: 'Your server accepts everybody, then its own handler fails (1011).',
        why: difference
          ? `1011 is sent by the WebSocket library when the code behind it raised. What made a difference: ${difference.change} (${difference.outcome}).`
          : '1011 is sent by the WebSocket library when the code behind it raised. Nothing we changed made a difference, so the cause is in the server.',
        ...(isNew && {
          likely: `def handler(websocket, path): websockets 14 and later pass only the first argument, and your server says it is ${version[0].replace('/', ' ')}.`,
        }),
        do: [
          "read the server's output: the exception is there",
          "if it is a TypeError about 'path', write def handler(websocket) and take the path from websocket.request.path",
          RELOOK,
        ],
        not: NOT_1008,
      };
    },
  },
  {
    cause: 'closes-at-once',
    find: ({ join, variations = [] }) => {
      if (join?.outcome !== 'closed') return undefined;
      const difference = variations.find(({ same }) => !same);
      return {
        what: `Your server lets everybody in and closes at once: ${join.code} (${closeCodeMeaning(join.code ?? 1006)}).`,
        why: difference
          ? `One change made the difference: ${difference.change} (${difference.outcome}).`
          : 'Nothing we changed made a difference, so the cause is in the server.',
        do: [
          ...(join.code === 1008 ? ['look at the path that it expects, and at who is allowed'] : []),
          "read the server's output at this moment",
          RELOOK,
        ],
      };
    },
  },
  {
    cause: 'acknowledges-nobody',
    find: ({ join, kind }) =>
      join?.outcome === 'silent' || join?.outcome === 'other'
        ? {
            what: 'Your server lets users in and acknowledges nobody.',
            why: `No connection:ack came, whatever we changed${kind === 'collaboration' ? ', although it answers ping with pong' : ''}. A client waits for it before it does anything.`,
            do: [
              'send {"type":"connection:ack","session_id":…,"user_id":…} as the first message to who connects',
              RELOOK,
            ],
          }
        : undefined,
  },
];
