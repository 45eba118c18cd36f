import { createEchoServer } from '../../server/echo.ts';
import { PING, PONG, TEXT } from '../core/frames.ts';
import { formatBytes } from '../core/units.ts';
import { closeCodeMeaning } from '../protocol/closing.ts';
import type { Facts, Kind } from './facts.ts';
import { failed, passed, skipped, type CheckContext, type Finding, type Step } from './step.ts';
import { jsonOf, open, type Closed, type Wire, type WireOptions } from './wire.ts';

/** Layer 1: the WebSocket protocol itself, on whatever speaks it; on the bundled echo server first, as the control. */

/** What a probe is pointed at: the target, or the control. */
interface Subject {
  kind: Kind;
  address(): string;
  options: WireOptions;
  /** How long is watched for what nobody asked for, ms. */
  watch_ms: number;
  facts: Readonly<Facts>;
}

const MIB = 1024 * 1024;

export const closing = ({ code, reason }: Pick<Closed, 'code' | 'reason'>): string =>
  `code ${code} (${closeCodeMeaning(code)})${reason === '' ? ', no reason' : `, "${reason}"`}`;

const connect = (subject: Subject, more: Partial<WireOptions> = {}): Promise<Wire> =>
  open(subject.address(), { ...subject.options, ...more });

/** A message of about so many bytes that is answered: by its echo, or by `pong`. */
const question = (bytes: number): string =>
  JSON.stringify({ type: 'ping', user_id: 'check', filler: 'é'.repeat(Math.max(0, Math.floor((bytes - 64) / 2))) });

/** Whether text is answered at all; otherwise what rests on it cannot be seen. */
async function answered(wire: Wire, { options }: Subject, from: number): Promise<boolean> {
  return wire.until(
    () =>
      wire.received
        .slice(from)
        .some((one) => one.opcode === TEXT && (jsonOf(one)?.['type'] === 'pong' || one.text.includes('"filler"'))),
    options.wait_ms,
  );
}

const talks = ({ kind }: Subject): boolean => kind === 'echo' || kind === 'collaboration';

/** Closes at once, or speaks another protocol: what can be tried on it is little. */
function unseen(subject: Subject): Finding | undefined {
  if (subject.facts.closed_at_once) return skipped('not tried: it closes before anything can be sent');
  const { largest_text } = subject.facts;
  if (subject.kind === 'collaboration' && largest_text === 0) return skipped('not tried: it answers no ping');
  return talks(subject) ? undefined : skipped('not tried: it answers no message that we know');
}

const aborts = (wire: Wire): string =>
  wire.fault ?? (wire.closed ? closing(wire.closed) : 'the connection stayed, without an answer');

async function handshake(subject: Subject): Promise<Finding> {
  const wire = await connect(subject);
  wire.cut();
  const { fields, accept_right } = wire.answer;
  const extension = fields.get('sec-websocket-extensions');
  const chosen = fields.get('sec-websocket-protocol');
  if (!accept_right) return failed('a wrong Sec-WebSocket-Accept: it does not know the WebSocket handshake');
  if (extension !== undefined) {
    return failed(`it answers with the extension ${extension}, which nobody offered`, { unasked_extension: extension });
  }
  if (chosen !== undefined && !subject.options.target.subprotocols.includes(chosen)) {
    return failed(`it chooses the sub-protocol ${chosen}, which nobody offered`);
  }
  return passed('handshake right; no extension, no sub-protocol that nobody asked for');
}

async function compression(subject: Subject): Promise<Finding> {
  const wire = await connect(subject, { headers: { 'Sec-WebSocket-Extensions': 'permessage-deflate' } });
  wire.cut();
  const extension = wire.answer.fields.get('sec-websocket-extensions');
  if (extension === undefined)
    return passed('no compression, not even where it is offered', { compresses_if_offered: false });
  return skipped(`it compresses where a client offers it (${extension}); Qt offers none`, {
    compresses_if_offered: true,
  });
}

