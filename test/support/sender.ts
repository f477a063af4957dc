/** A client with a token, over HTTP or HTTPS, that keeps all it was ever answered. */
import http from 'node:http';
import https from 'node:https';
import { encodeTraces, type OtlpTraces } from '#schemas/otlp/write.ts';

export interface Said {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

export interface Sent {
  readonly token?: string | undefined;
  /** JSON, or the bytes of an OTLP message. */
  readonly body?: object | Uint8Array;
}

export class Sender {
  /** Every answer, and what streams have said. */
  readonly heard: string[] = [];
  readonly #ca: string | undefined;

  /** `ca`: PEM of the authority to trust. */
  constructor(ca?: string) {
    this.#ca = ca;
  }

  ask(url: string, sent: Sent = {}): Promise<Said> {
    return new Promise((resolve, reject) => {
      this.#request(url, sent, async (response) => {
        let text = '';
        for await (const piece of response.setEncoding('utf8')) text += piece;
        this.heard.push(JSON.stringify(response.headers), text);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      }).on('error', reject);
    });
  }

  export(ingestUrl: string, token: string | undefined, traces: OtlpTraces): Promise<Said> {
    return this.ask(`${ingestUrl}/v1/traces`, { token, body: encodeTraces(traces) });
  }

  /** Follows a stream until `end`; resolves when it is there. */
  follow(url: string, token: string): Promise<{ text(): string; end(): void }> {
    return new Promise((resolve, reject) => {
      const request = this.#request(url, { token }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => {
          text += piece;
          this.heard.push(piece);
        });
        response.on('error', () => {}); // our own end
        resolve({ text: () => text, end: () => request.destroy() });
      });
      request.on('error', reject);
    });
  }

  #request(url: string, { token, body }: Sent, take: (response: http.IncomingMessage) => void) {
    const { request } = url.startsWith('https:') ? https : http;
    const type = body instanceof Uint8Array ? 'application/x-protobuf' : 'application/json';
    const headers = {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': type }),
    };
    const payload = body === undefined || body instanceof Uint8Array ? body : JSON.stringify(body);
    const method = body === undefined ? 'GET' : 'POST';
    return request(url, { method, headers, agent: false, ca: this.#ca }, take).end(payload);
  }
}
