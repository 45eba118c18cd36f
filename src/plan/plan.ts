/** What is to be done, as plain data: it stands in the journal and the result as it is. Durations in ms. */
export interface Plan {
  command: 'run';
  scenario: string;
  /** Users per session, sessions, and their product. */
  users: number;
  sessions: number;
  users_total: number;
  /** Changes a second and user, the mean over all users; cursors and the items at the start are extra. */
  rate: number;
  heartbeat_ms: number;
  items: number;
  ramp_up_ms: number;
  settle_ms: number;
  duration_ms: number;
  deadline_ms: number;
  seed: number;
  workers: number;
  engine: 'node' | 'k6';
  transport: 'net' | 'ws' | 'k6';
  /** Due times never depend on responses: open. An imperative journey is closed. */
  model: 'open' | 'closed';
  shard: { index: number; of: number };
  thresholds: string[];
  require: string[];
  abort_on: string[];
  tags: Record<string, string>;
  /** The address without query and credentials, or `bundled`. */
  target: string;
  /** Whether a message of this kind is part of the plan at all. */
  plans: { edits: boolean; cursors: boolean; heartbeats: boolean; leaves: boolean };
  faults: string[];
}

/** Identity of a run: in its folder's name, its ids on the wire and its journal. */
export interface RunIdentity {
  /** Six characters of base 36. */
  id: string;
  /** ISO 8601 UTC of the run clock's zero. */
  started_at: string;
}

/** How to reach the servers. Holds secrets (query, headers): never written anywhere. */
export interface Target {
  /**
   * Addresses; `{session}` and `{user}` are filled in, or rule P1's path is appended. Sessions are dealt over them. None
   * for a server that is started, and is reached where it listens.
   */
  urls: string[];
  headers: Record<string, string>;
  subprotocols: string[];
  /** Addresses of this machine that users are sent from; absent: the system chooses. */
  source_addresses?: string[];
  /** For each of `urls` the kind of addresses that it leads to; where one is left out, the system chooses. */
  families?: Readonly<Record<string, 4 | 6>>;
  /** PEM text of additional certificate authorities. */
  ca?: string;
  /** PEM text of a certificate to show, with those in between, and of its private key. */
  cert?: string;
  key?: string;
}

/** The end of each stage on the run's clock, ms. */
export function stageEnds(plan: Pick<Plan, 'ramp_up_ms' | 'settle_ms' | 'duration_ms'>): {
  ramp: number;
  settle: number;
  steady: number;
} {
  const settle = plan.ramp_up_ms + plan.settle_ms;
  return { ramp: plan.ramp_up_ms, settle, steady: settle + plan.duration_ms };
}

/** The session and user ids on the wire (docs/protocol.md, The token): fixed width, fresh for each run. */
export const sessionId = (run: string, session: number): string => `lt-${run}-s${String(session).padStart(4, '0')}`;
export const userId = (run: string, session: number, user: number): string =>
  `${sessionId(run, session)}-u${String(user).padStart(4, '0')}`;
