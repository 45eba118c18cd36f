import { describe, expect, it } from 'vitest';
import { screenOf, wrapped } from './screen.ts';
import { clock, digits, elapsed, plainNumber, shortId, shortUser, withoutControls, zoneName } from './words.ts';

describe('words', () => {
  it.each([
    [0, '0.00'],
    [0.001, '<0.01'],
    [0.0101, '0.010'],
    [0.041, '0.041'],
    [0.41, '0.41'],
    [1.918, '1.92'],
    [9.994, '9.99'],
    [9.996, '10.0'],
    [12.64, '12.6'],
    [99.96, '100'],
    [143.2, '143'],
    [12_345.6, '12,346'],
  ])('writes %f ms as %s', (ms, text) => expect(digits(ms)).toBe(text));

  it.each([
    [24_500, '24,500'],
    [0.001, '0.001'],
    [12.3456, '12.35'],
    [1234.5, '1,235'],
  ])('writes the figure %f as %s', (value, text) => expect(plainNumber(value)).toBe(text));

  it('gives times since the start and of the day, with their zone', () => {
    expect([elapsed(12_900), elapsed(3_665_000), elapsed(-5)]).toEqual(['0:12', '61:05', '0:00']);
    expect(clock(Date.UTC(2026, 0, 1, 23, 30, 5, 7), 60, true)).toBe('00:30:05.007');
    expect([zoneName(0), zoneName(120), zoneName(-210)]).toEqual(['UTC', 'UTC+2', 'UTC-3:30']);
  });

  it('shortens the ids of this tool and leaves others', () => {
    expect(shortId('lt-k3x9q2-s0004')).toBe('s4');
    expect(shortId('lt-k3x9q2-s0004-u0031')).toBe('u31');
    expect(shortId('somebody')).toBe('somebody');
    expect(shortUser('lt-k3x9q2-s0002-u0031', 'lt-k3x9q2-s0004')).toBe('s2 u31');
  });

  it('makes visible what could steer a terminal or break a text', () => {
    expect(withoutControls('a\u001b[2Jb\u202e\n\ud800c')).toBe('a\uFFFD[2Jb\uFFFD\uFFFD\uFFFDc');
  });
});

describe('a screen', () => {
  const tty = { isTTY: true };
  it.each([
    ['a terminal with a UTF-8 locale', tty, true, { LANG: 'de_DE.UTF-8' }, 'linux', { colour: true, unicode: true }],
    ['NO_COLOR', tty, true, { LANG: 'C.UTF-8', NO_COLOR: '1' }, 'linux', { colour: false, unicode: true }],
    ['--no-color', tty, false, { LANG: 'C.UTF-8' }, 'linux', { colour: false, unicode: true }],
    ['a pipe', {}, true, { LANG: 'C.UTF-8' }, 'linux', { colour: false, unicode: true }],
    ['a C locale', tty, true, { LC_ALL: 'C', LANG: 'C.UTF-8' }, 'linux', { colour: true, unicode: false }],
    ['the console of Linux', tty, true, { TERM: 'linux', LANG: 'C.UTF-8' }, 'linux', { colour: true, unicode: false }],
    ['a dumb terminal', tty, true, { TERM: 'dumb', LANG: 'C.UTF-8' }, 'linux', { colour: false, unicode: false }],
    ['Windows Terminal', tty, true, { WT_SESSION: 'x' }, 'win32', { colour: true, unicode: true }],
    ['the old console of Windows', tty, true, {}, 'win32', { colour: true, unicode: false }],
  ])('is known: %s', (_, stream, wanted, env, platform, screen) => {
    expect(screenOf(stream, wanted, env, platform)).toEqual(screen);
  });

  it('wraps words under each other, and cuts what no line can hold', () => {
    expect(wrapped(`one ${'x'.repeat(150)} two`, '> ', 4)).toEqual([
      '> one',
      `    ${'x'.repeat(76)}`,
      `    ${'x'.repeat(74)}`,
      '    two',
    ]);
  });
});
