import { describe, expect, it } from 'vitest';
import { createLogger, type LoggerOptions } from './logger.ts';

function logged(options: Omit<LoggerOptions, 'write'>): string[] {
  const lines: string[] = [];
  const log = createLogger({ ...options, write: (text) => lines.push(text) });
  log.debug({ to: '{"type":"pong"}' }, 'sent');
  log.info({ session: 'room', user: 'a b', n: 1 }, 'joined');
  log.warn({}, 'odd');
  return lines.map((line) => line.replace(/^\d\d:\d\d:\d\d\.\d{3}/, 'TIME'));
}

describe('the log', () => {
  it('is a line for people', () => {
    expect(logged({})).toEqual(['TIME joined  session=room user="a b" n=1\n', 'TIME warning odd\n']);
  });

  it('has every message with debug, and only what is odd when quiet', () => {
    expect(logged({ debug: true })[0]).toBe('TIME sent  to={"type":"pong"}\n');
    expect(logged({ quiet: true })).toEqual(['TIME warning odd\n']);
  });

  it('is JSON where programs read it', () => {
    expect(logged({ json: true }).map((line) => JSON.parse(line) as object)).toMatchObject([
      { msg: 'joined', session: 'room' },
      { msg: 'odd' },
    ]);
  });

  it('has colours only where they are wanted', () => {
    expect(logged({ color: true })[0]).toContain('\u001b[2m');
    expect(logged({})[0]).not.toContain('\u001b');
  });

  it('shows nothing that could steer a terminal', () => {
    const lines: string[] = [];
    const log = createLogger({ write: (text) => lines.push(text) });
    log.info({ user: '\u001b]0;title\u0007\u009b2J\u202e', from: '{\n\u001b' }, 'joined');
    expect(lines.join('')).toMatch(/^[^\p{Cc}\u202e]+\n$/u);
  });
});
