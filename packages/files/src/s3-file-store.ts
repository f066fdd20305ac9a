import { DeleteObjectCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { StorageConfig } from '@sluice/contracts';
import { Readable } from 'node:stream';
import { fileName } from './file-name.ts';
import type { FilePlace } from './file-place.ts';

type S3Config = Extract<StorageConfig, { kind: 's3' }>;

/** The least that S3 takes; two are under way at once, so a write holds about 16 MB. */
const PART_BYTES = 8 * 1024 * 1024;

/**
 * Objects in a bucket of S3, or of any server that speaks its protocol. Uploads that are cut off leave parts that
 * only a lifecycle rule of the bucket removes (`AbortIncompleteMultipartUpload`).
 */
export function createS3FileStore(config: S3Config): FilePlace {
  const { access_key_id: accessKeyId, secret_access_key: secretAccessKey } = config;
  const client = new S3Client({
    region: config.region,
    ...(config.endpoint ? { endpoint: config.endpoint } : {}),
    forcePathStyle: config.force_path_style,
    ...(accessKeyId && secretAccessKey ? { credentials: { accessKeyId, secretAccessKey } } : {}),
    // Servers other than Amazon's often refuse the checksum trailers that newer clients send unasked.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 3,
  });
  const object = (name: string) => ({ Bucket: config.bucket, Key: `${config.prefix}${fileName(name)}` });

  return {
    async write(name, content) {
      const upload = new Upload({
        client,
        params: { ...object(name), Body: Readable.from(content, { objectMode: false }) },
        partSize: PART_BYTES,
        queueSize: 2,
        leavePartsOnError: false,
      });
      await upload.done();
    },
    async read(name, { start = 0 } = {}) {
      try {
        const Range = start > 0 ? { Range: `bytes=${start}-` } : {};
        const { Body } = await client.send(new GetObjectCommand({ ...object(name), ...Range }));
        return Body as Readable;
      } catch (error) {
        const { name: kind } = error as Error;
        if (kind === 'NoSuchKey' || kind === 'NotFound') return null;
        // Nothing lies behind the last byte.
        if (kind === 'InvalidRange') return Readable.from([]);
        throw error;
      }
    },
    async remove(name) {
      await client.send(new DeleteObjectCommand(object(name)));
    },
    tidy: async () => {},
    close: async () => client.destroy(),
  };
}
