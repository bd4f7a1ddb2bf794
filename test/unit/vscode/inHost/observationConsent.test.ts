import { describe, expect, it } from 'vitest';
import { agentExtensions, agentNameOf } from '../../../../src/vscode/inHost/agentExtensions.ts';
import { observationConsent } from '../../../../src/vscode/inHost/observationConsent.ts';

const named = (...labels: readonly string[]) => agentExtensions.filter(({ label }) => labels.includes(label));

describe('the question whether to observe', () => {
  it('names whom it is about', () => {
    expect(observationConsent(named('Cline')).message).toBe(
      'Outlay can meter the LLM calls that Cline makes inside VS Code.',
    );
    expect(observationConsent(named('Cline', 'Roo Code', 'Continue')).message).toBe(
      'Outlay can meter the LLM calls that Cline, Roo Code and Continue make inside VS Code.',
    );
    expect(observationConsent([]).message).toContain('other extensions make');
  });

  it('says what is read, what is not, and that nothing leaves the machine', () => {
    const { detail } = observationConsent([]);
    for (const words of ['known LLM hosts', 'no prompt, no answer and no key', 'any other host', 'nothing leaves']) {
      expect(detail).toContain(words);
    }
  });
});

describe('the names of agents', () => {
  it('are those of their command lines, and the id where nobody is known', () => {
    expect(agentNameOf('Saoudrizwan.Claude-Dev')).toBe('cline');
    expect(agentNameOf('Somebody.Else')).toBe('somebody.else');
  });

  it('belong to one extension each', () => {
    expect(new Set(agentExtensions.map(({ id }) => id)).size).toBe(agentExtensions.length);
    expect(agentExtensions.filter(({ id }) => id !== id.toLowerCase())).toEqual([]);
  });
});
