/** State of one model's calibration, small enough to keep in the ledger. */
export interface CalibrationState {
  readonly model: string;
  readonly logRatioSum: number;
  readonly weight: number;
  readonly variance: number;
  readonly samples: number;
  readonly updatedAtMs: number;
}
