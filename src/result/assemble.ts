import { z } from 'zod';
import { STAGES, type Interval, type Stage } from '../core/record.ts';
import { stageEnds } from '../plan/plan.ts';
import { encodeHistogram } from './histogram.ts';
import { metricsOfSlice, withHistograms, type Measured } from './measured.ts';
import { resultSchema, type NotClaimed, type Result, type Standing, type Verdict } from './result.ts';

/** What judging a measurement gave. */
export interface Assessment {
  standing: Standing;
  summary: string;
  verdicts: Verdict[];
  not_claimed: NotClaimed[];
  /** What was seen in each slice of time, in order (`slicesOf`). */
  slices: Interval[];
}

const OUTCOMES = { pass: 'pass', fail: 'fail', unknown: 'inconclusive' } as const;

/** Puts the published result together. */
export function assemble(measured: Measured, assessment: Assessment): Result {
  const { plan, run, environment } = measured;
  const isoAt = (ms: number): string => new Date(Date.parse(run.started_at) + ms).toISOString();
  const dated = <T extends { first_ms: number; last_ms: number }>({ first_ms, last_ms, ...rest }: T) => ({
    ...rest,
    first_at: isoAt(first_ms),
    last_at: isoAt(last_ms),
  });
  return {
    schema: 'collab-loadtest/result/v1',
    run: run.id,
    outcome: OUTCOMES[assessment.standing],
    summary: assessment.summary,
    command: plan.command,
    scenario: plan.scenario,
    target: plan.target,
    started_at: run.started_at,
    ended_at: isoAt(measured.ended_ms),
    seed: plan.seed,
    shard: plan.shard,
    tags: plan.tags,
    window: { ...measured.window },
    ...(measured.interrupted !== undefined && { interrupted: measured.interrupted }),
    ...(measured.gaps.length > 0 && { gaps: [...measured.gaps] }),
    plan: { ...plan },
    environment,
    metrics: withHistograms(measured, encodeHistogram),
    disconnects: measured.disconnects.map(dated),
    ...(measured.survival && { survival: [...measured.survival] }),
    errors: measured.errors.map(dated),
    events: [...measured.events],
    verdicts: assessment.verdicts,
    not_claimed: assessment.not_claimed,
    timeline: timelineOf({ ...stageEnds(plan), steady: measured.window.to_ms }, assessment.slices),
  };
}

type Ends = ReturnType<typeof stageEnds>;

function timelineOf(ends: Ends, slices: Interval[]): Result['timeline'] {
  let users = 0;
  return slices.map((slice) => {
    const metrics = metricsOfSlice(slice);
    const connected = metrics.users_connected;
    if (connected?.kind === 'gauge') users = connected.last;
    return { from_ms: slice.from_ms, to_ms: slice.to_ms, stage: stageAt(ends, slice.from_ms), users, metrics };
  });
}

/** The stage of the run in which a moment lies. */
function stageAt(ends: Ends, ms: number): Stage {
  const passed = [ends.ramp, ends.settle, ends.steady].filter((end) => ms >= end).length;
  return STAGES[passed]!;
}

/** The published JSON Schema of `result.json`. */
export const resultJsonSchema = (): Record<string, unknown> => z.toJSONSchema(resultSchema) as Record<string, unknown>;
