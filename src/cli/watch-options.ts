import type { Option } from './option.ts';
import { asText, whole } from './readers.ts';

const WATCH = ['watch'] as const;

/** What `watch` alone takes. */
export const watchOptions = {
  listen: {
    group: 'target',
    commands: WATCH,
    value: 'PORT',
    read: whole(0, 65_535),
    initial: '8766',
    about: 'Port at which the application connects instead of the server’s; 0 is any free one',
  },
  record: {
    group: 'output',
    commands: WATCH,
    value: 'FILE',
    read: asText,
    about: 'Keeps the conversation in a new file, which loadtest run FILE plays',
    example: '--record talk.ndjson',
  },
} as const satisfies Record<string, Option>;
