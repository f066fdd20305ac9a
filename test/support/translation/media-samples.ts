const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64');

/** One pixel, valid. */
export const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
export const PNG_URL = `data:image/png;base64,${PNG}`;
export const PDF_URL = `data:application/pdf;base64,${base64('%PDF-1.4\n1 0 obj << /Type /Page >> endobj\n%%EOF')}`;
export const WAV = base64('RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00@\x1f\x00\x00');
export const MP4_URL = `data:video/mp4;base64,${base64('\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2')}`;
