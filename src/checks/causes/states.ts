import type { Rule } from './rule.ts';

/** What a server gives to who asks for the state. */
export const states: readonly Rule[] = [
  {
    cause: 'empty-state',
    find: ({ state }, { again }) =>
      state?.is === 'empty'
        ? {
            what: 'Your server answers with an empty state, whatever is in the session: a host that asks loses its canvas.',
            why: 'A session had items, which both of its users had got, and a sync:full_state without any came back. A client replaces its canvas by the state that it is given.',
            do: [
              'keep the items of each session, and answer with all of them',
              'or keep none and answer "state": null: a client ignores that, and keeps what it has',
              again('server'),
            ],
          }
        : undefined,
  },
  {
    cause: 'wrong-state',
    find: ({ state }, { again }) =>
      state?.is === 'wrong'
        ? {
            what: `Your server answers with a wrong state: ${state.how}.`,
            why: 'A session had three items, of which one was removed and one moved; both of its users had got all of that before the state was asked for.',
            do: ['apply each command to the state of its session before it is passed on', again('server')],
          }
        : undefined,
  },
];
