import { z } from 'zod';

/**
 * The published result, `result.json`: types and JSON Schema from this one source.
 * `*_at` is ISO 8601 UTC, `*_ms` is since `started_at`.
 */

const standing = z.enum(['pass', 'fail', 'unknown']).describe('Truth has three values: unknown is not pass.');
const count = z.number().int().nonnegative();
const value = z.number().nullable();

const trend = z.object({
  kind: z.literal('trend'),
  unit: z.literal('ms'),
  count,
  missing: count.describe('Measurements that never came: they count as infinite for percentiles.'),
  min: value,
  mean: value,
  p50: value,
  p90: value,
  p95: value,
  p99: value,
  p999: value,
  max: value,
  histogram: z
    .string()
    .nullable()
    .optional()
    .describe('HdrHistogram V2, base64, of µs (1 to 3.6e9, 2 significant digits).'),
});
const counter = z.object({
  kind: z.literal('counter'),
  count,
  rate: z.number().describe('A second, over the same span as count.'),
});
const rate = z.object({ kind: z.literal('rate'), value, hits: z.number(), total: z.number() });
const gauge = z.object({
  kind: z.literal('gauge'),
  min: z.number(),
  mean: z.number(),
  max: z.number(),
  last: z.number(),
});
const metric = z.discriminatedUnion('kind', [trend, counter, rate, gauge]);
const metrics = z.record(z.string(), metric);

export const evidence = z.object({
  kind: z.string(),
  session: z.string(),
  receiver: z.string().optional(),
  sender: z.string().optional(),
  seq: z.number().optional(),
  item_id: z.string().optional(),
  action: z.string().optional(),
  due_ms: z.number().optional(),
  at_ms: z.number().optional(),
  note: z.string().optional(),
  before: z
    .array(z.object({ sender: z.string(), seq: z.number(), at_ms: z.number() }))
    .optional()
    .describe('What the receiver had received just before, oldest first.'),
});

const verdict = z.object({
  judge: z.string(),
  claim: z.string(),
  standing,
  because: z.string(),
  explained_by: z.string().optional().describe('The judge whose verdict is the cause of this one.'),
  evidence: z.array(evidence).max(10).optional(),
});

const notClaimed = z.object({ judge: z.string(), claim: z.string(), because: z.string() });

const gap = z.object({
  from_ms: z.number(),
  to_ms: z.number().optional().describe('Absent: to the end, whenever that was.'),
  doubtful: z.boolean().describe('Something is kept of it, and may not be what was seen; else nothing is.'),
  because: z.string(),
});

const plan = z.looseObject({
  users: count,
  sessions: count,
  users_total: count,
  duration_ms: z.number(),
  ramp_up_ms: z.number(),
  settle_ms: z.number(),
  deadline_ms: z.number(),
  rate: z.number(),
  heartbeat_ms: z.number(),
  items: count,
  workers: count,
  engine: z.string(),
  model: z.enum(['open', 'closed']),
});

export const environment = z.looseObject({
  tool: z.string(),
  node: z.string(),
  os: z.string(),
  cpu: z.string(),
  cores: count,
  memory_bytes: z.number(),
  open_files_limit: z.number().optional(),
  target_address: z.string().optional().describe('Where the target’s name led, of several addresses of this machine.'),
  server_processes: z
    .array(z.object({ pid: count, command: z.string().describe('Its program, and its script; no arguments.') }))
    .optional()
    .describe('Whose processor time, memory and files the server’s are, as the run began.'),
  floor_ms: z.number().optional().describe('The tool’s own latency on an echo.'),
});

