import { describe, expect, it } from 'vitest';
import { command } from './contract/client.ts';
import { FAULT_NAMES, FAULTS, parseFault, parseFaults } from './faults.ts';
import { virtualHub, type Message, type VirtualClient } from './testing/virtual-hub.ts';

describe('a fault as written', () => {
  it('is a name, maybe a value, maybe an onset', () => {
    expect(
      [
        'drop=0.001',
        'leak=1@10s',
        'stall=500ms/5s@1m',
        'close=1011@500ms',
        'mute-heartbeat',
        'mute-heartbeat=0.5',
        'refuse',
        'refuse=4013@0',
        'slow=20ms',
        'slow=20%',
        'saturate=1500@10s',
        'drift=50ms/min',
        'memory-leak=60MB/min',
        'fd-leak',
      ].map(parseFault),
    ).toEqual([
      { name: 'drop', value: 0.001, period: 0, onset: 0 },
      { name: 'leak', value: 1, period: 0, onset: 10_000 },
      { name: 'stall', value: 500, period: 5000, onset: 60_000 },
      { name: 'close', value: 1011, period: 0, onset: 500 },
      { name: 'mute-heartbeat', value: 1, period: 0, onset: 0 },
      { name: 'mute-heartbeat', value: 0.5, period: 0, onset: 0 },
      { name: 'refuse', value: 503, period: 0, onset: 0 },
      { name: 'refuse', value: 4013, period: 0, onset: 0 },
      { name: 'slow', value: 20, period: 0, onset: 0 },
      { name: 'slow', value: 10, period: 50, onset: 0 },
      { name: 'saturate', value: 1500, period: 0, onset: 10_000 },
      { name: 'drift', value: 50, period: 0, onset: 0 },
      { name: 'memory-leak', value: 1_000_000, period: 1000, onset: 0 },
      { name: 'fd-leak', value: 1, period: 0, onset: 0 },
    ]);
  });

  it.each([
    ['drp=0.1', 'drp'],
    ['', 'without a name'],
    ['toString=1', 'toString'],
    ['drop', 'not nothing'],
    ['drop=', 'probability'],
    ['drop=1.5', 'not 1.5'],
    ['drop=0.1@10', 'unit'],
    ['drop=0.1=2', 'not 0.1=2'],
    ['stall=5s/500ms', '500ms/5s'],
    ['stall=5s', '500ms/5s'],
    ['close=1005', 'close code'],
    ['close=200', 'close code'],
    ['slow=20', 'slow takes a time or a share of a core, such as slow=20ms or slow=20%, not 20'],
    ['slow=100%', 'not 100%'],
    ['slow=0ms', 'not 0ms'],
    ['saturate=0', 'more than none'],
    ['drift=50ms', 'a time a minute, such as drift=50ms/min, not 50ms'],
    ['drift=50/min', 'not 50/min'],
    ['memory-leak=10', 'memory-leak=60MB/min, not 10'],
    ['reorder', 'reorder=0.001, not nothing'],
    ['fd-leak=2', 'not 2'],
  ])('is refused where it is "%s"', (text, because) => {
    expect(() => parseFault(text)).toThrow(because);
  });

  it('has its nearest name suggested', () => {
    expect(() => parseFault('duplicat=1')).toThrow(
      expect.objectContaining({ hint: 'Did you mean duplicate?', exitCode: 104 }),
    );
  });

  it('is given once', () => {
    expect(() => parseFaults(['drop=0.1', 'echo=0.1', 'drop=0.2'])).toThrow('twice');
  });

  it('has a sentence and an example for help', () => {
    for (const name of FAULT_NAMES) {
      expect(FAULTS[name].about).toMatch(/^[A-Z].*\.$/);
      for (const example of FAULTS[name].examples) expect(parseFault(example).name).toBe(name);
    }
  });
});

interface Outcome {
  counts: Record<string, number>;
  /** Commands got by the other users of the session, by its sender, and by the users of another session. */
  others: Message[];
  sender: Message[];
  strangers: Message[];
}

const COMMANDS = 2000;
const RECEIVERS = 3;

const commands = (clients: VirtualClient[]): Message[] =>
  clients.flatMap((client) => client.take().filter(({ type }) => type === 'command'));

/** Many commands to three receivers, with a second session beside, under some faults. */
function commit(faults: string[], seed = 1): Outcome {
  const { join, sabotage, clock } = virtualHub({ faults, seed });
  const sender = join('room', 'sender');
  const others = Array.from({ length: RECEIVERS }, (_, n) => join('room', `other${n}`));
  const strangers = [join('elsewhere', 'x'), join('elsewhere', 'y')];
  for (let n = 0; n < COMMANDS; n++) {
    sender.send(command('update_item', 1, { x_mm: 1.25, n }));
    clock.pass(1);
  }
  return {
    counts: sabotage!.counts as Record<string, number>,
    others: commands(others),
    sender: commands([sender]),
    strangers: commands(strangers),
  };
}

