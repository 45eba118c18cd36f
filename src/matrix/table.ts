import type { CounterName } from '../core/metrics.ts';
import type { JudgeName } from '../judges/judge.ts';
import type { Plan } from '../plan/plan.ts';

/** What judges have to say of a server that commits one fault, and nothing else wrong. */
export interface Row {
  /** The fault as the matrix test asks for it: many in a few seconds. */
  fault: string;
  /** Judges that must fail. */
  must: readonly JudgeName[];
  /** Judges that may fail as a consequence. */
  may: readonly JudgeName[];
  /** Of those: which fail only by naming another as the cause. */
  explained?: readonly JudgeName[];
  /** The counter that has to agree with the server's own count, and how. */
  counter?: CounterName;
  /** The counter is a lower bound, and this the upper one. */
  upper?: CounterName;
  /** How often the counter moves for each time the fault is committed; 1 if absent, a range where that depends. */
  each?: readonly [least: number, most: number];
  /** A threshold that the fault breaks. */
  threshold?: string;
  /** It makes the server's whole process stand still, which is one of its own then. */
  halts?: boolean;
  /** Users come and go. */
  churns?: boolean;
  /** Where it takes another load than the other rows' for the fault to be found. */
  load?: Partial<Plan>;
  /** The server gives no versions, so that states are judged by what is in them. */
  unversioned?: boolean;
  /** It shows in the server's process alone: what rises there. */
  rises?: 'server_rss' | 'server_fds';
  /** Judges that look at longer or larger runs and are to claim it: nobody does yet. */
  unclaimed?: readonly JudgeName[];
  /** Why it is counted so, and not once for once. */
  why?: string;
}

/** Who comes finds items that everybody has had for a while. */
const CALM = { rate: 2, duration_ms: 6000 } as const satisfies Partial<Plan>;

/**
 * Fault by fault, what every judge must, may and must not find: the claim that the judges are worth something. All
 * that a row does not name must hold.
 */
