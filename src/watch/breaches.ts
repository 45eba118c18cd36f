import { BINARY, TEXT } from '../core/frames.ts';
import { checkCommand, checkCursor, checkState, Refusal, type RefusalCode } from '../../server/input.ts';
import { binaryWords } from '../protocol/binary.ts';
import { scanTypeName } from '../protocol/scan.ts';
import type { From } from '../recording/recording.ts';
import type { Passed } from './frame-tap.ts';
import type { Message } from './message.ts';

/** What breaks the protocol: a rule of docs/protocol.md, or `messages` for its table of messages. */
export interface Breach {
  from: From;
  rule: string;
  says: string;
}

/** A message that a server may refuse (P4). */
const MAX_MESSAGE = 1024 * 1024;

const FROM_CLIENT = new Set([
  'ping',
  'command',
  'sync:request',
  'sync:full_state',
  'sync:state',
  'sync:update',
  'cursor',
]);
const FROM_SERVER = new Set([
  'connection:ack',
  'user:joined',
  'user:left',
  'pong',
  'command',
  'command:ack',
  'sync:full_state',
  'sync:state',
  'sync:update',
  'session:host',
  'cursor',
  'error',
]);
const STATES = new Set(['sync:full_state', 'sync:state', 'sync:update']);
const OF_COMMAND: ReadonlySet<RefusalCode> = new Set(['unknown_action', 'missing_field', 'bad_field']);

/** Holds one conversation against the protocol, message by message. */
export class Breaches {
  /** The user's id by the address; absent where it has none. */
  readonly #user: string | undefined;
  #isAcknowledged = false;
  #isHost: boolean | undefined;
  #serverSpoke = false;
  /** When each ping was sent that waits for its pong, ms. */
  readonly #pings: number[] = [];
  /** Highest version of a change that the server told, and of the last state. */
  #told = 0;
  #base = -1;

  constructor(user: string | undefined) {
    this.#user = user;
  }

  /** When the oldest ping that waits was sent, ms. */
  get waitingSince(): number | undefined {
    return this.#pings[0];
  }

  /** A ping is given up. */
  giveUp(): void {
    this.#pings.shift();
  }

  /** What is wrong with a text or binary message. */
  of(from: From, message: Message, passed: Passed, at: number): Breach[] {
    const found = from === 'client' ? this.#ofClient(message, passed, at) : this.#ofServer(message, passed);
    if (message.invalid) found.unshift(breach('P4', 'text that is not UTF-8, which is closed with 1007'));
    return found.map((one) => ({ ...one, from }));
  }

  #ofClient({ fields, refusal, type }: Message, { opcode, bytes }: Passed, at: number): Found[] {
    const found: Found[] = [];
    if (bytes > MAX_MESSAGE) found.push(breach('P4', 'a message over 1 MiB, which is closed with 1009'));
    if (opcode === BINARY) return [...found, breach('P4', 'a binary message, which is closed with 1003')];
    if (refusal) return [...found, breach('P14', plainly(refusal))];
    if (!fields || type === undefined) return found;
    if (!FROM_CLIENT.has(type)) return [...found, breach('P14', `no client sends messages of the type "${type}"`)];
    const { user_id: speaker } = fields;
    if (typeof speaker === 'string' && this.#user !== undefined && speaker !== this.#user) {
      found.push(breach('P8', `speaks in the name of ${speaker}, and the address says ${this.#user}`));
    }
    if (type === 'ping') this.#pings.push(at);
    if (type === 'command') {
      found.push(...refused(checkCommand(fields)));
      if (!this.#isAcknowledged) found.push(breach('messages', 'a command before connection:ack'));
    } else if (type === 'cursor') found.push(...refused(checkCursor(fields)));
    else if (STATES.has(type)) {
      if (this.#isHost === false) found.push(breach('P12', 'a state from a user who is not the host'));
      found.push(...refused(checkState(fields)));
    }
    return found;
  }

  #ofServer({ fields, refusal, type }: Message, { opcode, payload }: Passed): Found[] {
    const found: Found[] = [];
    if (!this.#serverSpoke && type !== 'connection:ack') {
      found.push(breach('messages', 'the server’s first message is connection:ack'));
    }
    this.#serverSpoke = true;
    if (opcode === BINARY) {
      return [...found, breach('messages', binaryWords(scanTypeName(payload, 0, payload.length)))];
    }
    if (refusal) return [...found, breach('messages', plainly(refusal))];
    if (!fields || type === undefined || !FROM_SERVER.has(type)) return found;
    if (type === 'connection:ack') this.#acknowledge(fields);
    else if (type === 'session:host')
      this.#isHost = fields['user_id'] === undefined || fields['user_id'] === this.#user;
    else if (type === 'pong' && this.#pings.shift() === undefined)
      found.push(breach('messages', 'a pong without a ping'));
    else if (type === 'command') found.push(...this.#copy(fields));
    else if (STATES.has(type)) this.#state(fields);
    return found;
  }

  #acknowledge({ is_host: isHost, version }: Record<string, unknown>): void {
    this.#isAcknowledged = true;
    if (typeof isHost === 'boolean') this.#isHost = isHost;
    if (typeof version === 'number') this.#told = version;
  }

  /** A change of another user's. */
  #copy(fields: Record<string, unknown>): Found[] {
    const found = refused(checkCommand(fields));
    const { user_id: sender, version } = fields;
    if (this.#user !== undefined && sender === this.#user) {
      found.push(breach('P8', 'a command comes back to its sender'));
    }
    if (typeof version !== 'number') return found;
    if (version <= this.#base) {
      found.push(breach('P10', `version ${version} comes again: the state of version ${this.#base} holds it`));
    } else if (version <= this.#told) {
      found.push(breach('P8', `version ${version} comes after version ${this.#told}`));
    }
    this.#told = Math.max(this.#told, version);
    return found;
  }

  #state({ from_server: fromServer, state }: Record<string, unknown>): void {
    const version = (state as { version?: unknown } | null | undefined)?.version;
    if (fromServer !== true || typeof version !== 'number') return;
    this.#base = version;
    this.#told = Math.max(this.#told, version);
  }
}

type Found = Omit<Breach, 'from'>;

const breach = (rule: string, says: string): Found => ({ rule, says });

/** A refusal’s sentence, without its full stop. */
const plainly = ({ message }: Refusal): string => message.replace(/\.$/, '');

/** What a check of the reference server refuses. */
const refused = (checked: unknown): Found[] =>
  checked instanceof Refusal ? [breach(OF_COMMAND.has(checked.code) ? 'P7' : 'P14', plainly(checked))] : [];

/** Whether an opcode is a message’s rather than a control frame’s. */
export const isData = (opcode: number): boolean => opcode === TEXT || opcode === BINARY;
