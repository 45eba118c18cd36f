import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEADLINE_US, RUN, Town, type Manners, type Said } from './testing/town.ts';

const S = 1_000_000;
const TOLD = new Set(['arrivals_told', 'departures_told', 'presence_errors_upper']);
/** What was counted but what was told, or only may be wrong. */
const wrong = (counts: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(counts).filter(([name, count]) => !TOLD.has(name) && count !== 0));

const mostly = fc.constantFrom(true, true, true, false);
const manners = fc.record({
  lists: mostly,
  tells: mostly,
  says_host: mostly,
  tells_host: mostly,
  replaces: mostly,
  lag: fc.constantFrom(0, 50_000, 300_000),
  delay: fc.constantFrom(1000, 100_000, 400_000),
});

/** What users do, one after the other: who, what, and after how long. */
const deeds = fc.array(
  fc.record({
    who: fc.nat(7),
    what: fc.constantFrom('connect', 'connect', 'connect', 'leave', 'cut', 'lose', 'kick', 'fail'),
    after: fc.integer({ min: 0, max: 600_000 }),
    noticed: fc.integer({ min: 0, max: DEADLINE_US / 2 }),
  }),
  { minLength: 20, maxLength: 80 },
);

function live(town: Town, history: readonly { who: number; what: string; after: number; noticed: number }[]): number {
  let at = 0;
  for (const { who, what, after, noticed } of history) {
    at += after;
    town.at(at, () => {
      const seat = who % town.users;
      if (what === 'connect') town.connect(seat);
      else if (what === 'leave') town.leave(seat);
      else if (what === 'cut') town.cut(seat, 'cut', noticed);
      else if (what === 'lose') town.cut(seat, 'unknown', noticed * 4);
      else if (what === 'kick') town.kick(seat);
      else town.fail(seat);
    });
  }
  return at;
}

describe('the presence oracle', () => {
  it('never blames a lawful server, whoever comes, goes, is cut, lost, thrown out or replaced (P6, P12, P13)', () => {
    let told = 0;
    fc.assert(
      fc.property(fc.nat(1e6), fc.integer({ min: 2, max: 8 }), manners, deeds, (seed, users, of, history) => {
        const town = new Town(users, seed, of);
        town.beat(700_000);
        const counts = town.end(live(town, history) + 3 * DEADLINE_US);
        expect(wrong(counts)).toEqual({});
        told += (counts['arrivals_told'] ?? 0) + (counts['departures_told'] ?? 0);
      }),
      { numRuns: 2000, endOnFailure: true },
    );
    expect(told).toBeGreaterThan(15_000);
  });
});

/**
 * A quiet history: all join, one after the other; a quarter of a minute later one leaves and, later, another one;
 * the first comes back and a last one joins late. Between any two of these all has been told.
 */
function quiet(seed: number, users: number, of: Manners): Record<string, number> {
  const town = new Town(users, seed, of);
  town.beat(700_000);
  for (let seat = 0; seat < users - 1; seat++) town.at(seat * S, () => town.connect(seat));
  const first = Math.floor(town.random() * (users - 1));
  const second = (first + 1) % (users - 1);
  town.at(15 * S, () => town.leave(first));
  town.at(20 * S, () => town.leave(second));
  town.at(25 * S, () => town.connect(first));
  town.at(30 * S, () => town.connect(users - 1));
  return town.end(40 * S);
}

const size = fc.integer({ min: 4, max: 10 });

/** A fault, the counter it moves, and how often it was committed. */
interface Fault {
  says: NonNullable<Manners['says']>;
  committed: () => number;
}

/** Commits what `is` and `instead` say, once in a history: at the `nth` place where it can be. */
function once(nth: number, instead: (said: Said, town: Town, to: number) => Said[] | undefined): Fault {
  let places = 0;
  let committed = 0;
  return {
    says(said, to, town) {
      const other = instead(said, town, to.seat);
      if (other === undefined || places++ !== nth) return [said];
      committed++;
      return other;
    },
    committed: () => committed,
  };
}

