import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { Diagnosis, Scene } from './causes/rule.ts';
import { diagnose } from './diagnosis.ts';
import type { Facts, Retry, Variation } from './facts.ts';

const scene: Scene = {
  url: 'ws://localhost:8765',
  port: 8765,
  at: '20:51:07',
  holder: 'process 1',
  again: (layer) => `npx loadtest check --url ws://localhost:8765 --layer ${layer}`,
};

const causeOf = (facts: Facts): Diagnosis | undefined => diagnose(facts, scene).find(({ kind }) => kind === 'cause');

// Facts as steps may record them: each alone is one that a step can see, and any may stand beside any other.

const ALERTS = [
  'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
  'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
  'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
  'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
];
const TLS_ERRORS = [
  ...ALERTS,
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ECONNRESET in the TLS handshake',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
];
const status = fc.constantFrom(101, 200, 301, 400, 401, 403, 404, 426, 429, 502, 503);
const heard: fc.Arbitrary<Pick<Retry, 'outcome' | 'status'>> = fc.oneof(
  status.map((one) => ({ outcome: `HTTP ${one}`, status: one })),
  fc
    .constantFrom('closed without an answer', 'nothing came back within 3 s', ...ALERTS)
    .map((outcome) => ({ outcome })),
);
const retry: fc.Arbitrary<Retry> = fc
  .record({ way: fc.constantFrom<Retry['way']>('tls', 'plain', 'path', 'origin', 'subprotocol', 'get'), heard })
  .map(({ way, heard: found }) => ({ change: `${way} changed`, way, ...(way === 'path' && { path: '/' }), ...found }))
  .filter(({ way, status: got }) => way !== 'get' || got !== 101);
const upgrade: fc.Arbitrary<NonNullable<Facts['upgrade']>> = fc.oneof(
  status.map((one) =>
    one === 101
      ? { said: 'upgrade' as const, status: 101 }
      : { said: 'http' as const, status: one, text: `HTTP ${one}`, meaning: 'no', hint: 'Look.' },
  ),
  fc.constant({ said: 'nothing' as const }),
  fc.constant({ said: 'closed' as const, text: 'closed without an answer' }),
  fc.constant({ said: 'other' as const, text: 'no HTTP: it answered “SSH-2.0”' }),
  fc
    .constantFrom(...ALERTS)
    .map((text) => ({ said: 'alert' as const, text, meaning: 'it wants one', hint: 'Give it.' })),
);
const variation: fc.Arbitrary<Variation> = fc
  .constantFrom('acknowledged', '1011', '1006', 'HTTP 404', 'no connection:ack')
  .map((outcome) => ({ change: 'path /', outcome, rules_out: 'the path', same: outcome === '1011' }));
const address = fc
  .constantFrom('open', 'refused', 'filtered', 'failed')
  .map((outcome) => ({ address: '10.0.0.1', outcome: outcome as 'open', ms: 1 }));

const facts: fc.Arbitrary<Facts> = fc
  .record(
    {
      addresses: fc.array(address, { minLength: 1, maxLength: 3 }),
      tls: fc.constantFrom(...TLS_ERRORS).map((error) => ({ error, names: 'x', meaning: 'no', hint: 'Look.' })),
      upgrade,
      retries: fc.array(retry, { maxLength: 5 }),
      join: fc.constantFrom({ outcome: 'closed' as const, code: 1011 }, { outcome: 'silent' as const }),
      variations: fc.array(variation, { maxLength: 5 }),
    },
    { requiredKeys: [] },
  )
  .map((all) => all as Facts);

const hasHttp = ({ upgrade: up, retries = [] }: Facts): boolean =>
  up?.status !== undefined || retries.some((one) => one.status !== undefined);
const isAlert = (text = ''): boolean => text.includes('ALERT');
const hasTls = ({ tls, upgrade: up }: Facts): boolean =>
  isAlert(tls?.error) || /CERT|LEAF/.test(tls?.error ?? '') || up?.said === 'alert';

