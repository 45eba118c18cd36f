import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type Breach } from '../core/breaches.ts';
import { messageOf } from '../core/errors.ts';
import { CLOSE } from '../core/frames.ts';
import { BODY_MS, heardIn } from '../engine/answer.ts';
import { basicAuth } from '../engine/credentials.ts';
import { explain, type Asked } from '../engine/refusal.ts';
import { causeOf, type SystemError } from '../engine/system-error.ts';
import { tlsOptions } from '../engine/tls.ts';
import { answerWords, type HttpAnswer } from '../protocol/http-answer.ts';
import type { From } from '../recording/recording.ts';
import { closing, Conversation, type Audience } from './conversation.ts';
import type { Ending } from './ending.ts';
import { FrameTap, KEPT, type Passed } from './frame-tap.ts';
import { fieldOf, HeadReader, rewritten } from './http-head.ts';
import { Inflater } from './inflater.ts';
import { addressIn, askedThrough, wayTo, type Upstream } from './upstream.ts';

/** How long either side may take to answer a close of ours, ms. */
const CLOSE_MS = 2000;
const GOING_AWAY = 1001;

export interface LinkEvents extends Audience {
  /** How the connection is called: nobody else who is there is called so. */
  nameOf(user: string, connection: number): string;
  /** Its last event. */
  gone(link: Link, ending: Ending): void;
}

/**
 * One application's connection and the one to the server that belongs to it. What comes is passed on as it is, no faster
 * than it is taken, and looked at on its way.
 */
export class Link {
  readonly #connection: number;
  readonly #client: Socket;
  readonly #upstream: Upstream;
  readonly #events: LinkEvents;
  #server: Socket | undefined;
  #request: HeadReader | undefined = new HeadReader();
  /** What came of the server's answer to the opening handshake, a character a byte; nothing once it is read. */
  #answer: string | undefined = '';
  #refusal: HttpAnswer | undefined;
  #question: Asked | undefined;
  #conversation: Conversation | undefined;
  #taps: { client: FrameTap; server: FrameTap } | undefined;
  #isWebSocket = false;
  /** Another request than one for a WebSocket: passed on, and that is all. */
  #isPlain = false;
  /** The first that ended it, and whether the other has answered. */
  #ending: Ending | undefined;
  #open = 1;
  #isStopping = false;

  constructor(connection: number, client: Socket, upstream: Upstream, events: LinkEvents) {
    this.#connection = connection;
    this.#client = client;
    this.#upstream = upstream;
    this.#events = events;
    client.setNoDelay(true);
    this.#attend(client, 'client');
  }

