import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import { connect as connectTls, type PeerCertificate } from 'node:tls';
import { formatDuration } from '../core/units.ts';
import { asked, evidenceOf, explain, type Asked } from '../engine/refusal.ts';
import { causeOf, WRONG_NAME } from '../engine/system-error.ts';
import { tlsOptions } from '../engine/tls.ts';
import { shown } from '../protocol/http-answer.ts';
import { refusalWords } from '../protocol/refusals.ts';
import { proxyNote } from '../engine/proxy-env.ts';
import { detours, withoutTls } from './detours.ts';
import type { Facts } from './facts.ts';
import { isLoopback, portOf } from '../engine/addresses.ts';
import { holderWords, portHolder } from '../engine/port-holder.ts';
import { failed, passed, skipped, type CheckContext, type Finding, type Step } from './step.ts';
import type { Wire } from './wire.ts';
import { hostOf, NoWire, open } from './open.ts';

/** Layer 0: from a name to HTTP 101. */

/** Ids that nobody has, the address that they make, and what is asked by it. */
function lookAt(context: CheckContext): { url: URL; ask: Asked } {
  const [session, user] = [context.fresh('look'), context.fresh('nobody')];
  const address = context.address(session, user);
  return { url: new URL(address), ask: asked(context.target, context.target.urls[0]!, address, session, user) };
}

const urlOf = (context: CheckContext): URL => lookAt(context).url;

async function resolve(context: CheckContext): Promise<Finding> {
  const url = urlOf(context);
  const host = hostOf(url);
  try {
    const all = await lookup(host, { all: true });
    return passed(`${host}: ${all.map(({ address }) => address).join(', ')}`);
  } catch (error) {
    const says = `there is no host called ${host} (${(error as NodeJS.ErrnoException).code})`;
    return failed(says, { unresolved: host, ...proxyFact(url) }, proxyLine(url));
  }
}

const proxyFact = ({ href }: URL): Facts => {
  const proxy = proxyNote(href);
  return proxy === undefined ? {} : { proxy };
};
const proxyLine = (url: URL): string[] => Object.values(proxyFact(url) as Record<string, string>);

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
  const isOpen = addresses.some(({ outcome }) => outcome === 'open');
  const isFiltered = !isOpen && addresses.some(({ outcome }) => outcome === 'filtered');
  const proxy = isFiltered ? proxyFact(url) : {};
  const facts: Facts = { addresses, ...(holder && { port_holder: holder }), ...proxy };
  const evidence = isLoopback(url.hostname) ? [`port ${port}: ${holderWords(port, holder)}`] : [];
  if (isFiltered) evidence.push(...proxyLine(url));
  const finding = isOpen ? passed : failed;
  return finding(`port ${port}: ${says}`, facts, evidence);
}

const day = (date: string): string => new Date(date).toISOString().slice(0, 10);

async function tls(context: CheckContext): Promise<Finding> {
  const url = urlOf(context);
  if (url.protocol !== 'wss:') return skipped('ws:// has no TLS');
  const finding = await certificate(url, context);
  const { facts = {}, evidence = [] } = finding;
  if (finding.standing !== 'fail') return finding;
  if (facts.tls?.valid_to === undefined) {
    // No certificate came at all: perhaps there is no TLS.
    const again = await withoutTls(url, context);
    return { ...finding, evidence: [...evidence, ...again.evidence], facts: { ...facts, ...again.facts } };
  }
  const otherwise = await trusting(url, context);
  const line = `once more, with the certificate taken as it is: ${otherwise}`;
  return { ...finding, evidence: [...evidence, line], facts: { ...facts, tls: { ...facts.tls, otherwise } } };
}

/** What comes of the handshake with any certificate: what else there may be. */
async function trusting(url: URL, context: CheckContext): Promise<string> {
  try {
    const wire = await open(url.href, { ...context, trusting: true });
    wire.cut();
    return 'HTTP 101';
  } catch (error) {
    if (!(error instanceof NoWire)) throw error;
    return refusalWords(error.message);
  }
}

