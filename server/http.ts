import type { IncomingMessage, ServerResponse } from 'node:http';

/** A page the server answers with. */
export interface Page {
  status: number;
  type: string;
  body: string;
  headers?: Record<string, string>;
}

const textPage = (status: number, sentence: string, headers: Record<string, string> = {}): Page => ({
  status,
  type: 'text/plain; charset=utf-8',
  body: `${sentence}\n`,
  headers,
});

export const jsonPage = (value: object): Page => ({
  status: 200,
  type: 'application/json; charset=utf-8',
  body: `${JSON.stringify(value)}\n`,
});

/** Answers whoever comes with plain HTTP. `pages` are by path; an address for WebSockets is said to be one. */
export function answerHttp(
  request: IncomingMessage,
  response: ServerResponse,
  pages: Record<string, () => Page | Promise<Page>>,
  isSocketPath: (path: string) => boolean,
): void {
  const path = (request.url ?? '/').replace(/\?.*/s, '');
  const send = ({ status, type, body, headers }: Page): void => {
    response.writeHead(status, {
      'content-type': type,
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
      ...headers,
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
  request.resume();
  const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
  if (page && (request.method === 'GET' || request.method === 'HEAD')) {
    Promise.resolve(page()).then(send, (error: unknown) =>
      send(textPage(500, `This page could not be made: ${error}.`)),
    );
  } else if (page) {
    send(textPage(405, `${path} is there to be read: use GET.`, { allow: 'GET, HEAD' }));
  } else if (isSocketPath(path)) {
    const upgrade = { upgrade: 'websocket', connection: 'upgrade' };
    send(textPage(426, 'This is the address of a WebSocket: connect to it with ws:// instead of http://.', upgrade));
  } else {
    send(textPage(404, `Nothing is here: there is ${Object.keys(pages).join(', ')}, and WebSockets.`));
  }
}
