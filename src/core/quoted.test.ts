import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quoted } from './quoted.ts';

describe('what was typed is quoted without what may be a secret', () => {
  it.each([
    ['ws://user:pw@host:abc/p', 'ws://host:abc/p'],
    ['ws//user:PW@host', 'ws//host'],
    ['user:PW@host', 'host'],
    ['ws://user:p/w?x#y@h/z', 'ws://h/z'],
    ['http://x/p?token=secret', 'http://x/p?…'],
    ['wss://x/p#secret', 'wss://x/p#…'],
    ['Authorization: Bearer abc', 'Authorization: …'],
    ['X-Api-Key:abc', 'X-Api-Key: …'],
    ['"Cookie: a=b"', '"Cookie: …'],
    ['token=abc', 'token=…'],
    ['Bearer abc', 'Bearer …'],
    ['sk-live-1234567', 'sk-…'],
    ['eyJhbGciOiJIUzI1NiJ9.e30.c2ln', 'eyJ…'],
    ['9f86d081884c7d659a2feaa0c55ad015', '…'],
    ['two\nlines', 'two…'],
    ['x'.repeat(300), `${'x'.repeat(100)}…`],
  ])('%s as %s', (typed, shown) => {
    expect(quoted(typed)).toBe(shown);
  });

  it.each([
    '5,000',
    '1h30m',
    '-1s',
    '.5x',
    'localhost:8765',
    '127.0.0.1:80/ws',
    '[::1]:8765',
    './a#b.ts',
    'node_modules/@scope/x.ts',
    '2026-11-29T23-00-00Z-steady-abc123',
    'users=50',
    'slow=20ms',
    'wss://host/{room}',
    'broadcast_latency:p(99)',
    'lost:count>=0',
    'stedy',
    '',
  ])('%s as it is', (typed) => {
    expect(quoted(typed)).toBe(typed);
  });

  it('whatever stands before the last @ of an address', () => {
    fc.assert(
      fc.property(fc.constantFrom('ws://', 'wss://', 'http://', 'ws//', ''), fc.string(), (scheme, password) => {
        const shown = quoted(`${scheme}user:§${password}§@host`);
        expect(shown.split('§').length).toBeLessThan(2);
      }),
    );
  });
});
