import churn from '../../../scenarios/churn.ts';
import { createServer } from '../../../server/server.ts';
import { oddProxy, type Oddities } from '../../../server/testing/odd-proxy.ts';
import { isObject } from '../../core/json.ts';
import { OF_COPIES, OF_DOCUMENTS } from '../../load/testing/found.ts';
import { planOf } from '../../load/testing/simulate.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Result } from '../../result/result.ts';
import type { ScenarioSpec } from '../../scenario/define.ts';
import { rehearse } from './rehearse.ts';

/** What no lawful server moves. */
export const ORACLES = [...OF_COPIES, ...OF_DOCUMENTS, 'presence_errors'] as const;

type Json = Record<string, unknown>;

/** Rewrites messages as values; what a server re-serialises need not be what came, byte for byte (P8). */
const values = (change: (message: Json) => Json | undefined, print = (message: Json) => JSON.stringify(message)) => ({
  rewrite: () => (text: string) => {
    const message = change(JSON.parse(text) as Json);
    return message && print(message);
  },
});

const reversed = (value: unknown): unknown =>
  typeof value !== 'object' || value === null || Array.isArray(value)
    ? value
    : Object.fromEntries(
        Object.entries(value)
          .toReversed()
          .map(([key, inner]) => [key, reversed(inner)]),
      );

/** As Python's `json.dumps` prints it: spaces, and nothing but ASCII. */
const pythonic = (message: Json): string =>
  JSON.stringify(message, null, 1)
    .replaceAll(/\n */g, ' ')
    .replaceAll(/[\u0080-\uFFFF]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);

const isOfType = (message: Json, ...types: string[]): boolean => types.includes(String(message['type']));

/** A relay that keeps no state, gives no versions and acknowledges nothing: no **ext** part at all. */
const withoutExt = (message: Json): Json | undefined => {
  if (isOfType(message, 'command:ack', 'session:host', 'error', 'sync:full_state')) return undefined;
  const { version: _, ...rest } = message;
  return rest;
};

/** A server that keeps a state, and gives no versions. */
export const WITHOUT_VERSIONS: Oddities = values((message) => {
  const { version: _, state, ...rest } = message;
  if (!isObject(state)) return { ...rest, ...('state' in message && { state }) };
  const { version: __, ...unversioned } = state;
  return { ...rest, state: unversioned };
});

/** A lawful server, and how it is used. */
export interface Oddity {
  odd: Oddities;
  /** What shows it best. */
  spec?: ScenarioSpec;
  /** Judges that can claim less, or nothing. */
  unclaimed?: string[];
  transport?: Plan['transport'];
}

/** Churn within seconds. */
export const QUICK_CHURN: ScenarioSpec = {
  ...churn.spec,
  users: churn.spec.users.map((kind) => (kind.leaves ? { ...kind, leaves: { after_s: 0.8, away_s: 0.1 } } : kind)),
};

/** By how the messages come: to be read as `messages are judged by what they say, also …`. */
export const ODDITIES: Record<string, Oddity> = {
  'printed anew, as Python prints': { odd: values((message) => message, pythonic) },
  'with its keys in another order': { odd: values((message) => reversed(message) as Json) },
  'with unknown fields': {
    odd: values((message) => ({
      relayed_by: { name: 'a', version: 3 },
      ...message,
      ...(message['command'] !== undefined && {
        command: { hop: 1, ...(message['command'] as Json), trace: [{ at: 1 }] },
      }),
      zone: 'eu',
    })),
  },
  'with timestamp and user_id overwritten': {
    odd: values((message) =>
      isOfType(message, 'command')
        ? { ...message, timestamp: '2024-01-01T00:00:00Z', user_id: 'connection-7' }
        : message,
    ),
  },
  'with a field that differs for each receiver': {
    odd: {
      rewrite: () => {
        let seq = 0;
        return (text) => JSON.stringify({ seq: seq++, ...(JSON.parse(text) as Json) });
      },
    },
  },
  'in fragments': { odd: { fragments: 3 } },
  'in fragments, read by the library': { odd: { fragments: 3 }, transport: 'ws' },
  'in writes cut at any byte': { odd: { chop: 7 } },
  'in writes cut at any byte, read by the library': { odd: { chop: 7 }, transport: 'ws' },
  'many in one write': { odd: { batch: 40 } },
  'after a slow join': { odd: { slowJoin: 250 } },
  'with protocol pings in between': { odd: { ping: 50 } },
  'without cursors': { odd: values((message) => (isOfType(message, 'cursor') ? undefined : message)) },
  'to users who leave with changes on the way': { odd: {}, spec: QUICK_CHURN },
  'to users who replace their own older connection': { odd: { linger: 400 }, spec: QUICK_CHURN },
  'of a server that keeps a state and gives no versions': { odd: WITHOUT_VERSIONS, unclaimed: ['order'] },
  'of a server that keeps a state and gives no versions, to users who come and go': {
    odd: WITHOUT_VERSIONS,
    spec: QUICK_CHURN,
    unclaimed: ['order'],
  },
  'of a server without our own extensions': {
    odd: values(withoutExt),
    unclaimed: ['late-join', 'order'],
  },
  'of a server without our own extensions, to users who come and go': {
    odd: values(withoutExt),
    spec: QUICK_CHURN,
    unclaimed: ['late-join', 'order'],
  },
};

/**
 * Has users meet the bundled server, whose messages come oddly: over real sockets, with every judge.
 * @param run six characters
 */
export async function meet(
  { odd, transport = 'net' }: Oddity,
  run: string,
  spec: ScenarioSpec,
  plan: Partial<Plan>,
): Promise<Result> {
  const server = await createServer({ port: 0 });
  const proxy = await oddProxy(server.url, odd);
  try {
    return await rehearse(planOf({ ...plan, transport }), run, spec, {
      urls: [proxy.url],
      headers: {},
      subprotocols: [],
    });
  } finally {
    proxy.close();
    await server.close();
  }
}
