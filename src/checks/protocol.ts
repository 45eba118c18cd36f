import { createEchoServer } from '../../server/echo.ts';
import { Lookout } from './lookout.ts';
import { NoWire } from './open.ts';
import { PROBES, type Probe } from './probes.ts';
import { speaks } from './speaks.ts';
import { passed, type CheckContext, type Finding, type Step } from './step.ts';
import { unseen, type Subject } from './subject.ts';

/** Layer 1: the WebSocket protocol itself, on whatever speaks it; on the bundled echo server first, as the control. */

const WATCH_MOST_MS = 3000;
const watchOf = ({ for_ms }: CheckContext): number => Math.min(WATCH_MOST_MS, for_ms / 3);

/** The same probes on a server that is known to be good: what fails there is this machine's or this tool's doing. */
async function control(context: CheckContext): Promise<Finding> {
  const echo = await createEchoServer({ port: 0 });
  const lookout = new Lookout();
  try {
    const subject: Subject = {
      kind: 'echo',
      address: () => `${echo.url}/`,
      options: { target: { headers: {}, subprotocols: [] }, wait_ms: context.wait_ms, signal: context.signal },
      watch_ms: watchOf(context) / 3,
      facts: {},
      lookout,
    };
    const findings = await Promise.all(PROBES.map(({ run }) => run(subject).catch(unfit)));
    const bad = findings.findIndex(({ standing }) => standing !== 'pass');
    if (bad < 0)
      return passed(`the bundled echo server passes all ${PROBES.length}: this machine and this tool are fit`);
    const says = `the control failed (${findings[bad]!.says}): what follows says little of your server`;
    return { standing: 'unknown', says };
  } finally {
    await lookout.end(context.wait_ms);
    await echo.close();
  }
}

/** A server that is known to be good did not let us in: no evidence against another. */
function unfit(error: unknown): Finding {
  if (error instanceof NoWire) return { standing: 'unknown', says: error.message };
  throw error;
}

const stepOf = ({ id, title, needsAnswers, run }: Probe): Step => ({
  id: `protocol.${id}`,
  layer: 'protocol',
  title,
  run(context) {
    const subject: Subject = {
      kind: context.facts.kind ?? 'unknown',
      address: () => context.address(context.fresh('s'), context.fresh('u')),
      options: context,
      watch_ms: watchOf(context),
      facts: context.facts,
      lookout: context.lookout,
    };
    const cannot = needsAnswers ? unseen(subject) : undefined;
    return cannot ? Promise.resolve(cannot) : run(subject);
  },
});

export const protocol: readonly Step[] = [
  {
    id: 'protocol.control',
    layer: 'protocol',
    title: 'The guide’s minimal echo works on this machine: the bundled echo server, as the control',
    run: control,
  },
  { id: 'protocol.speaks', layer: 'protocol', title: 'What it speaks', run: speaks },
  ...PROBES.map(stepOf),
];
