import type { CounterName } from '../core/metrics.ts';
import type { JudgeName } from '../judges/judge.ts';

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
}

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
  close: { fault: 'close=1011@2s', must: ['disconnects'], may: [], counter: 'disconnects_unexpected' },
  'mute-heartbeat': { fault: 'mute-heartbeat=0.3', must: ['heartbeat'], may: [], counter: 'heartbeats_missed' },
  stall: { fault: 'stall=300ms/1s', must: ['thresholds'], may: [], threshold: 'broadcast_latency:p(95)<50' },
} as const satisfies Record<string, Row>;

export const rowsOf = (): [name: string, row: Row][] => Object.entries(MATRIX);
