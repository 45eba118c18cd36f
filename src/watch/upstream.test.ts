import { describe, expect, it } from 'vitest';
import { addressIn, wayTo } from './upstream.ts';

describe('where an application’s request goes', () => {
  it.each([
    ['ws://real:8765', '/ws/s/u?a=1', 'real:8765', '/ws/s/u?a=1'],
    ['ws://real:8765/', '/', 'real:8765', '/'],
    ['ws://real/base/', '/ws/s/u', 'real', '/base/ws/s/u'],
    ['ws://real/base/ws', '/ws/s/u', 'real', '/base/ws/s/u'],
    ['ws://real/base/ws', '/healthz', 'real', '/base/ws/healthz'],
    ['ws://real?key=k', '/ws/s/u?a=1', 'real', '/ws/s/u?a=1&key=k'],
    ['ws://real/rooms/{session}?as={user}', '/ws/s%20x/u?a=1', 'real', '/rooms/s%20x?a=1&as=u'],
    ['wss://real', '/a/../b//c', 'real', '/a/../b//c'],
  ])('behind %s, %s', (template, path, host, asked) => {
    const way = wayTo(template, path);
    expect([way.url.host, way.path]).toEqual([host, asked]);
  });

  it('P1 knows session and user of a path, percent-decoded, and of no other', () => {
    expect(addressIn('/ws/s%20x/ü?x=/ws/a/b')).toEqual({ session: 's x', user: 'ü' });
    for (const path of [
      '/',
      '/ws/s',
      '/ws/s/u/v',
      '/ws//u',
      '/ws/%zz/u',
      '/ws/a%2Fb/u',
      '/ws/a%00/u',
      `/ws/s/${'u'.repeat(129)}`,
    ]) {
      expect(addressIn(path)).toEqual({});
    }
  });
});
