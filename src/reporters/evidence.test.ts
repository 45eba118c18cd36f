import { expect, it } from 'vitest';
import type { Evidence } from '../result/result.ts';
import { evidenceLine, whoOf } from './evidence.ts';

const RUN = { started_at: '2026-11-23T20:48:00.000Z' };
const LOST: Evidence = {
  kind: 'lost',
  session: 'lt-abc123-s0004',
  sender: 'lt-abc123-s0004-u0007',
  receiver: 'lt-abc123-s0004-u0031',
  due_ms: 24_231,
  action: 'move_item',
  item_id: '5f0c0000-0000-4000-8000-000000000091',
  note: 'never arrived; 48 of 49 got it',
};

it('tells an example by when, where, who, what and why, in one line', () => {
  expect(evidenceLine(LOST, RUN, false)).toMatch(
    /^\d\d:48:24\.231  s4  u7 → u31  move_item 5f0c…91  never arrived; 48 of 49 got it$/,
  );
});

it('names the session of who is of another', () => {
  expect(whoOf({ ...LOST, sender: 'lt-abc123-s0002-u0007' })).toBe('s2 u7 → u31');
});

it('says of presence who was told of whom', () => {
  expect(whoOf({ ...LOST, kind: 'presence_errors' })).toBe('u31 about u7');
  expect(whoOf({ kind: 'presence_errors', session: LOST.session, receiver: LOST.receiver! })).toBe('u31');
});
