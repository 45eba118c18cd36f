import { describe, expect, it, test } from 'vitest';
import { answerWords, firstLine } from '../protocol/http-answer.ts';
import { heardIn, MAX_HEAD, SPEAKS_TLS, TOO_LONG } from './answer.ts';

const answerIn = (text: string) => {
  const heard = heardIn(text);
  if (!heard || 'none' in heard) throw new Error(`no answer: ${JSON.stringify(heard)}`);
  return heard;
};

describe('an answer', () => {
  it('is read past interim ones, and says where frames begin', () => {
    const interim =
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 199\r\n\r\n';
    const text = `${interim}HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x00`;
    const { answer, end } = answerIn(text);
    expect(answer.status).toBe(101);
    expect(text.slice(end)).toBe('\x81\x00');
    expect(heardIn(interim)).toBeUndefined();
  });

  it('joins what is repeated, unfolds what is folded, and names both kinds of odd lines', () => {
    const { answer, faults } = answerIn('HTTP/1.1 401\r\nVia: a\r\nvia: b\r\n c\r\nX:1\n\n');
    expect(answer.fields.get('via')).toBe('a, b c');
    expect(answer.fields.get('x')).toBe('1');
    expect(faults).toEqual([expect.stringContaining('LF alone'), expect.stringContaining('folded')]);
  });

  test.each<[string, string, string, boolean]>([
    ['of a length', 'Content-Length: 4\r\n\r\nabcdef', 'abcd', true],
    ['that is not all there', 'Content-Length: 9\r\n\r\nabcd', 'abcd', false],
    ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3;x=y\r\ncde\r\n0\r\n\r\n', 'abcde', true],
    ['in chunks that break off', 'Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\nff\r\ncd', 'abcd', false],
    ['without a length', 'X: y\r\n\r\nab', 'ab', false],
    ['in UTF-8', 'Content-Length: 3\r\n\r\n\xe2\x82\xac', '€', true],
  ])('has a body %s', (_, rest, body, whole) => {
    const heard = answerIn(`HTTP/1.1 502 Bad Gateway\r\n${rest}`);
    expect({ body: heard.answer.body, whole: heard.whole }).toEqual({ body, whole });
  });

  test.each([
    ['\x15\x03\x01\x00\x02\x02\x28', SPEAKS_TLS],
    ['SSH-2.0-OpenSSH_9\r\n', 'no HTTP: it answered “SSH-2.0-OpenSSH_9\\x0d\\x0a”'],
    ['HTTP/2 200\r\n\r\n', 'no HTTP/1.1: it answered “HTTP/2 200”'],
    [`HTTP/1.1 200 OK\r\nX: ${'y'.repeat(MAX_HEAD)}`, TOO_LONG],
    ['HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(3000), TOO_LONG],
  ])('is none: %.12j', (text, none) => expect(heardIn(text)).toEqual({ none }));

  test.each(['', 'HT', 'HTTP/1.1 200 OK\r\nX: y\r\n'])('is not whole yet: %j', (text) =>
    expect(heardIn(text)).toBeUndefined(),
  );
});

describe('what an answer says', () => {
  const words = (head: string, secrets: string[] = []): string => answerWords(answerIn(head).answer, secrets);

  test.each([
    ['HTTP/1.0 503 Nope\r\n\r\n', 'HTTP/1.0 503 Nope'],
    ['HTTP/1.1 429\r\nRetry-After: 7\r\n\r\n\r\n  slow\tdown \nnow', 'HTTP 429, Retry-After: 7, “slow down”'],
    [
      'HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\n\r\n<html><head><style>a{}</style><title>502 Bad</title></head>',
      'HTTP 502 Bad Gateway, “502 Bad”',
    ],
    ['HTTP/1.1 400 No\r\nContent-Encoding: br\r\n\r\n\x8b\x00', 'HTTP 400 No, a body compressed by br'],
    ['HTTP/1.1 400 \x1b[31mNo\r\n\r\na\x07b\xe2\x80\xaec', 'HTTP 400 \\u{1b}[31mNo, “a\\u{7}b\\u{202e}c”'],
    [
      'HTTP/1.1 401 No\r\nWWW-Authenticate: Bearer realm="s3cret!"\r\n\r\nno s3cret! here',
      'HTTP 401 No, WWW-Authenticate: Bearer realm="…", “no … here”',
    ],
  ])('%j', (head, says) => expect(words(head, ['s3cret!', 's3c'])).toBe(says));

  it('is no longer than can be read', () => {
    const { answer } = answerIn(`HTTP/1.1 400 No\r\n\r\n${'x'.repeat(5000)}`);
    expect(firstLine(answer).length).toBeLessThan(130);
  });
});
