import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { causes, lookAt, oddCommand, program, standings, startFixture } from './testing/servers.ts';

// Checks wait in vain for what a server lacks, and several are carried out at once.
vi.setConfig({ testTimeout: 60_000 });

const pemOf = (name: string): string => readFileSync(new URL(`fixtures/${name}.pem`, import.meta.url), 'utf8');

/** They answer at once, or never. */
const WAIT_MS = 1000;

const STANDS = { reach: 'pass', protocol: 'pass', server: 'fail' };
const NOT_REACHED = { reach: 'fail', protocol: 'not run', server: 'not run' };

describe.concurrent('what is no collaboration server', () => {
  it.each<[string, string, string, Record<string, string>, RegExp]>([
    ['a plain HTTP server', 'http', 'plain-http', NOT_REACHED, /HTTP 200 where 101 was expected/],
    ['a web server that cuts upgrades', 'cuts', 'drops-handshake', NOT_REACHED, /speaks HTTP, and cuts the connection/],
    ['a TCP port that never answers', 'mute', 'never-answers', NOT_REACHED, /never answers/],
    ['a server with TLS, asked without', 'expired', 'wants-tls', NOT_REACHED, /speaks wss:/],
    ['Engine.IO', 'engine.io', 'other-protocol', STANDS, /speaks Engine\.IO \(first frame `0\{"sid":…`\)/],
    ['Yjs', 'yjs', 'other-protocol', STANDS, /speaks Yjs \(first byte 00\)/],
    ['one that cuts every connection', 'gone', 'closes-at-once', STANDS, /closes at once: 1006/],
    ['one that says nothing', 'quiet', 'acknowledges-nobody', STANDS, /acknowledges nobody/],
  ])('is told: %s', async (_, kind, cause, layers, what) => {
    const server = await startFixture(oddCommand(kind));
    try {
      const result = await lookAt({ target: { urls: [server.url], headers: {}, subprotocols: [] }, wait_ms: WAIT_MS });
      expect({ causes: causes(result), layers: standings(result), outcome: result.outcome }).toEqual({
        causes: [cause],
        layers,
        outcome: 'fail',
      });
      expect(result.check!.diagnosis[0]!.what).toMatch(what);
      expect(result.summary).toBe(result.check!.diagnosis[0]!.what);
    } finally {
      await server.stop();
    }
  });

  it.each<[string, string, string, RegExp, RegExp, ca?: string]>([
    ['an expired certificate', 'expired', 'certificate-expired', /expired on 2020-02-01/, /the handshake passes/],
    ['a server without TLS, asked with', 'quiet', 'no-tls', /speaks ws:\/\/, without TLS/, /got HTTP 101/],
    [
      'two things',
      'client-certificate',
      'certificate-name',
      /another name/,
      /as well: it wants a certificate/,
      'untrusted',
    ],
    ['an unknown authority', 'untrusted', 'certificate-untrusted', /who has signed/, /DEPTH_ZERO_SELF_SIGNED_CERT/],
    ['a certificate of the future', 'early', 'certificate-early', /valid from 2090-01-01 only/, /the handshake passes/],
    ['another name', 'untrusted', 'certificate-name', /another name/, /is for elsewhere\.example, .*127/, 'untrusted'],
  ])('is told behind wss://: %s', async (_, kind, cause, what, reason, ca) => {
    const server = await startFixture(oddCommand(kind));
    try {
      const url = server.url.replace('ws:', 'wss:');
      const target = { urls: [url], headers: {}, subprotocols: [], ...(ca !== undefined && { ca: pemOf(ca) }) };
      const result = await lookAt({ target, wait_ms: WAIT_MS });
      expect(causes(result)).toEqual([cause]);
      expect(result.check!.diagnosis[0]!.what).toMatch(what);
      expect(result.check!.diagnosis[0]!.why).toMatch(reason);
    } finally {
      await server.stop();
    }
  });
});

describe.skipIf(!existsSync(program)).concurrent('the servers of this program, as processes', () => {
  it('its own passes, stops by Ctrl+C and starts again', async () => {
    const result = await lookAt({ layer: 'workflow' });
    expect(result.outcome).toBe('pass');
    expect(causes(result)).toEqual([]);
    expect(result.check!.facts['shutdown']).toMatchObject({ ended: true, port_free: true, code: 1001 });
    expect(result.check!.facts['restart']).toEqual({ listens: true });
  });

  it('its echo server is told as an echo', async () => {
    const result = await lookAt({ start: `"${process.execPath}" "${program}" echo --port {port} --quiet` });
    expect(causes(result)).toEqual(['other-protocol']);
    expect(result.summary).toContain('echo: it sends back what it gets');
  });
});