const FAULTS: Record<string, { counter: string; make: (nth: number) => Fault }> = {
  'lists a user who had left': {
    counter: 'presence_ghosts',
    make: (nth) =>
      once(nth, (said, town) => {
        if (said.kind !== 'ack' || town.time.clock() < 17 * S) return undefined;
        const gone = [...Array(town.users).keys()].find((seat) => !town.isMember(seat) && seat < town.users - 1);
        return gone === undefined ? undefined : [{ ...said, users: [...said.users!, town.id(gone)] }];
      }),
  },
  'lists a user of another session': {
    counter: 'presence_ghosts',
    make: (nth) =>
      once(nth, (said) =>
        said.kind === 'ack' ? [{ ...said, users: [...said.users!, `lt-${RUN}-s0009-u0001`] }] : undefined,
      ),
  },
  'leaves a user out of a list': {
    counter: 'presence_missing',
    make: (nth) =>
      once(nth, (said) =>
        said.kind === 'ack' && said.users!.length > 1 ? [{ ...said, users: said.users!.slice(1) }] : undefined,
      ),
  },
  'leaves the joiner out of its own list': {
    counter: 'presence_missing',
    make: (nth) =>
      once(nth, (said) =>
        said.kind === 'ack' && said.users!.length > 1 ? [{ ...said, users: said.users!.slice(0, -1) }] : undefined,
      ),
  },
  'lists a user twice': {
    counter: 'presence_repeated',
    make: (nth) =>
      once(nth, (said) => (said.kind === 'ack' ? [{ ...said, users: [...said.users!, said.users![0]!] }] : undefined)),
  },
  'tells twice that a user has come': {
    counter: 'presence_repeated',
    make: (nth) => once(nth, (said) => (said.kind === 'joined' ? [said, said] : undefined)),
  },
  'does not tell one user that another one has come': {
    counter: 'arrivals_untold',
    make: (nth) => once(nth, (said) => (said.kind === 'joined' ? [] : undefined)),
  },
  'does not tell one user that another one has left': {
    counter: 'departures_untold',
    make: (nth) => once(nth, (said) => (said.kind === 'left' ? [] : undefined)),
  },
  'tells that a user has left who is there': {
    counter: 'presence_missing',
    make: (nth) =>
      once(nth, (said, town, to) =>
        said.kind === 'joined' && to !== 0 && town.time.clock() < 10 * S
          ? [said, { kind: 'left', id: town.id(0) }]
          : undefined,
      ),
  },
  'gives a session a second host': {
    counter: 'two_hosts',
    make: (nth) =>
      once(nth, (said) => (said.kind === 'ack' && said.is_host === false ? [{ ...said, is_host: true }] : undefined)),
  },
};

describe.each(Object.entries(FAULTS))('a server that %s', (_name, { counter, make }) => {
  it('is found to, once, and of nothing else', () => {
    let tried = 0;
    fc.assert(
      fc.property(fc.nat(1e6), size, fc.nat(6), (seed, users, nth) => {
        const fault = make(nth);
        const counts = quiet(seed, users, { says: fault.says });
        expect(wrong(counts)).toEqual(fault.committed() === 0 ? {} : { presence_errors: 1, [counter]: 1 });
        expect(counts['presence_errors_upper'] ?? 0).toBe(fault.committed());
        tried += fault.committed();
      }),
      { numRuns: 60 },
    );
    expect(tried).toBeGreaterThan(5);
  });
});

describe('a session without a host', () => {
  const hostless = (says: NonNullable<Manners['says']>): Record<string, number> => {
    const town = new Town(5, 1, { says });
    town.beat(700_000);
    for (let seat = 0; seat < 5; seat++) town.at(seat * S, () => town.connect(seat));
    for (const seat of [0, 1]) town.at((10 + 10 * seat) * S, () => town.leave(seat));
    return town.end(40 * S);
  };

  it('is found where nobody was ever named', () => {
    const never = (said: Said): Said[] => (said.kind === 'ack' ? [{ ...said, is_host: false }] : []);
    expect(wrong(hostless((said) => (said.kind === 'host' ? [] : said.kind === 'ack' ? never(said) : [said])))).toEqual(
      {
        presence_errors: 1,
        no_host: 1,
      },
    );
  });

  it('is found where the host left and nobody was told to be it, on a server that does tell (P13)', () => {
    let told = 0;
    const counts = hostless((said) => (said.kind === 'host' && told++ > 0 ? [] : [said]));
    expect(wrong(counts)).toEqual({ presence_errors: 1, no_host: 1 });
    expect(told).toBe(2);
  });

  it('is nobody’s fault where the server never tells who becomes host, or never says who is', () => {
    expect(wrong(hostless((said) => (said.kind === 'host' ? [] : [said])))).toEqual({});
    expect(wrong(hostless((said) => (said.kind === 'ack' ? [{ ...said, is_host: undefined }] : [said])))).toEqual({});
  });
});