/** What each cause says, and what would show that it is not so. */
const AGAINST: Record<string, (seen: Facts) => boolean> = {
  'nothing-listens': ({ addresses = [] }) => addresses.some(({ outcome }) => outcome === 'open'),
  filtered: ({ addresses = [] }) => addresses.some(({ outcome }) => outcome === 'open'),
  'no-tls': hasTls,
  'no-http': hasHttp,
  'drops-handshake': (seen) => !hasHttp(seen) || seen.upgrade?.status !== undefined,
  'never-answers': ({ upgrade: up }) => up?.said !== 'nothing',
  'wants-tls': ({ upgrade: up }) => up?.status !== undefined,
  'client-certificate': (seen) => !hasTls(seen),
  'certificate-untrusted': ({ tls }) => isAlert(tls?.error),
  'certificate-name': ({ tls }) => tls?.error !== 'ERR_TLS_CERT_ALTNAME_INVALID',
  'refuses-handshake': ({ upgrade: up }) => up?.said !== 'http',
  'plain-http': ({ upgrade: up }) => up?.said !== 'http',
  'other-path': ({ upgrade: up, retries = [] }) =>
    up?.said === 'upgrade' || !retries.some((one) => one.way === 'path' && one.status === 101),
  'wants-origin': ({ upgrade: up, retries = [] }) =>
    up?.said === 'upgrade' || !retries.some((one) => one.way === 'origin' && one.status === 101),
  'wants-subprotocol': ({ upgrade: up, retries = [] }) =>
    up?.said === 'upgrade' || !retries.some((one) => one.way === 'subprotocol' && one.status === 101),
  tls: () => false,
  'handler-raises': ({ join }) => join?.code !== 1011,
  'closes-at-once': ({ join }) => join?.outcome !== 'closed',
  'acknowledges-nobody': ({ join }) => join?.outcome !== 'silent',
};

describe('no diagnosis is against its own evidence', () => {
  it('whatever was seen: no cause is named that a fact contradicts', () => {
    fc.assert(
      fc.property(facts, (seen) => {
        const cause = causeOf(seen);
        if (cause === undefined) return;
        expect(Object.keys(AGAINST)).toContain(cause.cause);
        expect(AGAINST[cause.cause]!(seen), cause.cause).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('whatever was seen: only what is better made the difference, and what is said of all holds for all', () => {
    fc.assert(
      fc.property(facts, (seen) => {
        const cause = causeOf(seen);
        const why = cause?.why ?? '';
        const { retries = [], variations = [] } = seen;
        const better = [
          ...retries.filter((one) => one.status === 101).map(({ outcome }) => outcome),
          ...variations.filter(({ outcome }) => outcome === 'acknowledged').map(({ outcome }) => outcome),
        ];
        if (/One change made the difference/.test(why)) expect(better.some((one) => why.includes(one))).toBe(true);
        if (/Nothing we changed/.test(why))
          expect(variations.map(({ outcome }) => outcome)).not.toContain('acknowledged');
        if (/Nothing we changed made a difference/.test(why)) expect(variations.every(({ same }) => same)).toBe(true);
        for (const [, words] of why.matchAll(/no better with ([^.]+)\./g)) {
          const ways = { path: 'another path', origin: 'an Origin', subprotocol: 'a sub-protocol' };
          for (const [way, name] of Object.entries(ways)) {
            if (words!.includes(name)) expect(retries.some((one) => one.way === way && one.status === 101)).toBe(false);
          }
        }
        if (/no HTTP/.test(cause?.what ?? '')) expect(JSON.stringify(seen)).not.toMatch(/"status":/);
      }),
      { numRuns: 500 },
    );
  });

  test.each<[string, Facts, string, RegExp]>([
    [
      'HTTP to a plain request, and a cut of the handshake, is no lack of HTTP',
      {
        upgrade: { said: 'closed', text: 'closed without an answer' },
        retries: [{ change: 'a plain HTTP request', way: 'get', outcome: 'HTTP/1.1 404 Not Found', status: 404 }],
      },
      'drops-handshake',
      /A plain HTTP request got: HTTP\/1\.1 404 Not Found/,
    ],
    [
      'what fails worse is no difference',
      {
        join: { outcome: 'silent' },
        variations: [{ change: 'path /', outcome: '1011', rules_out: 'the path', same: false }],
      },
      'acknowledges-nobody',
      /Nothing we changed got anybody in, .* what ended otherwise: path \/: 1011/,
    ],
    [
      'a certificate that is wanted is not one that is not trusted',
      { upgrade: { said: 'alert', text: ALERTS[0]!, meaning: 'it wants one', hint: 'Give one: --cert FILE.' } },
      'client-certificate',
      /alert of TLS/,
    ],
    [
      'a gateway that takes plain HTTP for a mistake speaks TLS all the same',
      {
        tls: { error: 'ECONNRESET in the TLS handshake' },
        retries: [{ change: 'ws:// for wss://', way: 'plain', outcome: 'HTTP 400', status: 400 }],
      },
      'tls',
      /ECONNRESET/,
    ],
    [
      'a certificate that nobody knows, and one that is wanted, are both said',
      { tls: { error: 'SELF_SIGNED_CERT_IN_CHAIN', valid_to: '2030', otherwise: `it wants one (${ALERTS[0]})` } },
      'certificate-untrusted',
      /something else as well: it wants one/,
    ],
  ])('%s', (_, seen, cause, why) => {
    expect(causeOf(seen)).toMatchObject({ cause, why: expect.stringMatching(why) });
  });
});
