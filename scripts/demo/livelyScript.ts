import type { Script, SeenRequest } from '../../test/support/scriptedUpstream.ts';

/** How a model of the demo behaves: tokens of a call, how it thinks, and how fast it writes. */
interface Manner {
  readonly model: RegExp;
  readonly cacheReadTokens: number;
  readonly inputTokens: number;
  readonly thinkingSentences: number;
  /** Reported but never shown, as OpenAI does. */
  readonly hiddenThinkingTokens: number;
  readonly textSentences: number;
  readonly pauseMs: number;
}

const manners: readonly Manner[] = [
  {
    model: /opus/,
    ...tokens(900, 61_000),
    thinkingSentences: 34,
    hiddenThinkingTokens: 0,
    textSentences: 16,
    pauseMs: 55,
  },
  {
    model: /sonnet/,
    ...tokens(1_400, 38_000),
    thinkingSentences: 14,
    hiddenThinkingTokens: 0,
    textSentences: 20,
    pauseMs: 40,
  },
  {
    model: /haiku/,
    ...tokens(2_100, 4_000),
    thinkingSentences: 0,
    hiddenThinkingTokens: 0,
    textSentences: 8,
    pauseMs: 18,
  },
  {
    model: /mini/,
    ...tokens(3_000, 1_200),
    thinkingSentences: 0,
    hiddenThinkingTokens: 260,
    textSentences: 7,
    pauseMs: 22,
  },
  {
    model: /gpt/,
    ...tokens(5_200, 22_000),
    thinkingSentences: 3,
    hiddenThinkingTokens: 2_900,
    textSentences: 13,
    pauseMs: 45,
  },
  {
    model: /pro/,
    ...tokens(9_000, 16_000),
    thinkingSentences: 10,
    hiddenThinkingTokens: 0,
    textSentences: 15,
    pauseMs: 60,
  },
  { model: /./, ...tokens(1_800, 0), thinkingSentences: 0, hiddenThinkingTokens: 0, textSentences: 9, pauseMs: 20 },
];

const thoughts = [
  'The failing test expects the session to be refreshed once, so I follow where the refresh is scheduled. ',
  'Two callers reach the token store at the same time, and the second one still holds the old expiry. ',
  'If the lock is taken before the clock is read, the window closes; I have to check that nothing awaits in between. ',
  'The retry helper swallows the status, which explains why the log shows a success after the 401. ',
  'Moving the check into the store keeps the callers unchanged, at the price of one more read. ',
];

const sentences = [
  'I read the login flow and found where the session is renewed twice. ',
  'The token store now takes its lock before it looks at the clock. ',
  'I added a test that lets two callers renew at once and counts the requests. ',
  'All 48 tests pass, the new one included. ',
  'What is left is the message for a user whose session was ended elsewhere. ',
];

/** What the upstream of the demo answers. The same requests in the same order are answered the same. */
export function livelyScript(request: SeenRequest): Script {
  const named = request.json?.['model'];
  const model = typeof named === 'string' ? named : request.path;
  const manner = manners.find((entry) => entry.model.test(model));
  const random = randomOf(request.index);
  if (manner === undefined) return {};
  if (request.index % 11 === 7) {
    return {
      error: { status: 529, type: 'overloaded_error', message: 'The scripted upstream plays an overload.' },
      firstPauseMs: 300,
    };
  }
  const length = 0.6 + random * 0.8;
  const thinking = repeat(thoughts, Math.round(manner.thinkingSentences * length), request.index);
  const text = repeat(sentences, Math.max(2, Math.round(manner.textSentences * length)), request.index);
  const hidden = Math.round(manner.hiddenThinkingTokens * length);
  const thinkingTokens = Math.ceil(thinking.length / 4.6) + hidden;
  const isFirstOfCache = request.index % 6 === 0;
  const cached = Math.round(manner.cacheReadTokens * length);
  return {
    text,
    ...(thinking === '' ? {} : { thinking }),
    usage: {
      inputTokens: Math.round(manner.inputTokens * length),
      cacheReadTokens: isFirstOfCache ? 0 : cached,
      cacheWrite5mTokens: isFirstOfCache && /claude/.test(model) ? cached : 0,
      outputTokens: thinkingTokens + Math.ceil(text.length / 4.6),
      thinkingTokens,
    },
    chunkChars: 14,
    firstPauseMs: 400 + Math.round(random * 900) + hidden,
    pauseMs: manner.pauseMs,
    ...(request.index % 23 === 19 ? { cutAfterEvents: 40 } : {}),
  };
}

function tokens(inputTokens: number, cacheReadTokens: number): Pick<Manner, 'inputTokens' | 'cacheReadTokens'> {
  return { inputTokens, cacheReadTokens };
}

function repeat(texts: readonly string[], count: number, start: number): string {
  return Array.from({ length: count }, (_, index) => texts[(start + index) % texts.length]).join('');
}

/** A number in [0, 1) that depends on the index only. */
function randomOf(index: number): number {
  const mixed = Math.imul(index + 1, 2_654_435_761) >>> 0;
  return mixed / 2 ** 32;
}
