/** Tells whether a value that came from outside has the shape that its type promises. */
export type Shape<T> = (value: unknown) => value is T;

export const text: Shape<string> = (value): value is string => typeof value === 'string';
export const flag: Shape<boolean> = (value): value is boolean => typeof value === 'boolean';
/** Finite: no figure is ever NaN or infinite. */
export const number: Shape<number> = (value): value is number => Number.isFinite(value);

export const nullable =
  <T>(shape: Shape<T>): Shape<T | null> =>
  (value): value is T | null =>
    value === null || shape(value);

export const optional =
  <T>(shape: Shape<T>): Shape<T | undefined> =>
  (value): value is T | undefined =>
    value === undefined || shape(value);

export const listOf =
  <T>(shape: Shape<T>): Shape<readonly T[]> =>
  (value): value is readonly T[] =>
    Array.isArray(value) && value.every((item) => shape(item));

export const oneOf =
  <T extends string>(...values: readonly T[]): Shape<T> =>
  (value): value is T =>
    values.some((allowed) => allowed === value);

/** Every member must fit; members that are not named are let through, so that a newer host may add some. */
export const objectOf =
  <T extends object>(members: { readonly [Name in keyof T]-?: Shape<T[Name]> }): Shape<T> =>
  (value): value is T => {
    if (typeof value !== 'object' || value === null) return false;
    return (Object.keys(members) as (keyof T & string)[]).every((name) =>
      members[name]((value as Readonly<Record<string, unknown>>)[name]),
    );
  };

/** An object used as a map from any text. */
export const mapOf =
  <T>(shape: Shape<T>): Shape<Readonly<Record<string, T>>> =>
  (value): value is Readonly<Record<string, T>> =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((item) => shape(item));
