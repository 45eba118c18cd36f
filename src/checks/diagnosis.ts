import { conduct } from './causes/conduct.ts';
import { connection } from './causes/connection.ts';
import { joining } from './causes/joining.ts';
import { notes } from './causes/notes.ts';
import { readOutput, type Diagnosis, type Rule, type Scene } from './causes/rule.ts';
import { states } from './causes/states.ts';
import type { Facts } from './facts.ts';
import type { Carried } from './step.ts';

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
  return [...(outside ? [outside] : found([...conduct, ...states])), ...found(notes)];
}

/** What is said of a step that failed for a reason that no rule knows: what was seen, and how to find out. */
export const unexplained = ({ id, layer, says, evidence }: Carried, scene: Scene): Diagnosis => ({
  cause: 'unexplained',
  kind: 'cause',
  what: `It fails at ${id}: ${says.replace(/\.$/, '')}.`,
  why: `No cause that this tool knows fits; ${evidence.length > 0 ? 'the evidence stands with the step' : 'the step says all that was seen'}.`,
  do: [
    readOutput(scene),
    'see what is said on the wire: npx loadtest watch, with the application or with this check behind it',
    scene.again(layer),
  ],
});
