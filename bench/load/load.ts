/** Posts OTLP exports over several keep-alive connections, each as fast as it is answered. */
import { type Body, type BodyOptions, gzipped, makeBody } from './bodies.ts';
import { PostConnection } from './connection.ts';

export interface LoadOptions extends Omit<BodyOptions, 'seed' | 'startMs'> {
  readonly host: string;
  readonly port: number;
  readonly gzip: boolean;
  readonly connections: number;
  /** In all; each brings `spans` spans. */
  readonly requests: number;
  /** Numbers of the first span and trace: loads that meet on one topic must not share any. */
  readonly firstSpan: number;
  readonly firstTrace: number;
}

export interface Load {
  readonly spans: number;
  readonly traces: number;
  /** Bytes of a body before its compression. */
  readonly bytesPerSpan: number;
  /** Sends everything; resolves with how long each request took. Rejects when one is not answered with 200. */
  run(): Promise<LoadReport>;
}

export interface LoadReport {
  /** Milliseconds of each request, ascending. */
  readonly latencies: Float64Array;
  readonly wallMs: number;
}

/** Different bodies of each connection; they are sent in turn. */
const BODIES = 4;
/** Answers that name nothing as rejected: an empty message, in protobuf also with an empty field, or in JSON. */
const NOTHING_REJECTED = ['', '\n\u0000', '{}', '{"partialSuccess":{}}'];

/** Everything that can be made before the first request is made here. */
export function prepareLoad(options: LoadOptions): Load {
  const { connections, requests, gzip } = options;
  const bodies = Array.from({ length: connections }, (_, c) =>
    Array.from({ length: BODIES }, (_each, i) =>
      makeBody({ ...options, seed: c * BODIES + i + 1, startMs: Date.now() }),
    ),
  );
  const [[first]] = bodies;
  const stamped = (body: Body, request: number): Buffer => {
    body.stamp(options.firstSpan + request * body.spans, options.firstTrace + request * body.traces);
    return body.bytes;
  };
  const ready: Buffer[] = [];
  if (gzip) {
    for (let request = 0; request < requests; request++) {
      const body = bodies[0][request % BODIES];
      stamped(body, request);
      ready.push(gzipped(body));
    }
  }

  const run = async (): Promise<LoadReport> => {
    const latencies = new Float64Array(requests);
    let next = 0;
    const began = performance.now();
    await Promise.all(
      bodies.map(async (own) => {
        const connection = await PostConnection.open({
          ...options,
          path: '/v1/traces',
          headers: headersOf(options),
        });
        try {
          for (let turn = 0; next < requests; turn++) {
            const request = next++;
            const body = gzip ? ready[request] : stamped(own[turn % BODIES], request);
            const sentAt = performance.now();
            const answer = await connection.post(body);
            latencies[request] = performance.now() - sentAt;
            if (answer.status !== 200 || !NOTHING_REJECTED.includes(answer.body.toString('latin1')))
              throw new Error(`answer ${answer.status}: ${answer.body.toString('utf8', 0, 300)}`);
          }
        } finally {
          connection.close();
        }
      }),
    );
    const wallMs = performance.now() - began;
    return { latencies: latencies.sort(), wallMs };
  };
  return {
    spans: requests * first.spans,
    traces: requests * first.traces,
    bytesPerSpan: Math.round(first.bytes.length / first.spans),
    run,
  };
}

function headersOf({ encoding, gzip }: LoadOptions): Record<string, string> {
  return {
    'content-type': encoding === 'json' ? 'application/json' : 'application/x-protobuf',
    ...(gzip ? { 'content-encoding': 'gzip' } : {}),
  };
}
