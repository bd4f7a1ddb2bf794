import { describe, expect, it } from 'vitest';
import { plainEnvironment } from '../../../src/trials/runnerParts.ts';

describe('the environment of a run', () => {
  it.each([
    ...['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE', 'GIT_COMMON_DIR', 'GIT_PREFIX', 'GIT_NAMESPACE', 'GIT_CONFIG'],
    ...['GIT_OBJECT_DIRECTORY', 'GIT_ALTERNATE_OBJECT_DIRECTORIES', 'GIT_QUARANTINE_PATH', 'GIT_SHALLOW_FILE'],
  ])('has no %s, which a hook has and which ties git to the repository that the trial was started from', (name) => {
    expect(plainEnvironment({ [name]: 'x', HOME: '/home/user' })).toEqual({ HOME: '/home/user' });
  });

  it('has what the user sets up for every repository', () => {
    const env = { GIT_SSH_COMMAND: 'ssh -4', GIT_AUTHOR_NAME: 'A', GIT_CONFIG_GLOBAL: '/x', GIT_CONFIG_COUNT: '0' };
    expect(plainEnvironment(env)).toEqual(env);
  });
});
