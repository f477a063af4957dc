/** What `npm start` and `npm run demo` show of an installation: its start, its addresses, its stop. */
import { Listr } from 'listr2';
import { colours } from '#infra/colours.ts';
import type { Config } from '../config.ts';
import { agentUrlOf, brokersOf, clickhouseUrlOf, urlOf } from '../endpoints.ts';
import { messageOf, UserError } from '../errors.ts';
import { type Service, servicesOf } from './services.ts';
import { type Stack, type StackOptions, startStack } from './stack.ts';

/** Ctrl-C, `kill`, and a terminal that was closed. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** An installation that somebody watches. */
export interface WatchedStack extends Stack {
  /** Rejects when a service has died too often; it may be left alone. */
  readonly gaveUp: Promise<never>;
}

export interface ConsoleOptions extends Omit<StackOptions, 'onGiveUp'> {
  /** Nothing on standard output. */
  readonly quiet?: boolean;
}

/** Starts the installation with a line per service: live on a terminal, plain lines elsewhere. */
export async function startWithProgress(options: ConsoleOptions): Promise<WatchedStack> {
  const { processors, sinks, agents = true } = options;
  const services = servicesOf(options.config, { agents, processors, sinks });
  const ready = new Map(services.map(({ name }) => [name, Promise.withResolvers<boolean>()]));
  const lines = new Listr(
    services.map((service) => ({
      title: service.title,
      task: async (_context, task) => {
        if ((await ready.get(service.name)?.promise) === false) task.skip(`${service.title}: not started`);
      },
    })),
    {
      concurrent: true,
      exitOnError: false,
      fallbackRenderer: 'silent',
      collectErrors: false,
      // The lines live while it starts; what stays is printed when all are ready.
      rendererOptions: { clearOutput: true },
      // Else listr2 ends the process at Ctrl-C, before anything is stopped in order.
      registerSignalListeners: false,
    },
  );
  const quiet = options.quiet ?? false;
  const live = process.stdout.isTTY && !quiet;
  let shown: Promise<unknown> | undefined;
  const gaveUp = Promise.withResolvers<never>();
  gaveUp.promise.catch(() => {}); // whoever waits for it hears of it
  const abort = new AbortController();
  const onSignal = () => abort.abort();
  for (const name of STOP_SIGNALS) process.on(name, onSignal);
  try {
    const stack = await startStack({
      signal: abort.signal,
      ...options,
      onGiveUp: gaveUp.reject,
      progress: (service: Service, state) => {
        // Not before: a start that is refused at once shows its reason alone.
        if (live) shown ??= lines.run();
        if (state === 'ready') ready.get(service.name)?.resolve(true);
        if (!live && !quiet && state === 'ready') console.log(`  ready: ${service.title}`);
      },
      onDeath: (service, lastWords) => {
        const lastLine = lastWords.split('\n').at(-1);
        console.error(colours.yellow(`${service.title} died and is started again: ${lastLine}`));
      },
    });
    await shown;
    if (live) for (const { title } of services) console.log(`${colours.green('✔')} ${title}`);
    return { ...stack, gaveUp: gaveUp.promise };
  } catch (error) {
    // The sentence that follows says why; the lines only end.
    for (const { resolve } of ready.values()) resolve(false);
    throw error;
  } finally {
    for (const name of STOP_SIGNALS) process.off(name, onSignal);
    await shown?.catch(() => {});
  }
}

/** Where everything listens, and what it is for where the terminal has room for that (80 columns otherwise). */
export function addresses(
  config: Config,
  options: { readonly agents: boolean; readonly columns?: number },
): string {
  const http = (port: number, path = '') => urlOf(config, port, path);
  const rows = [
    ['query API', http(config.ATI_API_PORT), 'incidents, traces, operations, SQL'],
    ['API manual', http(config.ATI_API_PORT, '/docs'), 'OpenAPI: try each call in the browser'],
    ['OTLP ingest', http(config.ATI_INGEST_PORT), 'send your own traces, metrics and logs'],
    ['Kafka', brokersOf(config).join(','), 'topic ati.incidents: subscribe'],
    [
      'ClickHouse',
      clickhouseUrlOf(config),
      `database ${config.CLICKHOUSE_DATABASE}: otel_traces, ati_incidents`,
    ],
  ];
  if (options.agents) {
    rows.push(
      ['agent app', agentUrlOf(config, config.ATI_AGENT_PORT), 'synthetic workflows: /run?scenario=fanout'],
      [
        'second mesh',
        agentUrlOf(config, config.ATI_SECOND_AGENT_PORT),
        `the same, its agents named ${config.ATI_SECOND_AGENT_NAME}-…`,
      ],
      ['tool service', agentUrlOf(config, config.ATI_TOOL_PORT), 'the tools that they call'],
    );
  }
  const width = (column: number) => Math.max(...rows.map((row) => row[column].length));
  const lines = rows.map(
    ([name, url, about]) => `  ${name.padEnd(width(0))}  ${url.padEnd(width(1))}  ${about}`,
  );
  const fits = lines.every((line) => line.length <= (options.columns ?? Number.POSITIVE_INFINITY));
  return (fits ? lines : rows.map(([name, url]) => `  ${name.padEnd(width(0))}  ${url}`)).join('\n');
}

/** Resolves on the first Ctrl-C (or SIGTERM, SIGHUP); a second one ends the process at once. */
export function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const onSignal = () => {
      if (asked) process.exit(130);
      asked = true;
      resolve();
    };
    for (const name of STOP_SIGNALS) process.on(name, onSignal);
  });
}

/** Ends the process with a sentence for the user (a stack only for what is a bug). */
export function fail(error: unknown): never {
  const text = error instanceof UserError || !(error instanceof Error) ? messageOf(error) : error.stack;
  console.error(colours.red(String(text)));
  process.exit(1);
}
