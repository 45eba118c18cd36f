import { unansweredPings } from '../core/breaches.ts';
import { CLOSE, closeBreach, closeIn, PING, PONG } from '../core/frames.ts';
import { MAX_UNANSWERED } from '../engine/pongs.ts';
import type { From, RecordedEvent } from '../recording/recording.ts';
import { Breaches, isData, type Breach } from './breaches.ts';
import { endingWords, type Ending, type LastWord } from './ending.ts';
import { KINDS, type Passed } from './frame-tap.ts';
import { Items } from './items.ts';
import { readMessage } from './message.ts';
import { wordsOf } from './words.ts';

/** How long a heartbeat may wait for its answer, ms. */
const HEARTBEAT_MS = 10_000;

/** Who is told of what passes. */
export interface Audience {
  /** Milliseconds since the relay began. */
  now(): number;
  /** @param arrow which way it went; absent for what is said of the connection itself */
  line(at: number, who: string, arrow: From | undefined, says: string): void;
  breach(at: number, who: string, breach: Breach): void;
  record(event: RecordedEvent): void;
}

/** Session and user that a path names by rule P1. */
export interface Address {
  session?: string;
  user?: string;
}

/** What is told of one connection: each message in words, what breaks the protocol, and how it ended. */
export class Conversation {
  readonly #connection: number;
  readonly #who: string;
  readonly #audience: Audience;
  readonly #breaches: Breaches;
  readonly #items = new Items();
  readonly #last: { client?: LastWord; server?: LastWord } = {};
  #late: NodeJS.Timeout | undefined;
  /** Pings of the server's since the application's last pong. */
  #unanswered = 0;
  #isFlooded = false;

  /** @param who how the user is called in the lines */
  constructor(connection: number, who: string, { user }: Address, audience: Audience) {
    this.#connection = connection;
    this.#who = who;
    this.#audience = audience;
    this.#breaches = new Breaches(user);
  }

  /** Something to say of the connection itself. */
  says(words: string): void {
    this.#audience.line(this.#audience.now(), this.#who, undefined, words);
  }

  breaks(from: From, rule: string, says: string): void {
    this.#tell(this.#audience.now(), [{ from, rule, says }]);
  }

  /** A message or control frame went by. */
  passed(from: From, passed: Passed): void {
    const at = this.#audience.now();
    const event = { at_ms: ms(at), connection: this.#connection, from };
    if (passed.opcode === CLOSE) {
      const { code, reason } = closeIn(passed.payload, 0, passed.payload.length);
      this.#audience.record({ ...event, kind: 'close', code, reason });
      return;
    }
    const message = readMessage(passed);
    const answered_ms = from === 'server' && message.type === 'pong' ? this.#waited(at) : undefined;
    const breaches = isData(passed.opcode) ? this.#breaches.of(from, message, passed, at) : [];
    const words = wordsOf(passed, message, {
      speaker: from === 'client' ? this.#who : 'the server',
      items: this.#items,
      ...(answered_ms !== undefined && { answered_ms }),
    });
    this.#last[from] = { words, at };
    this.#audience.line(at, this.#who, from, words);
    const { text } = message;
    const kind = KINDS[passed.opcode] as 'text' | 'binary' | 'ping' | 'pong';
    const isKept = !passed.cut && !message.invalid;
    if (kind === 'text' && isKept) this.#audience.record({ ...event, kind, text: text! });
    else if (!passed.cut) this.#audience.record({ ...event, kind, base64: passed.payload.toString('base64') });
    else this.#audience.record({ ...event, kind, bytes: passed.bytes });
    this.#countPings(from, passed.opcode, breaches);
    if (from === 'server' && passed.opcode === PING) {
      breaches.push({
        from,
        rule: 'P3',
        says: 'a protocol ping that nobody asked for: a server sends none of its own',
      });
    }
    this.#tell(at, breaches);
    this.#watchHeartbeat();
  }

  /** A server that pings without end and reads no answer is named once. */
  #countPings(from: From, opcode: number, breaches: Breach[]): void {
    if (from === 'server' && opcode === PING) this.#unanswered++;
    if (from === 'client' && opcode === PONG) this.#unanswered = 0;
    if (this.#unanswered !== MAX_UNANSWERED || this.#isFlooded) return;
    this.#isFlooded = true;
    breaches.push({ from: 'server', rule: 'RFC 6455, 5.5.3', says: `it ${unansweredPings(MAX_UNANSWERED).says}` });
  }

  #waited(at: number): number | undefined {
    const { waitingSince } = this.#breaches;
    return waitingSince === undefined ? undefined : at - waitingSince;
  }

  #tell(at: number, breaches: readonly Breach[]): void {
    for (const breach of breaches) {
      this.#audience.breach(at, this.#who, breach);
      this.#audience.record({ at_ms: ms(at), connection: this.#connection, kind: 'breach', ...breach });
    }
  }

  #watchHeartbeat(): void {
    clearTimeout(this.#late);
    const { waitingSince } = this.#breaches;
    if (waitingSince === undefined) return;
    const left = waitingSince + HEARTBEAT_MS - this.#audience.now();
    this.#late = setTimeout(
      () => {
        this.#breaches.giveUp();
        this.breaks('server', 'messages', `a heartbeat was not answered within ${HEARTBEAT_MS / 1000} s`);
        this.#watchHeartbeat();
      },
      Math.max(0, left),
    );
    this.#late.unref();
  }

  /** Both sides are gone. */
  ended(ending: Ending): void {
    clearTimeout(this.#late);
    const at = this.#audience.now();
    const says = endingWords(ending, this.#last, at);
    this.#audience.line(at, this.#who, undefined, says);
    const { by, code } = ending;
    this.#audience.record({ at_ms: ms(at), connection: this.#connection, kind: 'end', by, code, says });
  }
}

/** Milliseconds to the µs: more is noise. */
const ms = (at: number): number => Math.round(at * 1000) / 1000;

/** What a close frame says, and what of it nobody may say. */
export function closing(payload: Buffer): Pick<Ending, 'code' | 'reason' | 'breach'> {
  const breach = closeBreach(payload, 0, payload.length)?.says;
  return { ...closeIn(payload, 0, payload.length), ...(breach !== undefined && { breach }) };
}
