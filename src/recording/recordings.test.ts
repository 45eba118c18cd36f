import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ToolError } from '../core/errors.ts';
import { loadScenario } from '../engine/loader.ts';
import { readRecording } from './read.ts';
import { RECORDING_SCHEMA, type RecordedEvent, type RecordingHeader } from './recording.ts';
import { replayOf } from './replay.ts';
import { scenarioOf } from './scenario.ts';
import { roomOf } from '../scenario/replay.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'loadtest-recordings-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const HEADER: RecordingHeader = {
  schema: RECORDING_SCHEMA,
  started_at: '2026-01-01T00:00:00.000Z',
  tool: '0.1.0',
  target: 'ws://x',
};
const END = { end: { at_ms: 1, connections: 1, messages: 1 } };
const ids = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

const opened = (connection: number, at_ms: number, user: string, session = 'optics'): RecordedEvent[] => [
  { at_ms, connection, kind: 'open', path: `/ws/${session}/${user}`, session, user },
  { at_ms: at_ms + 2, connection, from: 'server', kind: 'text', text: '{"type":"connection:ack"}' },
];
const said = (connection: number, at_ms: number, message: object | string): RecordedEvent => ({
  at_ms,
  connection,
  from: 'client',
  kind: 'text',
  text: typeof message === 'string' ? message : JSON.stringify(message),
});
const command = (action: string, n: number): object => ({
  type: 'command',
  command: { action, item_type: 'lens', item_id: ids(n), data: { x_mm: n } },
});

const TALK: RecordedEvent[] = [
  ...opened(1, 100, 'a'),
  said(1, 103, { type: 'sync:request' }),
  ...opened(2, 500, 'b'),
  said(2, 503, { type: 'sync:request' }),
  said(1, 1000, command('add_item', 1)),
  said(1, 1010, { type: 'ping' }),
  said(1, 1020, { type: 'sync:full_state', state: { items: [] } }),
  said(2, 1500, command('move_item', 1)),
  said(2, 1600, { type: 'cursor', x_mm: 1, y_mm: 2 }),
  ...opened(3, 2000, 'c'),
  said(3, 2100, command('add_item', 2)),
  said(3, 2200, 'no JSON'),
  { at_ms: 2300, connection: 3, from: 'client', kind: 'binary', base64: 'AQI=' },
  said(3, 2400, command('fly_item', 2)),
  said(3, 2410, `{"type":"wave","deep":${'['.repeat(100_000)}${']'.repeat(100_000)}}`),
  said(1, 2500, command('remove_item', 1)),
  said(1, 2600, { type: 'sync:request' }),
  said(1, 2700, { type: 'wave', to: 'b' }),
  { at_ms: 2650, connection: 3, kind: 'end', by: 'client', code: 1000, says: '' },
  { at_ms: 4000, connection: 1, kind: 'end', by: 'watch', code: 1001, says: '' },
];