it('says nothing that is not so of a server that tells of no departure, while users come and go', () => {
  let silent = 0;
  let told = 0;
  fc.assert(
    fc.property(fc.nat(1e6), fc.integer({ min: 2, max: 8 }), deeds, (seed, users, history) => {
      let here = 0;
      const says = (said: Said): Said[] => (said.kind === 'left' && here++ >= 0 ? [] : [said]);
      const town = new Town(users, seed, { says, delay: 100_000 });
      town.beat(700_000);
      const { presence_errors = 0, departures_untold = 0 } = town.end(live(town, history) + 3 * DEADLINE_US);
      expect(presence_errors).toBe(departures_untold);
      expect(departures_untold).toBeLessThanOrEqual(here);
      silent += here;
      told += departures_untold;
    }),
    { numRuns: 500 },
  );
  expect(silent).toBeGreaterThan(3000);
  expect(told).toBeGreaterThan(500);
});

it('finds a user who has left in every list from then on, and counts each list once', () => {
  let listed = 0;
  const counts = quiet(3, 8, {
    says(said, _to, town) {
      if (said.kind !== 'ack') return [said];
      const gone = [...Array(7).keys()].filter((seat) => !town.isMember(seat) && town.time.clock() > 16 * S);
      listed += gone.length;
      return [{ ...said, users: [...said.users!, ...gone.map((seat) => town.id(seat))] }];
    },
  });
  expect(listed).toBe(2);
  expect(wrong(counts)).toEqual({ presence_errors: listed, presence_ghosts: listed });
});

/** Visitors who come and go, and others who stay: how often a fault was committed, and what was found. */
function churn(
  seed: number,
  users: number,
  fault: 'joined twice' | 'left untold',
  times: { stay_s: number; cuts: number },
) {
  let committed = 0;
  const town = new Town(users, seed, {
    delay: 50_000,
    deadline_us: 10 * S,
    says(said, to, { random }) {
      const kind = fault === 'joined twice' ? 'joined' : 'left';
      if (said.kind !== kind || random.call(town) > 0.3) return [said];
      if (to.open) committed++;
      return kind === 'joined' ? [said, said] : [];
    },
  });
  const waits = (mean_s: number): number => -Math.log(1 - town.random()) * mean_s * S;
  town.beat(700_000);
  for (let seat = 0; seat < users; seat++) {
    let at = town.random() * 5 * S;
    town.at(at, () => town.connect(seat));
    const until = seat % 2 === 0 ? 60 * S : 0;
    while (at < until) {
      const isCut = town.random() < times.cuts;
      town.at((at += waits(times.stay_s)), () => (isCut ? town.cut(seat, 'unknown', 200_000) : town.leave(seat)));
      town.at((at += waits(2)), () => town.connect(seat));
    }
  }
  const { presence_errors = 0, presence_errors_upper = 0, ...others } = town.end(100 * S);
  const counter = fault === 'joined twice' ? 'presence_repeated' : 'departures_untold';
  expect(others[counter] ?? 0).toBe(presence_errors);
  return { committed, least: presence_errors, most: presence_errors_upper };
}

describe.each(['joined twice', 'left untold'] as const)('a user who is told of another one that it %s', (fault) => {
  it.each([
    ['users come and go', { stay_s: 10, cuts: 0 }, 0.85],
    ['they stay for longer', { stay_s: 30, cuts: 0 }, 0.92],
    ['they come back within moments, and some are cut off', { stay_s: 3, cuts: 0.3 }, 0.3],
  ])('is counted as often as is certain, and at most as often as may be, while %s', (_name, times, part) => {
    const sum = { committed: 0, least: 0 };
    fc.assert(
      fc.property(fc.nat(1e6), fc.integer({ min: 6, max: 12 }), (seed, users) => {
        const { committed, least, most } = churn(seed, users, fault, times);
        expect(least).toBeLessThanOrEqual(committed);
        expect(most).toBeGreaterThanOrEqual(committed);
        sum.committed += committed;
        sum.least += least;
      }),
      { numRuns: 40, seed: 1, endOnFailure: true },
    );
    expect(sum.committed).toBeGreaterThan(500);
    expect(sum.least / sum.committed).toBeGreaterThan(part);
  });
});