  #attend(socket: Socket, from: From): void {
    socket.on('data', (chunk: Buffer) => this.#came(from, chunk));
    socket.on('error', (error: SystemError) => this.#failed(from, causeOf(error)));
    socket.once('end', () => {
      if (from === 'server') this.#refused();
      this.#ends({ by: from, code: this.#isWebSocket ? 1006 : 0, reason: '', isAnswered: false });
      this.#other(from)?.end();
      if (from === 'client' && !this.#server) socket.destroy();
    });
    socket.once('close', () => this.#closed(from));
  }

  #other(from: From): Socket | undefined {
    return from === 'client' ? this.#server : this.#client;
  }

  #ends(ending: Ending): void {
    this.#ending ??= ending;
  }

  #failed(from: From, error: string): void {
    if (from === 'server') this.#refused();
    const isUnanswered = from === 'server' && this.#answer !== undefined;
    const says = isUnanswered ? this.#wordsOf(error) : undefined;
    const ending = { by: from, code: this.#isWebSocket ? 1006 : 0, reason: '', error, isAnswered: false };
    this.#ends({ ...ending, ...(says !== undefined && { says }) });
    if (isUnanswered) this.#refuse();
  }

  /** Why there is no WebSocket, and what to type where it is for this relay to do otherwise. */
  #wordsOf(error: string): string {
    const { meaning, said, hint } = explain(error, this.#refusal, this.#question);
    const words = said === '' ? meaning : `${meaning} (${said})`;
    const isOurs = this.#refusal === undefined ? meaning !== error : error.startsWith('HTTP 3');
    return isOurs ? `${words}. ${hint}` : words;
  }

  /** The application is told as HTTP tells it that there is no server behind this relay. */
  #refuse(): void {
    if (this.#client.writable)
      this.#client.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
  }

  #closed(from: From): void {
    const other = this.#other(from);
    this.#ends({ by: from, code: this.#isWebSocket ? 1006 : 0, reason: '', isAnswered: false });
    // What the one sent before it went is still written to the other.
    other?.destroySoon();
    if (--this.#open > 0) return;
    if (!this.#isPlain) this.#conversation?.ended(this.#ending!);
    this.#events.gone(this, this.#ending!);
  }

  #came(from: From, chunk: Buffer): void {
    if (this.#isStopping) return this.#look(from, chunk);
    if (from === 'client' && this.#request) return this.#asked(this.#request, chunk);
    this.#pass(from, chunk);
    if (from === 'server' && this.#answer !== undefined) return this.#answered(chunk);
    return this.#look(from, chunk);
  }

  /** What cannot be looked at is passed on all the same, and is no harm to another connection. */
  #look(from: From, chunk: Buffer): void {
    try {
      this.#taps?.[from].read(chunk);
    } catch (error) {
      this.#taps = undefined;
      this.#conversation!.says(`what comes from here on is passed on and not looked at: ${messageOf(error)}`);
    }
  }

  /** Whoever is slow to take what is said slows the one down who says it: nothing piles up here. */
  #pass(from: From, chunk: Buffer | string): void {
    const to = this.#other(from);
    const source = from === 'client' ? this.#client : this.#server!;
    if (!to || to.destroyed || to.writableEnded || to.write(chunk)) return;
    source.pause();
    to.once('drain', () => source.resume());
  }

  #asked(reader: HeadReader, chunk: Buffer): void {
    const read = reader.read(chunk);
    if (!read) return;
    this.#request = undefined;
    if ('none' in read) {
      this.#name({}, '');
      this.#conversation!.says(`what came is no HTTP: ${read.none.subarray(0, 16).toString('hex')}`);
      this.#connect(wayTo(this.#upstream.url, '/').url, read.none);
      return;
    }
    const { head, rest } = read;
    const [method = '', path = '/', version = ''] = head.first.split(' ');
    const way = wayTo(this.#upstream.url, path);
    const address = addressIn(path);
    this.#name(address, path);
    const plain = fieldOf(head, 'upgrade')?.toLowerCase() !== 'websocket';
    const seen = path.replace(/\?.*$/s, '');
    this.#conversation!.says(
      plain
        ? `asks ${method} ${seen}, no WebSocket`
        : `connects${address.session === undefined ? ` to ${seen}` : ` to session ${address.session}`}`,
    );
    if (!plain && address.session === undefined) {
      this.#conversation!.breaks('client', 'P1', `the path is /ws/SESSION/USER, not ${seen}`);
    }
    this.#isPlain = plain;
    this.#question = askedThrough(this.#upstream, head.fields, way, address);
    const { Authorization: authorization } = basicAuth(way.url);
    const changes = { host: way.url.host, ...(authorization !== undefined && { authorization }) };
    const request = Buffer.from(rewritten(head, `${method} ${way.path} ${version}`, changes), 'latin1');
    this.#connect(way.url, rest.length > 0 ? Buffer.concat([request, rest]) : request);
  }

  #name(address: { session?: string; user?: string }, path: string): void {
    const who = this.#events.nameOf(address.user ?? 'application', this.#connection);
    this.#conversation = new Conversation(this.#connection, who, address, this.#events);
    const at_ms = Math.round(this.#events.now() * 1000) / 1000;
    this.#events.record({
      at_ms,
      connection: this.#connection,
      kind: 'open',
      path: path.replace(/\?.*$/s, ''),
      ...address,
    });
  }

  /** @param first what the server is told first */
  #connect(url: URL, first: Buffer): void {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const isSecure = url.protocol === 'wss:';
    const port = Number(url.port) || (isSecure ? 443 : 80);
    const server = isSecure
      ? connectTls({ host, port, ...tlsOptions(this.#upstream.trust ?? {}, host) })
      : connectTcp({ host, port, noDelay: true, allowHalfOpen: true });
    this.#server = server;
    this.#open++;
    this.#attend(server, 'server');
    this.#client.pause();
    server.once(isSecure ? 'secureConnect' : 'connect', () => {
      server.write(first);
      this.#client.resume();
    });
    if (this.#client.destroyed) server.destroy();
  }

  /** The server's answer to the opening handshake: it has been passed on already. */
  #answered(chunk: Buffer): void {
    this.#answer += chunk.toString('latin1');
    const heard = heardIn(this.#answer!);
    if (!heard) return;
    const conversation = this.#conversation!;
    if ('none' in heard) {
      this.#answer = undefined;
      const says = this.#wordsOf(heard.none);
      return this.#ends({ by: 'server', code: 0, reason: '', error: heard.none, says, isAnswered: false });
    }
    const { answer, end, whole } = heard;
    if (answer.status === 101) {
      const rest = chunk.subarray(chunk.length - (this.#answer!.length - end));
      this.#answer = undefined;
      this.#begin(conversation, answer);
      if (rest.length > 0) this.#taps!.server.read(rest);
      return;
    }
    if (this.#isPlain) this.#answer = undefined;
    else {
      // The rest of what it says may be a moment behind.
      if (!this.#refusal) setTimeout(() => this.#refused(), BODY_MS).unref();
      this.#refusal = answer;
      if (whole) this.#refused();
    }
  }

  /** Tells what was answered instead of a WebSocket, once. */
  #refused(): void {
    if (!this.#refusal || this.#answer === undefined) return;
    this.#answer = undefined;
    const error = `HTTP ${this.#refusal.status}`;
    this.#conversation!.says(`the server answers ${answerWords(this.#refusal, this.#question?.secrets)}`);
    this.#ends({ by: 'server', code: 0, reason: '', error, says: this.#wordsOf(error), isAnswered: false });
  }

  #begin(conversation: Conversation, { fields }: HttpAnswer): void {
    this.#isWebSocket = true;
    const extensions = fields.get('sec-websocket-extensions');
    const deflates = extensions !== undefined && /permessage-deflate/i.test(extensions);
    if (deflates)
      conversation.breaks('server', 'P3', 'it negotiates permessage-deflate, and a server uses no compression');
    const tap = (from: From): FrameTap => {
      const keeps = !new RegExp(`${from}_no_context_takeover`, 'i').test(extensions ?? '');
      const sink = {
        passed: (passed: Passed) => this.#passed(conversation, from, passed),
        broken: (breach: Breach) => conversation.breaks(from, `RFC 6455, ${breach.section}`, breach.says),
      };
      return new FrameTap(from === 'client', sink, deflates ? new Inflater(KEPT, keeps) : undefined);
    };
    this.#taps = { client: tap('client'), server: tap('server') };
  }

  #passed(conversation: Conversation, from: From, passed: Passed): void {
    if (passed.opcode === CLOSE) {
      if (this.#ending) this.#ending.isAnswered ||= this.#ending.by !== from;
      else this.#ends({ by: from, ...closing(passed.payload), isAnswered: false });
      if (this.#isStopping) (from === 'client' ? this.#client : this.#server!).end();
    }
    if (!this.#isStopping || passed.opcode === CLOSE) conversation.passed(from, passed);
  }

  /** Ends it as a server that goes away does (P5): a close frame to both, where one can stand, then a cut. */
  stop(): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    this.#ends({ by: 'watch', code: this.#isWebSocket ? GOING_AWAY : 0, reason: '', isAnswered: false });
    const close = Buffer.from([0x88, 0x02, GOING_AWAY >> 8, GOING_AWAY & 0xff]);
    // A mask of zeros leaves the payload as it is.
    const masked = Buffer.from([0x88, 0x82, 0, 0, 0, 0, GOING_AWAY >> 8, GOING_AWAY & 0xff]);
    const say = (to: Socket | undefined, tap: FrameTap | undefined, frame: Buffer): void => {
      if (to?.writable && tap?.isBetweenFrames) to.write(frame);
      else to?.destroy();
    };
    say(this.#client, this.#taps?.server, close);
    say(this.#server, this.#taps?.client, masked);
    setTimeout(() => {
      this.#client.destroy();
      this.#server?.destroy();
    }, CLOSE_MS).unref();
  }
}