describe('faults of deliveries', () => {
  it('drop: a copy is missing, as often as counted', () => {
    const { counts, others } = commit(['drop=0.1']);
    expect(others).toHaveLength(COMMANDS * RECEIVERS - counts['drop']!);
    expect(counts['drop']! / (COMMANDS * RECEIVERS)).toBeCloseTo(0.1, 1);
  });

  it('duplicate: a copy comes twice, as often as counted', () => {
    const { counts, others } = commit(['duplicate=0.1']);
    expect(others).toHaveLength(COMMANDS * RECEIVERS + counts['duplicate']!);
    expect(counts['duplicate']).toBeGreaterThan(0);
  });

  it('leak: users of another session get copies, as often as counted', () => {
    const { counts, others, strangers } = commit(['leak=0.1']);
    expect(others).toHaveLength(COMMANDS * RECEIVERS);
    expect(strangers).toHaveLength(counts['leak']!);
    expect(counts['leak']).toBeGreaterThan(0);
  });

  it('echo: the sender gets its command, as often as counted', () => {
    const { counts, sender } = commit(['echo=0.1']);
    expect(sender).toHaveLength(counts['echo']!);
    expect(counts['echo']! / COMMANDS).toBeCloseTo(0.1, 1);
  });

  it('corrupt: one receiver’s copy differs and is still JSON, as often as counted', () => {
    const { counts, others } = commit(['corrupt=0.1']);
    expect(others).toHaveLength(COMMANDS * RECEIVERS);
    expect(others.filter((message) => message['command'].data.x_mm !== 1.25)).toHaveLength(counts['corrupt']!);
    expect(counts['corrupt']).toBeGreaterThan(0);
  });

  it('begin at their onset', () => {
    const { others, counts } = commit(['drop=1@1s']);
    expect(others).toHaveLength(1000 * RECEIVERS);
    expect(counts['drop']).toBe(1000 * RECEIVERS);
  });

  it('are the same with the same seed, and others with another', () => {
    const all = ['drop=0.05', 'duplicate=0.05', 'leak=0.05', 'echo=0.05', 'corrupt=0.05'];
    const [one, same, other] = [commit(all, 7), commit(all, 7), commit(all, 8)];
    expect(same).toEqual(one);
    expect(other.others).not.toEqual(one.others);
  });

  it('never touch acknowledgements and states', () => {
    const { join } = virtualHub({ faults: ['drop=1', 'corrupt=1', 'duplicate=1', 'echo=0', 'leak=1'] });
    const [a, b] = [join('room', 'a'), join('room', 'b')];
    b.take();
    a.send(command('add_item', 1, { x_mm: 1 }));
    b.send({ type: 'sync:request' });
    expect(a.take().filter(({ type }) => type === 'command:ack')).toHaveLength(1);
    expect(b.take()).toMatchObject([{ type: 'sync:full_state', state: { items: [{ x_mm: 1 }] } }]);
  });
});

describe('faults of connections', () => {
  it('close: each second after the onset one connection is closed with the code', () => {
    const { clock, join, sabotage } = virtualHub({ faults: ['close=1011@5s'] });
    const clients = Array.from({ length: 10 }, (_, n) => join('room', `u${n}`));
    const closed = (): number => clients.filter((client) => client.closed?.code === 1011).length;
    clock.pass(4999);
    expect(closed()).toBe(0);
    clock.pass(1);
    expect(closed()).toBe(1);
    clock.pass(20_000);
    expect([closed(), sabotage!.counts.close]).toEqual([10, 10]);
  });

  it('close: 1006 cuts the connection', () => {
    const { clock, join } = virtualHub({ faults: ['close=1006'] });
    const client = join('room', 'a');
    clock.pass(1000);
    expect(client.closed?.code).toBe(1006);
  });

  it('mute-heartbeat: a ping gets no pong', () => {
    const { join, sabotage } = virtualHub({ faults: ['mute-heartbeat'] });
    const client = join('room', 'a');
    client.take();
    client.send({ type: 'ping' });
    expect([client.take(), sabotage!.counts['mute-heartbeat']]).toEqual([[], 1]);
  });

  it('refuse: with a code, nobody is acknowledged', () => {
    const { join, sabotage } = virtualHub({ faults: ['refuse=1013'] });
    const client = join('room', 'a');
    expect([client.take(), client.closed?.code, sabotage!.counts.refuse]).toEqual([[], 1013, 1]);
  });
});
