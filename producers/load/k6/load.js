/**
 * The load profiles of `npm run load`, run by k6:
 *
 *   k6 run -e PROFILE=mix -e AGENT_URL=http://127.0.0.1:8080 producers/load/k6/load.js
 *
 * PROFILE names a file of ../profiles; DURATION_S stands in for the profile's. Arrivals: `concurrent` is ramping-vus,
 * `poisson` ramping-arrival-rate (k6 spaces them evenly), `timestamps` one iteration of one VU at each time.
 */
import { check, fail, sleep } from 'k6';
import exec from 'k6/execution';
import http from 'k6/http';

const PROFILE = __ENV.PROFILE || 'mix';
const AGENT_URL = __ENV.AGENT_URL || 'http://127.0.0.1:8080';
const LOOPBACK = /^https?:\/\/(127(\.\d+){3}|localhost|\[::1\])(:\d+)?(\/|$)/;
/** Past the end, for the workflows that run then. */
const GRACE = '60s';

if (!LOOPBACK.test(AGENT_URL) && __ENV.ALLOW_REMOTE !== 'true')
  fail(`${AGENT_URL} is another machine: load goes to this one only, unless ALLOW_REMOTE=true`);

const profile = JSON.parse(open(`../profiles/${PROFILE}.json`));
const durationS = Number(__ENV.DURATION_S || profile.durationS);
const times =
  profile.arrivals.type === 'timestamps'
    ? open(`../profiles/${profile.arrivals.file}`)
        .split('\n')
        .map((line) => line.replace(/#.*/, '').trim())
        .filter((line) => line !== '')
        .map(Number)
        .filter((at) => at < durationS)
        .sort((a, b) => a - b)
    : [];

export const options = {
  scenarios: scenarios(),
  summaryTrendStats: ['avg', 'p(50)', 'p(95)', 'p(99)', 'max'],
  thresholds: { checks: ['rate==1'] },
};

function scenarios() {
  const all = { workflows: { exec: 'workflow', gracefulStop: GRACE, ...arrivals() } };
  if (profile.streams && profile.streams.count > 0)
    all.streams = {
      exec: 'stream',
      executor: 'constant-vus',
      vus: profile.streams.count,
      duration: `${durationS}s`,
      gracefulStop: GRACE,
    };
  return all;
}

function arrivals() {
  const { type, stages, steps } = profile.arrivals;
  if (type === 'timestamps')
    return {
      executor: 'per-vu-iterations',
      vus: times.length,
      iterations: 1,
      maxDuration: `${durationS + 60}s`,
    };
  const levels = stages.map(({ workflows, perSecond }) => (type === 'poisson' ? perSecond : workflows));
  const common = { stages: k6Stages(stages, levels, steps) };
  if (type === 'concurrent')
    return { executor: 'ramping-vus', startVUs: Math.round(levels[0]), gracefulRampDown: GRACE, ...common };
  // k6 takes whole numbers: a rate a minute.
  return {
    executor: 'ramping-arrival-rate',
    startRate: Math.round(levels[0] * 60),
    timeUnit: '1m',
    preAllocatedVUs: 50,
    maxVUs: 500,
    stages: common.stages.map(({ target, duration }) => ({ target: Math.round(target * 60), duration })),
  };
}

/** Ours say what holds from a time on; k6's how long it takes to get to a target. */
function k6Stages(stages, levels, steps) {
  const all = [];
  stages.forEach(({ atS }, i) => {
    const endS = Math.min(i + 1 < stages.length ? stages[i + 1].atS : durationS, durationS);
    if (endS <= atS) return;
    const target = steps || i + 1 >= stages.length ? levels[i] : levels[i + 1];
    if (steps && i > 0) all.push({ duration: '0s', target });
    all.push({ duration: `${endS - atS}s`, target });
  });
  return all;
}

export function workflow() {
  if (times.length > 0) {
    const due = times[exec.vu.idInTest - 1] - (Date.now() - exec.scenario.startTime) / 1000;
    if (due > 0) sleep(due);
  }
  const total = profile.mix.reduce((sum, { weight }) => sum + weight, 0);
  const position = Math.random() * total;
  let reached = 0;
  const chosen = profile.mix.find(({ weight }) => {
    reached += weight;
    return position < reached;
  });
  play(chosen.workflow);
}

export function stream() {
  play(profile.streams.workflow);
}

function play({ scenario, ...parameters }) {
  const query = scenario === 'stream' ? parameters : { scenario, ...parameters };
  const text = Object.entries(query)
    .map(([key, value]) => `${key}=${encodeURIComponent(value)}`)
    .join('&');
  const response = http.get(`${AGENT_URL}${scenario === 'stream' ? '/stream' : '/run'}?${text}`, {
    tags: { name: scenario },
    timeout: '300s',
  });
  check(response, {
    'the workflow ended well': ({ status, body }) => status === 200 && String(body).includes('"traceId"'),
  });
}
