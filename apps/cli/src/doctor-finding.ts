/** One line of `sluice doctor`. */
export interface DoctorFinding {
  level: 'ok' | 'warn' | 'fail';
  check: string;
  /** What was seen, and what to do when it is not `ok`. */
  message: string;
}
