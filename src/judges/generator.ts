import type { GaugeName } from '../core/metrics.ts';
import { MAX_UTILIZATION } from '../plan/fitness.ts';
import { percentileOf } from '../result/histogram.ts';
import type { Measured } from '../result/measured.ts';
import type { Verdict } from '../result/result.ts';
import type { Finding, Judge } from './judge.ts';
import { MIN_OFFERED, offered, worstMoment } from './own-delay.ts';
import { clock, list, milliseconds, percent } from './words.ts';

const CLAIM = 'the load generator was fit to judge';
/** Others that have its core for more of the time are worth a word. */
const ROBBED = 0.1;

export const generator: Judge = {
  name: 'generator',
  about:
    'The planned load was sent: of the changes due in the measured window at most 5 % were still waiting at its end, ' +
    'and none of the tool’s processes died. By how much the tool was late itself, in sending and in reading, is said, ' +
    'and bounds what it may have added to a figure: what holds or fails whatever it added is decided, and only what ' +
    'lies between is unknown. Then this is unknown too, and names what.',
  judge(measured) {
    const deaths = deathsOf(measured);
    if (deaths.length > 0) {
      const because = list(deaths);
      return [{ claim: CLAIM, standing: 'unknown', because, headline: `The test itself broke: ${because}.` }];
    }
    const because = factsOf(measured);
    if (because === undefined) {
      return [{ not_claimed: { claim: CLAIM, because: 'its event loop was not read and nothing was sent' } }];
    }
    return [
      offered(measured) < MIN_OFFERED ? limiting(measured, because) : { claim: CLAIM, standing: 'pass', because },
    ];
  },
};

/** Processes that died, in words: whatever passes, passes only for the sessions that were left. */
export const deathsOf = (measured: Measured): string[] =>
  measured.events
    .filter(({ kind }) => kind === 'worker-died')
    .slice(0, 3)
    .map(({ at_ms, text }) => `at ${clock(measured, at_ms)} ${text}`);

/** Its verdict, once it is known which judges could not decide for its own delay. */
export function leaving<T extends Pick<Verdict, 'standing' | 'because'>>(
  measured: Measured,
  verdict: T,
  undecided: readonly string[],
): T {
  const slow = slowness(measured);
  if (verdict.standing !== 'pass' || slow === undefined) return verdict;
  if (undecided.length === 0) return { ...verdict, because: `${verdict.because}, which leaves nothing undecided` };
  return { ...verdict, ...limiting(measured, `${slow}, which leaves ${list(undecided)} undecided`) };
}

function limiting(measured: Measured, because: string): Finding & { standing: 'unknown' } {
  const headline = `The generator was the limit: ${because}.`;
  return { claim: CLAIM, standing: 'unknown', because: `${because}; ${remedyFor(measured)}`, headline };
}

function factsOf(measured: Measured): string | undefined {
  const slow = slowness(measured);
  if (slow !== undefined) return slow;
  const busy = meanOf(measured, 'generator_event_loop_utilization');
  const lag = percentileOf(measured.trend('send_lag'), 99);
  if (busy === undefined && lag === undefined) return undefined;
  const facts = [
    ...(busy === undefined ? [] : [`event loop ${busy.toFixed(2)}`]),
    ...(lag === undefined ? [] : [`sends late by ${milliseconds(lag / 1000)} at p99`]),
  ];
  return `fit to judge: ${facts.join(', ')}`;
}

/** How long it was held up at the worst, when, and by what; undefined where that is too little to matter. */
function slowness(measured: Measured): string | undefined {
  const { sends, loop, backlog, at_ms } = worstMoment(measured);
  const held_ms = Math.max(sends, loop);
  if (held_ms + backlog === 0) return undefined;
  const busy = meanOf(measured, 'generator_event_loop_utilization') ?? 0;
  const stolen = meanOf(measured, 'generator_steal') ?? 0;
  const share = offered(measured);
  const causes = [
    ...(stolen > ROBBED ? [`others had its core for ${percent(stolen)} of the time`] : []),
    ...(busy > MAX_UTILIZATION ? [`its event loop was busy for ${percent(busy)} of the time`] : []),
    ...(share < MIN_OFFERED ? [`only ${percent(share)} of the planned load was sent in its time`] : []),
  ];
  const how =
    backlog <= held_ms
      ? `was held up for up to ${milliseconds(held_ms)} at a time`
      : backlog === Infinity
        ? 'may have left messages unread, which nobody can count here'
        : `left messages unread for up to ${milliseconds(backlog)}`;
  const held = `it ${how} (worst at ${clock(measured, at_ms)})`;
  return causes.length > 0 ? `${held}; ${list(causes)}` : held;
}

function meanOf(measured: Measured, name: GaugeName): number | undefined {
  const gauge = measured.metrics[name];
  return gauge?.kind === 'gauge' ? gauge.mean : undefined;
}

function remedyFor(measured: Measured): string {
  const { plan, environment } = measured;
  if ((meanOf(measured, 'generator_steal') ?? 0) > ROBBED) {
    return 'leave it the machine (other programs, a quota of the processor), or take another one';
  }
  const moreWorkers = plan.workers < Math.min(plan.sessions, environment.cores);
  return `take fewer users${moreWorkers ? ', more workers (--workers)' : ''} or another machine (--shard)`;
}
