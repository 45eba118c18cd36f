import { conduct } from './causes/conduct.ts';
import { connection } from './causes/connection.ts';
import { joining } from './causes/joining.ts';
import { notes } from './causes/notes.ts';
import type { Diagnosis, Rule } from './causes/rule.ts';
import type { Facts } from './facts.ts';

/** The first that fits names the cause: those nearest to the wire come first. */
const RULES: readonly Rule[] = [...connection, ...joining, ...conduct, ...notes];

/** What the facts come to: the first cause, then the notes. */
export function diagnose(facts: Facts): Diagnosis[] {
  const found = RULES.flatMap(({ cause, kind, find }): Diagnosis[] => {
    const said = find(facts);
    return said ? [{ cause, kind: kind ?? 'cause', ...said }] : [];
  });
  const first = found.find(({ kind }) => kind === 'cause');
  return [...(first ? [first] : []), ...found.filter((one) => one !== first)];
}
