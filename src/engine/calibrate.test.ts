import { expect, it } from 'vitest';
import { calibrate } from './calibrate.ts';

it('knows how long an echo takes on this machine, and what it costs', async () => {
  const { floor_ms, echo_us } = (await calibrate())!;
  expect(floor_ms).toBeGreaterThan(0.005);
  expect(floor_ms).toBeLessThan(50);
  expect(echo_us).toBeGreaterThan(1);
  expect(echo_us / 1000).toBeLessThan(50);
});
