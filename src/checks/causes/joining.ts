import { closeCodeMeaning } from '../../protocol/closing.ts';
import { differenceIn, NOT_1008, readOutput, type Rule } from './rule.ts';

const WEBSOCKETS = /websockets\/(\d+)(?:\.[\d.]+)?/;
/** From this version on, `websockets` passes its handler one argument. */
const ONE_ARGUMENT = 14;

const NAMES: Record<string, string> = {
  'engine.io': 'Engine.IO (first frame `0{"sid":…`)',
  yjs: 'Yjs (first byte 00)',
  echo: 'echo: it sends back what it gets',
};

/** A WebSocket that nobody can join by. */
export const joining: readonly Rule[] = [
  {
    cause: 'unasked-extension',
    find: ({ unasked_extension }, { again }) =>
      unasked_extension === undefined
        ? undefined
        : {
            what: `The server compresses although no client asked for it (${unasked_extension}).`,
            why: 'Its handshake names an extension that ours did not offer; RFC 6455 lets a client end the connection.',
            do: [
              'switch compression off: compression=None in websockets, perMessageDeflate: false in ws',
              again('protocol'),
            ],
          },
  },
  {
    cause: 'other-protocol',
    find: ({ kind, first_message }, { holder, url }) => {
      const name = NAMES[kind ?? ''];
      return name === undefined
        ? undefined
        : {
            what: `This server speaks ${name}.`,
            why:
              first_message === undefined
                ? 'It said nothing of its own accord, and answered our message with the message.'
                : `Its first message was ${first_message.slice(0, 60)}`,
            do: [
              `look at host, port and path of ${url}: is another server meant?`,
              `another server may hold the port: ${holder}`,
              'for a test of the collaboration, start the collaboration server',
            ],
          };
    },
  },
  {
    cause: 'handler-raises',
    find: ({ join, variations = [], server_header }, scene) => {
      if (join?.outcome !== 'closed' || join.code !== 1011) return undefined;
      const version = WEBSOCKETS.exec(server_header ?? '');
      const isNew = version !== null && Number(version[1]) >= ONE_ARGUMENT;
      return {
        what: 'Your server accepts everybody, then its own handler fails (1011).',
        why: `1011 is sent by the WebSocket library when the code behind it raised. ${differenceIn(variations)}`,
        ...(isNew && {
          likely: `def handler(websocket, path): websockets ${ONE_ARGUMENT} and later pass only the first argument, and your server says it is ${version[0].replace('/', ' ')}.`,
        }),
        do: [
          readOutput(scene, ': the exception is there'),
          "if it is a TypeError about 'path', write def handler(websocket) and take the path from websocket.request.path",
          scene.again('server'),
        ],
        not: NOT_1008,
      };
    },
  },
  {
    cause: 'closes-at-once',
    find: ({ join, variations = [] }, scene) =>
      join?.outcome === 'closed'
        ? {
            what: `Your server lets everybody in and closes at once: ${join.code} (${closeCodeMeaning(join.code ?? 1006)}).`,
            why: differenceIn(variations),
            do: [
              ...(join.code === 1008 ? ['look at the path that it expects, and at who is allowed'] : []),
              readOutput(scene),
              scene.again('server'),
            ],
          }
        : undefined,
  },
  {
    cause: 'acknowledges-nobody',
    find: ({ join, kind, variations = [] }, { again }) =>
      join?.outcome === 'silent' || join?.outcome === 'other'
        ? {
            what: 'Your server lets users in and acknowledges nobody.',
            why: `No connection:ack came${kind === 'collaboration' ? ', although it answers ping with pong' : ''}. ${differenceIn(variations)} A client waits for it before it does anything.`,
            do: [
              'send {"type":"connection:ack","session_id":…,"user_id":…} as the first message to who connects',
              again('server'),
            ],
          }
        : undefined,
  },
];
