import { z } from 'zod';
import { BUCKETS } from '../core/buckets.ts';
import { crc32 } from '../core/crc.ts';
import { messageOf } from '../core/errors.ts';
import { parseThreshold } from '../core/expression.ts';
import type { Plan } from '../plan/plan.ts';
import { environment, evidence } from './result.ts';

/** The form of a journal's lines: how one is sealed, and what it may hold. */

/**
 * The line of some content: its JSON with its number in the file and the checksum of the line before it (`after`) and,
 * last, the CRC-32 of the same JSON without that, in UTF-8. So a line that was changed, moved or taken away shows, in
 * itself or in the next.
 * @param line from 1
 * @param after absent on the first line
 */
export function sealed(content: object, line: number, after?: number): { text: string; crc: number } {
  const json = JSON.stringify({ ...content, line, ...(after !== undefined && { after }) });
  const crc = crc32(Buffer.from(json));
  return { text: `${json.slice(0, -1)},"crc":${crc}}`, crc };
}

const SEAL = /,"crc":(\d+)\}$/;

/** The checksum that a line bears, and whether it is right. Undefined where it bears none. */
export function sealOf(text: string): { crc: number; isRight: boolean } | undefined {
  const seal = SEAL.exec(text);
  if (!seal) return undefined;
  const crc = Number(seal[1]);
  return { crc, isRight: crc32(Buffer.from(`${text.slice(0, seal.index)}}`)) === crc };
}

/** Longer than any run, and within what dates can hold. */
const MOST_MS = 1e12;
/** Below a nanosecond nothing is measured, and nothing can be divided by. */
const isTold = (value: number): boolean => value === 0 || Math.abs(value) > 1e-6;
const ms = z.number().min(0).max(MOST_MS).refine(isTold);
/** On the run's clock, which may begin a moment later than what is told of it. */
const moment = z.number().min(-MOST_MS).max(MOST_MS).refine(isTold);
/** Beyond what any interval counts, and within what adds up exactly. */
const MOST = 1e12;
const count = z.number().int().min(0).max(MOST);
/** What a late arrival takes back was counted before. */
const change = z.number().int().min(-MOST).max(MOST);
/** Bounded so that sums stay finite. */
const number = z.number().min(-1e18).max(1e18);
const us = number.min(0);
const text = z.string();

const threshold = text.superRefine((written, context) => {
  try {
    parseThreshold(written);
  } catch (error) {
    context.addIssue({ code: 'custom', message: messageOf(error) });
  }
});

/** A field that is added later is optional here: journals without it are still read. */
const plan = z.looseObject({
  command: z.literal('run'),
  scenario: text,
  users: count,
  sessions: count,
  users_total: count,
  rate: number,
  heartbeat_ms: ms,
  items: count,
  ramp_up_ms: ms,
  settle_ms: ms,
  duration_ms: ms,
  deadline_ms: ms,
  seed: count,
  workers: count,
  engine: text,
  transport: text,
  model: z.enum(['open', 'closed']),
  shard: z.object({ index: count, of: count }),
  thresholds: z.array(threshold),
  require: z.array(text),
  abort_on: z.array(text),
  tags: z.record(text, text),
  target: text,
  plans: z.object({ edits: z.boolean(), cursors: z.boolean(), heartbeats: z.boolean(), leaves: z.boolean() }),
  faults: z.array(text),
} satisfies Record<keyof Plan, z.ZodType>);

export const headerSchema = z.object({
  run: z.object({ id: text.min(1), started_at: z.iso.datetime() }),
  plan,
  environment,
  pid: count.optional(),
});

export const endSchema = z.object({ ended_ms: ms, interrupted: text.optional(), window_end_ms: ms.optional() });

const buckets = z
  .array(count)
  .refine((pairs) => pairs.length % 2 === 0 && pairs.every((index, at) => at % 2 === 1 || index < BUCKETS), {
    message: 'no pairs of a bucket and a count',
  });
const stage = z
  .looseObject({
    counters: z.record(text, change),
    gauges: z.record(
      text,
      z.looseObject({
        count: count.min(1),
        sum: number,
        min: number,
        max: number,
        last: number,
        at_ms: number.optional(),
      }),
    ),
    trends: z.record(text, z.looseObject({ count, missing: change, sum_us: us, min_us: us, max_us: us, buckets })),
  })
  .optional();
const tally = { count, first_ms: moment, last_ms: moment };

/** An interval; what it need not have is empty. */
export const intervalSchema = z.looseObject({
  worker: count.default(0),
  from_ms: moment,
  to_ms: moment,
  stages: z.object({ ramp: stage, settle: stage, steady: stage, drain: stage }),
  pending: count.default(0),
  stays: z.looseObject({ ended: buckets, censored: buckets, quiet: buckets.optional() }).optional(),
  joined_user_ms: number.default(0),
  planned_user_ms: number.default(0),
  disconnects: z
    .array(
      z.looseObject({
        code: number,
        reason: text,
        initiator: z.enum(['server', 'client', 'network']),
        phase: z.enum(['connect', 'join', 'steady', 'close']),
        expected: z.boolean(),
        ...tally,
      }),
    )
    .default([]),
  errors: z.array(z.looseObject({ kind: text, message: text, ...tally })).default([]),
  events: z.array(z.looseObject({ at_ms: moment, kind: text, text })).default([]),
  examples: z
    .array(z.looseObject({ ...evidence.shape, due_ms: moment.optional(), at_ms: moment.optional() }))
    .default([]),
  traits: z.array(text).default([]),
});
