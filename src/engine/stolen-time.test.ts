import { describe, expect, it } from 'vitest';
import { groupPath, StolenTime, takenTicks, throttledMs, waitedMs } from './stolen-time.ts';

describe('the time in which others had the core', () => {
  it('is what the event loop’s thread waited in the run queue, ns', () => {
    expect(waitedMs('414532883 1469119093 61\n')).toBeCloseTo(1469.119);
    expect(waitedMs(undefined)).toBeUndefined();
    expect(waitedMs('')).toBeUndefined();
  });

  it('is else what its cgroup was throttled, of either version', () => {
    expect(throttledMs('nr_periods 19\nnr_throttled 19\nthrottled_time 1467704491\n')).toBeCloseTo(1467.704);
    expect(throttledMs('usage_usec 5\nnr_throttled 2\nthrottled_usec 1500\n')).toBe(1.5);
    expect(throttledMs('usage_usec 5\n')).toBeUndefined();
  });

  it('is also what the hypervisor took, of all ticks; guests are counted with their users', () => {
    const stat = 'cpu  100 2 30 400 5 6 7 50 90 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n';
    expect(takenTicks(stat)).toEqual({ taken: 50, ticks: 600 });
    expect(takenTicks(undefined)).toEqual({ taken: 0, ticks: 0 });
  });

  it.each([
    [['0::/user.slice'], '/sys/fs/cgroup/user.slice/cpu.stat'],
    [['0::/'], '/sys/fs/cgroup/cpu.stat'],
    [['4:memory:/m', '3:cpu,cpuacct:/docker/1', '0::/'], '/sys/fs/cgroup/cpu,cpuacct/docker/1/cpu.stat'],
    [['4:memory:/m'], undefined],
  ])('stands for %j in %s', (lines, path) => {
    expect(groupPath(lines)).toBe(path);
  });

  it('is a share, where the system says', () => {
    const stolen = new StolenTime();
    const end = performance.now() + 20;
    while (performance.now() < end);
    const share = stolen.sample();
    if (process.platform === 'linux') {
      expect(share).toBeGreaterThanOrEqual(0);
      expect(share).toBeLessThanOrEqual(1);
    } else {
      expect(share).toBeUndefined();
    }
    stolen.stop();
    expect(stolen.sample()).toBeUndefined();
  });
});
