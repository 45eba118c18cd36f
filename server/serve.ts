import { parseFaults } from './faults.ts';
import { serveBanner } from './banner.ts';
import { toOutput, untilStopped, type CommandOptions } from './foreground.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { createLogger } from './logger.ts';
import { createServer, type ServerOptions } from './server.ts';

/** What {@link serve} takes: a server's options and how to tell what happens. */
export interface ServeOptions extends CommandOptions, Omit<ServerOptions, 'log'> {}

/**
 * `loadtest serve`: the reference server in the foreground, until a signal ends it.
 * @throws ToolError (104) where it cannot start
 */
export async function serve(options: ServeOptions): Promise<void> {
  parseFaults(options.faults ?? []);
  const log = createLogger({ ...options, write: toOutput });
  const server = await createServer({ ...options, log });
  const closeTimeout = options.limits?.closeTimeout ?? DEFAULT_LIMITS.closeTimeout;
  if (!options.quiet && !options.json) toOutput(serveBanner(server, { closeTimeout, faults: options.faults ?? [] }));
  log.info({ url: server.url }, 'listening');
  await untilStopped(server, options, (why) =>
    log.info(
      { why },
      `stopping: waits ${closeTimeout / 1000} s at most for clients to answer, once more stops at once`,
    ),
  );
  log.info(server.counts(), 'stopped');
}
