import { readFileSync, statSync } from 'node:fs';
import { messageOf, ToolError } from '../core/errors.ts';
import { parseObject } from '../core/json.ts';
import { fileText } from '../core/text.ts';
import { formatBytes } from '../core/units.ts';
import { RECORDING_SCHEMA, type RecordedEvent, type RecordingHeader } from './recording.ts';

/** A recording, read. */
export interface Recording {
  header: RecordingHeader;
  events: RecordedEvent[];
}

/** The longest file that is read at once. */
const LONGEST = 256 * 1024 * 1024;
const MAKE_ONE = 'loadtest watch --record FILE makes one.';
const KINDS = new Set<unknown>(['open', 'text', 'binary', 'ping', 'pong', 'close', 'breach', 'end']);

/**
 * Reads a recording.
 * @param name how the file is called in sentences
 * @throws ToolError (104) where it is none, of another version, damaged, or not whole
 */
export function readRecording(path: string, name: string): Recording {
  const lines = textOf(path, name).split('\n');
  const last = lines.pop()!;
  const header = headerOf(lines[0] ?? last, name);
  const events: RecordedEvent[] = [];
  let isWhole = false;
  for (const [at, line] of lines.entries()) {
    if (at === 0) continue;
    const value = parseObject(line);
    if (isWhole || value === undefined) throw damaged(name, at + 1, isWhole ? 'stands behind its end' : 'is not JSON');
    if ('end' in value) isWhole = true;
    else if (isEvent(value)) events.push(value);
    else throw damaged(name, at + 1, 'is no event of a recording');
  }
  if (last !== '') {
    throw new ToolError(`The recording ${name} is truncated: its last line, ${lines.length + 1}, is cut off.`, {
      hint: 'To play what there is, put {"end":{}} in its place.',
    });
  }
  if (!isWhole) {
    throw new ToolError(`The recording ${name} is truncated: it has no end, as where watch was killed.`, {
      hint: 'To play what there is, add the line {"end":{}}.',
    });
  }
  return { header, events };
}

function textOf(path: string, name: string): string {
  try {
    const { size } = statSync(path);
    if (size > LONGEST) {
      throw new ToolError(`The recording ${name} is larger than ${formatBytes(LONGEST)}.`, {
        hint: 'Record less of it.',
      });
    }
    return fileText(readFileSync(path));
  } catch (error) {
    if (error instanceof ToolError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new ToolError(`There is no recording ${name}.`);
    throw new ToolError(`The recording ${name} cannot be read: ${messageOf(error)}.`, { cause: error });
  }
}

function headerOf(line: string, name: string): RecordingHeader {
  const header = parseObject(line);
  const schema = header?.['schema'];
  if (schema === RECORDING_SCHEMA) return header as unknown as RecordingHeader;
  if (header === undefined) {
    throw new ToolError(`${name} is no recording: its first line is not JSON.`, { hint: MAKE_ONE });
  }
  const version = /^collab-loadtest\/recording\/(\S+)$/.exec(String(schema))?.[1];
  if (version === undefined)
    throw new ToolError(`${name} is no recording: it does not begin as one.`, { hint: MAKE_ONE });
  throw new ToolError(`The recording ${name} is of version ${version}, and this program plays v1.`, {
    hint: 'Play it with the version of this program that made it.',
  });
}

function isEvent(value: Record<string, unknown>): value is RecordedEvent & Record<string, unknown> {
  const { at_ms: at, connection, kind, from, text } = value;
  if (typeof at !== 'number' || !Number.isFinite(at) || typeof connection !== 'number' || !KINDS.has(kind))
    return false;
  if (kind === 'open') return typeof value['path'] === 'string';
  if (kind === 'end') return true;
  return (from === 'client' || from === 'server') && (text === undefined || typeof text === 'string');
}

const damaged = (name: string, line: number, what: string): ToolError =>
  new ToolError(`The recording ${name} is damaged: its line ${line} ${what}.`, { hint: 'Record it again.' });