async function pings(subject: Subject): Promise<Finding> {
  const watch = async (pongs: boolean): Promise<Wire> => {
    const wire = await connect(subject, { pongs });
    await wire.ended(subject.watch_ms);
    return wire;
  };
  const [polite, mute] = await Promise.all([watch(true), watch(false)]);
  const at = polite.received.filter(({ opcode }) => opcode === PING).map(({ at_ms }) => at_ms);
  const muteAt = mute.received.filter(({ opcode }) => opcode === PING);
  const ended = mute.closed && !polite.closed ? mute.closed : undefined;
  const stayed = polite.closed === undefined;
  await Promise.all([polite.close(subject.options.wait_ms), mute.close(subject.options.wait_ms)]);
  const seconds = `${Number((subject.watch_ms / 1000).toFixed(1))} s`;
  if (!stayed) return unseen(subject) ?? skipped(`it closed while nobody spoke: ${closing(polite.closed!)}`);
  const count = Math.max(at.length, muteAt.length);
  if (count === 0) return passed(`no ping of its own in ${seconds}`, { pings: { count: 0 } });
  const every_ms = at.length > 1 ? (at.at(-1)! - at[0]!) / (at.length - 1) : undefined;
  const without = ended && { code: ended.code, after_ms: ended.after_ms };
  const facts: Facts = {
    pings: { count, ...(every_ms !== undefined && { every_ms }), ...(without && { closes_without_pong: without }) },
  };
  const pace = every_ms === undefined ? '' : `, every ${(every_ms / 1000).toFixed(1)} s`;
  const end = ended
    ? `; a client that answers none is closed after ${(ended.after_ms / 1000).toFixed(1)} s: ${closing(ended)}`
    : '';
  return passed(`it pings by itself (${count} in ${seconds}${pace}), and is answered${end}`, facts);
}

async function texts(subject: Subject): Promise<Finding> {
  const wire = await connect(subject);
  let largest = 0;
  for (const bytes of [200, 4096, 65_536, MIB]) {
    const from = wire.received.length;
    wire.send(question(bytes));
    if (!(await answered(wire, subject, from))) {
      // What a collaboration server owes is the heartbeat, which layer 3 asks for.
      if (largest === 0 && subject.kind === 'collaboration' && !wire.closed) {
        wire.cut();
        return skipped('not seen: it answers no ping, by which text is seen to arrive', { largest_text: 0 });
      }
      const says = `${formatBytes(bytes)} of text is not answered: ${aborts(wire)}`;
      wire.cut();
      return failed(says, { largest_text: largest });
    }
    largest = bytes;
  }
  await wire.close(subject.options.wait_ms);
  return passed(`text is answered, up to ${formatBytes(largest)}`, { largest_text: largest });
}

async function ping(subject: Subject): Promise<Finding> {
  const wire = await connect(subject);
  wire.frame(PING, Buffer.from('are you there'));
  const wanted = Buffer.from('are you there').toString('hex');
  await wire.until(() => wire.received.some(({ opcode }) => opcode === PONG), subject.options.wait_ms);
  const pong = wire.received.find(({ opcode }) => opcode === PONG);
  const why = aborts(wire);
  wire.cut();
  if (pong && (pong.text === wanted || wanted.startsWith(pong.text))) return passed('a protocol ping is answered');
  return failed(pong ? 'a protocol ping is answered with another text' : `a protocol ping is not answered: ${why}`);
}

async function close(subject: Subject): Promise<Finding> {
  const wire = await connect(subject);
  const closed = await wire.close(subject.options.wait_ms);
  if (!closed) return failed('our close frame is not answered');
  if (closed.code === 1006) return failed('it cuts the connection instead of answering our close frame');
  return passed(`our close frame is answered, code ${closed.code}`);
}

async function fragments(subject: Subject): Promise<Finding> {
  const wire = await connect(subject);
  const bytes = Buffer.from(question(600));
  wire.frame(TEXT, bytes.subarray(0, 90), false);
  wire.frame(PING, Buffer.from('between'));
  wire.frame(0, bytes.subarray(90, 301), false);
  wire.frame(0, bytes.subarray(301));
  const fine = await answered(wire, subject, 0);
  const why = aborts(wire);
  wire.cut();
  return fine
    ? passed('a message in three fragments, with a ping between, is put together')
    : failed(`a message in fragments is not taken: ${why}`);
}

async function oversize(subject: Subject): Promise<Finding> {
  const wire = await connect(subject);
  wire.send(question(MIB + 4096));
  await wire.until(
    () =>
      wire.received.some(({ opcode, bytes }) => opcode === TEXT && bytes > 0 && subject.kind === 'echo' && bytes > MIB),
    subject.options.wait_ms,
  );
  const { closed } = wire;
  wire.cut();
  if (!closed) return skipped('not claimed: it takes messages over 1 MiB');
  if (closed.code === 1009) return passed('a message over 1 MiB is refused with 1009');
  return failed(`a message over 1 MiB ends the connection with ${closing(closed)}, not 1009`);
}

async function masks(subject: Subject): Promise<Finding> {
  const wire = await connect(subject);
  const text = Buffer.from('{"type":"ping"}');
  wire.raw(Buffer.concat([Buffer.from([0x81, text.length]), text]));
  const closed = await wire.ended(subject.options.wait_ms);
  wire.cut();
  if (!closed) return failed('it takes a frame without a mask, which RFC 6455 forbids');
  return passed(`a frame without a mask ends the connection, code ${closed.code}`);
}

async function halfOpen(subject: Subject): Promise<Finding> {
  const gone = await connect(subject);
  gone.send(question(200));
  gone.cut();
  const wire = await connect(subject);
  wire.send(question(200));
  const fine = await answered(wire, subject, 0);
  const why = aborts(wire);
  wire.cut();
  return fine
    ? passed('a peer that vanishes is no harm to the next')
    : failed(`after a peer vanished the next is not served: ${why}`);
}

