import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { CallerGuess } from '../../../src/intercept/callerGuess.ts';

const call = (fields: Readonly<Record<string, string>>, origin = 'https://api.anthropic.com') => ({
  origin,
  method: 'POST',
  path: '/v1/messages',
  field: (name: string) => fields[name],
});

/** As a hook tells it that knows all names. */
const whole = (fields: Readonly<Record<string, string>>, path = '/v1/messages') => ({
  ...call(fields),
  path,
  fieldNames: () => Object.keys(fields),
});

const guessed = (caller: string) => ({ caller, isKnown: false });

describe('the guess who calls', () => {
  it('is whoever alone made calls that looked like this one', () => {
    const guess = new CallerGuess({ runningAgents: () => [] });
    const first = call({ 'user-agent': 'SDK/1', 'x-api-key': 'one' });
    expect(guess.of(first)).toBeNull();
    guess.learn(first, 'some.agent');
    expect(guess.of(call({ 'user-agent': 'SDK/1', 'x-api-key': 'another' }))).toEqual(guessed('some.agent'));
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
    expect(guess.of(call({}))).toEqual(guessed('only.agent'));
    running = ['only.agent', 'second.agent'];
    expect(guess.of(call({}))).toBeNull();
    running = [];
    expect(guess.of(call({}))).toBeNull();
    guess.learn(call({}), 'some.agent');
    running = ['only.agent'];
    expect(guess.of(call({}))).toEqual(guessed('some.agent'));
  });

  it('is known by the signature of its calls: client, fields in their order, API and credential', () => {
    const guess = new CallerGuess({ runningAgents: () => ['only.agent'] });
    const fields = { 'user-agent': 'SDK/1', 'x-api-key': 'one', 'x-own': 'a' };
    guess.learn(whole(fields), 'some.agent');
    expect(guess.of(whole({ ...fields, 'x-own': 'b' }))).toEqual({ caller: 'some.agent', isKnown: true });
    const others = [
      whole({ ...fields, 'x-api-key': 'another' }),
      whole({ ...fields, 'x-more': 'a' }),
      whole({ 'x-own': 'a', 'user-agent': 'SDK/1', 'x-api-key': 'one' }),
      whole(fields, '/v1/chat/completions'),
      call(fields),
    ];
    expect(others.map((other) => guess.of(other))).toEqual(others.map(() => guessed('some.agent')));
    guess.learn(whole(fields), 'other.agent');
    expect(guess.of(whole(fields))).toBeNull();
  });

  it('tells keys in a query apart as well, and knows nobody by a call without any', () => {
    const guess = new CallerGuess({ runningAgents: () => [] });
    const fields = { 'user-agent': 'SDK/1' };
    const path = '/v1beta/models/m:generateContent?alt=sse&key=';
    guess.learn(whole(fields, `${path}one`), 'some.agent');
    expect(guess.of(whole(fields, `${path}one`))).toEqual({ caller: 'some.agent', isKnown: true });
    expect(guess.of(whole(fields, `${path}another`))).toEqual(guessed('some.agent'));
    guess.learn(whole(fields), 'some.agent');
    expect(guess.of(whole(fields))).toEqual(guessed('some.agent'));
  });

  it('keeps no credential', () => {
    const guess = new CallerGuess({ runningAgents: () => [] });
    guess.learn(whole({ 'x-api-key': 'made-up-secret' }), 'some.agent');
    expect(inspect(guess, { showHidden: true, depth: 9, getters: true })).not.toContain('made-up-secret');
    expect(guess.of(whole({ 'x-api-key': 'made-up-secret' }))?.isKnown).toBe(true);
  });
});
