/**
 * The load profiles of `npm run load`, run by k6:
 *
 *   k6 run --no-usage-report -e PROFILE=mix -e AGENT_URL=http://127.0.0.1:8080 producers/load/k6/load.js
 *
 * PROFILE names a file of ../profiles, or is the absolute path of one; DURATION_S stands in for the profile's. Arrivals:
 * `concurrent` is ramping-vus, `poisson` ramping-arrival-rate (k6 spaces them evenly), `timestamps` one iteration of one
 * VU at each time.
 */
import { check, fail, sleep } from 'k6';
import exec from 'k6/execution';
import http from 'k6/http';

const PROFILE = __ENV.PROFILE || 'mix';
const AGENT_URL = __ENV.AGENT_URL || 'http://127.0.0.1:8080';
const LOOPBACK = /^https?:\/\/(127(\.\d+){3}|localhost|\[::1\])(:\d+)?(\/|$)/i;
/** Past the end, for the workflows that run then. */
const GRACE_S = 60;

if (!LOOPBACK.test(AGENT_URL) && __ENV.ALLOW_REMOTE !== 'true')
  fail(`${AGENT_URL} is another machine: load goes to this one only, unless ALLOW_REMOTE=true`);

const file = PROFILE.endsWith('.json') ? PROFILE : `../profiles/${PROFILE}.json`;
const profile = JSON.parse(open(file));
const durationS = Number(__ENV.DURATION_S || profile.durationS);
const times = profile.arrivals.type === 'timestamps' ? timesOf(profile.arrivals.file) : [];

export const options = {
  scenarios: scenarios(),
  // A redirect would take the load to wherever the answer says.
  maxRedirects: 0,
  summaryTrendStats: ['avg', 'p(50)', 'p(95)', 'p(99)', 'max'],
  thresholds: {
    checks: ['rate==1'],
    // A load of nothing is an error, and so is one that could not keep up with its arrivals.
    iterations: ['count>0'],
    dropped_iterations: ['count==0'],
  },
};

/** Seconds from the start, of a file beside the profile. */
function timesOf(name) {
  return open(file.replace(/[^/]*$/, name))
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '')
    .map(Number)
    .filter((at) => at < durationS)
    .sort((a, b) => a - b);
}

function scenarios() {
  const workflows = { exec: 'workflow', gracefulStop: `${GRACE_S}s`, ...arrivals() };
  if (!profile.streams || profile.streams.count === 0) return { workflows };
  const streams = {
    exec: 'stream',
    executor: 'constant-vus',
    vus: profile.streams.count,
    duration: `${durationS}s`,
    gracefulStop: `${GRACE_S}s`,
  };
  return { workflows, streams };
}

function arrivals() {
  switch (profile.arrivals.type) {
    case 'timestamps':
      if (times.length === 0) fail(`no workflow would be started: no arrival lies within ${durationS} s`);
      return {
        executor: 'per-vu-iterations',
        vus: times.length,
        iterations: 1,
        maxDuration: `${durationS + GRACE_S}s`,
      };
    case 'concurrent': {
      const { start, stages } = stagesOf(({ workflows }) => workflows);
      return { executor: 'ramping-vus', startVUs: start, gracefulRampDown: `${GRACE_S}s`, stages };
    }
    case 'poisson': {
      // k6 takes whole numbers: a rate a minute.
      const { start, stages } = stagesOf(({ perSecond }) => perSecond * 60);
      return {
        executor: 'ramping-arrival-rate',
        startRate: start,
        timeUnit: '1m',
        preAllocatedVUs: 50,
        maxVUs: 1000,
        stages,
      };
    }
  }
}

/** Ours say what holds from a time on; k6's how long it takes to get to a target. */
function stagesOf(levelOf) {
  const { stages, steps } = profile.arrivals;
  const all = [];
  stages.forEach((stage, i) => {
    const next = stages[i + 1];
    const endS = Math.min(next ? next.atS : durationS, durationS);
    if (endS <= stage.atS) return;
    // A ramp that the end of the load cuts gets as far as it does until then.
    const share = next && !steps ? (endS - stage.atS) / (next.atS - stage.atS) : 0;
    const from = levelOf(stage);
    const target = Math.round(next ? from + (levelOf(next) - from) * share : from);
    if (steps && i > 0) all.push({ duration: '0s', target });
    all.push({ duration: `${endS - stage.atS}s`, target });
  });
  return { start: Math.round(levelOf(stages[0])), stages: all };
}

export function workflow() {
  if (times.length > 0) {
    const due = times[exec.scenario.iterationInTest] - (Date.now() - exec.scenario.startTime) / 1000;
    if (due > 0) sleep(due);
  }
  const total = profile.mix.reduce((sum, { weight }) => sum + weight, 0);
  let rest = Math.random() * total;
  const chosen = profile.mix.find(({ weight }) => {
    rest -= weight;
    return rest < 0;
  });
  play((chosen || profile.mix[profile.mix.length - 1]).workflow);
}

export function stream() {
  play(profile.streams.workflow);
}

function play({ scenario, ...parameters }) {
  const query = scenario === 'stream' ? parameters : { scenario, ...parameters };
  const text = Object.entries(query)
    .map(([key, value]) => `${key}=${encodeURIComponent(value)}`)
    .join('&');
  const path = scenario === 'stream' ? 'stream' : 'run';
  const response = http.get(`${AGENT_URL.replace(/\/$/, '')}/${path}?${text}`, {
    tags: { name: scenario },
    timeout: '300s',
  });
  // A stream that breaks off has said 200 already; its truth comes last.
  check(response, {
    'the workflow ended well': ({ status, body }) => status === 200 && String(body).includes('"truth"'),
  });
}
