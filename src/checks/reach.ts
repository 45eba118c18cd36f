import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import { connect as connectTls, type PeerCertificate } from 'node:tls';
import { formatDuration } from '../core/units.ts';
import { refusalMeaning } from '../protocol/refusals.ts';
import { detours } from './detours.ts';
import type { Facts } from './facts.ts';
import { isLoopback, portOf } from '../engine/addresses.ts';
import { holderWords, portHolder } from '../engine/port-holder.ts';
import { failed, passed, skipped, type CheckContext, type Finding, type Step } from './step.ts';
import type { Wire } from './wire.ts';
import { hostOf, NoWire, open } from './open.ts';

/** Layer 0: from a name to HTTP 101. */

const urlOf = (context: CheckContext): URL => new URL(context.address(context.fresh('look'), context.fresh('nobody')));

async function resolve(context: CheckContext): Promise<Finding> {
  const host = hostOf(urlOf(context));
  try {
    const all = await lookup(host, { all: true });
    return passed(`${host}: ${all.map(({ address }) => address).join(', ')}`);
  } catch (error) {
    const says = `there is no host called ${host} (${(error as NodeJS.ErrnoException).code})`;
    return failed(says, { unresolved: host });
  }
}

type Tried = NonNullable<Facts['addresses']>[number];

function tryAddress(address: string, port: number, wait_ms: number): Promise<Tried> {
  const began = performance.now();
  return new Promise((done) => {
    const socket = connect({ host: address, port });
    const end = (outcome: Tried['outcome'], error?: string): void => {
      clearTimeout(late);
      socket.destroy();
      done({ address, outcome, ms: performance.now() - began, ...(error !== undefined && { error }) });
    };
    const late = setTimeout(() => end('filtered', 'no answer'), wait_ms);
    socket.once('connect', () => end('open'));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const { code } = error;
      if (code === 'ECONNREFUSED') end('refused', code);
      else end(code === 'ETIMEDOUT' || code === 'EHOSTUNREACH' ? 'filtered' : 'failed', code ?? error.message);
    });
  });
}

async function tcp(context: CheckContext): Promise<Finding> {
  const url = urlOf(context);
  const port = portOf(url);
  const all = await lookup(hostOf(url), { all: true });
  const addresses = await Promise.all(all.map(({ address }) => tryAddress(address, port, context.wait_ms)));
  const says = addresses
    .map(({ address, outcome, ms, error }) =>
      outcome === 'open'
        ? `${address} open in ${formatDuration(ms)}`
        : `${address} ${outcome === 'failed' ? error : outcome}`,
    )
    .join(', ');
  const holder = isLoopback(url.hostname) ? portHolder(port) : undefined;
  const facts: Facts = { addresses, ...(holder && { port_holder: holder }) };
  const evidence = isLoopback(url.hostname) ? [`port ${port}: ${holderWords(port, holder)}`] : [];
  const finding = addresses.some(({ outcome }) => outcome === 'open') ? passed : failed;
  return finding(`port ${port}: ${says}`, facts, evidence);
}

const day = (date: string): string => new Date(date).toISOString().slice(0, 10);

async function tls(context: CheckContext): Promise<Finding> {
  const url = urlOf(context);
  if (url.protocol !== 'wss:') return skipped('ws:// has no TLS');
  const finding = await certificate(url, context);
  const { error, valid_to, expired_since } = finding.facts?.tls ?? {};
  // No certificate came at all: perhaps there is no TLS.
  const again = error !== undefined && valid_to === undefined ? await detours(url, context, false) : undefined;
  const upgrades = expired_since !== undefined && (await upgradesTrusting(url, context));
  return {
    ...finding,
    evidence: [
      ...(finding.evidence ?? []),
      ...(again?.evidence ?? []),
      ...(upgrades ? ['once more, with the certificate taken as it is: HTTP 101'] : []),
    ],
    facts: {
      ...finding.facts,
      ...again?.facts,
      ...(upgrades && { tls: { ...finding.facts?.tls, upgrades_otherwise: true } }),
    },
  };
}

async function upgradesTrusting(url: URL, context: CheckContext): Promise<boolean> {
  try {
    const wire = await open(url.href, { ...context, trusting: true });
    wire.cut();
    return true;
  } catch {
    return false;
  }
}

/** What the server shows, taken whatever it is. */
function certificate(url: URL, context: CheckContext): Promise<Finding> {
  const host = hostOf(url);
  const { ca } = context.target;
  return new Promise((done) => {
    const named = /^[\d.]+$|:/.test(host) ? {} : { servername: host };
    const options = { host, port: portOf(url), rejectUnauthorized: false, ...named, ...(ca !== undefined && { ca }) };
    const socket = connectTls(options);
    const end = (finding: Finding): void => {
      clearTimeout(late);
      socket.destroy();
      done(finding);
    };
    const late = setTimeout(() => {
      end(failed('the TLS handshake is never answered', { tls: { error: 'no answer' } }));
    }, context.wait_ms);
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code ?? error.message;
      end(failed(`TLS failed: ${refusalMeaning(why)?.meaning ?? why} (${why})`, { tls: { error: why } }));
    });
    socket.once('secureConnect', () => {
      end(
        certificateFinding(socket.getPeerCertificate(), socket.authorized, socket.authorizationError as unknown, host),
      );
    });
  });
}

