import { LIMITS, type Limits, type LimitOption } from '../../server/limits.ts';
import { parseBytes } from '../core/units.ts';
import type { Option, ValueOption } from './option.ts';
import { asText, duration, whole, type Reader } from './readers.ts';

const SERVERS = ['serve', 'echo'] as const;
const LISTENING = ['serve', 'echo', 'watch'] as const;

/** What both servers take. */
export const serverOptions = {
  port: {
    group: 'target',
    commands: SERVERS,
    value: 'N',
    read: whole(0, 65_535),
    initial: '8765',
    about: 'Port to listen at; 0 is any free one',
  },
  host: {
    group: 'target',
    commands: LISTENING,
    value: 'ADDRESS',
    read: asText,
    initial: '127.0.0.1',
    about: 'Address to listen at; 0.0.0.0 lets other machines in',
  },
  debug: { group: 'output', commands: SERVERS, about: 'Logs every message' },
} as const satisfies Record<string, Option>;

const KINDS: Record<LimitOption['kind'], { value: string; read: Reader<number> }> = {
  count: { value: 'N', read: whole(1, 1_000_000_000) },
  bytes: { value: 'SIZE', read: (text, name) => parseBytes(text, name) },
  duration: { value: 'TIME', read: duration(0) },
};

/** The reference server's limits as options of `serve`. */
export const limitOptions: Record<string, ValueOption> = Object.fromEntries(
  LIMITS.map(({ name, kind, shown, about }) => [
    name,
    { group: 'limits', commands: ['serve'], ...KINDS[kind], initial: shown, about: about.replace(/\.$/, '') },
  ]),
);

/** The limits out of what was read of the command line. */
export const limitsOf = (values: Record<string, unknown>): Limits =>
  Object.fromEntries(LIMITS.map(({ name, key }) => [key, values[name]])) as unknown as Limits;
