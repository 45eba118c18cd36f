import { PING, PONG, TEXT } from '../core/frames.ts';
import { formatBytes, formatDuration } from '../core/units.ts';
import { secretsOf } from '../engine/refusal.ts';
import { answerWords } from '../protocol/http-answer.ts';
import { SHORTEST_MS } from './idle.ts';
import { factsOf, type Sighting } from './lookout.ts';
import { failed, passed, skipped, type Finding } from './step.ts';
import type { Closed } from './wire.ts';
import { aborts, answered, closing, connect, MIB, question, type Subject } from './subject.ts';

/** What layer 1 tries on whatever speaks WebSocket. */

async function handshake(subject: Subject): Promise<Finding> {
  const wire = await connect(subject);
  wire.cut();
  const { answer, wrong, faults } = wire.passed;
  const extension = answer.fields.get('sec-websocket-extensions');
  if (wrong !== undefined) {
    const facts = extension === undefined ? {} : { unasked_extension: extension };
    const { headers } = subject.options.target;
    return failed(wrong, facts, [answerWords(answer, secretsOf(Object.entries(headers)))]);
  }
  if (faults.length > 0) return failed(`its answer has ${faults.join(', and ')}: ws and websockets refuse that`);
  return passed('handshake right; no extension, no sub-protocol that nobody asked for');
}

async function compression(subject: Subject): Promise<Finding> {
  const wire = await connect(subject, { headers: { 'Sec-WebSocket-Extensions': 'permessage-deflate' } });
  wire.cut();
  const extension = wire.passed.answer.fields.get('sec-websocket-extensions');
  if (extension === undefined)
    return passed('no compression, not even where it is offered', { compresses_if_offered: false });
  return skipped(`it compresses where a client offers it (${extension}); Qt offers none`, {
    compresses_if_offered: true,
  });
}

async function pings(subject: Subject): Promise<Finding> {
  const { lookout, watch_ms, facts } = subject;
  if (facts.closed_at_once) return skipped('not tried: it closes before a ping could come');
  await lookout.begin(() => subject.address(), subject.options);
  await lookout.wait(watch_ms);
  return pingFinding(lookout.look());
}

/** What is to be said of the server's own pings. */
export function pingFinding(seen: Sighting): Finding {
  const { watched_ms, pings: count, every_ms, polite, mute } = seen;
  const facts = factsOf(seen);
  if (polite) return skipped(`it closed ${mute ? 'connections' : 'one'} that said nothing: ${closing(polite)}`, facts);
  if (count === 0) return passed(`no ping of its own in ${formatDuration(watched_ms)}`, facts);
  const pace = every_ms === undefined ? '' : `, every ${formatDuration(every_ms)}`;
  const end = mute
    ? `; a client that answers none is closed after ${formatDuration(mute.after_ms)}: ${closing(mute)}`
    : '; they are answered';
  return passed(`it pings by itself (${count} in ${formatDuration(watched_ms)}${pace})${end}`, facts);
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
      const { closed } = wire;
      const refused_text = { bytes, ...(closed && { code: closed.code, reason: closed.reason }) };
      const says = `${formatBytes(bytes)} of text is not answered: ${aborts(wire)}${largest > 0 ? `; ${formatBytes(largest)} is` : ''}`;
      wire.cut();
      return failed(says, { largest_text: largest, refused_text });
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

/** A connection that ended long after all that was said was ended for its silence, not for what was said. */
const isIdle = ({ code, quiet_ms }: Closed): boolean => code === 1006 && quiet_ms >= SHORTEST_MS;

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
  if (!closed || isIdle(closed)) return skipped('not claimed: it takes messages over 1 MiB');
  if (closed.code === 1009) return passed('a message over 1 MiB is refused with 1009');
  return failed(`a message over 1 MiB ends the connection with ${closing(closed)}, not 1009`);
}

async function masks(subject: Subject): Promise<Finding> {
  const wire = await connect(subject);
  const text = Buffer.from('{"type":"ping"}');
  wire.raw(Buffer.concat([Buffer.from([0x81, text.length]), text]));
  const closed = await wire.ended(subject.options.wait_ms);
  wire.cut();
  if (!closed || isIdle(closed)) return failed('it takes a frame without a mask, which RFC 6455 forbids');
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

export interface Probe {
  id: string;
  title: string;
  /** Whether it needs a server that stays and answers. */
  needsAnswers: boolean;
  run(subject: Subject): Promise<Finding>;
}

export const PROBES: readonly Probe[] = [
  {
    id: 'handshake',
    title: 'The handshake is right, without an extension or sub-protocol that nobody offered',
    needsAnswers: false,
    run: handshake,
  },
  {
    id: 'compression',
    title: 'Compression is not negotiated, even where it is offered',
    needsAnswers: false,
    run: compression,
  },
  {
    id: 'pings',
    title: 'No pings that nobody asked for, or ones that harm nobody',
    needsAnswers: false,
    run: pings,
  },
  {
    id: 'text',
    title: 'Text comes back, up to 1 MiB',
    needsAnswers: true,
    run: texts,
  },
  { id: 'ping', title: 'A protocol ping is answered', needsAnswers: true, run: ping },
  {
    id: 'close',
    title: 'The close handshake is answered',
    needsAnswers: true,
    run: close,
  },
  {
    id: 'fragments',
    title: 'A message in fragments is put together',
    needsAnswers: true,
    run: fragments,
  },
  {
    id: 'oversize',
    title: 'A message over 1 MiB is refused with 1009',
    needsAnswers: true,
    run: oversize,
  },
  { id: 'masks', title: 'A frame without a mask is refused', needsAnswers: true, run: masks },
  {
    id: 'half-open',
    title: 'A peer that vanishes is no harm to the next',
    needsAnswers: true,
    run: halfOpen,
  },
];
