import { expect, it } from 'vitest';
import { inTimeOfDay } from './time-of-day.ts';

it('says when the first was due as the clock on the wall did, whatever the zone', () => {
  const started = new Date(2026, 7, 3, 20, 48, 16, 71);
  const event = { at_ms: 18_160, kind: 'overdue', text: '3 broadcasts overdue by 10 s', first_due_ms: 8160.4 };
  expect(inTimeOfDay(event, started.toISOString())).toEqual({
    at_ms: 18_160,
    kind: 'overdue',
    text: '3 broadcasts overdue by 10 s, the first due at 20:48:24.231',
  });
});

it('leaves an event as it is that tells of nothing due', () => {
  const event = { at_ms: 5, kind: 'storm', text: 'everybody cut at once' };
  expect(inTimeOfDay(event, new Date().toISOString())).toEqual(event);
});
