import type { Connection } from './connection.ts';
import { typeOf } from './errors.ts';
import type { Broker } from './kafkajs.ts';
import type { TopicDefinition } from './port.ts';

/** As the protocol numbers them. */
const TOPIC = 2;
const SET_FOR_THIS_TOPIC = 1;

/** Of a user without the right, and of clusters that allow some settings only. */
const NOT_OURS_TO_SET = new Set([
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'POLICY_VIOLATION',
  'INVALID_CONFIG',
]);

type Settings = Readonly<Record<string, string>>;

/**
 * Gives existing topics the settings of their definitions, such as another retention than the one they were created with.
 * What a definition does not name stays; `max.message.bytes` is only ever raised. Where the user or the
 * cluster does not allow it, a warning says so, and the topics stay as they are.
 */
export async function alignSettings(
  connection: Connection,
  definitions: readonly TopicDefinition[],
): Promise<void> {
  const { log } = connection.options;
  try {
    await connection.use([], async (cluster) => {
      await cluster.refreshMetadata();
      const controller = await cluster.findControllerBroker();
      const set = await settingsOf(controller, definitions);
      for (const { name, config } of definitions) {
        const now = set.get(name);
        if (now === undefined) continue;
        const other = Object.fromEntries(
          Object.entries(config).filter(([key, value]) => differs(key, value, now)),
        );
        if (Object.keys(other).length === 0) continue;
        await replace(controller, name, { ...now.own, ...other });
        const before = Object.fromEntries(Object.keys(other).map((key) => [key, now.all[key]]));
        log.info(
          { topic: name, before, after: other },
          'the settings of a topic were changed to the configuration',
        );
      }
    });
  } catch (error) {
    if (!NOT_OURS_TO_SET.has(typeOf(error) ?? '')) throw error;
    log.warn(
      { err: error },
      'topics keep the settings they have: this user, or the cluster, does not let them be altered',
    );
  }
}

/** All settings of a topic, and those that were given to it alone. */
interface Found {
  readonly all: Settings;
  readonly own: Settings;
}

async function settingsOf(
  controller: Broker,
  definitions: readonly TopicDefinition[],
): Promise<Map<string, Found>> {
  const { resources } = await controller.describeConfigs({
    resources: definitions.map(({ name }) => ({ type: TOPIC, name })),
  });
  return new Map(
    resources.map(({ resourceName, configEntries }) => {
      const pairs = configEntries.map(
        ({ configName, configValue }) => [configName, configValue ?? ''] as const,
      );
      const own = configEntries
        .filter(({ configSource }) => configSource === SET_FOR_THIS_TOPIC)
        .map(({ configName, configValue }) => [configName, configValue ?? ''] as const);
      return [resourceName, { all: Object.fromEntries(pairs), own: Object.fromEntries(own) }];
    }),
  );
}

function differs(key: string, wanted: string, { all }: Found): boolean {
  if (key === 'max.message.bytes') return Number(all[key]) < Number(wanted);
  return all[key] !== wanted;
}

/** AlterConfigs replaces all of a topic's own settings; kafkajs has no IncrementalAlterConfigs. */
async function replace(controller: Broker, name: string, settings: Settings): Promise<void> {
  const configEntries = Object.entries(settings).map(([key, value]) => ({ name: key, value }));
  await controller.alterConfigs({ resources: [{ type: TOPIC, name, configEntries }] });
}
