import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { parseObject } from '../core/json.ts';
import { crc32 } from '../core/crc.ts';
import { messageOf, ToolError } from '../core/errors.ts';
import type { Interval } from '../core/record.ts';
import type { Plan, RunIdentity } from '../plan/plan.ts';
import { combine, emptyInterval } from './interval.ts';
import { journalIntervalMs } from './measurement.ts';
import type { Environment } from './result.ts';

/**
 * `journal.ndjson`: what a run saw, appended as it goes, so that after `kill -9` everything up to the last interval can
 * be reported. Line 1 is the header, then one interval a line with its checksum, last the end.
 */
export const JOURNAL_NAME = 'journal.ndjson';

const FAMILY = 'collab-loadtest/journal/';
const SCHEMA = `${FAMILY}v1`;

/** Line 1: all that is known before anything is measured. */
export interface JournalHeader {
  run: RunIdentity;
  plan: Plan;
  environment: Environment;
}

/** The last line of a run that came to its end. */
export interface JournalEnd {
  /** End of the run on its clock, ms. */
  ended_ms: number;
  /** What ended the run before its time. */
  interrupted?: string;
  /** Where the measured window ended before its time, ms. */
  window_end_ms?: number;
}

export interface JournalWriter {
  /** Takes one interval a second, of all workers together; writes when its own interval is full. */
  write(interval: Interval): void;
  /** Writes what is left, and the end. */
  end(end: JournalEnd): void;
  /** Writes what is left, and lets the file go. Without `end` before, the journal reads as that of a run that was cut off. */
  close(): void;
}

/**
 * Begins a run's journal in its folder.
 * @param onError told once when the disk takes no more; the run goes on, and later intervals are tried again
 */
export function openJournal(folder: string, header: JournalHeader, onError: (message: string) => void): JournalWriter {
  const length = journalIntervalMs(header.plan);
  let file: number | undefined = openSync(join(folder, JOURNAL_NAME), 'a');
  let waiting: Interval | undefined;
  let told = false;
  let torn = false;

  const append = (line: string): void => {
    if (file === undefined) return;
    try {
      // What a full disk cut off ends here, so that only that line is lost.
      const bytes = Buffer.from(`${torn ? '\n' : ''}${line}\n`);
      for (let at = 0; at < bytes.length; torn = true) at += writeSync(file, bytes, at);
      torn = false;
    } catch (error) {
      if (!told) onError(messageOf(error));
      told = true;
    }
  };
  const flush = (): void => {
    if (waiting) append(withChecksum(waiting));
    waiting = undefined;
  };

  append(JSON.stringify({ schema: SCHEMA, ...header }));
  return {
    write(interval) {
      waiting = waiting ? combine(waiting, interval, 'later') : interval;
      // Half a second of grace: intervals are never exactly a second long.
      if (waiting.to_ms - waiting.from_ms >= length - 500) flush();
    },
    end(end) {
      flush();
      append(JSON.stringify({ end }));
    },
    close() {
      flush();
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}

/** The interval's line: its JSON with, last, the CRC-32 of the same JSON without it, in UTF-8. */
export function withChecksum(interval: Interval): string {
  const json = JSON.stringify(interval);
  return `${json.slice(0, -1)},"crc":${crc32(Buffer.from(json))}}`;
}

export interface Journal {
  header: JournalHeader;
  intervals: Interval[];
  /** Absent where the run was cut off. */
  end?: JournalEnd;
  /** What is wrong with the file, in words; the rest was read. */
  damage: string[];
}

const CHECKSUM = /,"crc":(\d+)\}$/;

/**
 * Reads a journal. Damaged lines are skipped and said; fields that this version does not know are ignored.
 * @throws ToolError where there is no journal, or one of another major version
 */
export function readJournal(path: string): Journal {
  const lines = readLines(path);
  const header = headerOf(lines[0] ?? '', path);
  const journal: Journal = { header, intervals: [], damage: [] };
  for (const [index, line] of lines.entries()) {
    if (index === 0 || line === '') continue;
    const read = lineOf(line);
    if (read === undefined) {
      const last = index >= lines.length - 1;
      journal.damage.push(`line ${index + 1} ${last ? 'is cut off' : 'is damaged'}: skipped`);
    } else if ('end' in read) journal.end = read.end;
    else journal.intervals.push(read);
  }
  return journal;
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch (error) {
    throw new ToolError(`The journal ${path} cannot be read: ${messageOf(error)}.`, { cause: error });
  }
}

function headerOf(line: string, path: string): JournalHeader {
  const header = parseObject(line);
  const schema = header?.schema;
  if (typeof schema !== 'string' || !schema.startsWith(FAMILY) || !header?.run || !header.plan || !header.environment) {
    throw new ToolError(`${path} is no journal of a run: its first line is not a journal's header.`);
  }
  if (schema !== SCHEMA) {
    throw new ToolError(`${path} is a journal of another version, ${schema}; this version reads ${SCHEMA}.`);
  }
  const { run, plan, environment } = header as unknown as JournalHeader;
  return { run, plan, environment };
}

function lineOf(line: string): Interval | { end: JournalEnd } | undefined {
  const record = parseObject(line);
  if (!record) return undefined;
  if (typeof record.end === 'object' && record.end !== null) return { end: record.end as JournalEnd };
  const checksum = CHECKSUM.exec(line);
  if (!checksum || crc32(Buffer.from(`${line.slice(0, checksum.index)}}`)) !== Number(checksum[1])) return undefined;
  const { crc: _, ...interval } = record;
  return { ...emptyInterval(0, 0), ...interval };
}
