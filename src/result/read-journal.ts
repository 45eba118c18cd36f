import { readFileSync, statSync } from 'node:fs';
import type { z } from 'zod';
import { messageOf, ToolError } from '../core/errors.ts';
import { isObject, parseObject, type JsonObject } from '../core/json.ts';
import type { Interval } from '../core/record.ts';
import { JOURNAL_FAMILY, JOURNAL_SCHEMA, type JournalEnd, type JournalHeader } from './journal.ts';
import { endSchema, headerSchema, intervalSchema, sealOf } from './journal-line.ts';
import { byNumber, byTime, told, type Entry } from './journal-order.ts';
import { journalIntervalMs } from './measurement.ts';
import type { Gap } from './result.ts';

export interface Journal {
  header: JournalHeader;
  intervals: Interval[];
  /** Absent where the run was cut off, or is still going on. */
  end?: JournalEnd;
  /** Of what time not all is there, or may not be what was written. */
  gaps: Gap[];
  /** What is wrong with the file, in words. */
  damage: string[];
  /** The process that writes it. */
  pid?: number;
}

/**
 * Reads a journal. Lines that are damaged are left out, and lines are taken by their numbers: what is then missing, or
 * does not follow from the line before it, is a gap. Fields that this version does not know are ignored.
 * @throws ToolError where there is no journal, or one of another major version
 */
export function readJournal(path: string): Journal {
  const text = textOf(path);
  const damage: string[] = [];
  if (text.startsWith('\uFEFF')) damage.push('a byte order mark was put before it');
  const raw = text.replace(/^\uFEFF/, '').split('\n');
  const isTorn = raw.at(-1) !== '';
  if (!isTorn) raw.pop();
  const lines = raw.map((line) => line.replace(/\r+$/, ''));
  if (raw.some((line) => line.endsWith('\r'))) damage.push('its line ends were changed to CRLF');

  const [first = '', ...rest] = lines;
  const { pid, ...header } = headerOf(first, path);
  const entries: Entry[] = [];
  const damaged: number[] = [];
  for (const [at, line] of rest.entries()) {
    if (line === '') continue;
    const entry = entryOf(line, at + 2);
    if (entry) entries.push(entry);
    else damaged.push(at + 2);
  }
  if (isTorn && damaged.at(-1) === lines.length) damage.push(`line ${damaged.pop()} is cut off`);
  damage.push(...told(damaged, 'damaged'));

  const seal = sealOf(first);
  const isNumbered = seal !== undefined || entries.some(({ line }) => line !== undefined);
  const order = isNumbered
    ? byNumber(entries, seal ?? { isRight: false })
    : byTime(entries, journalIntervalMs(header.plan) / 2);
  const end = order.taken.find(({ end: found }) => found)?.end;
  return {
    header,
    intervals: order.taken.flatMap(({ interval }) => interval ?? []),
    ...(end && { end }),
    gaps: order.gaps,
    damage: [...damage, ...order.damage],
    ...(pid !== undefined && { pid }),
  };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ToolError(`The journal ${path} cannot be read: ${messageOf(error)}.`, { cause: error });
  }
}

function headerOf(line: string, path: string): z.infer<typeof headerSchema> & JournalHeader {
  const json = parseObject(line);
  const schema = json?.schema;
  if (typeof schema !== 'string' || !schema.startsWith(JOURNAL_FAMILY)) {
    throw new ToolError(`${path} is no journal of a run: its first line is not a journal's header.`);
  }
  if (schema !== JOURNAL_SCHEMA) {
    throw new ToolError(`${path} is a journal of another version, ${schema}; this version reads ${JOURNAL_SCHEMA}.`);
  }
  const read = headerSchema.safeParse(json);
  if (read.success) return read.data as z.infer<typeof headerSchema> & JournalHeader;
  const { path: where, message } = read.error.issues[0]!;
  throw new ToolError(`The first line of the journal ${path} is damaged: at ${where.join('.')}, ${message}.`);
}

function entryOf(text: string, at: number): Entry | undefined {
  const json = parseObject(text);
  const seal = sealOf(text);
  if (!json || seal?.isRight === false) return undefined;
  const { line, after, crc, ...content } = json;
  const place = { at, ...numbers({ line, after, crc }) };
  if (typeof content.schema === 'string') return { ...place, from_ms: 0, to_ms: 0 };
  if (isObject(content.end)) {
    const end = endSchema.safeParse(content.end);
    if (!end.success) return undefined;
    return { ...place, from_ms: end.data.ended_ms, to_ms: end.data.ended_ms, end: end.data as JournalEnd };
  }
  const interval = intervalSchema.safeParse(content);
  if (!seal || !interval.success) return undefined;
  const { from_ms, to_ms } = interval.data;
  return { ...place, from_ms, to_ms, interval: interval.data as unknown as Interval };
}

const numbers = (fields: JsonObject): Partial<Pick<Entry, 'line' | 'after' | 'crc'>> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => Number.isSafeInteger(value)));

/** A run writes at least once in its interval; somebody may look just before, and it may be late. */
const INTERVALS_QUIET = 3;
const GRACE_MS = 10_000;

/** Whether the journal's run still goes on, on this machine: its process lives, and wrote a short while ago. */
export function isBeingWritten(path: string, { pid, end, header }: Journal): boolean {
  if (end || pid === undefined || pid === process.pid) return false;
  const quiet_ms = Date.now() - statSync(path).mtimeMs;
  return quiet_ms < INTERVALS_QUIET * journalIntervalMs(header.plan) + GRACE_MS && isAlive(pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
