import { formatDuration } from '../core/units.ts';
import { holderWords } from '../engine/port-holder.ts';
import { accepts } from '../engine/ports.ts';
import type { Facts } from './facts.ts';
import { failed, passed, skipped, type CheckContext, type Finding } from './step.ts';
import { closing } from './subject.ts';
import { join } from './user.ts';

/** How a server that was started for this check ends, and starts again. */

const ENDS_MS = 6000;

export async function shutdown(context: CheckContext): Promise<Finding> {
  const { server } = context;
  if (!server)
    return skipped('not claimed: the server is not ours to stop (--start "COMMAND {port}" starts it for this)');
  if (process.platform === 'win32')
    return skipped('not claimed: Windows has no Ctrl+C that one process can send another');
  const user = await join(context, context.fresh('s'), context.fresh('u'));
  await context.lookout.end(context.wait_ms);
  const began = performance.now();
  const ended = await server.interrupt(ENDS_MS);
  const after_ms = performance.now() - began;
  const port_free = !(await accepts(server.port));
  const closed = await user.wire.ended(500);
  user.wire.cut();
  const holder = port_free ? undefined : holderWords(server.port);
  const facts: Facts = {
    shutdown: {
      ended,
      port_free,
      after_ms,
      ...(closed && { code: closed.code }),
      ...(holder !== undefined && { holder }),
    },
  };
  const evidence = [
    ...(holder === undefined ? [] : [`port ${server.port}: ${holder}`]),
    closed ? `its client saw ${closing(closed)}` : 'its client saw nothing',
  ];
  if (!port_free)
    return failed(`port ${server.port} is still taken ${formatDuration(after_ms)} after Ctrl+C`, facts, evidence);
  if (!ended) return failed(`it does not end within ${ENDS_MS / 1000} s after Ctrl+C`, facts, evidence);
  return passed(
    `ended ${formatDuration(after_ms)} after Ctrl+C; the port is free; its client saw ${closed?.code ?? 'nothing'}`,
    facts,
    evidence,
  );
}

export async function restart(context: CheckContext): Promise<Finding> {
  const { server } = context;
  if (!server) return skipped('not claimed: the server is not ours to start again');
  try {
    await server.restart();
  } catch (error) {
    const last_line = server.lastLines().at(-1);
    return failed(
      (error as Error).message,
      { restart: { listens: false, ...(last_line !== undefined && { last_line }) } },
      server.lastLines().slice(-5),
    );
  }
  const user = await join(context, context.fresh('s'), context.fresh('u'));
  await user.leave();
  await context.lookout.begin(() => context.address(context.fresh('s'), context.fresh('u')), context);
  return passed(`started again at once on port ${server.port}, and lets users in`, { restart: { listens: true } });
}