interface Probe {
  id: string;
  title: string;
  checklist: readonly string[];
  /** Whether it needs a server that stays and answers. */
  needsAnswers: boolean;
  run(subject: Subject): Promise<Finding>;
}

const PROBES: readonly Probe[] = [
  {
    id: 'handshake',
    title: 'The handshake is right, without an extension or sub-protocol that nobody offered',
    checklist: ['Compression is off'],
    needsAnswers: false,
    run: handshake,
  },
  {
    id: 'compression',
    title: 'Compression is not negotiated, even where it is offered',
    checklist: ['Compression is off'],
    needsAnswers: false,
    run: compression,
  },
  {
    id: 'pings',
    title: 'No pings that nobody asked for, or ones that harm nobody',
    checklist: ['Automatic pings are off'],
    needsAnswers: false,
    run: pings,
  },
  {
    id: 'text',
    title: 'Text comes back, up to 1 MiB',
    checklist: ['Messages are sent and received'],
    needsAnswers: true,
    run: texts,
  },
  { id: 'ping', title: 'A protocol ping is answered', checklist: [], needsAnswers: true, run: ping },
  {
    id: 'close',
    title: 'The close handshake is answered',
    checklist: ['The connection closes cleanly'],
    needsAnswers: true,
    run: close,
  },
  {
    id: 'fragments',
    title: 'A message in fragments is put together',
    checklist: [],
    needsAnswers: true,
    run: fragments,
  },
  {
    id: 'oversize',
    title: 'A message over 1 MiB is refused with 1009',
    checklist: [],
    needsAnswers: true,
    run: oversize,
  },
  { id: 'masks', title: 'A frame without a mask is refused', checklist: [], needsAnswers: true, run: masks },
  {
    id: 'half-open',
    title: 'A peer that vanishes is no harm to the next',
    checklist: [],
    needsAnswers: true,
    run: halfOpen,
  },
];

const WATCH_MOST_MS = 3000;
const watchOf = ({ for_ms }: CheckContext): number => Math.min(WATCH_MOST_MS, for_ms / 3);

/** The same probes on a server that is known to be good: what fails there is this machine's or this tool's doing. */
async function control(context: CheckContext): Promise<Finding> {
  const echo = await createEchoServer({ port: 0 });
  try {
    const subject: Subject = {
      kind: 'echo',
      address: () => `${echo.url}/`,
      options: { target: { headers: {}, subprotocols: [] }, wait_ms: context.wait_ms },
      watch_ms: watchOf(context) / 3,
      facts: {},
    };
    const findings = await Promise.all(PROBES.map(({ run }) => run(subject)));
    const bad = findings.findIndex(({ standing }) => standing !== 'pass');
    if (bad < 0)
      return passed(`the bundled echo server passes all ${PROBES.length}: this machine and this tool are fit`);
    const says = `the control failed (${findings[bad]!.says}): what follows says little of your server`;
    return { standing: 'unknown', says };
  } finally {
    await echo.close();
  }
}

/** What it speaks, by the first thing it says, or by what it answers. */
async function speaks(context: CheckContext): Promise<Finding> {
  const wire = await open(context.address(context.fresh('s'), context.fresh('u')), context);
  // A collaboration server acknowledges at once, others greet or are silent.
  await wire.until(() => wire.received.some(({ opcode }) => opcode < 8), context.wait_ms);
  const first = wire.received.find(({ opcode }) => opcode < 8);
  const { closed } = wire;
  if (closed && !first) {
    const { code, reason, after_ms } = closed;
    wire.cut();
    const says = `it lets us in, and closes ${after_ms.toFixed(0)} ms after the handshake, before it says a word: ${closing(closed)}`;
    return passed(says, { kind: 'unknown', closed_at_once: { code, reason, after_ms } });
  }
  const kind = first ? kindOf(first.opcode, first.text) : await ask(wire, context);
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

function kindOf(opcode: number, text: string): Kind {
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

const stepOf = ({ id, title, checklist, needsAnswers, run }: Probe): Step => ({
  id: `protocol.${id}`,
  layer: 'protocol',
  title,
  checklist,
  run(context) {
    const subject: Subject = {
      kind: context.facts.kind ?? 'unknown',
      address: () => context.address(context.fresh('s'), context.fresh('u')),
      options: { target: context.target, wait_ms: context.wait_ms },
      watch_ms: watchOf(context),
      facts: context.facts,
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
    checklist: ['The minimal echo server works with the client'],
    run: control,
  },
  { id: 'protocol.speaks', layer: 'protocol', title: 'What it speaks', checklist: [], run: speaks },
  ...PROBES.map(stepOf),
];
