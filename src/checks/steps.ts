import { protocol } from './protocol.ts';
import { qt } from './qt.ts';
import { reach } from './reach.ts';
import { server } from './server.ts';
import { LAYERS, type LayerName, type Step } from './step.ts';
import { small } from './load.ts';
import { workflow } from './workflow.ts';

/** Every step, in the order in which they are carried out. */
export const STEPS: readonly Step[] = [...reach, ...protocol, ...qt, ...server, ...workflow, ...small];

/** A layer and all those that it rests on. */
export function layersFor(name: LayerName): LayerName[] {
  const { rests_on } = LAYERS[name] as { rests_on?: LayerName };
  return rests_on ? [...layersFor(rests_on), name] : [name];
}
