export { metricsTarget as target } from '../oracles/telemetry-targets.ts';
