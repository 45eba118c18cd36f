import { PING } from '../core/frames.ts';
import type { Facts } from './facts.ts';
import { open, type WireOptions } from './open.ts';
import type { Closed, Wire } from './wire.ts';

/** What was seen so far of pings that nobody asked for. */
export interface Sighting {
  watched_ms: number;
  pings: number;
  every_ms?: number;
  /** How the connection ended that answers pings, and the one that does not. */
  polite?: Closed;
  mute?: Closed;
}

/**
 * Two connections that are left alone: one answers the server's pings, the other does not. They stay while the other
 * steps are carried out, as servers ping every 20 s and more.
 */
export class Lookout {
  #polite: Wire | undefined;
  #mute: Wire | undefined;
  #sighting: Sighting = { watched_ms: 0, pings: 0 };

  /** @throws NoWire where no connection can be had */
  async begin(address: () => string, options: WireOptions): Promise<void> {
    [this.#polite, this.#mute] = await Promise.all([
      open(address(), { ...options, pongs: true }),
      open(address(), { ...options, pongs: false }),
    ]);
  }

  /** Waits until one of the two has ended, or the time is over. */
  async wait(within_ms: number): Promise<void> {
    const end = performance.now() + within_ms;
    await this.#polite?.ended(within_ms);
    await this.#mute?.ended(Math.max(0, end - performance.now()));
  }

  /** The longer of what was seen before an end and what is seen now. */
  look(): Sighting {
    if (!this.#polite || !this.#mute) return this.#sighting;
    const at = this.#polite.received.filter(({ opcode }) => opcode === PING).map(({ at_ms }) => at_ms);
    const unanswered = this.#mute.received.filter(({ opcode }) => opcode === PING).length;
    const seen: Sighting = {
      watched_ms: this.#polite.closed?.after_ms ?? this.#polite.now(),
      pings: Math.max(at.length, unanswered),
      ...(at.length > 1 && { every_ms: (at.at(-1)! - at[0]!) / (at.length - 1) }),
      ...(this.#polite.closed && { polite: this.#polite.closed }),
      ...(this.#mute.closed && { mute: this.#mute.closed }),
    };
    const before = this.#sighting;
    return before.pings > seen.pings || (before.pings === seen.pings && before.watched_ms > seen.watched_ms)
      ? before
      : seen;
  }

  /** Leaves, as a server is about to be stopped; what was seen is kept. */
  async end(within_ms: number): Promise<void> {
    this.#sighting = this.look();
    const both = [this.#polite, this.#mute];
    this.#polite = undefined;
    this.#mute = undefined;
    await Promise.all(both.map((wire) => wire?.close(within_ms)));
  }
}

/** A sighting as facts. */
export function factsOf({ watched_ms, pings, every_ms, polite, mute }: Sighting): Facts {
  const without = pings > 0 && !polite && mute && !mute.breach && { code: mute.code, after_ms: mute.after_ms };
  return {
    pings: {
      count: pings,
      watched_ms,
      ...(every_ms !== undefined && { every_ms }),
      ...(without && { closes_without_pong: without }),
    },
    ...(polite && mute && !polite.breach && { closes_silent: { code: polite.code, after_ms: polite.after_ms } }),
  };
}
