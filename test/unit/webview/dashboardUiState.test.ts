import { describe, expect, it } from 'vitest';
import { initialUiState, restoreUiState, toggled } from '../../../webview/dashboard/uiState.ts';

describe('what the user did to the dashboard', () => {
  it('comes back as it was saved', () => {
    const state = { ...initialUiState, page: 'thinking' as const, folds: ['families'], moment: 2 };
    expect(restoreUiState(JSON.parse(JSON.stringify(state)))).toEqual(state);
  });

  it.each([undefined, null, 'x', {}, { ...initialUiState, page: 'settings' }, { ...initialUiState, query: {} }])(
    'begins anew where %j was saved',
    (saved) => {
      expect(restoreUiState(saved)).toEqual(initialUiState);
    },
  );

  it('forgets the oldest of very many', () => {
    const many = Array.from({ length: 150 }, (_, index) => String(index));
    const kept = many.reduce<readonly string[]>(toggled, []);
    expect(kept).toHaveLength(100);
    expect(kept.at(-1)).toBe('149');
    expect(toggled(kept, '149')).not.toContain('149');
  });
});
