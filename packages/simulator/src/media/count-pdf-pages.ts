/** Pages of a PDF by its page objects; at least 1, as packed objects hide them. Null when it is no PDF. */
export function countPdfPages(bytes: Buffer): number | null {
  if (!bytes.toString('latin1', 0, 1_024).includes('%PDF-')) return null;
  return Math.max(1, bytes.toString('latin1').match(/\/Type\s*\/Page(?![A-Za-z])/g)?.length ?? 0);
}
