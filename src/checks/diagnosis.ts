import { conduct } from './causes/conduct.ts';
import { connection } from './causes/connection.ts';
import { frames } from './causes/frames.ts';
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
  const isIn = facts.join?.outcome === 'acknowledged';
  const [outside] = found([...connection, ...(isIn ? [] : frames), ...joining]);
  const inside = found([...(isIn ? frames : []), ...conduct, ...states]).filter(({ cause }) => !isUnseen(cause, facts));
  return [...(outside ? [outside] : inside), ...found(notes)];
}

/** What would have been there, had it not come as binary. */
const isUnseen = (cause: string, { binary = [] }: Facts): boolean => binary.some((type) => MISSED_AS[type] === cause);
const MISSED_AS: Readonly<Record<string, string>> = {
  command: 'no-relay',
  pong: 'forgets-heartbeat',
  'user:joined': 'silent-presence',
  'user:left': 'silent-presence',
};

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
