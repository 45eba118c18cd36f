import { conduct } from './causes/conduct.ts';
import { connection } from './causes/connection.ts';
import { joining } from './causes/joining.ts';
import { notes } from './causes/notes.ts';
import type { Diagnosis, Rule, Scene } from './causes/rule.ts';
import type { Facts } from './facts.ts';

/**
 * What the facts come to. Of what keeps users out there is one cause, the one nearest to the wire; of what goes wrong
 * once they are in there may be several. Notes come last.
 */
export function diagnose(facts: Facts, scene: Scene): Diagnosis[] {
  const found = (rules: readonly Rule[]): Diagnosis[] =>
    rules.flatMap(({ cause, kind, find }) => {
      const said = find(facts, scene);
      return said ? [{ cause, kind: kind ?? 'cause', ...said }] : [];
    });
  const [outside] = found([...connection, ...joining]);
  return [...(outside ? [outside] : found(conduct)), ...found(notes)];
}