const check = z.object({
  layers: z.array(
    z.object({
      layer: z.string(),
      number: count.describe('As the docs number the layers.'),
      standing: z.enum(['pass', 'fail', 'unknown', 'skip']).describe('skip: not claimed.'),
      not_run: z.string().optional().describe('The layer below whose failure stopped this one.'),
      steps: z.array(
        z.object({
          id: z.string(),
          title: z.string(),
          standing: z.enum(['pass', 'fail', 'unknown', 'skip']),
          says: z.string(),
          evidence: z.array(z.string()),
          at_ms: z.number(),
          took_ms: z.number(),
        }),
      ),
    }),
  ),
  facts: z.record(z.string(), z.unknown()).describe('What the steps learnt: all that the diagnosis goes by.'),
  diagnosis: z.array(
    z.object({
      cause: z.string(),
      kind: z.enum(['cause', 'note']).describe('A note stands out, and fails nothing here.'),
      what: z.string(),
      why: z.string(),
      likely: z.string().optional(),
      do: z.array(z.string()),
      not: z.string().optional(),
    }),
  ),
  python: z.string().optional().describe('The Python with PyQt6 that was found, and its Qt.'),
  server_output: z.array(z.string()).optional().describe('The last lines of a server that the check started.'),
});

export const resultSchema = z
  .object({
    schema: z.literal('collab-loadtest/result/v1'),
    run: z.string(),
    outcome: z.enum(['pass', 'fail', 'inconclusive']).describe('The worst standing of the verdicts.'),
    summary: z.string().describe('The two sentences that matter.'),
    command: z.string(),
    scenario: z.string(),
    target: z.string(),
    started_at: z.string(),
    ended_at: z.string(),
    seed: count,
    shard: z.object({ index: count, of: count }),
    tags: z.record(z.string(), z.string()),
    window: z
      .object({ from_ms: z.number(), to_ms: z.number() })
      .describe('What was measured: from the end of settling to when sending stopped.'),
    interrupted: z.string().optional().describe('What ended the run before its time.'),
    gaps: z
      .array(gap)
      .optional()
      .describe('Of what time not all is known, as the journal that this was made of is not whole.'),
    damage: z
      .array(z.string())
      .optional()
      .describe('What is wrong with the stored journal; the outcome rests on it only as far as gaps says.'),
    plan,
    environment,
    metrics,
    disconnects: z.array(
      z.object({
        code: z.number(),
        reason: z.string(),
        initiator: z.enum(['server', 'client', 'network']),
        phase: z.enum(['connect', 'join', 'steady', 'close']),
        expected: z.boolean(),
        breach: z
          .literal(true)
          .optional()
          .describe('The server sent what no server may: code is what its clients closed with, reason what it was.'),
        count,
        first_at: z.string(),
        last_at: z.string(),
      }),
    ),
    survival: z
      .array(z.object({ after_ms: z.number(), alive: z.number().min(0).max(1), at_risk: count }))
      .optional()
      .describe(
        'The share of connections that last longer than after_ms where nobody means them to end (Kaplan–Meier).',
      ),
    errors: z.array(
      z.object({ kind: z.string(), message: z.string(), count, first_at: z.string(), last_at: z.string() }),
    ),
    events: z.array(z.object({ at_ms: z.number(), kind: z.string(), text: z.string() })),
    verdicts: z.array(verdict),
    not_claimed: z.array(notClaimed),
    timeline: z
      .array(
        z.object({
          from_ms: z.number(),
          to_ms: z.number(),
          stage: z.enum(['ramp', 'settle', 'steady', 'drain']),
          users: z.number(),
          metrics,
        }),
      )
      .max(600),
    check: check.optional().describe('What loadtest check found, step by step.'),
  })
  .describe('A run of collab-loadtest, judged.');

export type Result = z.infer<typeof resultSchema>;
export type Standing = z.infer<typeof standing>;
export type Verdict = z.infer<typeof verdict>;
export type Check = z.infer<typeof check>;
export type NotClaimed = z.infer<typeof notClaimed>;
export type Evidence = z.infer<typeof evidence>;
export type Gap = z.infer<typeof gap>;
export type Metric = z.infer<typeof metric>;
export type Trend = z.infer<typeof trend>;
export type Environment = z.infer<typeof environment>;
