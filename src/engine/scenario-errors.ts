import { SourceMap, type SourceMapPayload } from 'node:module';
import { basename } from 'node:path';
import { messageOf } from '../core/errors.ts';
import { builtUrl } from './programs.ts';

/** Errors and events of a scenario file of the user's that threw once it was loaded. */
export const SCENARIO_THREW = 'scenario';

/**
 * Whether something that nobody caught was thrown by a scenario file of the user's, in a timer or a promise of its own:
 * the file stands in the trace, or at least nothing of this tool does.
 * @param url the scenario's; a file of the user's comes as its code (module.ts)
 */
export function isOfFile(thrown: unknown, url: string): boolean {
  if (!url.startsWith('data:')) return false;
  const trace = thrown instanceof Error ? (thrown.stack ?? '') : '';
  return trace.includes('data:text/javascript') || !trace.includes(builtUrl('').href);
}

/** A frame of the user's module in a trace; base64 holds no colon. */
const FRAME = /data:text\/javascript;base64,([^:\s]*):(\d+):(\d+)/;
const MAP = /\/\/# sourceMappingURL=data:application\/json[^,]*,(\S+)\s*$/;

/** A text of whoever ran a user's module, without the code that its URL holds. @param name what stands there instead */
export const withoutCode = (text: string, name: string): string =>
  text.replaceAll(/data:text\/javascript;base64,[\w+/=]*/g, name).replaceAll(/ imported from \S*\bplace\.js/g, '');

/** What a scenario file of the user's threw, with the line of its own at which it did: `no lens here (mine.ts, line 12)`. */
export function complaintOf(thrown: unknown): string {
  const message = withoutCode(messageOf(thrown), 'the scenario file').split('\n')[0]!;
  const [, code, line, column] = (thrown instanceof Error && FRAME.exec(thrown.stack ?? '')) || [];
  if (code === undefined) return message;
  const map = MAP.exec(Buffer.from(code, 'base64').toString())?.[1];
  if (map === undefined) return message;
  const found = new SourceMap(JSON.parse(Buffer.from(map, 'base64').toString()) as SourceMapPayload).findEntry(
    Number(line) - 1,
    Number(column) - 1,
  );
  if (!('originalSource' in found)) return message;
  return `${message} (${basename(found.originalSource)}, line ${found.originalLine + 1})`;
}
