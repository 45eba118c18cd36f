import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How often the event loop is looked at, ms: Node counts this period as delay. */
const RESOLUTION = 10;

const msOf = (ns: number): number => Math.max(0, ns / 1e6 - RESOLUTION);

/** How long the event loop kept others waiting: since the start, and since somebody last asked. */
export class LoopDelay {
  readonly #always = monitorEventLoopDelay({ resolution: RESOLUTION });
  readonly #lately = monitorEventLoopDelay({ resolution: RESOLUTION });

  constructor() {
    this.#always.enable();
    this.#lately.enable();
  }

  /** @returns ms; quantile 1 is the longest since the start */
  quantile(quantile: number): number {
    return msOf(this.#always.percentile(quantile * 100));
  }

  /** The longest since the last call, ms. */
  longest(): number {
    const { max } = this.#lately;
    this.#lately.reset();
    return msOf(max);
  }

  stop(): void {
    this.#always.disable();
    this.#lately.disable();
  }
}
