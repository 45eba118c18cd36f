import { LAYER_NAMES } from '../checks/step.ts';
import type { Option } from './option.ts';
import { duration, oneOf } from './readers.ts';

const CHECK = ['check'] as const;

/** What `check` alone takes. */
export const checkOptions = {
  layer: {
    group: 'judging',
    commands: CHECK,
    value: 'NAME',
    read: oneOf(...LAYER_NAMES),
    otherwise: 'all',
    about: `The last layer to look at, with those that it rests on: ${LAYER_NAMES.join(', ')}`,
    example: '--layer protocol',
  },
  for: {
    group: 'time',
    commands: CHECK,
    value: 'TIME',
    read: duration(100, '100ms'),
    initial: '15s',
    about: 'How long users stay in the workflow, and how long the small load lasts',
  },
  qt: {
    group: 'judging',
    commands: CHECK,
    about: 'Demands the layer of a real Qt client, which needs a Python with PyQt6',
  },
} as const satisfies Record<string, Option>;
