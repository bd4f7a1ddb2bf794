import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { CallerGuess, type RunningExtension } from '../../../src/intercept/callerGuess.ts';

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

const runs = (id: string, calls: RunningExtension['calls'] = 'agent', displayName = ''): RunningExtension => ({
  ...{ id, calls, displayName },
});

const guessed = (caller: string) => ({ caller, isKnown: false });

describe('the guess who calls', () => {
  it('is whoever alone made calls that looked like this one', () => {
    const guess = new CallerGuess({ running: () => [] });
    const first = call({ 'user-agent': 'SDK/1', 'x-api-key': 'one' });
    expect(guess.of(first)).toBeNull();
    guess.learn(first, 'some.agent');
    expect(guess.of(call({ 'user-agent': 'SDK/1', 'x-api-key': 'another' }))).toEqual(guessed('some.agent'));
    expect(guess.of(call({ 'user-agent': 'SDK/2', 'x-api-key': 'one' }))).toBeNull();
    expect(guess.of(call({ 'user-agent': 'SDK/1', authorization: 'Bearer one' }))).toBeNull();
    expect(guess.of(call({ 'user-agent': 'SDK/1', 'x-api-key': 'one' }, 'https://api.openai.com'))).toBeNull();
  });

  it('is nobody where two extensions call alike', () => {
    const guess = new CallerGuess({ running: () => [runs('only.agent')] });
    guess.learn(call({}), 'some.agent');
    guess.learn(call({}), 'other.agent');
    expect(guess.of(call({}))).toBeNull();
  });

  it('is the only agent that runs where nobody was seen calling like this', () => {
    let running = [runs('only.agent')];
    const guess = new CallerGuess({ running: () => running });
    expect(guess.of(call({}))).toEqual(guessed('only.agent'));
    running = [runs('only.agent'), runs('second.agent')];
    expect(guess.of(call({}))).toBeNull();
    running = [];
    expect(guess.of(call({}))).toBeNull();
    guess.learn(call({}), 'some.agent');
    running = [runs('only.agent')];
    expect(guess.of(call({}))).toEqual(guessed('some.agent'));
  });

  it('is, where no agent runs, the only extension that did not come with the editor', () => {
    let running = [runs('editor.git', 'unlikely'), runs('some.extension', 'possible')];
    const guess = new CallerGuess({ running: () => running });
    expect(guess.of(call({}))).toEqual(guessed('some.extension'));
    running = [...running, runs('other.extension', 'possible')];
    expect(guess.of(call({}))).toBeNull();
    running = [...running, runs('only.agent')];
    expect(guess.of(call({}))).toEqual(guessed('only.agent'));
    running = [runs('editor.git', 'unlikely')];
    expect(guess.of(call({}))).toBeNull();
  });

  it.each([
    ['its title', { 'x-title': 'Roo Code' }],
    ['its originator', { originator: 'roo_code' }],
    ['a product of its user agent', { 'user-agent': 'OpenAI/JS 4.1 RooCode/3.2 (linux)' }],
    ['its id', { 'x-title': 'roo-vet.roo-cline' }],
    ['the name in its id', { 'user-agent': 'roo-cline/1' }],
  ])('is the extension that the call names by %s', (_, fields) => {
    const running = [runs('some.agent'), runs('roo-vet.roo-cline', 'possible', 'Roo Code')];
    const guess = new CallerGuess({ running: () => running });
    guess.learn(call(fields), 'some.agent');
    expect(guess.of(call(fields))).toEqual({ caller: 'roo-vet.roo-cline', isKnown: true });
  });

  it.each([
    ['names two of them', { 'user-agent': 'First/1 Second/2' }],
    ['only says which client it uses', { 'user-agent': 'OpenAI/JS 4.1', 'x-title': 'ai' }],
    ['says nothing', {}],
  ])('is nobody where a call %s', (_, fields) => {
    const names = ['First', 'Second', 'OpenAI', 'ai', ''];
    const running = names.map((name, index) => runs(`some.extension${index}`, 'possible', name));
    expect(new CallerGuess({ running: () => running }).of(call(fields))).toBeNull();
  });

  it('is whose signature a call bears, whatever it says', () => {
    const running = [runs('some.agent'), runs('other.agent', 'agent', 'Some Title')];
    const guess = new CallerGuess({ running: () => running });
    const seen = whole({ 'x-title': 'Some Title', 'x-api-key': 'one' });
    guess.learn(seen, 'some.agent');
    expect(guess.of(seen)).toEqual({ caller: 'some.agent', isKnown: true });
  });

  it('is known by the signature of its calls: client, fields in their order, API and credential', () => {
    const guess = new CallerGuess({ running: () => [runs('only.agent')] });
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
    const guess = new CallerGuess({ running: () => [] });
    const fields = { 'user-agent': 'SDK/1' };
    const path = '/v1beta/models/m:generateContent?alt=sse&key=';
    guess.learn(whole(fields, `${path}one`), 'some.agent');
    expect(guess.of(whole(fields, `${path}one`))).toEqual({ caller: 'some.agent', isKnown: true });
    expect(guess.of(whole(fields, `${path}another`))).toEqual(guessed('some.agent'));
    guess.learn(whole(fields), 'some.agent');
    expect(guess.of(whole(fields))).toEqual(guessed('some.agent'));
  });

  it('keeps no credential', () => {
    const guess = new CallerGuess({ running: () => [] });
    guess.learn(whole({ 'x-api-key': 'made-up-secret' }), 'some.agent');
    expect(inspect(guess, { showHidden: true, depth: 9, getters: true })).not.toContain('made-up-secret');
    expect(guess.of(whole({ 'x-api-key': 'made-up-secret' }))?.isKnown).toBe(true);
  });
});