const textOf = (events: readonly object[], ...more: object[]): string =>
  [HEADER, ...events, ...more].map((line) => `${JSON.stringify(line)}\n`).join('');

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('a recording as a scenario', () => {
  const replay = replayOf({ header: HEADER, events: TALK }, 'talk');

  it('begins with the first message that is played: who was there by then joins in the ramp-up', () => {
    const [{ users }] = replay.sessions as [(typeof replay.sessions)[0]];
    expect(users.map(({ id, visits }) => ({ id, visits }))).toEqual([
      { id: 'a', visits: [{}] },
      { id: 'b', visits: [{}] },
      { id: 'c', visits: [{ joins_ms: 1000, leaves_ms: 1650 }] },
    ]);
    expect(replay.length_ms).toBe(3200);
  });

  it('plays commands, cursors, later requests for the state and types of the application’s own, at their offsets', () => {
    const [{ users, items }] = replay.sessions as [(typeof replay.sessions)[0]];
    const [a, b, c] = users;
    expect(a!.commands.map(({ at_ms, action, item }) => [at_ms, action, item])).toEqual([
      [0, 'add_item', 0],
      [1500, 'remove_item', 0],
    ]);
    expect(a!.asides.map(({ at_ms, message }) => [at_ms, message?.['type']])).toEqual([
      [1600, undefined],
      [1700, 'wave'],
    ]);
    expect(b!.cursors).toEqual([{ at_ms: 600, x: 1, y: 2 }]);
    expect(c!.commands.map(({ item }) => item)).toEqual([1]);
    expect(items).toEqual([
      { id: ids(1), contended: true },
      { id: ids(2), contended: false },
    ]);
  });

  const usersOf = (events: RecordedEvent[]): [string, object[], number[]][] =>
    replayOf({ header: HEADER, events }, 'talk').sessions.flatMap(({ users }) =>
      users.map(({ id, visits, commands }) => [id, visits, commands.map(({ at_ms }) => at_ms)]),
    );
  const ended = (connection: number, at_ms: number): RecordedEvent => ({
    at_ms,
    connection,
    kind: 'end',
    by: 'server',
    code: 1008,
    says: '',
  });

  it('has one user of whoever comes back under the same name, in the same session', () => {
    const events = [
      ...opened(1, 0, 'a'),
      ...opened(2, 10, 'b'),
      ended(1, 50),
      ...opened(3, 60, 'a'),
      said(3, 100, command('add_item', 1)),
      ended(3, 200),
      ...opened(4, 400, 'a'),
      said(4, 410, command('move_item', 1)),
      ...opened(5, 420, 'a', 'acoustics'),
      // The server closes the older one because of the newer one: rule P6.
      ...opened(6, 600, 'a'),
      ended(4, 603),
      said(6, 700, command('remove_item', 1)),
      said(2, 900, command('add_item', 2)),
    ];
    expect(usersOf(events)).toEqual([
      ['a', [{ leaves_ms: 100 }, { joins_ms: 300, leaves_ms: 500 }, { joins_ms: 500 }], [0, 310, 600]],
      ['b', [{}], [800]],
      ['a', [{ joins_ms: 320 }], []],
    ]);
    const path = file('back.ndjson', textOf(events, END));
    expect(scenarioOf(path, path)).toMatchObject({
      about: 'Plays 3 recorded users of 2 sessions, 2.3 s long, 2 returns.',
      defaults: { users: 2, sessions: 2 },
    });
  });

  it('has two users of an application that runs twice under one name', () => {
    const events = [
      ...opened(1, 0, 'a'),
      ...opened(2, 10, 'a'),
      said(1, 100, { type: 'ping' }),
      said(2, 110, command('add_item', 1)),
    ];
    expect(usersOf(events).map(([id, visits]) => [id, visits])).toEqual([
      ['a', [{}]],
      ['a', [{}]],
    ]);
  });

  it('says what it leaves out', () => {
    expect(replay.left_out).toEqual({
      'sync:full_state': 1,
      'no JSON object': 1,
      binary: 1,
      'malformed command': 1,
      'nested too deep': 1,
    });
  });

  it('has the users, the sessions, the rate and the length of what was recorded', async () => {
    const path = file('my talk.ndjson', textOf(TALK, END));
    const spec = scenarioOf(path, path);
    expect(spec).toMatchObject({
      name: 'my-talk',
      about: expect.stringMatching(/^Plays 3 recorded users of 1 session, 3\.2 s long; left out: 1 × sync:full_state/),
      defaults: { users: 3, sessions: 1, items: 0, duration: '3200ms', rate: Number((4 / 3 / 3.2).toFixed(6)) },
    });
    expect(roomOf(spec.replay!, 20)).toEqual({ rate: 3, items: 14 });
    const { url } = await loadScenario(path);
    // A worker loads it again.
    expect((await loadScenario(url)).spec.replay).toEqual(spec.replay);
  });

  it('is known by how it begins, whatever it is called', async () => {
    expect((await loadScenario(file('talk.txt', textOf(TALK, END)))).spec.name).toBe('talk');
  });

  it('is read past the mark and the line ends that an editor has given it', async () => {
    const text = `\ufeff${textOf(TALK, END).replaceAll('\n', '\r\n')}`;
    const paths = [file('marked.txt', text), join(folder, 'wide.txt')];
    writeFileSync(paths[1]!, Buffer.from(text, 'utf16le'));
    for (const path of paths)
      expect((await loadScenario(path)).spec.replay).toEqual(
        scenarioOf(file('plain.ndjson', textOf(TALK, END)), 'x').replay,
      );
  });

  it('has somebody who receives, also where one alone was recorded', () => {
    const path = file('alone.ndjson', textOf([...opened(1, 0, 'a'), said(1, 10, command('add_item', 1))], END));
    expect(scenarioOf(path, 'alone').defaults!.users).toBe(2);
  });
});

describe('what is no recording that can be played gets a sentence', () => {
  const whole = textOf(TALK, END);
  it.each<[string, string, string]>([
    ['empty.ndjson', '', 'F is no recording: its first line is not JSON. loadtest watch --record FILE makes one.'],
    ['binary.ndjson', '\u0000\u0001\u0002', 'F is no recording: its first line is not JSON.'],
    ['words.ndjson', 'hello\nthere\n', 'F is no recording: its first line is not JSON.'],
    ['array.ndjson', '[1]\n', 'F is no recording: its first line is not JSON.'],
    [
      'journal.ndjson',
      '{"schema":"collab-loadtest/journal/v1"}\n',
      'F is the journal of a run, and no scenario of this tool. loadtest report',
    ],
    [
      'newer.ndjson',
      whole.replace('recording/v1', 'recording/v2'),
      'The recording F is of version v2, and this program plays v1.',
    ],
    [
      'cut.ndjson',
      whole.slice(0, 900),
      'The recording F is truncated: its last line, 8, is cut off. To play what there is, put {"end":{}} in its place.',
    ],
    [
      'killed.ndjson',
      textOf(TALK),
      'The recording F is truncated: it has no end, as where watch was killed. To play what there is, add the line {"end":{}}.',
    ],
    ['header.ndjson', textOf([]).trimEnd(), 'The recording F is truncated: its last line, 1, is cut off.'],
    [
      'broken.ndjson',
      textOf(TALK, END).replace('"kind":"open"', '"kind":'),
      'The recording F is damaged: its line 2 is not JSON. Record it again.',
    ],
    ['odd.ndjson', textOf([{ at_ms: 'x' }], END), 'The recording F is damaged: its line 2 is no event of a recording.'],
    ['behind.ndjson', textOf(TALK, END, END), 'The recording F is damaged: its line 26 stands behind its end.'],
    ['nobody.ndjson', textOf([], END), 'The recording F holds nobody who joined a session.'],
  ])('%s', async (name, text, sentence) => {
    const path = file(name, text);
    const error: unknown = await loadScenario(path).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ToolError);
    const { message, hint, exitCode } = error as ToolError;
    expect(`${message} ${hint}`).toContain(sentence.replace('F', path));
    expect(exitCode).toBe(104);
  });

  it('a file that is not there', async () => {
    await expect(loadScenario('absent.ndjson')).rejects.toThrow('There is no recording absent.ndjson.');
    await expect(loadScenario(folder + '/x.ndjson')).rejects.toThrow('There is no recording');
  });

  it('once its end is added by hand, plays what there is', () => {
    const path = file('mended.ndjson', `${textOf(TALK)}{"end":{}}\n`);
    expect(readRecording(path, 'mended').events).toEqual(TALK);
  });
});