export const MATRIX = {
  drop: {
    fault: 'drop=0.01',
    must: ['delivery'],
    may: ['convergence'],
    explained: ['convergence'],
    counter: 'lost',
    upper: 'lost_upper',
  },
  duplicate: { fault: 'duplicate=0.01', must: ['delivery'], may: [], counter: 'duplicated' },
  leak: { fault: 'leak=0.01', must: ['isolation'], may: [], counter: 'misrouted' },
  echo: { fault: 'echo=0.02', must: ['delivery'], may: [], counter: 'echoed' },
  corrupt: {
    fault: 'corrupt=0.01',
    must: ['delivery'],
    may: ['convergence'],
    explained: ['convergence'],
    counter: 'corrupted',
  },
  reorder: {
    fault: 'reorder=0.02',
    must: ['order'],
    // What waits for its sender's next command to overtake it may come past the deadline.
    may: ['convergence', 'delivery'],
    explained: ['convergence'],
    counter: 'reordered',
  },
  'reorder-senders': {
    fault: 'reorder-senders=0.02',
    must: ['order'],
    may: ['convergence'],
    counter: 'version_errors',
  },
  invent: { fault: 'invent=0.01', must: ['delivery'], may: [], counter: 'invented' },
  forget: {
    fault: 'forget=0.3',
    must: ['late-join'],
    may: ['convergence'],
    explained: ['convergence'],
    counter: 'stale_snapshots',
  },
  'stale-snapshot': {
    fault: 'stale-snapshot=0.3',
    must: ['late-join'],
    may: ['convergence'],
    explained: ['convergence'],
    counter: 'stale_snapshots',
  },
  'skip-version': { fault: 'skip-version=0.05', must: ['order'], may: [], counter: 'version_errors' },
  'repeat-version': { fault: 'repeat-version=0.05', must: ['order'], may: [], counter: 'version_errors' },
  'empty-state': {
    fault: 'empty-state=0.3',
    must: ['late-join'],
    may: ['convergence'],
    explained: ['convergence'],
    counter: 'stale_snapshots',
  },
  'forget, without versions': {
    fault: 'forget=0.5',
    must: ['late-join'],
    may: ['convergence'],
    counter: 'stale_snapshots',
    each: [0.3, 1],
    why: 'certain only of an item that everybody had before its user began to connect',
    load: CALM,
    churns: true,
    unversioned: true,
  },
  'empty-state, without versions': {
    fault: 'empty-state=0.3',
    must: ['late-join'],
    may: ['convergence'],
    counter: 'empty_snapshots',
    each: [0.3, 1],
    why: 'certain only where everybody had an item before the user began to connect',
    load: CALM,
    churns: true,
    unversioned: true,
  },
  ghost: {
    fault: 'ghost=1',
    must: ['presence'],
    may: [],
    counter: 'presence_ghosts',
    upper: 'presence_errors_upper',
    // What a user who gives up connecting was sent, nobody reads.
    each: [0.5, 1],
    churns: true,
  },
  'silent-leave': {
    fault: 'silent-leave=0.5',
    must: ['presence'],
    may: [],
    counter: 'departures_untold',
    each: [0.15, 4],
    why: 'counted for each of those who stay, four at most; whoever is back within a second may have kept its place',
    churns: true,
  },
  'two-hosts': { fault: 'two-hosts=0.2', must: ['presence'], may: [], counter: 'two_hosts' },
  'two-hosts, by churn': {
    fault: 'two-hosts=0.4',
    must: ['presence'],
    may: [],
    counter: 'two_hosts',
    upper: 'presence_errors_upper',
    // What a user who gives up connecting was sent, nobody reads.
    each: [0.5, 1],
    churns: true,
  },
  'repeat-joined': { fault: 'repeat-joined=0.2', must: ['presence'], may: [], counter: 'presence_repeated' },
  'repeat-joined, by churn': {
    fault: 'repeat-joined=0.2',
    must: ['presence'],
    may: [],
    counter: 'presence_repeated',
    upper: 'presence_errors_upper',
    // What a user who gives up connecting was sent, nobody reads.
    each: [0.5, 1],
    churns: true,
  },
  slow: { fault: 'slow=60ms', must: ['thresholds'], may: [], threshold: 'broadcast_latency:p(50)<50' },
  close: { fault: 'close=1011@2s', must: ['disconnects'], may: [], counter: 'disconnects_unexpected' },
  'mute-heartbeat': {
    fault: 'mute-heartbeat=0.3',
    must: ['heartbeat'],
    may: [],
    counter: 'heartbeats_missed',
    each: [0.1, 1],
    why: 'the server also counts the pings that only keep connections open while the run ends, which are not judged',
  },
  stall: {
    fault: 'stall=300ms/1s',
    must: ['thresholds'],
    may: [],
    threshold: 'broadcast_latency:p(95)<50',
    halts: true,
  },
  saturate: {
    fault: 'saturate=250',
    must: ['thresholds'],
    may: [],
    threshold: 'broadcast_latency:p(95)<50',
    unclaimed: ['capacity'],
  },
  drift: {
    fault: 'drift=3s/min',
    must: ['thresholds'],
    may: [],
    threshold: 'broadcast_latency:p(95)<50',
    unclaimed: ['drift'],
  },
  'memory-leak': { fault: 'memory-leak=1200MB/min', must: [], may: [], rises: 'server_rss', unclaimed: ['leak'] },
  'fd-leak': { fault: 'fd-leak', must: [], may: [], rises: 'server_fds', unclaimed: ['leak'] },
  // Nobody gets in, so that nothing else can be claimed.
  refuse: {
    fault: 'refuse',
    must: ['disconnects'],
    may: [],
    counter: 'connections_failed',
    // Who is still connecting when the run ends reads no refusal.
    each: [0.8, 1],
  },
} as const satisfies Record<string, Row>;

export const rowsOf = (): [name: string, row: Row][] => Object.entries(MATRIX);

/** The name by which the server counts a row's fault. */
export const faultOf = ({ fault }: Row): string => fault.split(/[=@]/)[0]!;
