/** Of MP3 and other packed sound, 128 kbit/s. */
const PACKED_BYTES_PER_SECOND = 16_000;

/** Length of a sound: exact for WAV with its usual header, else by size. */
export function audioSeconds(bytes: Buffer): number {
  const isWave = bytes.length >= 44 && bytes.toString('latin1', 8, 12) === 'WAVE';
  const bytesPerSecond = isWave ? bytes.readUInt32LE(28) : PACKED_BYTES_PER_SECOND;
  return bytesPerSecond > 0 ? (bytes.length - (isWave ? 44 : 0)) / bytesPerSecond : 0;
}
