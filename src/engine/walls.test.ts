import { describe, expect, it } from 'vitest';
import type { ErrorTally, Interval } from '../core/record.ts';
import { emptyInterval } from '../result/interval.ts';
import { ownWall, wallAndRemedy, type SystemError } from './system-error.ts';
import { Walls } from './walls.ts';

const failed = (code: string, address = '127.0.0.1'): SystemError => Object.assign(new Error(code), { code, address });
const together = (...errors: SystemError[]): SystemError => Object.assign(new Error('all'), { errors });

describe('a limit of our own', () => {
  it.each(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'EADDRINUSE', 'ENOBUFS', 'ENOMEM'])('is behind %s', (code) => {
    const said = ownWall(failed(code));
    expect(said).toContain(`(${code}): `);
    expect(wallAndRemedy(said!)).toEqual({ wall: said!.split(': ')[0], remedy: said!.split(': ')[1] });
  });

  it.each(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT'])('is not behind %s', (code) => {
    expect(ownWall(failed(code))).toBeUndefined();
    expect(wallAndRemedy(code)).toBeUndefined();
  });

  it('is not behind a refusal on a machine without IPv6', () => {
    expect(ownWall(together(failed('EADDRNOTAVAIL', '::1'), failed('ECONNREFUSED')))).toBeUndefined();
    expect(ownWall(together(failed('ECONNREFUSED', '::1'), failed('EADDRNOTAVAIL')))).toContain('EADDRNOTAVAIL');
  });
});

describe('a limit hit in mid-run', () => {
  const wall = (message: string): ErrorTally => ({ kind: 'wall', message, count: 3, first_ms: 1200, last_ms: 1900 });
  const interval = (more: Partial<Interval>): Interval => ({ ...emptyInterval(1000, 2000), ...more });

  it('is told once, when it was hit', () => {
    const walls = new Walls();
    const seen = interval({ errors: [wall('no port'), { ...wall('refused'), kind: 'connect' }] });
    expect(walls.hitIn(seen)).toEqual([{ at_ms: 1200, kind: 'wall', text: 'no port' }]);
    expect(walls.hitIn(seen)).toEqual([]);
    expect(walls.hitIn(interval({ errors: [wall('no file')] }))).toHaveLength(1);
  });

  it('is told once where the server has all its files in use', () => {
    const walls = new Walls();
    expect(walls.hitIn(interval({}))).toEqual([]);
    expect(walls.hitIn(interval({}), 1024)).toEqual([
      { at_ms: 2000, kind: 'wall', text: expect.stringContaining('all of its 1024 open files') },
    ]);
    expect(walls.hitIn(interval({}), 1024)).toEqual([]);
  });
});
