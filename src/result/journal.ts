import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../core/errors.ts';
import type { Interval, RunEvent } from '../core/record.ts';
import type { Plan, RunIdentity } from '../plan/plan.ts';
import { combine } from './interval.ts';
import { sealed } from './journal-line.ts';
import { journalIntervalMs } from './measurement.ts';
import type { Environment } from './result.ts';

/**
 * `journal.ndjson`: what a run saw, appended as it goes, so that after `kill -9` everything up to the last interval can
 * be reported. Line 1 is the header, then one interval a line, last the end; each has its number and its checksum.
 */
export const JOURNAL_NAME = 'journal.ndjson';

export const JOURNAL_FAMILY = 'collab-loadtest/journal/';
export const JOURNAL_SCHEMA = `${JOURNAL_FAMILY}v1`;

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
 * Begins a run's journal in its folder. What a full disk refuses is kept, and written as one longer interval once there
 * is room: then nothing is missing. Where there is none until the run ends, the journal ends with what was written.
 * @param tell that the disk takes no more, and that all is written that it refused
 */
export function openJournal(
  folder: string,
  header: JournalHeader,
  tell: (event: Pick<RunEvent, 'kind' | 'text'>) => void,
): JournalWriter {
  const length = journalIntervalMs(header.plan);
  let file: number | undefined = openSync(join(folder, JOURNAL_NAME), 'a');
  let beginning: object | undefined = { schema: JOURNAL_SCHEMA, ...header, pid: process.pid };
  let waiting: Interval | undefined;
  let lines = 0;
  let before: number | undefined;
  let failing = false;
  let torn = false;

  /** @returns whether the whole line is in the file */
  const append = (content: object): boolean => {
    if (file === undefined) return false;
    const { text, crc } = sealed(content, lines + 1, before);
    // What a full disk cut off ends here.
    const bytes = Buffer.from(`${torn ? '\n' : ''}${text}\n`);
    let at = 0;
    try {
      for (; at < bytes.length; torn = true) at += writeSync(file, bytes, at);
      torn = false;
    } catch (error) {
      if (!failing) tell({ kind: 'journal', text: `the journal cannot be written: ${messageOf(error)}` });
      failing = true;
      // Without its line end alone it is whole.
      if (at < bytes.length - 1) return false;
    }
    lines++;
    before = crc;
    return true;
  };
  const flush = (): boolean => {
    if (beginning && append(beginning)) beginning = undefined;
    if (!beginning && waiting && append(waiting)) waiting = undefined;
    const isWhole = !beginning && !waiting;
    if (isWhole && failing) tell({ kind: 'journal-whole', text: 'the journal is written again, with what it lacked' });
    if (isWhole) failing = false;
    return isWhole;
  };

  flush();
  return {
    write(interval) {
      waiting = waiting ? combine(waiting, interval, 'later') : interval;
      // Half a second of grace: intervals are never exactly a second long.
      if (waiting.to_ms - waiting.from_ms >= length - 500) flush();
    },
    end(end) {
      if (flush()) append({ end });
    },
    close() {
      flush();
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}
