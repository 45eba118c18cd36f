import { quoted } from '../core/quoted.ts';
import { EXIT, ToolError } from '../core/errors.ts';
import { shellWord } from '../core/shell-word.ts';
import { printable } from '../engine/addresses.ts';
import { toolVersion } from '../engine/programs.ts';
import { openRecording, type RecordingWriter } from '../recording/writer.ts';
import { RECORDING_SCHEMA, type RecordedEvent } from '../recording/recording.ts';
import { paletteOf, presentable, screenOf, wrapped, type Screen } from '../reporters/screen.ts';
import { clock, offsetAt } from '../reporters/words.ts';
import type { Audience } from '../watch/conversation.ts';
import { startRelay, type Relay } from '../watch/relay.ts';
import { Tally } from '../watch/tally.ts';
import { configFor } from './config-file.ts';
import { targetOf } from './request.ts';
import { settingsOf } from './settings.ts';
import { remarkUnusedToken, type Command, type Shell } from './shell.ts';
import { columns } from './wrap.ts';

/** A relay between an application and its server that shows the conversation, until a signal ends it. */
export const watch: Command = async (line, shell) => {
  if (line.operands.length > 0) {
    throw new ToolError(`watch takes options only, not ${quoted(line.operands[0]!)}.`, {
      hint: 'The server is --url ws://HOST:PORT.',
    });
  }
  const settings = settingsOf(line, shell.env, await configFor(line, shell));
  const target = targetOf(settings);
  remarkUnusedToken(shell, 'what the application sends is passed on');
  const url = target?.urls[0];
  if (url === undefined || target!.urls.length > 1) {
    throw new ToolError('watch stands between an application and one server.', {
      hint: 'Name the server once: --url ws://HOST:PORT.',
    });
  }
  const stream = settings.json ? shell.stderr : shell.stdout;
  const screen = screenOf(stream, !settings['no-color'], shell.env);
  const said = new Said(stream, screen, settings.quiet);
  const tally = new Tally();
  // The relay may find its port taken: then no file is made.
  const keep: { recording?: RecordingWriter } = {};
  const record = (event: RecordedEvent): void => {
    if (event.kind === 'text' || event.kind === 'binary') tally.messages[event.from]++;
    keep.recording?.write(event);
    if (settings.json) shell.stdout.write(`${JSON.stringify(event)}\n`);
  };
  const relay = await startRelay({
    host: settings.host,
    port: settings.listen,
    url,
    trust: target!,
    audience: audienceOf(said, tally, record),
    ended: (ending) => tally.ended(ending),
  });
  try {
    const header = {
      schema: RECORDING_SCHEMA,
      started_at: new Date(said.started_at).toISOString(),
      tool: toolVersion(),
      target: printable(url),
    } as const;
    if (settings.record !== undefined) {
      keep.recording = openRecording(settings.record, header, (why) =>
        said.line(said.now(), `the recording cannot be written any more: ${why}`),
      );
    }
    if (settings.json) shell.stdout.write(`${JSON.stringify(header)}\n`);
    said.banner(relay, printable(url));
    await stopped(shell, relay);
  } finally {
    await relay.close();
  }
  const end = {
    end: { at_ms: Math.round(said.now()), connections: relay.connections(), messages: tally.total },
  };
  keep.recording?.end(end);
  if (settings.json) shell.stdout.write(`${JSON.stringify(end)}\n`);
  const rows = tally.rows(relay.connections());
  if (settings.record !== undefined)
    rows.push(['recording', `${settings.record}: loadtest run ${shellWord(settings.record)}`]);
  const shown = rows.map(([name, says]) => [name, presentable(says, screen)] as const);
  stream.write(`\n${columns(shown)}\n`);
  return EXIT.pass;
};

/** Resolves at the first signal; the second one ends this process at once. */
function stopped(shell: Shell, relay: Relay): Promise<void> {
  return new Promise((resolve) => {
    let signals = 0;
    shell.onSignal(() => {
      if (++signals > 1) process.exit(EXIT.interrupted);
      resolve(relay.close());
    });
  });
}

function audienceOf(said: Said, tally: Tally, record: Audience['record']): Audience {
  const ARROWS = { client: '→', server: '←' } as const;
  return {
    now: () => said.now(),
    line: (at, who, from, says) =>
      said.line(at, from === undefined ? `${who}: ${says}` : `${who} ${ARROWS[from]} ${says}`),
    breach(at, who, breach) {
      tally.breach(breach);
      said.breach(
        at,
        `${breach.from === 'client' ? who : 'the server'} breaks ${ruleWords(breach.rule)}: ${breach.says}`,
      );
    },
    record,
  };
}

const ruleWords = (rule: string): string => (rule === 'messages' ? 'the table of messages' : rule);

/** What may wait for a reader of our output, bytes: beyond, lines are left out, as the conversation waits for nobody. */
const WAITING = 1024 * 1024;
/** `20:48:03.120 ` */
const INDENT = 13;

/** The lines on the screen. */
class Said {
  readonly started_at = Date.now();
  readonly #began = performance.now();
  readonly #stream: Shell['stdout'];
  readonly #screen: Screen;
  readonly #isQuiet: boolean;
  #leftOut = 0;

  constructor(stream: Shell['stdout'], screen: Screen, isQuiet: boolean) {
    this.#stream = stream;
    this.#screen = screen;
    this.#isQuiet = isQuiet;
  }

  /** ms since the beginning. */
  now(): number {
    return performance.now() - this.#began;
  }

  banner(relay: Relay, target: string): void {
    if (this.#isQuiet) return;
    const says = `Connect the application to ${relay.url} instead of ${target}.`;
    this.#stream.write(`${presentable(says, this.#screen)}\nCtrl+C stops it.\n\n`);
  }

  line(at: number, says: string): void {
    this.#write(at, says, (text) => text);
  }

  breach(at: number, says: string): void {
    const { mark, tint } = paletteOf(this.#screen);
    this.#write(at, `${mark.fail} ${says}`, tint.fail);
  }

  #write(at: number, says: string, colour: (text: string) => string): void {
    if (this.#isQuiet) return;
    if ((this.#stream as { writableLength?: number }).writableLength! > WAITING) {
      this.#leftOut++;
      return;
    }
    const wall = this.started_at + at;
    const time = clock(wall, offsetAt(wall), true);
    if (this.#leftOut > 0) {
      this.#stream.write(`${' '.repeat(INDENT)}${this.#leftOut} lines are left out: nobody read them in time\n`);
      this.#leftOut = 0;
    }
    const [first, ...rest] = wrapped(presentable(says, this.#screen), `${time} `, INDENT);
    const lines = [first!.slice(0, INDENT) + colour(first!.slice(INDENT)), ...rest.map(colour)];
    this.#stream.write(`${lines.join('\n')}\n`);
  }
}
