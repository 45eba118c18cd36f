import { closeSync, openSync, readSync } from 'node:fs';
import { fileText } from '../core/text.ts';
import { CODE, PACKAGE } from './bundle.ts';

/** A kind of file that is no scenario. */
interface Kind {
  /** What it is, in words: `a HAR file, …`. */
  is: string;
  /** Names that are enough to tell. */
  named?: RegExp;
  /** What is in it. In code, which may be a scenario's, only this tells. */
  holds?: RegExp;
  hint: string;
}

const RECORD =
  'loadtest watch --url ws://HOST:PORT --record talk.ndjson records an application’s conversation, and loadtest run talk.ndjson plays it; loadtest init mine.ts writes a scenario to start from.';
const BEGIN =
  'loadtest init mine.ts writes a scenario to start from; loadtest watch --url ws://HOST:PORT --record talk.ndjson records an application instead.';
const K6 = `k6 run plays it. Here ${BEGIN}`;

/** The first that fits is what it is. */
const KINDS: readonly Kind[] = [
  {
    is: 'the journal of a run',
    holds: /^\{"schema":\s*"collab-loadtest\/journal\//,
    hint: 'loadtest report FILE renders it.',
  },
  {
    is: 'the result of a run',
    holds: /"schema":\s*"collab-loadtest\/result\//,
    hint: 'loadtest report FILE renders it.',
  },
  {
    is: 'a config file',
    named: /(^|[/\\])loadtest\.config\.\w+$/i,
    hint: 'It is read by itself in the folder in which it lies; elsewhere it is named with --config FILE.',
  },
  {
    is: 'a HAR file, which a browser recorded',
    named: /\.har$/i,
    holds: /^\s*\{\s*"log"\s*:\s*\{\s*"(?:version|creator|browser|pages|entries)"/,
    hint: RECORD,
  },
  {
    is: 'a capture of packets or requests',
    named: /\.(pcap|pcapng|cap|saz|chlsj?|mitm|flows?)$/i,
    hint: RECORD,
  },
  { is: 'a recording of a terminal by asciinema', named: /\.cast$/i, hint: RECORD },
  { is: 'a test plan of JMeter', named: /\.jmx$/i, holds: /<jmeterTestPlan\b/, hint: BEGIN },
  { is: 'a configuration of Tsung', holds: /<tsung\b|tsung-1\.0\.dtd/, hint: BEGIN },
  { is: 'a project of SoapUI', holds: /soapui-project\b/, hint: BEGIN },
  {
    is: 'a collection of Postman',
    named: /\.postman_\w+\.json$/i,
    holds: /"_postman_id"|schema\.getpostman\.com/,
    hint: BEGIN,
  },
  {
    is: 'an export of Insomnia',
    holds: /"__export_(?:format|source)"|^_type:\s*export|insomnia\.rest\//m,
    hint: BEGIN,
  },
  { is: 'a collection of Bruno', named: /\.bru$/i, hint: BEGIN },
  {
    is: 'a description of an interface (OpenAPI, AsyncAPI)',
    holds: /^[\s{]*"?(?:openapi|swagger|asyncapi)"?\s*:/m,
    hint: BEGIN,
  },
  { is: 'a configuration of Taurus', holds: /^\s*"?execution"?\s*:\s*(?:\n\s*-|\[)/m, hint: BEGIN },
  {
    is: 'a script of Artillery',
    holds:
      /^config:\s*\n(?:.*\n)*?\s+(?:target|phases)\s*:|^scenarios:\s*\n\s*-|^\s*\{\s*"config"\s*:\s*\{[^]*"(?:target|phases|scenarios)"\s*:|export const config\b[^]*\btarget\b[^]*export const scenarios\b/m,
    hint: BEGIN,
  },
  { is: 'a test of Locust', holds: /^\s*(?:from|import)\s+locust\b/m, hint: BEGIN },
  { is: 'a simulation of Gatling', holds: /\bio\.gatling\b|['"]@gatling\.io\//, hint: BEGIN },
  {
    is: 'a script of k6',
    holds: /(?:from|import|require\()\s*['"]k6(?:\/[^'"]*)?['"]|^\s*export\s+default\s+(?:async\s+)?function\b/m,
    hint: K6,
  },
  {
    is: 'a test of a browser (Playwright, Puppeteer, Cypress)',
    named: /\.side$/i,
    holds: /['"](?:@playwright\/test|playwright|puppeteer|cypress)['"]|\bcy\.visit\(/,
    hint: BEGIN,
  },
  {
    is: 'a script of another load tester',
    holds: /(?:from|require\()\s*['"](?:autocannon|loadtest|artillery)['"]/,
    hint: BEGIN,
  },
  {
    is: 'a list of requests over HTTP',
    named: /\.(http|rest)$/i,
    holds: /^(?:GET|POST|PUT|PATCH|DELETE|HEAD|WEBSOCKET) (?:https?|wss?):\/\//m,
    hint: BEGIN,
  },
  { is: 'a script of wrk or another program in Lua', named: /\.lua$/i, hint: BEGIN },
  { is: 'a program in Python', named: /\.py$/i, hint: BEGIN },
  { is: 'a program for the JVM', named: /\.(scala|java|kts?|groovy)$/i, hint: BEGIN },
  { is: 'a script for a shell', named: /\.(sh|bash|zsh|bat|cmd|ps1)$/i, hint: BEGIN },
];

/** As much of a file as tells what it is, bytes. */
const BEGINNING = 64 * 1024;

/** The first of a file; nothing where it cannot be read. */
export function beginningOf(path: string): string {
  try {
    const file = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(BEGINNING);
      return fileText(bytes.subarray(0, readSync(file, bytes)));
    } finally {
      closeSync(file);
    }
  } catch {
    return '';
  }
}

/** What a file is that another tool reads, or this one in another place; nothing for what may be a scenario. */
export function foreignFile(path: string): Pick<Kind, 'is' | 'hint'> | undefined {
  const text = beginningOf(path);
  const mayBeOurs = CODE.test(path);
  if (mayBeOurs && text.includes(PACKAGE) && !/loadtest\.config\.\w+$/i.test(path)) return undefined;
  return KINDS.find(({ named, holds }) => named?.test(path) === true || holds?.test(text) === true);
}
