/** `npm run kafka:down`: stops what `npm run kafka:up` started; its data is kept. */
import { dockerRuns, stopContainer } from './docker.ts';
import { stopNode } from './node.ts';
import { NODE_DIRECTORY, script } from './place.ts';

const DESCRIPTION = 'Stops the Kafka that npm run kafka:up has started; its data is kept.';

await script('kafka:down', DESCRIPTION, async () => {
  const stopped = (await stopNode(NODE_DIRECTORY)) || ((await dockerRuns()) && (await stopContainer()));
  console.log(stopped ? 'Kafka is stopped' : 'no Kafka of `npm run kafka:up` is running');
  return 0;
});
