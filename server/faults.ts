import { ToolError } from '../src/core/errors.ts';
import { didYouMean } from '../src/core/nearest.ts';
import { parseDuration } from '../src/core/units.ts';

/**
 * Faults that the server commits on purpose, so that a judge can be seen to find them: `NAME[=VALUE][@ONSET]`.
 * A new one is a line here and the place where the server asks for it.
 */

/** A fault as asked for. */
export interface Fault {
  name: FaultName;
  /** A probability, a close code, or ms of a stall, as the name has it. */
  value: number;
  /** From one stall to the next, ms; 0 for the others. */
  period: number;
  /** ms after the server's start from which it is committed. */
  onset: number;
}

type Value = Pick<Fault, 'value' | 'period'>;
type FaultKind = 'probability' | 'code' | 'stall';

const FAULT_TABLE = {
  drop: { kind: 'probability', about: 'A copy of a command is not sent to its receiver.' },
  duplicate: { kind: 'probability', about: 'A copy of a command is sent to its receiver twice.' },
  leak: { kind: 'probability', about: 'Per copy of a command, one more goes to a user of another session.' },
  echo: { kind: 'probability', about: 'A command also goes back to its sender.' },
  corrupt: { kind: 'probability', about: 'One receiver’s copy of a command has a character of its data changed.' },
  close: {
    kind: 'code',
    about: 'From its onset on, each second one connection, drawn by lot, is closed with this code; 1006 cuts it.',
  },
  'mute-heartbeat': { kind: 'probability', otherwise: 1, about: 'A ping gets no pong.' },
  stall: { kind: 'stall', about: 'The whole server stands still, as in 500ms/5s: 500 ms in every 5 s.' },
  refuse: {
    kind: 'code',
    otherwise: 503,
    about: 'Nobody gets in: HTTP 503, or with a close code right after the handshake.',
  },
} as const satisfies Record<string, { kind: FaultKind; otherwise?: number; about: string }>;

export type FaultName = keyof typeof FAULT_TABLE;

/** Every fault by name, with a sentence for help and docs. */
export const FAULTS: Readonly<Record<FaultName, { kind: FaultKind; otherwise?: number; about: string }>> = FAULT_TABLE;
export const FAULT_NAMES = Object.keys(FAULT_TABLE) as FaultName[];

const EXAMPLE: Record<FaultKind, string> = { probability: '0.001', code: '1011', stall: '500ms/5s' };
const MEANING: Record<FaultKind, string> = {
  probability: 'a probability from 0 to 1',
  code: 'a close code (1000 to 1014 or 3000 to 4999)',
  stall: 'a time and a longer period',
};

/** Close codes that a server can send; 1006 stands for sending none. */
const isCode = (code: number): boolean =>
  Number.isInteger(code) &&
  ((code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005) || (code >= 3000 && code <= 4999));

const PARSERS: Record<FaultKind, (text: string) => Value | undefined> = {
  probability(text) {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    return value >= 0 && value <= 1 ? { value, period: 0 } : undefined;
  },
  code(text) {
    return /^\d{4}$/.test(text) && isCode(Number(text)) ? { value: Number(text), period: 0 } : undefined;
  },
  stall(text) {
    const [length, period, ...more] = text.split('/');
    if (!length || !period || more.length > 0) return undefined;
    const value = parseDuration(length, '--fault stall');
    const every = parseDuration(period, '--fault stall');
    return value > 0 && value < every ? { value, period: every } : undefined;
  },
};

/**
 * Reads one `--fault`.
 * @throws ToolError with the nearest name, or with what its value looks like
 */
export function parseFault(text: string): Fault {
  const [, name, valueText, onsetText] = /^([^=@]*)(?:=([^@]*))?(?:@(.*))?$/s.exec(text.trim()) ?? [];
  if (name === undefined || !Object.hasOwn(FAULT_TABLE, name)) {
    const hint = didYouMean(name ?? '', FAULT_NAMES);
    throw new ToolError(`--fault knows no ${name || 'fault without a name'}: it is one of ${FAULT_NAMES.join(', ')}.`, {
      ...(hint && { hint }),
    });
  }
  const fault = name as FaultName;
  const { kind, otherwise } = FAULTS[fault];
  const onset = onsetText === undefined ? 0 : parseDuration(onsetText, `The onset of --fault ${fault}`);
  if (valueText === undefined && otherwise !== undefined) return { name: fault, value: otherwise, period: 0, onset };
  const value = PARSERS[kind](valueText ?? '');
  if (value === undefined) {
    const got = valueText === undefined ? 'nothing' : valueText;
    throw new ToolError(`--fault ${fault} takes ${MEANING[kind]}, such as ${fault}=${EXAMPLE[kind]}, not ${got}.`);
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
