/**
 * The limits of rule P16: what the server takes before it refuses. One table for the options, their help and their
 * defaults. Durations in ms, sizes in bytes.
 */
export interface Limits {
  maxConnections: number;
  maxSessions: number;
  maxUsersPerSession: number;
  maxItems: number;
  maxRate: number;
  maxBacklog: number;
  closeTimeout: number;
  grace: number;
  idleTimeout: number;
}

/** How a limit is written on a command line. */
type LimitKind = 'count' | 'bytes' | 'duration';

/** One limit as the command line and the docs know it. */
export interface LimitOption {
  /** The option, without its dashes. */
  name: string;
  key: keyof Limits;
  kind: LimitKind;
  /** In ms, bytes or as a count; `shown` is how a person writes it. */
  default: number;
  shown: string;
  about: string;
}

const limit = (name: string, key: keyof Limits, kind: LimitKind, value: number, shown: string, about: string) => ({
  name,
  key,
  kind,
  default: value,
  shown,
  about,
});

/** Every limit, in the order in which help lists them. */
export const LIMITS: readonly LimitOption[] = [
  limit(
    'max-connections',
    'maxConnections',
    'count',
    50_000,
    '50000',
    'Connections at a time; more are closed with 4013.',
  ),
  limit(
    'max-sessions',
    'maxSessions',
    'count',
    10_000,
    '10000',
    'Sessions at a time, those in their grace time included.',
  ),
  limit(
    'max-users-per-session',
    'maxUsersPerSession',
    'count',
    1000,
    '1000',
    'Users in one session; more are closed with 4013.',
  ),
  limit(
    'max-items',
    'maxItems',
    'count',
    100_000,
    '100000',
    'Items in one session; adding more is answered with an error.',
  ),
  limit(
    'max-rate',
    'maxRate',
    'count',
    10_000,
    '10000',
    'Messages a second from one connection; more are refused, and over 100 refusals in 10 s close it.',
  ),
  limit(
    'max-backlog',
    'maxBacklog',
    'bytes',
    4 * 1024 * 1024,
    '4MiB',
    'What may wait for a client that does not read before it is closed with 4008.',
  ),
  limit(
    'close-timeout',
    'closeTimeout',
    'duration',
    10_000,
    '10s',
    'How long a client may take to answer a close before its connection is cut.',
  ),
  limit('grace', 'grace', 'duration', 30_000, '30s', 'How long the state of a session outlives its last user.'),
  limit(
    'idle-timeout',
    'idleTimeout',
    'duration',
    0,
    '0',
    'Closes a connection from which nothing came for so long; 0 leaves silent peers to TCP.',
  ),
];

/** The limits nobody changed. */
export const DEFAULT_LIMITS: Readonly<Limits> = Object.fromEntries(
  LIMITS.map(({ key, default: value }) => [key, value]),
) as unknown as Limits;

/** The default limits, raised to what must have room. */
export const limitsWithRoomFor = (room: Partial<Limits>): Limits =>
  Object.fromEntries(
    LIMITS.map(({ key, default: value }) => [key, Math.max(value, room[key] ?? 0)]),
  ) as unknown as Limits;
