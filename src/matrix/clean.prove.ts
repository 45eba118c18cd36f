import { expect, it } from 'vitest';
import { createServer } from '../../server/server.ts';
import { planOf } from '../load/testing/simulate.ts';
import { listScenarios } from '../engine/loader.ts';
import { rehearse } from '../engine/testing/rehearse.ts';

const RUNS = 10;

/** What is claimed of time is the machine's affair here: nothing that was seen may be blamed on a lawful server. */
const OF_TIME = new Set(['generator', 'thresholds', 'slow-readers']);

it.each((await listScenarios()).map(({ spec }) => [spec.name, spec] as const))(
  'ten runs of %s against a right server raise no false alarm',
  async (_name, spec) => {
    for (let nth = 0; nth < RUNS; nth++) {
      const server = await createServer({ port: 0 });
      const rate = spec.defaults?.rate ?? 2;
      const plan = planOf({
        users: 10,
        sessions: 5,
        rate,
        items: 10,
        seed: nth,
        duration_ms: 20_000,
        deadline_ms: 5000,
      });
      const target = { urls: [server.url], headers: {}, subprotocols: [] };
      const result = await rehearse(plan, `pr000${nth}`, spec, target);
      await server.close();
      const wrong = result.verdicts.filter(({ judge, standing }) => standing !== 'pass' && !OF_TIME.has(judge));
      expect(wrong.map(({ judge, because }) => `${judge}: ${because}`)).toEqual([]);
    }
  },
);
