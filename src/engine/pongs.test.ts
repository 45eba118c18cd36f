import { expect, it } from 'vitest';
import { MAX_UNANSWERED, Pongs } from './pongs.ts';

/** A peer of which a test says how much it has not read. */
interface Peer {
  sent: string[];
  waiting: number;
  pongs: Pongs;
  ping(nth: number): boolean;
}

function peer(): Peer {
  const sent: string[] = [];
  const one: Peer = {
    sent,
    waiting: 0,
    pongs: new Pongs({
      get waiting() {
        return one.waiting;
      },
      pong: (payload) => void sent.push(payload.toString()),
    }),
    ping: (nth: number) => one.pongs.ping(Buffer.from(String(nth))),
  };
  return one;
}

/** How many of nearly too many pings may go on. */
function goesOn({ ping }: Peer): number {
  let count = 0;
  for (let nth = 1; nth < MAX_UNANSWERED; nth++) if (ping(nth)) count++;
  return count;
}

it('each ping is answered while the peer reads', () => {
  const one = peer();
  let refused = 0;
  for (let nth = 0; nth < 3 * MAX_UNANSWERED; nth++) if (!one.ping(nth)) refused++;
  expect(refused).toBe(0);
  expect(one.sent).toHaveLength(3 * MAX_UNANSWERED);
});

it('of the pings that come while it does not, the latest is answered once it does (RFC 6455, 5.5.3)', () => {
  const one = peer();
  one.ping(1);
  one.waiting = 100_000;
  for (const nth of [2, 3, 4]) expect(one.ping(nth)).toBe(true);
  expect(one.sent).toEqual(['1']);
  one.waiting = 0;
  one.pongs.drained();
  one.pongs.drained();
  expect(one.sent).toEqual(['1', '4']);
});

it('a peer is given up that reads nothing of very many, and not one that is merely slow', () => {
  const slow = peer();
  for (let time = 0; time < 3; time++) {
    slow.waiting = 100_000;
    expect(goesOn(slow)).toBe(MAX_UNANSWERED - 1);
    slow.waiting = 0;
    slow.pongs.drained();
  }
  const deaf = peer();
  deaf.waiting = 100_000;
  expect(goesOn(deaf)).toBe(MAX_UNANSWERED - 1);
  expect(deaf.ping(MAX_UNANSWERED)).toBe(false);
  expect(deaf.sent).toEqual([]);
});
