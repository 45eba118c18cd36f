/** Exit codes: k6's numbers where the meaning is k6's. The name stands beside the number wherever one is printed. */
export const EXIT = {
  pass: 0,
  defect: 1,
  inconclusive: 2,
  fail: 99,
  invalid: 104,
  interrupted: 105,
  scenarioThrew: 107,
  nobodyJoined: 111,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What an exit code means, in a person's words. */
export const EXIT_MEANING: Record<ExitCode, string> = {
  0: 'pass',
  1: 'a defect of this tool',
  2: 'inconclusive',
  99: 'a verdict failed',
  104: 'bad options, config or scenario file',
  105: 'stopped by a signal',
  107: 'the scenario threw',
  111: 'nobody could join',
};

/**
 * A failure of the tool or of what it was given, never of the target: those are data.
 * `message` is one clear sentence without a trailing hint; `hint` says what to type instead.
 * Turned into an exit in one place, `src/program.ts`.
 */
export class ToolError extends Error {
  readonly hint: string | undefined;
  readonly exitCode: ExitCode;

  constructor(message: string, options: { hint?: string; exitCode?: ExitCode; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'ToolError';
    this.hint = options.hint;
    this.exitCode = options.exitCode ?? EXIT.invalid;
  }
}

/** The message of whatever was thrown. */
export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

/** What a run that was stopped before it began ends with. */
export const stoppedEarly = (): ToolError =>
  new ToolError('Stopped before the run began: there is nothing to report.', { exitCode: EXIT.interrupted });

/** What a promise comes to. @throws ToolError (105) as soon as `stop` is aborted */
export function unlessStopped<Value>(promise: Promise<Value>, stop: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const stopped = (): void => reject(stoppedEarly());
    if (stop.aborted) stopped();
    stop.addEventListener('abort', stopped, { once: true });
    promise.then(resolve, reject).finally(() => stop.removeEventListener('abort', stopped));
  });
}

const STOPS = new Set<string | null>(['SIGINT', 'SIGTERM', 'SIGHUP']);

/**
 * Whether a process of ours was ended by a signal that tells all of them to stop: while it starts, it cannot leave it
 * to its parent yet.
 */
export const isStop = (signal: string | null): boolean => STOPS.has(signal);
