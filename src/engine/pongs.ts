/** What may wait to be written before pings are answered later, bytes. */
const WAITING = 65_536;
/** So many pings in a row that could not be answered are a flood: its sender reads nothing. */
export const MAX_UNANSWERED = 10_000;

/** What pings are answered through. */
export interface PongSender {
  /** Bytes that wait to be written. */
  readonly waiting: number;
  pong(payload: Buffer): void;
}

/**
 * The answers to a server's pings: at once, while it reads; otherwise only the latest, once it does (RFC 6455, section
 * 5.5.3), so that what waits is bounded.
 */
export class Pongs {
  readonly #sender: PongSender;
  #latest: Buffer | undefined;
  #unanswered = 0;

  constructor(sender: PongSender) {
    this.#sender = sender;
  }

  /** A ping came. @returns whether it may go on: false for a flood of them by a peer that reads nothing */
  ping(payload: Buffer): boolean {
    if (this.#sender.waiting <= WAITING) {
      this.#latest = undefined;
      this.#sender.pong(payload);
      return true;
    }
    this.#latest = payload;
    return ++this.#unanswered < MAX_UNANSWERED;
  }

  /** All that waited is written: the peer reads. */
  drained(): void {
    const latest = this.#latest;
    this.#latest = undefined;
    this.#unanswered = 0;
    if (latest) this.#sender.pong(latest);
  }
}
