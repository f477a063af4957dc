import { log, note } from '@clack/prompts';
import type { Config } from '#infra/config.ts';
import { urlOf } from '#infra/endpoints.ts';
import { causeOf, messageOf } from '#infra/errors.ts';
import { requestPath } from '#producers/agents/agent-app/request.ts';
import { wrap } from '#sinks/explain/text.ts';
import { type LiveRun, runLive } from '../live/run.ts';
import { OF_WORKFLOWS } from '../registry.ts';
import type { Scenario } from '../scenario.ts';
import type { Choice } from './ask.ts';
import { reportLines } from './report.ts';
import { watchTrace } from './watch.ts';

/** Export, quiet gap (6 s by default), tick of idle partitions, sink. */
const DEADLINE_MS = 45_000;
/** A workflow that still runs says so this often. */
const STILL_RUNNING_MS = 10_000;
/** Of the box that clack draws; where there is no terminal it takes 80 columns. */
const FRAME = 6;
const COLUMNS = 80;
const MOST_COLUMNS = 100;

/** Whether ATI found what was planted; `unchecked` where it could not be asked. */
export type PlayOutcome = 'right' | 'wrong' | 'unchecked';

/** Runs a choice, tells what happens as it happens, and what ATI says in the end. */
export async function play(
  { mesh, scenario: name, parameters }: Choice,
  config: Config,
): Promise<PlayOutcome> {
  const base = OF_WORKFLOWS.find((each) => each.parameters.scenario === name);
  if (base === undefined) throw new Error(`no scenario file for ${name}`);
  const scenario: Scenario = { ...base, parameters: { scenario: name, ...parameters }, live: {} };
  const api = urlOf(config, config.ATI_API_PORT);
  log.step(`curl '${mesh.agentUrl}${requestPath(scenario.parameters)}'`);
  const started = performance.now();
  const tell = (text: string) => {
    const at = `+${((performance.now() - started) / 1000).toFixed(1)} s`.padStart(8);
    log.message(`${at}  ${text}`, { spacing: 0 });
  };
  tell(`${name} on the ${mesh.title} is running`);
  const stillRunning = setInterval(
    () => tell('still running; if that is too long, ./sanity_check.sh says what is wrong'),
    STILL_RUNNING_MS,
  );
  let run: LiveRun;
  try {
    run = await runLive(mesh.agentUrl, scenario);
  } catch (error) {
    log.error(
      `${reasonOf(error, mesh.agentUrl)}: is it running? npm start, or ATI_HOST and ${mesh.portVariable}`,
    );
    return 'unchecked';
  } finally {
    clearInterval(stillRunning);
  }
  tell(`the workflow has ended: tool calls ${run.toolCalls}, failed ${run.toolErrors}`);
  try {
    const watched = await watchTrace({ api, traceId: run.traceId, deadlineMs: DEADLINE_MS, onEvent: tell });
    if (watched === undefined) {
      log.error(
        `trace ${run.traceId} did not close within ${DEADLINE_MS / 1000} s: ./sanity_check.sh says what is wrong`,
      );
      return 'unchecked';
    }
    const report = reportLines(run, watched, api);
    const width = Math.min(process.stdout.columns ?? COLUMNS, MOST_COLUMNS) - FRAME;
    const lines = report.lines.flatMap((line) => (line.length <= width ? [line] : wrap(line, width)));
    note(lines.join('\n'), 'What ATI says', { format: (line) => line });
    return report.right ? 'right' : 'wrong';
  } catch (error) {
    log.error(
      `${reasonOf(error, api)}: the query API cannot be asked; npm start, or ATI_HOST and ATI_API_PORT`,
    );
    return 'unchecked';
  }
}

function reasonOf(error: unknown, url: string): string {
  const hidden = error instanceof Error && error.cause instanceof Error;
  return hidden ? `${url} does not answer (${causeOf(error)})` : messageOf(error);
}
