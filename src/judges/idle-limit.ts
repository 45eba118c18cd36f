import { lowestOf, widthOf } from '../core/buckets.ts';
import { formatDuration } from '../core/units.ts';
import type { Measured } from '../result/measured.ts';
import { counted, number } from './words.ts';

/** Connections that ended after the same silence. */
export interface IdleLimit {
  /** How long no byte had passed, ms. */
  quiet_ms: number;
  count: number;
  /** Of so many that ended unexpectedly. */
  of: number;
  /** They ended at several moments: not all at once, which a crash does as well. */
  apart: boolean;
  by: 'server' | 'network' | 'both';
}

/** One or two may be chance. */
const LEAST = 3;
/** Shorter silences are pauses. */
const SHORTEST_MS = 1000;
/** The share of all that must have ended so. */
const SHARE = 0.9;
/** How far apart they may be, ms and parts of the silence: nginx sets a timer anew only every 300 ms. */
const SPREAD_MS = 400;
const SPREAD = 0.02;
const MOST_SPREAD = 0.2;
/** What ends within so long ends at once, ms. */
const AT_ONCE_MS = 1000;

const spreadOf = (ms: number): number => Math.min(SPREAD_MS + SPREAD * ms, MOST_SPREAD * ms);

/** Whether nearly all connections that ended unexpectedly did so after the same silence: what an idle limit does. */
export function idleLimitOf(measured: Measured): IdleLimit | undefined {
  const quiet = measured.quiet_ends ?? [];
  const endings = measured.disconnects.filter(
    ({ phase, expected, initiator }) => phase === 'steady' && !expected && initiator !== 'client',
  );
  const of = endings.reduce((sum, { count }) => sum + count, 0);
  const found = densest(quiet);
  if (!found || found.count < LEAST || found.count < SHARE * of || endings.length === 0) return undefined;
  const first = Math.min(...endings.map(({ first_ms }) => first_ms));
  const last = Math.max(...endings.map(({ last_ms }) => last_ms));
  const initiators = new Set(endings.map(({ initiator }) => initiator));
  const by = initiators.size > 1 ? 'both' : initiators.has('server') ? 'server' : 'network';
  return { ...found, of: Math.max(of, found.count), apart: last - first > AT_ONCE_MS, by };
}

/** The most silences that lie within one spread, by their longest: a limit is never shorter than what it let pass. */
function densest(pairs: readonly number[]): Pick<IdleLimit, 'quiet_ms' | 'count'> | undefined {
  let best: Pick<IdleLimit, 'quiet_ms' | 'count'> | undefined;
  for (let from = 0; from < pairs.length; from += 2) {
    const shortest = lowestOf(pairs[from]!);
    if (shortest < SHORTEST_MS) continue;
    let count = 0;
    let longest = shortest;
    for (let at = from; at < pairs.length; at += 2) {
      const ms = lowestOf(pairs[at]!);
      if (ms - shortest > spreadOf(ms)) break;
      count += pairs[at + 1]!;
      longest = ms + widthOf(pairs[at]!) / 2;
    }
    if (!best || count > best.count) best = { count, quiet_ms: longest };
  }
  return best;
}

/** `2s`: often enough that no silence is as long as the limit. */
export function heartbeatFor(quiet_ms: number): string {
  const ms = (quiet_ms * 2) / 3;
  return ms >= 1000 ? `${Math.floor(ms / 1000 + 0.1)}s` : `${Math.floor(ms / 100) * 100}ms`;
}

const WHOSE = {
  server: 'an idle limit of the server’s',
  network:
    'an idle limit on the way, such as nginx’s proxy_read_timeout or haproxy’s timeout tunnel, client and server',
  both: 'an idle limit of the server’s or on the way',
};

/** `every one of them 3.0 s after its last byte: an idle limit on the way, …; --heartbeat 2s keeps them open, or raise it` */
export function idleWords({ quiet_ms, count, of, apart, by }: IdleLimit): string {
  const who = count === of ? 'every one of them' : `${number(count)} of them`;
  const after = `${who} ${seconds(quiet_ms)} after its last byte`;
  const remedy = `--heartbeat ${heartbeatFor(quiet_ms)} keeps them open, or raise it`;
  return apart
    ? `${after}: ${WHOSE[by]}; ${remedy}`
    : `${after}, all at once: a crash or a cut, or ${WHOSE[by]}; then ${remedy}`;
}

/** The same as a sentence for who reads nothing else. */
export function idleHeadline({ quiet_ms, count, of, by }: IdleLimit): string {
  const who = count === of ? 'Every connection' : `${counted(count, 'connection')} of ${number(of)}`;
  const whose = by === 'network' ? 'an idle limit on the way' : WHOSE[by];
  return `${who} ended ${seconds(quiet_ms)} after its last byte: ${whose}. --heartbeat ${heartbeatFor(quiet_ms)} keeps them open, or raise it.`;
}

/** `3.0 s`, `60 s`, `5 min` */
const seconds = (ms: number): string =>
  ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : formatDuration(Math.round(ms / 1000) * 1000);
