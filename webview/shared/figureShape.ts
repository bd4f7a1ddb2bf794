import type { Figure } from '../../src/domain/figure.ts';
import { number, objectOf, oneOf, type Shape } from './shape.ts';

const marked = objectOf<{ kind: 'exact' | 'estimated' | 'atLeast'; value: number }>({
  kind: oneOf('exact', 'estimated', 'atLeast'),
  value: number,
});
const unmarked = objectOf<{ kind: 'unknown' }>({ kind: oneOf('unknown') });

export const figureShape: Shape<Figure> = (value): value is Figure => marked(value) || unmarked(value);
