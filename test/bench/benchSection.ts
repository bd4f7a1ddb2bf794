export interface BenchRow {
  metric: string;
  value: number;
  unit: string;
  /** What is wanted, in words, such as `>= 3`. */
  target?: string;
  reached?: boolean;
  note?: string;
}

/** What one bench reports; `value` is in `unit`. */
export interface BenchSection {
  name: string;
  rows: BenchRow[];
}
