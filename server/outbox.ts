import type { Socket } from 'node:net';
import type { Frame } from './frames.ts';

/** Most of what one write takes, bytes: what the socket has in hand can no longer be dropped. */
const CHUNK = 256 * 1024;
/** A frame of this size is written by itself: copying it would cost more than the write. */
const LARGE = 64 * 1024;

/**
 * What waits for one client. Frames are queued during a turn of the event loop and written at its end, all in one
 * write: the system call is what a broadcast costs. While the socket has not taken the last write they wait here,
 * where cursors can still be dropped (P15).
 */
export class Outbox {
  readonly #socket: Pick<Socket, 'write' | 'writableLength'>;
  readonly #turn: Turn;
  readonly #maxBacklog: number;
  /** Called between two turns, never in the middle of a broadcast. */
  readonly #tooSlow: () => void;
  #queue: Frame[] = [];
  #bytes = 0;
  #due = false;
  #blocked = false;
  #overflowed = false;
  #stopped = false;

  constructor(socket: Pick<Socket, 'write' | 'writableLength'>, turn: Turn, maxBacklog: number, tooSlow: () => void) {
    this.#socket = socket;
    this.#turn = turn;
    this.#maxBacklog = maxBacklog;
    this.#tooSlow = tooSlow;
  }

  /** Bytes that wait here. */
  get backlog(): number {
    return this.#bytes;
  }

  push(frame: Frame): void {
    if (this.#stopped) return;
    // The frame that goes past the bound is still taken: a state larger than the bound must be able to pass.
    if (this.#bytes > this.#maxBacklog && !this.#makeRoom(frame)) return;
    this.#queue.push(frame);
    this.#bytes += frame.bytes.length;
    if (!this.#due && !this.#blocked) {
      this.#due = true;
      this.#turn.add(this);
    }
  }

  /** @returns whether there is room for this frame now */
  #makeRoom(frame: Frame): boolean {
    if (!this.#blocked) {
      this.flush();
      if (this.#bytes <= this.#maxBacklog) return true;
    }
    const kept = this.#queue.filter(({ droppable }) => !droppable);
    this.#turn.counts.cursorsDropped += this.#queue.length - kept.length;
    this.#queue = kept;
    this.#bytes = kept.reduce((sum, { bytes }) => sum + bytes.length, 0);
    if (this.#bytes <= this.#maxBacklog) return true;
    if (frame.droppable) {
      this.#turn.counts.cursorsDropped++;
    } else {
      this.#overflowed = true;
      this.stop();
      this.#turn.add(this);
    }
    return false;
  }

  /** Writes what waits, as far as the socket takes it. */
  flush(): void {
    this.#due = false;
    if (this.#overflowed) {
      this.#overflowed = false;
      this.#tooSlow();
      return;
    }
    while (this.#queue.length > 0 && !this.#blocked) this.#write(this.#take());
  }

  /** From now on nothing is written: the close frame comes next, or has been sent. */
  stop(): void {
    this.#stopped = true;
    this.#queue = [];
    this.#bytes = 0;
  }

  #take(): Buffer {
    const queue = this.#queue;
    if (queue.length === 1) {
      this.#bytes = 0;
      return queue.pop()!.bytes;
    }
    if (this.#bytes <= LARGE) {
      const bytes = this.#turn.join(queue, this.#bytes);
      this.#queue = [];
      this.#bytes = 0;
      return bytes;
    }
    let count = 0;
    let length = 0;
    while (count < queue.length && length < CHUNK) {
      const next = queue[count]!.bytes.length;
      if (next >= LARGE && count > 0) break;
      length += next;
      count++;
      if (next >= LARGE) break;
    }
    const taken = queue.splice(0, count);
    this.#bytes -= length;
    return count === 1 ? taken[0]!.bytes : this.#turn.join(taken, length);
  }

  #write(bytes: Buffer): void {
    this.#turn.counts.bytesSent += bytes.length;
    // What is larger than the socket's buffer is answered by false even where the kernel takes it at once.
    if (!this.#socket.write(bytes)) this.#blocked = this.#socket.writableLength > 0;
  }

  /** The socket has nothing in hand any more. */
  drained(): void {
    if (!this.#blocked) return;
    this.#blocked = false;
    this.flush();
  }
}

/** What a {@link Turn} counts. */
interface Counts {
  bytesSent: number;
  cursorsDropped: number;
}

/** The end of a turn of the event loop: every outbox with something to write is flushed then, once. */
export class Turn {
  readonly counts: Counts;
  #due: Outbox[] = [];
  /** What was joined last: the receivers of a broadcast nearly always wait for the same frames. */
  #frames: readonly Frame[] = [];
  #joined: Buffer | undefined;

  constructor(counts: Counts) {
    this.counts = counts;
  }

  add(outbox: Outbox): void {
    if (this.#due.push(outbox) === 1) setImmediate(this.#flush);
  }

  /** The bytes of several frames, copied together only where the last outbox had others. */
  join(frames: readonly Frame[], length: number): Buffer {
    if (this.#joined && this.#joined.length === length && same(this.#frames, frames)) return this.#joined;
    const joined = Buffer.allocUnsafe(length);
    let at = 0;
    for (const { bytes } of frames) {
      joined.set(bytes, at);
      at += bytes.length;
    }
    this.#frames = frames;
    this.#joined = joined;
    return joined;
  }

  readonly #flush = (): void => {
    const due = this.#due;
    this.#due = [];
    for (const outbox of due) outbox.flush();
    this.#frames = [];
    this.#joined = undefined;
  };
}

function same(a: readonly Frame[], b: readonly Frame[]): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}
