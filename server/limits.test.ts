import { expect, it } from 'vitest';
import { DEFAULT_LIMITS, limitsWithRoomFor } from './limits.ts';

it('P16 raises the limits that leave no room, and no others', () => {
  const room = { maxUsersPerSession: 2000, maxSessions: 3, maxItems: 0 };
  expect(limitsWithRoomFor(room)).toEqual({ ...DEFAULT_LIMITS, maxUsersPerSession: 2000 });
  expect(limitsWithRoomFor({})).toEqual(DEFAULT_LIMITS);
});
