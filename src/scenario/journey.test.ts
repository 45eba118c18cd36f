import { afterEach, expect, it } from 'vitest';
import { journey } from './journey.ts';

afterEach(() => {
  delete (globalThis as { __VU?: number }).__VU;
});

it('a journey is a scenario of a closed model, with a name and limits where none are given', () => {
  const made = journey(async (u) => u.join());
  expect(made.spec).toEqual({
    name: 'journey',
    about: 'Users follow a journey, step by step.',
    users: [{ kind: 'walker', share: 1 }],
    thresholds: ['broadcast_latency:p(99)<1000', 'join_time:p(95)<5000'],
    defaults: { rate: 0 },
    journey: true,
  });
  expect(journey(made.walk, { name: 'visit', thresholds: [], defaults: { users: 3 } }).spec).toMatchObject({
    name: 'visit',
    thresholds: [],
    defaults: { users: 3, rate: 0 },
  });
});

it('k6 refuses a journey with a sentence', () => {
  (globalThis as { __VU?: number }).__VU = 0;
  expect(() => journey(async (u) => u.join())).toThrow(
    'A journey is a program for the node engine: run it with loadtest run FILE, not with k6.',
  );
});
