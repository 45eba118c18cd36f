import type { CommandName } from './option.ts';
import type { Command } from './shell.ts';

/** A command as help and docs know it. */
export interface CommandEntry {
  usage: string;
  about: string;
  examples: readonly (readonly [string, string])[];
  /** Loads the command's own code, and nothing of the others'. */
  load(): Promise<Command>;
}

/** The commands, in the order in which help lists them. */
export const COMMANDS: Readonly<Record<CommandName, CommandEntry>> = {
  run: {
    usage: 'loadtest [run] [SCENARIO] [options]',
    about: 'Simulated users in sessions: measured, judged, reported',
    examples: [
      ['loadtest --users 50 --sessions 5', 'the bundled server, 250 users, half a minute'],
      ['loadtest --url ws://localhost:8765 --duration 5m', 'your server'],
      ['loadtest run drag --threshold "broadcast_latency:p(99)<100"', 'people dragging items, and a limit'],
      ['loadtest run ./mine.ts --dry-run', 'a scenario of your own: what it would need'],
      ['loadtest run talk.ndjson --users 20', 'what loadtest watch recorded, played by many'],
    ],
    load: async () => (await import('./run.ts')).run,
  },
  check: {
    usage: 'loadtest check [options]',
    about: 'Looks at a server layer by layer, and says what is wrong',
    examples: [
      ['loadtest check --url ws://localhost:8765', 'from the port to a small load, with a diagnosis'],
      ['loadtest check --start "./server.sh {port}"', 'starts the server itself, and quotes its errors'],
      ['loadtest check --layer protocol', 'up to one layer only'],
    ],
    load: async () => (await import('./check.ts')).check,
  },
  watch: {
    usage: 'loadtest watch --url URL [options]',
    about: 'Shows an application’s conversation with its server, and explains its end',
    examples: [
      ['loadtest watch --url ws://localhost:8765', 'the application connects to ws://127.0.0.1:8766'],
      ['loadtest watch --url ws://localhost:8765 --record talk.ndjson', 'and keeps it: loadtest run talk.ndjson'],
    ],
    load: async () => (await import('./watch.ts')).watch,
  },
  report: {
    usage: 'loadtest report RUN… [options]',
    about: 'Renders stored runs again, also one that was cut off',
    examples: [
      ['loadtest report latest', 'the newest run'],
      ['loadtest report reports/latest --report html,csv', 'in these formats'],
    ],
    load: async () => (await import('./report.ts')).report,
  },
  serve: {
    usage: 'loadtest serve [options]',
    about: 'The reference collaboration server',
    examples: [
      ['loadtest serve', 'at ws://127.0.0.1:8765'],
      ['loadtest serve --host 0.0.0.0 --debug', 'for other machines, with every message logged'],
      ['loadtest serve --fault drop=0.001', 'loses one delivery in a thousand'],
    ],
    load: async () => (await import('./serve.ts')).serve,
  },
  echo: {
    usage: 'loadtest echo [options]',
    about: 'The minimal echo server',
    examples: [['loadtest echo --port 8766', 'answers X with “Echo: X”']],
    load: async () => (await import('./serve.ts')).echo,
  },
  scenarios: {
    usage: 'loadtest scenarios',
    about: 'Lists the scenarios',
    examples: [['loadtest scenarios', 'each with a sentence']],
    load: async () => (await import('./scenarios.ts')).scenarios,
  },
  init: {
    usage: 'loadtest init [FILE]',
    about: 'Writes a commented scenario of your own',
    examples: [['loadtest init mine.ts', 'then: npx collab-loadtest run ./mine.ts']],
    load: async () => (await import('./init.ts')).init,
  },
};
