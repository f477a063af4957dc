/** What `npm run analyze` takes. */
import { Command, Option } from 'commander';
import { FORMATS, type Format } from '#producers/formats/read.ts';

export interface Options {
  /** Paths; `-` is standard input. At least one. */
  readonly files: readonly string[];
  /** Undefined: by what each file looks like. */
  readonly format: Format | undefined;
  readonly json: boolean;
  readonly all: boolean;
}

/** Throws CommanderError after it has printed help, or what is wrong. */
export function parseOptions(argv: readonly string[]): Options {
  const program = new Command('npm run analyze --')
    .usage('[options] FILE… (- is standard input)')
    .description(
      'Reads traces from files and prints what ATI says of them: the graph, the critical path, what each trace reveals ' +
        'about its time, and the incidents that all of them together make. Nothing else has to run.',
    )
    .argument(
      '<files...>',
      'OTLP JSON (one request, a list, or one a line), OTLP protobuf, Jaeger JSON, Zipkin JSON v1 and v2; also compressed with gzip or zstd',
    )
    .addOption(
      new Option('--format <name>', 'what the files are, where what they look like is wrong').choices(
        FORMATS,
      ),
    )
    .option('--json', 'one JSON document with everything, for machines')
    .option('--all', 'every trace in full, every row of graphs, paths and timelines')
    .addHelpText(
      'after',
      `
For example: npm run analyze -- --json trace.json
The files are analysed together: a trace may be in several of them.
Incidents are made of all traces, each at the time that its spans say.
Nothing of a file is stored or sent anywhere.
Exit code:
  0  everything analysed
  1  something could not be read; the rest was analysed
  2  wrong options`,
    )
    .exitOverride()
    .parse(argv, { from: 'user' });
  const given = program.opts<{ json?: boolean; format?: Format; all?: boolean }>();
  return {
    files: program.processedArgs[0] as string[],
    format: given.format,
    json: given.json ?? false,
    all: given.all ?? false,
  };
}