/** What the server shows, taken whatever it is. */
function certificate(url: URL, context: CheckContext): Promise<Finding> {
  const host = hostOf(url);
  return new Promise((done) => {
    const options = { host, port: portOf(url), rejectUnauthorized: false, ...tlsOptions(context.target, host) };
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
      const why = causeOf(error);
      const { meaning, hint } = explain(why, undefined, lookAt(context).ask);
      end(failed(`TLS failed: ${meaning} (${why})`, { tls: { error: why, meaning, hint } }));
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
    return failed(
      `the certificate is valid from ${day(found.valid_from)} only`,
      { tls: { not_before, valid_to } },
      evidence,
    );
  }
  if (!trusted) {
    const error = why instanceof Error ? ((why as NodeJS.ErrnoException).code ?? why.message) : String(why);
    const { meaning, hint } = explain(error);
    const says = error === WRONG_NAME ? `the certificate is for ${names}, not for ${host}` : `${meaning} (${error})`;
    return failed(says, { tls: { error, meaning, hint, names, valid_to } }, evidence);
  }
  return passed(`the certificate is trusted, and valid until ${day(found.valid_to)}`, { tls: { valid_to } }, evidence);
}

async function upgrade(context: CheckContext): Promise<Finding> {
  const began = performance.now();
  const { url, ask } = lookAt(context);
  try {
    const wire = await twice(() => open(url.href, context));
    const ms = performance.now() - began;
    wire.cut();
    const server = wire.passed.answer.fields.get('server');
    const says = `HTTP 101 in ${formatDuration(ms)}${server === undefined ? '' : `, "Server: ${shown(server)}"`}`;
    return passed(says, {
      upgrade: { status: 101, said: 'upgrade' },
      ...(server !== undefined && { server_header: server }),
    });
  } catch (error) {
    if (!(error instanceof NoWire)) throw error;
    const finding = refused(error, ask);
    if (finding.facts?.upgrade?.said === 'alert') return finding;
    const { evidence, facts } = await detours(url, context, error.answer?.status);
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

function refused({ why, message, answer }: NoWire, ask: Asked): Finding {
  const { meaning, hint, said } = explain(message, answer, ask);
  if (answer) {
    const server = answer.fields.get('server');
    const facts: Facts = {
      upgrade: { status: answer.status, said: 'http', text: said, meaning, hint },
      ...(server !== undefined && { server_header: server }),
    };
    return failed(`HTTP ${answer.status} where 101 was expected: ${meaning}`, facts, evidenceOf(answer, ask));
  }
  if (why === 'nothing') {
    const says = `the port is open, and the handshake is never answered: ${message}`;
    return failed(says, { upgrade: { said: 'nothing' } });
  }
  const words = said === '' ? meaning : `${meaning} (${said})`;
  if (why === 'refused') return failed(words, { upgrade: { said: 'other', text: message, meaning, hint } });
  const isAlert = /ALERT/.test(message);
  const isAbout = isAlert || ask.showsCertificate;
  return failed(`no answer to the handshake: ${words}`, {
    upgrade: { said: isAlert ? 'alert' : 'closed', text: message, meaning, ...(isAbout && { hint }) },
  });
}

export const reach: readonly Step[] = [
  {
    id: 'reach.resolve',
    layer: 'reach',
    title: 'The name has an address',
    run: resolve,
  },
  {
    id: 'reach.port',
    layer: 'reach',
    title: 'The port is open, neither refused nor filtered by a firewall',
    run: tcp,
  },
  {
    id: 'reach.tls',
    layer: 'reach',
    title: 'The TLS certificate is trusted, for this name, and not expired',
    run: tls,
  },
  {
    id: 'reach.upgrade',
    layer: 'reach',
    title: 'The opening handshake is answered with HTTP 101',
    run: upgrade,
  },
];
