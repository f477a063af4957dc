/** Requests to the query API, made of the OpenAPI that it serves: a route that is added is asked, too. */
import { z } from 'zod';
import type { Api } from '#sinks/api/deps.ts';
import { Choices } from '../choices.ts';
import { holds, type Started } from '../target.ts';

/** In what a user sends: SQL must hold none of it, since every value goes as a parameter. */
export const CANARY = 'zqxcanary';
const VALUES = [
  '',
  '0',
  '-1',
  '1',
  '50',
  '500',
  '501',
  '1e3',
  '1.5',
  'NaN',
  '9007199254740993',
  '1700000000000',
  '2023-11-14T22:00:00Z',
  '2023-02-30',
  '2262-04-12T00:00:00Z',
  'true',
  'false',
  'p95',
  'p50',
  'p99.999',
  '800',
  'failing',
  'all',
  'open',
  'resolved',
  'fanout_collapse',
  'warning',
  'critical',
  'asc',
  'desc',
  'MTcwMDAwMDAwMDAwMCAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMA',
  '0'.repeat(32),
  'ab'.repeat(16),
  'F'.repeat(32),
  'x'.repeat(1001),
  `${CANARY}'`,
  `${CANARY}" OR 1=1 --`,
  `${CANARY}\\`,
  `{${CANARY}:String}`,
  `\u0000${CANARY}`,
  '\ud800',
  '%',
  '%2e%2e%2f',
  '..',
  'ati.spans-ati.SpanBatch',
  'latest',
  '60',
];
const BODIES = [
  '{}',
  '[]',
  'null',
  '{"query":1}',
  `{"query":"SELECT '${CANARY}'","format":"JSON"}`,
  '{"by":"ann","minutes":5,"note":"x"}',
  '{',
  '{"__proto__":{"by":"x"}}',
];
const TYPES = [
  'application/json',
  'text/plain',
  'application/x-www-form-urlencoded',
  'application/json; charset=x',
  '',
];

const errorBody = z.object({
  error: z.object({ code: z.string().regex(/^[a-z_]+$/), message: z.string().min(1) }),
});

interface Operation {
  readonly method: 'GET' | 'POST' | 'DELETE' | 'PUT';
  readonly path: string;
  readonly query: readonly string[];
}

/** Asks `api` what the input says; `allowed`: statuses from 500 on that this installation may answer. */
export async function fuzzApi(api: Api, allowed: ReadonlySet<number>): Promise<Started> {
  const operations = operationsOf(await api.inject({ url: '/docs/json' }).then((answer) => answer.json()));
  return {
    seeds: operations.flatMap(({ query }, i) => [
      Uint8Array.from([i, 0]),
      ...query.map((_, parameter) => Uint8Array.from([i, 1, parameter, 1, 5])),
    ]),
    mutators: [],
    async run(input) {
      const choices = new Choices(input);
      const { method, path, query } = choices.pick(operations);
      const value = () => (choices.below(4) === 0 ? choices.text() : choices.pick(VALUES));
      const names = [...query, 'unknown'];
      const given = Array.from({ length: choices.below(5) }, (): [string, string] => [
        choices.pick(names),
        value(),
      ]);
      const url = `${path.replace(/\{\w+\}/g, () => encoded(value()) || 'x')}?${new URLSearchParams(given)}`;
      const body =
        method === 'GET' ? undefined : choices.below(3) === 0 ? choices.text() : choices.pick(BODIES);
      const answer = await api.inject({
        method,
        url,
        ...(body !== undefined && { payload: body, headers: { 'content-type': choices.pick(TYPES) } }),
      });
      const { statusCode } = answer;
      holds(
        statusCode < 500 || allowed.has(statusCode),
        () => `${method} ${path} ${statusCode}: ${url}: ${answer.body}`,
      );
      if (statusCode >= 400)
        holds(
          errorBody.safeParse(jsonOf(answer.body)).success,
          () => `${method} ${path}: no error of ours: ${answer.body}`,
        );
    },
    stop: () => api.close(),
  };
}

/** As a path has it; a lone surrogate cannot be encoded. */
const encoded = (text: string) => encodeURIComponent(text.toWellFormed());

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface OpenApi {
  readonly paths: Record<
    string,
    Record<string, { readonly parameters?: readonly { readonly name: string; readonly in: string }[] }>
  >;
}

/** Streams do not end: what opens one is left out. */
function operationsOf({ paths }: OpenApi): Operation[] {
  return Object.entries(paths)
    .filter(([path]) => !path.endsWith('/stream'))
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { parameters = [] }]) => ({
        method: method.toUpperCase() as Operation['method'],
        path,
        query: parameters.filter((each) => each.in === 'query').map(({ name }) => name),
      })),
    );
}
