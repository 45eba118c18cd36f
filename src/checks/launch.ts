import { portFor, startServer, type StartedServer } from '../engine/started.ts';

/** A server that was started for this check. */
export interface RunningServer extends Omit<StartedServer, 'pid'> {
  port: number;
  /** Starts it again on the same port. @throws ToolError where it does not listen */
  restart(): Promise<void>;
}

/**
 * Starts a server by a command, `{port}` filled in with a free port.
 * @param called what the user calls the command
 * @param url where it is; one without `{port}` names the port that it always takes
 * @throws ToolError (104) where that port is taken, where it ends at once or never listens
 */
export async function launch(
  command: string,
  stop: AbortSignal,
  called: string,
  url = 'ws://127.0.0.1:{port}',
): Promise<RunningServer> {
  const port = await portFor(command, [url]);
  const lines: string[] = [];
  const start = (): Promise<StartedServer> =>
    startServer({ command: command.replaceAll('{port}', String(port)), port, called, stop });
  let running = await start();
  return {
    port,
    lastLines: () => [...lines, ...running.lastLines()],
    interrupt: (within_ms) => running.interrupt(within_ms),
    async restart() {
      await running.stop();
      // What it said before it was ended is evidence as well.
      lines.push(...running.lastLines());
      running = await start();
    },
    stop: () => running.stop(),
    leave: () => running.leave(),
  };
}
