/** Requests about imported runs. */
export interface RunControlMap {
  /** Imports runs that were staged as a file in the data folder, whole or not at all. */
  readonly importRuns: {
    readonly params: { readonly staged: string };
    readonly result: { readonly added: number; readonly known: number };
  };
  /** Null: there is no such import. */
  readonly removeImport: {
    readonly params: { readonly name: string };
    readonly result: { readonly removed: number | null };
  };
}
