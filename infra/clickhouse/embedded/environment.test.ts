import { expect, it } from 'vitest';
import { engineEnvironment, takeEnvironment } from './environment.ts';

const MACHINE = {
  PATH: '/bin',
  ATI_DATA_DIR: 'd',
  AWS_SECRET_ACCESS_KEY: 's',
  http_proxy: 'p',
  LC_ALL: 'C',
  NONE: undefined,
};

it('keeps what the engine needs', () => {
  expect(engineEnvironment(MACHINE)).toEqual({ PATH: '/bin', ATI_DATA_DIR: 'd', LC_ALL: 'C' });
});

it('takes the rest out, and makes the thread pool larger', () => {
  const env: NodeJS.ProcessEnv = { ...MACHINE };
  takeEnvironment(env);
  expect(env).toEqual({ PATH: '/bin', ATI_DATA_DIR: 'd', LC_ALL: 'C', UV_THREADPOOL_SIZE: '16' });
});
