import type { Interval } from '../core/record.ts';
import type { JournalEnd } from './journal.ts';
import type { Gap } from './result.ts';

/** How the lines of a journal hang together: which of them count, and of what time not all is there. */

/** A line that is what was written, as far as the line itself can tell. */
export interface Entry {
  /** Where it stands in the file, from 1. */
  at: number;
  /** Its number, the checksum of the line before it, and its own; absent in journals of earlier versions. */
  line?: number;
  after?: number;
  crc?: number;
  from_ms: number;
  to_ms: number;
  /** One of these; neither: another header. */
  interval?: Interval;
  end?: JournalEnd;
}

export interface Order {
  /** The lines that count, in the order of the run. */
  taken: Entry[];
  gaps: Gap[];
  /** What is wrong with them, in words. */
  damage: string[];
}

const HEADER = 'the first line of its journal, with plan and thresholds, is not as it was written';
const CHANGED = 'a line of its journal is not the one that was written there';
const FOREIGN = 'its journal holds lines of another one';
const OVERLAP = 'lines of its journal tell of the same time';
const EARLIER = 'is of an earlier version, whose first and last lines bear no checksum';

/**
 * By their numbers: each line must follow from the one before it.
 * @param header checksum of the first line, and whether it is right
 */
export function byNumber(entries: readonly Entry[], header: { crc?: number; isRight: boolean }): Order {
  const taken: Entry[] = [];
  const gaps: Gap[] = header.isRight ? [] : [doubt(0, undefined, HEADER)];
  const repeated: number[] = [];
  const foreign: number[] = [];
  let missing = 0;
  let before: Entry = { at: 1, line: 1, from_ms: 0, to_ms: 0, ...(header.crc !== undefined && { crc: header.crc }) };
  const setAside = (entry: Entry, { crc }: { crc?: number }): void => {
    const isRepeated = entry.crc === crc;
    (isRepeated ? repeated : foreign).push(entry.at);
    if (!isRepeated) gaps.push(doubt(entry.from_ms, isHeader(entry) ? undefined : entry.to_ms, FOREIGN));
  };

  const placed = new Map<number, Entry[]>();
  for (const entry of entries) placed.set(entry.line ?? 0, [...(placed.get(entry.line ?? 0) ?? []), entry]);
  for (const line of [...placed.keys()].sort((a, b) => a - b)) {
    const here = placed.get(line)!;
    const follows = before.line === line - 1;
    const next = here.find(({ after }) => follows && after === before.crc) ?? here[0]!;
    for (const entry of here) if (entry !== next || line < 2) setAside(entry, line < 2 ? header : next);
    if (line < 2) continue;
    if (!follows) {
      const lost = line - 1 - before.line!;
      missing += lost;
      gaps.push(hole(before.to_ms, next.from_ms, `${lines(lost)} of its journal ${are(lost)} missing or damaged`));
    } else if (next.after !== before.crc && line > 2) gaps.push(doubt(before.from_ms, next.to_ms, CHANGED));
    else if (next.after !== before.crc && header.isRight) gaps.push(doubt(0, undefined, HEADER));
    if (before.end) gaps.push(doubt(before.to_ms, undefined, CHANGED));
    taken.push(next);
    before = next;
  }
  const damage = [
    ...(header.isRight ? [] : ['its first line, with plan and thresholds, is not as it was written']),
    ...(missing > 0 ? [`${lines(missing)} ${are(missing)} missing or damaged`] : []),
    ...told(repeated, 'there again'),
    ...told(foreign, 'of another journal'),
    ...moved(taken),
  ];
  return { taken, gaps, damage };
}

/**
 * By their times, as journals of earlier versions have nothing else: whoever changed their first line, or took away the
 * last ones, left no trace.
 * @param apart_ms seconds of several processes may lie so far apart, or overlap by so much
 */
export function byTime(entries: readonly Entry[], apart_ms: number): Order {
  const gaps: Gap[] = [doubt(0, undefined, `its journal ${EARLIER}`)];
  const taken: Entry[] = [];
  const repeated: number[] = [];
  const headers = entries.filter(isHeader).map(({ at }) => at);
  let known_ms = 0;
  for (const entry of entries
    .filter((one) => !isHeader(one))
    .toSorted((a, b) => a.from_ms - b.from_ms || a.at - b.at)) {
    if (entry.interval && taken.some(({ crc, from_ms }) => crc === entry.crc && from_ms === entry.from_ms)) {
      repeated.push(entry.at);
      continue;
    }
    if (entry.interval && entry.from_ms - known_ms > apart_ms) {
      gaps.push(hole(known_ms, entry.from_ms, 'lines of its journal are missing or damaged'));
    } else if (entry.interval && known_ms - entry.from_ms > apart_ms) {
      gaps.push(doubt(entry.from_ms, known_ms, OVERLAP));
    }
    taken.push(entry);
    known_ms = Math.max(known_ms, entry.to_ms);
  }
  return {
    taken,
    gaps,
    damage: [
      `it ${EARLIER}`,
      ...told(headers, 'of another journal'),
      ...told(repeated, 'there again'),
      ...moved(taken),
    ],
  };
}

const isHeader = ({ interval, end }: Entry): boolean => !interval && !end;

const doubt = (from_ms: number, to_ms: number | undefined, because: string): Gap => ({
  from_ms,
  ...(to_ms !== undefined && { to_ms: Math.max(from_ms, to_ms) }),
  doubtful: true,
  because,
});

const hole = (from_ms: number, to_ms: number, because: string): Gap => ({
  from_ms: Math.min(from_ms, to_ms),
  to_ms: Math.max(from_ms, to_ms),
  doubtful: false,
  because,
});

const are = (count: number): string => (count === 1 ? 'is' : 'are');
const lines = (count: number): string => (count === 1 ? '1 line' : `${count} lines`);

/** Line numbers that are named one by one. */
const MOST_NAMED = 3;

/** `line 7 is damaged`, `lines 7 and 9 are damaged`, `12 lines are damaged, the first of them line 7` */
export function told(at: readonly number[], what: string): string[] {
  if (at.length === 0) return [];
  if (at.length === 1) return [`line ${at[0]} is ${what}`];
  if (at.length > MOST_NAMED) return [`${lines(at.length)} are ${what}, the first of them line ${Math.min(...at)}`];
  return [`lines ${at.slice(0, -1).join(', ')} and ${at.at(-1)} are ${what}`];
}

function moved(taken: readonly Entry[]): string[] {
  let furthest = 0;
  const late: number[] = [];
  for (const { at } of taken) {
    if (at < furthest) late.push(at);
    furthest = Math.max(furthest, at);
  }
  return told(late, 'out of its place').map((words) => words.replace('are out of its', 'are out of their'));
}
