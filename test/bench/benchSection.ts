export interface BenchSection {
  name: string;
  rows: { metric: string; value: number; unit: string; target?: string; reached?: boolean; note?: string }[];
}
