import { quoted } from '../src/core/quoted.ts';
import { ToolError } from '../src/core/errors.ts';
import { didYouMean } from '../src/core/nearest.ts';
import { parseDuration } from '../src/core/units.ts';
import { FAULT_KINDS, type FaultKind, type FaultValue } from './fault-values.ts';

/**
 * Faults that the server commits on purpose, so that a judge can be seen to find them: `NAME[=VALUE][@ONSET]`.
 * A new one is a line here and the place where the server asks for it.
 */

/** A fault as asked for. */
export interface Fault extends FaultValue {
  name: FaultName;
  /** ms after the server's start from which it is committed. */
  onset: number;
}

/** A fault as help and docs know it. */
export interface FaultOption {
  kind: FaultKind;
  /** How one writes it: one way, or several. */
  examples: readonly string[];
  /** Its value where none is given; one must be given where there is none. */
  otherwise?: number;
  about: string;
}

const FAULT_TABLE = {
  drop: { kind: 'probability', examples: ['drop=0.001'], about: 'A copy of a command is not sent to its receiver.' },
  duplicate: {
    kind: 'probability',
    examples: ['duplicate=0.001'],
    about: 'A copy of a command is sent to its receiver twice.',
  },
  reorder: {
    kind: 'probability',
    examples: ['reorder=0.001'],
    about:
      'Two commands of one sender, with nothing of that sender between them, reach one receiver the wrong way round.',
  },
  'reorder-senders': {
    kind: 'probability',
    examples: ['reorder-senders=0.001'],
    about: 'Commands of two senders reach one receiver the wrong way round; each sender’s own stay in order.',
  },
  leak: {
    kind: 'probability',
    examples: ['leak=0.001'],
    about: 'Per copy of a command, one more goes to a user of another session.',
  },
  echo: { kind: 'probability', examples: ['echo=0.001'], about: 'A command also goes back to its sender.' },
  corrupt: {
    kind: 'probability',
    examples: ['corrupt=0.001'],
    about: 'One receiver’s copy of a command has a character of its data changed.',
  },
  invent: {
    kind: 'probability',
    examples: ['invent=0.001'],
    about:
      'Per copy of a command, its receiver also gets one that nobody sent: a new item, of a user who is not there.',
  },
  forget: {
    kind: 'probability',
    examples: ['forget=0.1'],
    about: 'A state that a joiner is sent, or whoever asked for one, lacks one item.',
  },
  'stale-snapshot': {
    kind: 'probability',
    examples: ['stale-snapshot=0.1'],
    about: 'A state is sent as it was before the last change, with the version it has after it.',
  },
  'skip-version': {
    kind: 'probability',
    examples: ['skip-version=0.01'],
    about: 'No command has the version between two that follow each other.',
  },
  'repeat-version': {
    kind: 'probability',
    examples: ['repeat-version=0.01'],
    about: 'A command is given the version of the one before it.',
  },
  'empty-state': {
    kind: 'probability',
    examples: ['empty-state=0.1'],
    about: 'A state that a joiner is sent, or whoever asked for one, is empty, although there are items.',
  },
  ghost: {
    kind: 'probability',
    examples: ['ghost=0.1'],
    about: 'A joiner’s list of users names one who has left: the one who has been away longest.',
  },
  'silent-leave': {
    kind: 'probability',
    examples: ['silent-leave=0.1'],
    about: 'The others are not told that a user left.',
  },
  'repeat-joined': {
    kind: 'probability',
    examples: ['repeat-joined=0.1'],
    about: 'One of the others is told twice that a user joined.',
  },
  'two-hosts': {
    kind: 'probability',
    examples: ['two-hosts=0.1'],
    about: 'A joiner is told to be host although another user is.',
  },
  close: {
    kind: 'code',
    examples: ['close=1011'],
    about: 'From its onset on, each second one connection, drawn by lot, is closed with this code; 1006 cuts it.',
  },
  'mute-heartbeat': {
    kind: 'probability',
    examples: ['mute-heartbeat', 'mute-heartbeat=0.5'],
    otherwise: 1,
    about: 'A ping gets no pong.',
  },
  stall: {
    kind: 'stall',
    examples: ['stall=500ms/5s'],
    about: 'The whole server stands still: such as 500 ms in every 5 s.',
  },
  slow: {
    kind: 'slowness',
    examples: ['slow=20ms', 'slow=20%'],
    about: 'Every message to a client is so much late; or so much of a core is burnt, in bursts that are counted.',
  },
  saturate: {
    kind: 'rate',
    examples: ['saturate=1000'],
    about: 'At most so many messages a second are taken, one after the other; those that have to wait are counted.',
  },
  drift: {
    kind: 'drift',
    examples: ['drift=50ms/min'],
    about: 'Every message to a client is late by a time that grows from nothing, from its onset on.',
  },
  'memory-leak': {
    kind: 'growth',
    examples: ['memory-leak=60MB/min'],
    about: 'Memory is taken and never given back; each MB is counted.',
  },
  'fd-leak': {
    kind: 'probability',
    examples: ['fd-leak', 'fd-leak=0.5'],
    otherwise: 1,
    about: 'For a client that is let in a file is opened and never closed.',
  },
  refuse: {
    kind: 'code',
    examples: ['refuse', 'refuse=1013'],
    otherwise: 503,
    about: 'Nobody gets in: HTTP 503, or with a close code right after the handshake.',
  },
} as const satisfies Record<string, FaultOption>;

export type FaultName = keyof typeof FAULT_TABLE;

/** Every fault by name, with a sentence for help and docs. */
export const FAULTS: Readonly<Record<FaultName, FaultOption>> = FAULT_TABLE;
export const FAULT_NAMES = Object.keys(FAULT_TABLE) as FaultName[];

/**
 * Reads one `--fault`.
 * @throws ToolError with the nearest name, or with what its value looks like
 */
export function parseFault(text: string): Fault {
  const [, name, valueText, onsetText] = /^([^=@]*)(?:=([^@]*))?(?:@(.*))?$/s.exec(text.trim()) ?? [];
  if (name === undefined || !Object.hasOwn(FAULT_TABLE, name)) {
    const hint = didYouMean(name ?? '', FAULT_NAMES);
    const known = hint ? '' : `: it is one of ${FAULT_NAMES.join(', ')}`;
    throw new ToolError(`--fault knows no ${quoted(name) || 'fault without a name'}${known}.`, {
      ...(hint && { hint }),
    });
  }
  const fault = name as FaultName;
  const { kind, otherwise, examples } = FAULTS[fault];
  const onset = onsetText === undefined ? 0 : parseDuration(onsetText, `The onset of --fault ${fault}`);
  if (valueText === undefined && otherwise !== undefined) return { name: fault, value: otherwise, period: 0, onset };
  const { means, read } = FAULT_KINDS[kind];
  const value = read(valueText ?? '');
  if (value === undefined) {
    const got = valueText === undefined ? 'nothing' : valueText;
    throw new ToolError(`--fault ${fault} takes ${means}, such as ${examples.join(' or ')}, not ${quoted(got)}.`);
  }
  return { name: fault, ...value, onset };
}

/**
 * Reads all `--fault`s.
 * @throws ToolError also where one is given twice
 */
export function parseFaults(texts: readonly string[]): Fault[] {
  const faults = texts.map(parseFault);
  const twice = faults.find(({ name }, at) => faults.findIndex((other) => other.name === name) !== at);
  if (twice) throw new ToolError(`--fault ${twice.name} is given twice.`, { hint: 'Give it once, with one value.' });
  return faults;
}
