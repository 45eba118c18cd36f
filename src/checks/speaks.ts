import { formatDuration } from '../core/units.ts';
import type { Facts, Kind } from './facts.ts';
import { passed, type CheckContext, type Finding } from './step.ts';
import { closing, question } from './subject.ts';
import { NoWire, open } from './open.ts';
import { jsonOf, type Received, type Wire } from './wire.ts';

/** What it speaks, by the first thing it says, or by what it answers. */
export async function speaks(context: CheckContext): Promise<Finding> {
  let wire: Wire;
  try {
    wire = await open(context.address(context.fresh('s'), context.fresh('u')), context);
  } catch (error) {
    if (!(error instanceof NoWire)) throw error;
    // Layer 0 had its answer: so it is cut this time before it is read.
    const says = `it lets us in, and cuts the connection at once: ${error.message}`;
    return passed(says, { kind: 'unknown', closed_at_once: { code: 1006, reason: '', after_ms: 0 } });
  }
  // A collaboration server acknowledges at once, others greet or are silent.
  await wire.until(() => wire.received.some(({ opcode }) => opcode < 8), context.wait_ms);
  const first = wire.received.find(({ opcode }) => opcode < 8);
  const { closed } = wire;
  if (closed && !first) {
    const { code, reason, after_ms } = closed;
    wire.cut();
    const says = `it lets us in, and closes ${formatDuration(after_ms)} after the handshake, before it says a word: ${closing(closed)}`;
    return passed(says, { kind: 'unknown', closed_at_once: { code, reason, after_ms } });
  }
  const kind = first ? kindOf(first) : await ask(wire, context);
  wire.cut();
  const facts: Facts = { kind, ...(first && { first_message: first.text.slice(0, 200) }) };
  const evidence = first ? [`first message: ${first.text.slice(0, 120)}`] : ['it says nothing of its own accord'];
  return passed(KIND_WORDS[kind], facts, evidence);
}

const KIND_WORDS: Record<Kind, string> = {
  collaboration: 'it speaks the collaboration protocol',
  echo: 'it is an echo server',
  'engine.io': 'it speaks Engine.IO (Socket.IO), not this protocol',
  yjs: 'it speaks the Yjs protocol, not this one',
  silent: 'it stays silent, and answers nothing that we send',
  unknown: 'it speaks something else',
};

function kindOf({ opcode, text, type }: Received): Kind {
  if (type !== undefined) return 'collaboration';
  if (text.startsWith('0{"sid"')) return 'engine.io';
  if (opcode === 2) return text.startsWith('00') ? 'yjs' : 'unknown';
  return /"type"\s*:\s*"connection:/.test(text) ? 'collaboration' : 'unknown';
}

/** A server that waits for us to begin. */
async function ask(wire: Wire, { wait_ms }: CheckContext): Promise<Kind> {
  wire.send(question(120));
  await wire.until(() => wire.received.some(({ opcode }) => opcode < 8), wait_ms);
  const reply = wire.received.find(({ opcode }) => opcode < 8);
  if (!reply) return 'silent';
  if (reply.text.includes('"filler"')) return 'echo';
  const type = jsonOf(reply)?.['type'];
  return type === 'pong' || type === 'error' ? 'collaboration' : 'unknown';
}
