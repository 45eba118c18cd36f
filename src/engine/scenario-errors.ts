import { builtUrl } from './programs.ts';

/** Errors and events of a scenario file of the user's that threw once it was loaded. */
export const SCENARIO_THREW = 'scenario';

/**
 * Whether something that nobody caught was thrown by a scenario file of the user's, in a timer or a promise of its own:
 * the file stands in the trace, or at least nothing of this tool does.
 * @param url the scenario's; a file of the user's comes as its code (module.ts)
 */
export function isOfFile(thrown: unknown, url: string): boolean {
  if (!url.startsWith('data:')) return false;
  const trace = thrown instanceof Error ? (thrown.stack ?? '') : '';
  return trace.includes('data:text/javascript') || !trace.includes(builtUrl('').href);
}