function certificateFinding(found: PeerCertificate, trusted: boolean, why: unknown, host: string): Finding {
  const names = String(found.subjectaltname ?? found.subject?.CN ?? 'no name').replaceAll(/DNS:|IP Address:/g, '');
  const evidence = [`for ${names}, valid from ${day(found.valid_from)} to ${day(found.valid_to)}`];
  const valid_to = new Date(found.valid_to).toISOString();
  if (Date.parse(found.valid_to) < Date.now()) {
    const says = `the certificate expired on ${day(found.valid_to)}`;
    return failed(says, { tls: { expired_since: valid_to, valid_to } }, evidence);
  }
  if (Date.parse(found.valid_from) > Date.now()) {
    const not_before = new Date(found.valid_from).toISOString();
    return failed(`the certificate is valid from ${day(found.valid_from)} only`, { tls: { not_before } }, evidence);
  }
  if (!trusted) {
    const error = why instanceof Error ? ((why as NodeJS.ErrnoException).code ?? why.message) : String(why);
    const says =
      error === 'ERR_TLS_CERT_ALTNAME_INVALID'
        ? `the certificate is for ${names}, not for ${host}`
        : `the certificate is not trusted (${error})`;
    return failed(says, { tls: { error, names, valid_to } }, evidence);
  }
  return passed(`the certificate is trusted, and valid until ${day(found.valid_to)}`, { tls: { valid_to } }, evidence);
}

async function upgrade(context: CheckContext): Promise<Finding> {
  const began = performance.now();
  const url = urlOf(context);
  try {
    const wire = await twice(() => open(url.href, context));
    const ms = performance.now() - began;
    wire.cut();
    const server = wire.answer.fields.get('server');
    const says = `HTTP 101 in ${formatDuration(ms)}${server === undefined ? '' : `, "Server: ${server}"`}`;
    return passed(says, {
      upgrade: { status: 101, said: 'upgrade' },
      ...(server !== undefined && { server_header: server }),
    });
  } catch (error) {
    if (!(error instanceof NoWire)) throw error;
    const finding = refused(error);
    const { evidence, facts } = await detours(url, context, error.answer?.status !== undefined);
    return { ...finding, evidence: [...(finding.evidence ?? []), ...evidence], facts: { ...finding.facts, ...facts } };
  }
}

/** Whoever cuts every connection may cut one before its answer is read. */
async function twice(attempt: () => Promise<Wire>): Promise<Wire> {
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof NoWire && (error.why === 'failed' || error.why === 'closed')) return attempt();
    throw error;
  }
}

function refused({ why, message, answer }: NoWire): Finding {
  const server = answer?.fields.get('server');
  const header: Facts = server === undefined ? {} : { server_header: server };
  if (answer?.status !== undefined) {
    const meaning = refusalMeaning(`HTTP ${answer.status}`)?.meaning ?? 'it is no WebSocket endpoint';
    const facts: Facts = { upgrade: { status: answer.status, said: 'http' }, ...header };
    return failed(`HTTP ${answer.status} where 101 was expected: ${meaning}`, facts, [answer.raw.split('\r\n')[0]!]);
  }
  if (why === 'nothing') {
    const says = `the port is open, and the handshake is never answered: ${message}`;
    return failed(says, { upgrade: { said: 'nothing' } });
  }
  if (answer) {
    const text = answer.raw.replaceAll(/[^\x20-\x7e]+/g, ' ').slice(0, 60);
    return failed(`it speaks no HTTP: it answered "${text}"`, { upgrade: { said: 'other', text } });
  }
  const meaning = why === 'failed' ? (refusalMeaning(message)?.meaning ?? message) : message;
  const says = `no answer to the handshake: ${meaning}${meaning === message ? '' : ` (${message})`}`;
  return failed(says, { upgrade: { said: 'closed' } });
}

export const reach: readonly Step[] = [
  {
    id: 'reach.resolve',
    layer: 'reach',
    title: 'The name has an address',
    checklist: ['The URL is right'],
    run: resolve,
  },
  {
    id: 'reach.port',
    layer: 'reach',
    title: 'The port is open, neither refused nor filtered by a firewall',
    checklist: ['The server is running', 'No other server holds the port', 'No firewall is in the way'],
    run: tcp,
  },
  {
    id: 'reach.tls',
    layer: 'reach',
    title: 'The TLS certificate is trusted, for this name, and not expired',
    checklist: [],
    run: tls,
  },
  {
    id: 'reach.upgrade',
    layer: 'reach',
    title: 'The opening handshake is answered with HTTP 101',
    checklist: ['The client connects'],
    run: upgrade,
  },
];
