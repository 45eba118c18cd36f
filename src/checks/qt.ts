import { createEchoServer } from '../../server/echo.ts';
import { noPython } from './python.ts';
import { python, qtCodeWords, START_MS, startQt } from './qt-client.ts';
import type { Facts } from './facts.ts';
import { heldAgainstSilence } from './idle.ts';
import { open } from './open.ts';
import { failed, onceMore, passed, skipped, type CheckContext, type Finding, type Step } from './step.ts';
import { closing } from './subject.ts';

/** Layer 2: a real QWebSocket. */

const EVERY_MS = 5000;
const MOST_MS = 10_000;

const staysMs = ({ for_ms }: CheckContext): number => Math.min(for_ms, MOST_MS);

/** It connects, stays, sends every 5 s, and leaves. */
async function stay(context: CheckContext, url: string, whose: string): Promise<Finding> {
  const here = await python();
  if (!here) {
    const { why, how } = noPython();
    return skipped(`not claimed: ${why}. ${how}`);
  }
  const versions = { version: here.qt, python: here.python };
  const client = startQt(here, url, context);
  try {
    const opened = await client.until(({ event }) => event === 'open' || event === 'error', context.wait_ms + START_MS);
    if (opened?.event !== 'open') {
      const says = `Qt ${here.qt} does not connect to ${whose}: ${opened?.error ?? 'no answer'}`;
      return failed(says, { qt: versions }, client.log());
    }
    const stays_ms = staysMs(context);
    const every = Math.min(EVERY_MS, stays_ms / 2);
    let answers = 0;
    for (let sent = 0; sent < 2; sent++) {
      const from = client.events.length;
      client.send(JSON.stringify({ type: 'ping', user_id: 'check-qt' }));
      const answered = await client.until((event) => {
        return event.event === 'text' && client.events.indexOf(event) >= from && /pong|"?ping"?/.test(event.text!);
      }, context.wait_ms);
      if (answered) answers++;
      await client.until(({ event }) => event === 'closed', every);
    }
    const closed = client.events.find(({ event }) => event === 'closed');
    if (closed) {
      const says = `${whose} closed it after ${Math.round(closed.at_ms - opened.at_ms)} ms: ${qtCodeWords(closed.code!, closed.name!)}`;
      return failed(says, { qt: { ...versions, code: closed.code!, name: closed.name!, stayed: false } }, client.log());
    }
    client.close();
    const left = await client.until(({ event }) => event === 'closed' || event === 'error', context.wait_ms);
    const facts = { qt: versions };
    if (answers < 2) {
      const says = `Qt ${here.qt} stays on ${whose}; ${answers} of 2 messages were answered`;
      return failed(says, facts, client.log());
    }
    if (left?.event !== 'closed') return failed(`${whose} does not answer Qt’s close frame`, facts, client.log());
    const says = `a real QWebSocket (Qt ${here.qt}) stays on ${whose}: ${answers} of 2 messages answered, left with ${left.code}`;
    return passed(says, { qt: { ...versions, stayed: true } });
  } finally {
    await client.end();
  }
}

async function control(context: CheckContext): Promise<Finding> {
  const echo = await createEchoServer({ port: 0 });
  try {
    const finding = await stay(
      {
        ...context,
        for_ms: Math.min(context.for_ms, 1000),
        target: { urls: [echo.url], headers: {}, subprotocols: [] },
      },
      `${echo.url}/`,
      'the bundled echo server',
    );
    const { standing, says } = finding;
    // A client that fails on a good server is no evidence against another.
    const isOurs = standing === 'fail' && finding.facts?.qt !== undefined;
    return isOurs
      ? { ...finding, standing: 'unknown', says: `${says}: this Qt is at fault, not your server` }
      : finding;
  } finally {
    await echo.close();
  }
}

async function target(context: CheckContext): Promise<Finding> {
  // The server layer says so, and why.
  const { closed_at_once: thrownOut, kind } = context.facts;
  if (kind === 'collaboration' || kind === 'echo' || thrownOut) {
    const finding = await stay(context, context.address(context.fresh('s'), context.fresh('qt')), 'your server');
    const { qt: seen } = finding.facts ?? {};
    if (seen?.stayed !== false || thrownOut) return finding;
    return { ...finding, ...(await oursInstead(context, finding, seen)) };
  }
  return skipped('not tried: your server answers no message that we know');
}

/** A Qt client was thrown out: the same with a client of ours, as long. */
async function oursInstead(
  context: CheckContext,
  finding: Finding,
  seen: NonNullable<Facts['qt']>,
): Promise<Pick<Finding, 'evidence' | 'facts'>> {
  const { evidence = [] } = finding;
  const wire = await open(context.address(context.fresh('s'), context.fresh('u')), context);
  const stays_ms = staysMs(context);
  for (let sent = 0; sent < 2; sent++) {
    wire.send({ type: 'ping', user_id: 'check' });
    await wire.ended(stays_ms / 2);
  }
  const { closed } = wire;
  wire.cut();
  const outcome = closed ? `${closing(closed)}: so not the client` : 'it stays';
  const unexpected = closed && {
    code: closed.code,
    reason: closed.reason,
    after_ms: closed.after_ms,
    where: 'of a Qt client and of ours alike',
  };
  const found = {
    evidence: [...evidence, ...onceMore([['a client of ours', outcome]])],
    facts: {
      qt: { ...seen, ours_stayed: closed === undefined },
      ...(unexpected && { unexpected_close: unexpected }),
    },
  };
  return closed ? heldAgainstSilence(context, { ...finding, ...found }, closed) : found;
}

export const qt: readonly Step[] = [
  {
    id: 'qt.control',
    layer: 'qt',
    title: 'Your Qt stays on a known good server: the bundled echo server, as the control',
    run: control,
  },
  {
    id: 'qt.target',
    layer: 'qt',
    title: 'A real QWebSocket connects, stays, exchanges messages every 5 s, and leaves',
    run: target,
  },
];
