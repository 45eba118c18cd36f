import { ToolError } from '../core/errors.ts';
import { addInterval, emptyMeasurement } from '../result/measurement.ts';
import { isBeingWritten, readJournal, type Journal } from '../result/read-journal.ts';
import type { Result } from '../result/result.ts';
import { readResult, type StoredRun } from '../result/store.ts';
import { conclude } from './conclude.ts';

export interface Recalled {
  result: Result;
  /**
   * Where it comes from. `judged`: again, from the journal. `stored`: it is the one in `result.json`, which stays as it
   * is. `running`: from the journal of a run that still goes on, whose files are its own to write.
   */
  source: 'judged' | 'stored' | 'running';
}

/**
 * A stored run's result: judged again from its journal where that is whole. Where it is not, the result that the run
 * itself wrote has more behind it, and stays; without one, what the journal holds is judged, with its gaps. A result
 * that says fail stays in any case.
 * @throws ToolError where nothing can be read, or the two files are of different runs
 */
export function recall({ journal: path, result: stored }: StoredRun): Recalled {
  if (path === undefined) return { result: readResult(stored!), source: 'stored' };
  const journal = attempt(() => readJournal(path));
  if (stored === undefined) return judged(path, orThrow(journal));
  const kept = attempt(() => readResult(stored));
  if (journal instanceof ToolError) return asStored(orThrow(kept), [journal.message]);
  if (kept instanceof ToolError) return insteadOf(kept, path, journal);
  if (kept.run !== journal.header.run.id) {
    if (journal.gaps.length > 0) return asStored(kept, journal.damage);
    throw new ToolError(`${path} is of the run ${journal.header.run.id}, and ${stored} of the run ${kept.run}.`, {
      hint: 'Move one of them elsewhere.',
    });
  }
  const again = judged(path, journal);
  if (again.source === 'running') return again;
  if (isOfAll(kept) && !isWhole(journal))
    return asStored(kept, journal.end ? journal.damage : [...journal.damage, NO_END]);
  if (kept.outcome === 'fail' && again.result.outcome !== 'fail') {
    return asStored(kept, [...journal.damage, `judged again, the outcome would be ${again.result.outcome}`]);
  }
  return again;
}

const NO_END = 'it has no end';

/** Nothing is missing from the journal, and nothing in it was changed. */
const isWhole = ({ gaps, end }: Journal): boolean => gaps.length === 0 && end !== undefined;

/** Written by the run itself, or made of a whole journal. */
const isOfAll = ({ gaps, interrupted }: Result): boolean => gaps === undefined && !interrupted?.startsWith('cut off');

function judged(path: string, journal: Journal): Recalled {
  const { header, intervals, gaps, damage, end } = journal;
  const running = isBeingWritten(path, journal);
  const measurement = emptyMeasurement(header.plan);
  for (const interval of intervals) addInterval(measurement, interval);
  const result = conclude({ header, measurement, gaps, running, ...(end && { end }) });
  const harmless = damage.length > 0 && isWhole(journal) ? ['nothing of the run is missing'] : [];
  return { result: withDamage(result, [...damage, ...harmless]), source: running ? 'running' : 'judged' };
}

/** The journal judged, where `result.json` cannot be read: it may have said more. */
function insteadOf(unreadable: ToolError, path: string, journal: Journal): Recalled {
  if (isWhole(journal)) return judged(path, journal);
  const wrong = journal.damage.join(', ') || NO_END;
  throw new ToolError(`${unreadable.message} Its journal is not whole either: ${wrong}.`, {
    hint: 'Move result.json elsewhere, and what the journal holds is judged.',
  });
}

const asStored = (kept: Result, damage: string[]): Recalled => ({
  result: withDamage(kept, [...damage, 'the result is the one that was stored with it']),
  source: 'stored',
});

const withDamage = (result: Result, damage: string[]): Result => (damage.length > 0 ? { ...result, damage } : result);

function attempt<T>(read: () => T): T | ToolError {
  try {
    return read();
  } catch (error) {
    if (error instanceof ToolError) return error;
    throw error;
  }
}

function orThrow<T>(read: T | ToolError): T {
  if (read instanceof ToolError) throw read;
  return read;
}
