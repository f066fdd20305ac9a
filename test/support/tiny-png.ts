import { deflateSync } from 'node:zlib';

/** A PNG header of the given size; enough for whoever reads its dimensions. */
export function tinyPng(width = 2, height = 2): Buffer {
  const header = Buffer.alloc(25);
  header.writeUInt32BE(13, 0);
  header.write('IHDR', 4, 'latin1');
  header.writeUInt32BE(width, 8);
  header.writeUInt32BE(height, 12);
  header.writeUInt8(8, 16);
  header.writeUInt8(2, 17);
  const pixels = deflateSync(Buffer.alloc(16));
  const data = Buffer.alloc(pixels.length + 12);
  data.writeUInt32BE(pixels.length, 0);
  data.write('IDAT', 4, 'latin1');
  pixels.copy(data, 8);
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), header, data]);
}
