import { describe, expect, it } from 'vitest';
import { parseMeterArguments } from '../../../src/meter/meterArguments.ts';

describe('parseMeterArguments', () => {
  it('reads the documented form', () => {
    const parsed = parseMeterArguments([
      '--data-dir',
      'd',
      '--port',
      '0',
      '--upstream',
      'anthropic=http://127.0.0.1:9',
      '--upstream',
      'openai=https://a.example/x=y',
    ]);
    expect(parsed).toEqual({
      kind: 'run',
      arguments: {
        dataDir: 'd',
        port: 0,
        upstreams: { anthropic: 'http://127.0.0.1:9', openai: 'https://a.example/x=y' },
        demo: false,
        idleExitMinutes: null,
      },
    });
  });

  it.each([
    [[], 'data-dir'],
    [['--data-dir', 'd', '--port', '70000'], 'port'],
    [['--data-dir', 'd', '--port', 'x'], 'port'],
    [['--data-dir', 'd', '--upstream', 'anthropic'], 'upstream'],
    [['--data-dir', 'd', '--idle-exit', 'soon'], 'idle-exit'],
    [['--data-dir', 'd', '--colour'], 'colour'],
  ])('answers %j with one sentence that names the mistake', (argv, word) => {
    const parsed = parseMeterArguments(argv);
    expect(parsed.kind).toBe('problem');
    expect(parsed.kind === 'problem' && parsed.text).toContain(word);
  });
});
