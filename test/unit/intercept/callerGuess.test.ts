import { describe, expect, it } from 'vitest';
import { CallerGuess } from '../../../src/intercept/callerGuess.ts';

const call = (fields: Readonly<Record<string, string>>, origin = 'https://api.anthropic.com') => ({
  origin,
  method: 'POST',
  path: '/v1/messages',
  field: (name: string) => fields[name],
});

describe('the guess who calls', () => {
  it('is whoever alone made calls that looked like this one', () => {
    const guess = new CallerGuess({ runningAgents: () => [] });
    const first = call({ 'user-agent': 'SDK/1', 'x-api-key': 'one' });
    expect(guess.of(first)).toBeNull();
    guess.learn(first, 'some.agent');
    expect(guess.of(call({ 'user-agent': 'SDK/1', 'x-api-key': 'another' }))).toBe('some.agent');
    expect(guess.of(call({ 'user-agent': 'SDK/2', 'x-api-key': 'one' }))).toBeNull();
    expect(guess.of(call({ 'user-agent': 'SDK/1', authorization: 'Bearer one' }))).toBeNull();
    expect(guess.of(call({ 'user-agent': 'SDK/1', 'x-api-key': 'one' }, 'https://api.openai.com'))).toBeNull();
  });

  it('is nobody where two extensions call alike', () => {
    const guess = new CallerGuess({ runningAgents: () => ['only.agent'] });
    guess.learn(call({}), 'some.agent');
    guess.learn(call({}), 'other.agent');
    expect(guess.of(call({}))).toBeNull();
  });

  it('is the only agent that runs where nobody was seen calling like this', () => {
    let running = ['only.agent'];
    const guess = new CallerGuess({ runningAgents: () => running });
    expect(guess.of(call({}))).toBe('only.agent');
    running = ['only.agent', 'second.agent'];
    expect(guess.of(call({}))).toBeNull();
    running = [];
    expect(guess.of(call({}))).toBeNull();
    guess.learn(call({}), 'some.agent');
    running = ['only.agent'];
    expect(guess.of(call({}))).toBe('some.agent');
  });
});
