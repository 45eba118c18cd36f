import { createServer } from '../../server/server.ts';
import { oddProxy } from '../../server/testing/odd-proxy.ts';
import { startProcess } from '../../server/testing/process.ts';
import churn from '../../scenarios/churn.ts';
import steady from '../../scenarios/steady.ts';
import type { CounterName } from '../core/metrics.ts';
import { ProcessStats } from '../engine/process-stats.ts';
import { ServerProcesses } from '../engine/server-processes.ts';
import { WITHOUT_VERSIONS } from '../engine/testing/oddities.ts';
import { rehearse } from '../engine/testing/rehearse.ts';
import { planOf } from '../load/testing/simulate.ts';
import type { Plan } from '../plan/plan.ts';
import type { Metric, Result } from '../result/result.ts';
import type { ScenarioSpec } from '../scenario/define.ts';
import { faultOf, type Row } from './table.ts';

/** Many small sessions for a few seconds: over real sockets, with every judge. */
const PLAN: Partial<Plan> = {
  users: 5,
  sessions: 8,
  rate: 6,
  items: 4,
  heartbeat_ms: 1200,
  ramp_up_ms: 500,
  settle_ms: 500,
  duration_ms: 3000,
  deadline_ms: 5000,
};

const [visitor, ...editors] = churn.spec.users;
/** Visitors come and go so often that a few seconds see many of them. */
const LIVELY: ScenarioSpec = {
  ...churn.spec,
  users: [{ ...visitor!, leaves: { after_s: 1.2, away_s: 1.2 } }, ...editors],
};

/** What was seen of a server that committed one fault, or none. */
export interface Trial {
  result: Result;
  /** How often the server says that it committed its fault. */
  committed: number;
  /** What the server's process has more of than at the start; 0 where that cannot be read. */
  grown: number;
}

/** A server to hold the judges against. */
interface Target {
  url: string;
  committed(fault: string): Promise<number>;
  /** What its process has of what rises. */
  has(): number;
  close(): Promise<void>;
}

async function inThisProcess(faults: string[]): Promise<Target> {
  const server = await createServer({ port: 0, faults });
  return {
    url: server.url,
    committed: async (fault) => (server.counts().faults as Record<string, number>)[fault] ?? 0,
    has: () => 0,
    close: () => server.close(),
  };
}

async function inItsOwn(faults: string[], gauge: 'server_rss' | 'server_fds' = 'server_rss'): Promise<Target> {
  const { child, ready, ended } = await startProcess({ faults, debug: false });
  const stats = new ProcessStats(new ServerProcesses({ pid: ready.pid, ports: [ready.port], started: false }));
  return {
    url: ready.url,
    async committed(fault) {
      const text = await (await fetch(`http://127.0.0.1:${ready.port}/metrics`)).text();
      return Number(new RegExp(`^collab_faults_total\\{fault="${fault}"\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
    },
    has: () => stats.sample(0)[gauge] ?? 0,
    async close() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Lets people use a server that commits the fault of a row. */
export async function tryOut(row?: Row, spec: ScenarioSpec = row?.churns ? LIVELY : steady.spec): Promise<Trial> {
  const faults = row ? [row.fault] : [];
  const target = row?.rises || row?.halts ? await inItsOwn(faults, row.rises) : await inThisProcess(faults);
  const proxy = row?.unversioned ? await oddProxy(target.url, WITHOUT_VERSIONS) : undefined;
  try {
    const before = target.has();
    const plan = planOf({ ...PLAN, ...row?.load, thresholds: row?.threshold ? [row.threshold] : [] });
    const id = `m${Math.random().toString(36).slice(2)}00000`.slice(0, 6);
    const result = await rehearse(plan, id, spec, { urls: [(proxy ?? target).url], headers: {}, subprotocols: [] });
    return { result, committed: row ? await target.committed(faultOf(row)) : 0, grown: target.has() - before };
  } finally {
    proxy?.close();
    await target.close();
  }
}

/** A counter of a result. */
export const counterOf = ({ metrics }: Result, name: CounterName): number =>
  (metrics[name] as Extract<Metric, { kind: 'counter' }>).count;

/** The judges that did not pass. That this machine was busy is no finding. */
export const notPassed = ({ verdicts }: Result): string[] => [
  ...new Set(verdicts.flatMap(({ judge, standing }) => (standing === 'pass' || judge === 'generator' ? [] : judge))),
];
