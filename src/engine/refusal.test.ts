import { describe, expect, it, test } from 'vitest';
import { heardIn } from './answer.ts';
import { proxyNote } from './proxy-env.ts';
import { asked, explain, type Refusal } from './refusal.ts';

const PATH = '/ws/s1/s1-u1';

function read(head: string, url = 'ws://host:1', headers: Record<string, string> = {}): Refusal {
  const heard = heardIn(`HTTP/1.1 ${head}\r\n\r\n`);
  if (!heard || 'none' in heard) throw new Error('no answer');
  const address = `${url.replace(/\?.*/, '')}${PATH}${/\?.*/.exec(url)?.[0] ?? ''}`;
  return explain(`HTTP ${heard.answer.status}`, heard.answer, asked({ headers }, url, address, 's1', 's1-u1'));
}

describe('a redirect', () => {
  test.each([
    [`301\r\nLocation: ${PATH}/`, 'Write --url "ws://host:1/ws/{session}/{user}/".'],
    [`308\r\nLocation: https://other.example${PATH}`, 'Write --url wss://other.example.'],
    [`307\r\nLocation: https://other.example/v2${PATH}?a=b`, 'Write --url wss://other.example/v2.'],
    ['302\r\nLocation: https://login.example/sso?next=x', 'It may send whom it does not know to a login'],
    ['301\r\nLocation: //elsewhere/page', 'Give that address in --url, with {session}'],
    [`301\r\nLocation: ${PATH}`, 'the redirect leads nowhere'],
    ['301', 'Look at the address'],
    ['301\r\nLocation: http://[', 'Look at the address'],
  ])('%j', (head, hint) => expect(read(head).hint).toContain(hint));

  it('is shown without what is a secret', () => {
    const { meaning } = read('302\r\nLocation: https://u:pw@x.example/t0ken/s?key=abcdef#f', 'ws://host:1?key=abcdef', {
      'X-Key': 't0ken',
    });
    expect(meaning).toContain('https://x.example/…/s?…');
    expect(meaning).not.toMatch(/pw|t0ken|abcdef/);
  });
});

describe('an answer is read for what it says', () => {
  test.each<[string, RegExp, Record<string, string>?]>([
    ['401\r\nWWW-Authenticate: Basic realm="x"', /^it asks for credentials .*ws:\/\/USER:PASSWORD@HOST/],
    ['401\r\nWWW-Authenticate: Bearer', /Authorization: Bearer …" or LOADTEST_TOKEN/],
    [
      '401\r\nWWW-Authenticate: Bearer error="t0psecret"',
      /^it does not accept the credentials that it was given.*WWW-Authenticate: Bearer error="…"/,
      { Authorization: 'Bearer t0psecret' },
    ],
    ['403', /^it forbids it, for the path, the lack of an Origin or the lack of credentials .*--url.*Origin.*Author/],
    ['403', /the Origin that it was given or the credentials that it was given/, { origin: 'http://x', Cookie: 'a=b' }],
    ['404', /^there is no WebSocket at that path/],
    ['400\r\n\r\nThe plain HTTP request was sent to HTTPS port', /^it speaks TLS at that port .*--url wss:\/\/host:1/],
    ['400\r\n\r\nClient sent an HTTP request to an HTTPS server.', /^it speaks TLS at that port/],
    ['400\r\nSec-WebSocket-Version: 8', /another version of the WebSocket protocol/],
    ['426\r\nUpgrade: h2c', /^it wants an upgrade to h2c, not to a WebSocket/],
    ['426\r\nUpgrade: websocket', /proxy on the way takes "Upgrade: websocket" out, or it wants another/],
    ['429\r\nRetry-After: 30', /wait for 30 s/],
    ['503\r\nRetry-After: Wed, 21 Oct 2026 07:28:00 GMT', /wait until Wed, 21 Oct/],
    ['502', /^a gateway is there, and the server behind it is not/],
    ['504', /does not answer in time/],
    ['200', /^it answers with a page/],
    ['418', /^it refuses the handshake/],
    ['599', /^it is in trouble itself/],
  ])('%j', (head, says, headers) => {
    const { meaning, hint, said } = read(head, 'ws://host:1', headers);
    expect(`${meaning} (${said}) ${hint}`).toMatch(says);
    expect(said).toContain(`HTTP ${head.slice(0, 3)}`);
  });

  it('names HTTP/1.0', () => {
    const heard = heardIn('HTTP/1.0 503 Nope\r\n\r\n');
    expect(explain('HTTP 503', heard && 'answer' in heard ? heard.answer : undefined)).toMatchObject({
      said: 'HTTP/1.0 503 Nope',
      hint: expect.stringContaining('a WebSocket needs HTTP/1.1'),
    });
  });
});

describe('a proxy in the environment', () => {
  const note = (env: Record<string, string>, address = 'wss://app.internal/ws'): string | undefined =>
    proxyNote(address, env);

  test.each([
    [{ HTTPS_PROXY: 'http://user:pw@proxy.example:3128/x' }, 'HTTPS_PROXY: proxy.example:3128'],
    [{ https_proxy: 'proxy.example:3128' }, 'https_proxy: proxy.example:3128'],
    [{ all_proxy: 'socks5h://me:pw@10.0.0.1:1080' }, 'all_proxy: 10.0.0.1:1080'],
    [{ HTTP_PROXY: 'http://p:1' }, 'HTTP_PROXY: p:1'],
    [{ ALL_PROXY: '::pw::' }, '(ALL_PROXY)'],
  ])('%j is named, without its credentials', (env, says) => {
    expect(note(env as Record<string, string>)).toContain(says);
    expect(note(env as Record<string, string>)).not.toMatch(/pw|user:|me:/);
  });

  test.each([
    {},
    { HTTPS_PROXY: '' },
    { HTTPS_PROXY: 'http://p:1', NO_PROXY: '.internal' },
    { ALL_PROXY: 'x:1', no_proxy: '*' },
  ])('%j says nothing', (env) => expect(note(env as Record<string, string>)).toBeUndefined());

  it('is told where there is no host of a name, and not where nothing listens', () => {
    process.env['all_proxy'] = 'http://p.example:1';
    try {
      const ask = asked({ headers: {} }, 'ws://app.internal', 'ws://app.internal/ws/a/b', 'a', 'b');
      expect(explain('ENOTFOUND', undefined, ask).hint).toContain('p.example:1');
      expect(explain('ECONNREFUSED 10.0.0.1', undefined, ask).hint).not.toContain('p.example');
    } finally {
      delete process.env['all_proxy'];
    }
  });
});
