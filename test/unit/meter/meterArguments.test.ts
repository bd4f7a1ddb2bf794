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
      'openai=https://a.example',
    ]);
    expect(parsed).toEqual({
      kind: 'run',
      arguments: {
        dataDir: 'd',
        port: 0,
        upstreams: { anthropic: 'http://127.0.0.1:9', openai: 'https://a.example' },
        demo: false,
        passThrough: false,
        idleExitMinutes: null,
      },
    });
  });

  it.each([
    [[], 'data-dir'],
    [['--data-dir', 'd', '--port', '70000'], 'port'],
    [['--data-dir', 'd', '--port', 'x'], 'port'],
    [['--data-dir', 'd', '--upstream', 'anthropic'], 'upstream'],
    [['--data-dir', 'd', '--upstream', 'antrhopic=https://a.example'], 'no upstream named "antrhopic"'],
    [['--data-dir', 'd', '--upstream', 'openai=http://192.168.0.7:8080'], 'loopback only'],
    [['--data-dir', 'd', '--upstream', 'openai=https://a.example/v1'], 'without a path'],
    [['--data-dir', 'd', '--upstream', 'openai=https://me:secret@a.example'], 'user name'],
    [['--data-dir', 'd', '--idle-exit', 'soon'], 'idle-exit'],
    [['--data-dir', 'd', '--colour'], 'colour'],
  ])('answers %j with one sentence that names the mistake', (argv, word) => {
    const parsed = parseMeterArguments(argv);
    expect(parsed.kind).toBe('problem');
    expect(parsed.kind === 'problem' && parsed.text).toContain(word);
  });

  it('quotes nothing of an upstream, which may hold a secret', () => {
    for (const upstream of ['openai=https://me:s3cret@a.example', 'https://me:s3cret@a.example']) {
      expect(JSON.stringify(parseMeterArguments(['--data-dir', 'd', '--upstream', upstream]))).not.toContain('s3cret');
    }
  });
});
