import { readJournal } from '../result/journal.ts';
import { addInterval, emptyMeasurement } from '../result/measurement.ts';
import type { Result } from '../result/result.ts';
import { readResult, type StoredRun } from '../result/store.ts';
import { conclude } from './conclude.ts';

export interface Recalled {
  result: Result;
  /** What is wrong with the stored files, in words. */
  damage: string[];
}

/**
 * A stored run's result: judged again from its journal; as it was written where only `result.json` is left.
 * @throws ToolError where neither can be read
 */
export function recall(stored: StoredRun): Recalled {
  if (stored.journal === undefined) return { result: readResult(stored.result!), damage: [] };
  const { header, intervals, end, damage } = readJournal(stored.journal);
  const measurement = emptyMeasurement(header.plan);
  for (const interval of intervals) addInterval(measurement, interval);
  return { result: conclude({ header, measurement, ...(end && { end }) }), damage };
}
