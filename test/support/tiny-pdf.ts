/** A PDF of so many empty pages, as far as page objects tell. */
export function tinyPdf(pages = 1): Buffer {
  const objects = Array.from({ length: pages }, (_, index) => `${index + 2} 0 obj <</Type /Page>> endobj`);
  return Buffer.from(`%PDF-1.4\n1 0 obj <</Type /Pages>> endobj\n${objects.join('\n')}\n%%EOF\n`);
}
