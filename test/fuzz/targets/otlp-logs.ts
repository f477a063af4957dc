export { logsTarget as target } from '../oracles/telemetry-targets.ts';
