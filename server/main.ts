/**
 * The reference server as a process of its own, as the load generator starts it: `server.js OPTIONS`, where OPTIONS is
 * a JSON object of {@link ServeOptions}, and `room`, to which the default limits are raised. With a channel to its
 * parent it is a child (foreground.ts).
 */
import { EXIT, messageOf, ToolError } from '../src/core/errors.ts';
import { tellFailure } from './foreground.ts';
import { limitsWithRoomFor, type Limits } from './limits.ts';
import { serve, type ServeOptions } from './serve.ts';

try {
  const { room, ...options } = JSON.parse(process.argv[2] ?? '{}') as ServeOptions & { room?: Partial<Limits> };
  // Not by `process.connected`: a parent that is gone already was a parent nevertheless.
  await serve({ ...options, ...(room && { limits: limitsWithRoomFor(room) }), child: process.send !== undefined });
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  await tellFailure(error);
  process.exit(error instanceof ToolError ? error.exitCode : EXIT.defect);
}
