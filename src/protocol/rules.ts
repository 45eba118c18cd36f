/**
 * The rules of the wire protocol, each in the sentence that its section of docs/protocol.md opens with, and that is
 * shown wherever a rule is named to a person.
 */
export const RULES = {
  P1: 'A user connects to /ws/{session_id}/{user_id}.',
  P2: 'A wrong path is told by close code 1008, after the handshake.',
  P3: 'The server sends no pings of its own and negotiates no compression.',
  P4: 'A message is UTF-8 text of at most 1 MiB.',
  P5: 'Either side closes in order, and a server that stops says so.',
  P6: 'A user is in a session once: the newer connection replaces the older one.',
  P7: 'A command names its action, item type, item and data.',
  P8: 'A command goes once to every other user of its session, in one order, and to nobody else.',
  P9: 'The server applies each command to the session’s state and gives it the next version.',
  P10: 'Who joins later gets the state up to a version, then every later command.',
  P11: 'sync:request is answered with the whole state.',
  P12: 'Everybody is told who comes and goes; the host’s own state is one change of the session.',
  P13: 'When the host leaves, the user who has been there longest becomes the host.',
  P14: 'A bad message is answered with an error, ends no connection, and reaches nobody else.',
  P15: 'Nobody waits for a client that does not read.',
  P16: 'Every limit has its own refusal.',
} as const;

export type RuleId = keyof typeof RULES;
