import type { Disconnect, Interval, RunEvent } from '../core/record.ts';
import { closeCodeMeaning } from '../protocol/closing.ts';

/** The share of all users who are many, when they are cut off within a second. */
const MANY = 0.1;
/** However few there are, one user alone is not many. */
const LEAST = 2;
/** What goes on without a pause so long is told of once, ms. */
const PAUSE_MS = 10_000;

const BY = { server: 'by the server', client: 'by this tool', network: 'by the network' } as const;

/** Tells when many users are cut off at once, which nobody meant: an event that the charts mark. */
export class CutOffs {
  readonly #many: number;
  #last_ms = -Infinity;

  /** @param users of the whole run */
  constructor(users: number) {
    this.#many = Math.max(Math.ceil(MANY * users), LEAST);
  }

  /** What is to be told of an interval of one second. */
  seenIn(interval: Interval): RunEvent[] {
    const cut = interval.disconnects.filter(({ phase, expected }) => phase === 'steady' && !expected);
    const count = cut.reduce((sum, one) => sum + one.count, 0);
    if (count < this.#many) return [];
    const goesOn = interval.from_ms < this.#last_ms + PAUSE_MS;
    this.#last_ms = interval.to_ms;
    if (goesOn) return [];
    const most = cut.reduce((a, b) => (b.count > a.count ? b : a));
    const at_ms = Math.min(...cut.map(({ first_ms }) => first_ms));
    return [{ at_ms, kind: 'cut-off', text: `${count} users cut off at once ${how(most)}` }];
  }
}

const how = ({ initiator, code, reason, breach }: Disconnect): string =>
  breach
    ? `with ${code}: ${reason}`
    : `${BY[initiator]}: ${code}, ${reason || closeCodeMeaning(code, initiator === 'server')}`;
