import { actualMediaType, mediaRules, parseDataUrl, type MediaRules } from '@sluice/core';
import { createLiveEgressClient, type EgressClient, type EgressPolicy } from '@sluice/egress';
import { UnsendableRequest } from '../errors/unsendable-request.ts';
import type { MediaFile, MediaSource, MediaWish } from './media-source.ts';

const FETCH_TIMEOUT_MS = 20_000;
/** A prompt of many links must not open as many connections. */
const MAX_PARALLEL = 4;
const MAX_URL_SHOWN = 200;

/** Opens no connection before the first https URL; the policy is looked at before each. Redirects are not followed. */
export function createMediaSource(policy: () => EgressPolicy): MediaSource {
  let egress: EgressClient | null = null;
  const client = (): EgressClient => (egress ??= createLiveEgressClient(policy));

  return {
    reader({ vendor, signal }) {
      const rules = mediaRules(vendor);
      const files = new Map<string, Promise<MediaFile>>();
      const slot = createSlots(MAX_PARALLEL);
      let totalBytes = 0;

      async function load(wish: MediaWish): Promise<MediaFile> {
        const file = /^data:/i.test(wish.url)
          ? fromDataUrl(wish.url)
          : await slot(() => download(wish, { egress: client(), rules, signal }));
        checkFile(file, wish, { vendor, rules });
        totalBytes += file.bytes;
        if (totalBytes > rules.maxTotalBytes) {
          throw new UnsendableRequest(
            `The files have more than the ${rules.maxTotalBytes} bytes that ${vendor} takes in one request.`,
          );
        }
        return file;
      }

      return {
        read(wish) {
          const key = `${wish.kind} ${wish.url}`;
          const known = files.get(key);
          if (known) return known;
          const file = load(wish);
          files.set(key, file);
          return file;
        },
      };
    },
    close: async () => {
      await egress?.close();
    },
  };
}

function fromDataUrl(url: string): MediaFile {
  const data = parseDataUrl(url);
  if (data.status === 'malformed') throw new UnsendableRequest(`A data URL can't be read: ${data.why}.`);
  return fileOf(data.base64, data.mediaType, data.bytes);
}

function fileOf(base64: string, declared: string, bytes: number): MediaFile {
  return { mediaType: actualMediaType(base64, declared) ?? 'of no known format', base64, bytes };
}

async function download(
  { kind, url }: MediaWish,
  { egress, rules, signal }: { egress: EgressClient; rules: MediaRules; signal: AbortSignal },
): Promise<MediaFile> {
  const shown = url.length > MAX_URL_SHOWN ? `${url.slice(0, MAX_URL_SHOWN)}…` : url;
  const outcome = await egress.get(url, {
    timeoutMs: FETCH_TIMEOUT_MS,
    maxBytes: rules.maxBytes[kind],
    accept: rules.types[kind].join(', ') || '*/*',
    signal,
  });
  if (outcome.status !== 'answered') {
    throw new UnsendableRequest(
      `The file at ${shown} could not be fetched (${outcome.reason}): ${outcome.message}`,
    );
  }
  if (outcome.httpStatus !== 200) {
    const hint = outcome.httpStatus >= 300 && outcome.httpStatus < 400 ? '; redirects are not followed' : '';
    throw new UnsendableRequest(
      `The file at ${shown} could not be fetched: HTTP ${outcome.httpStatus}${hint}.`,
    );
  }
  return fileOf(outcome.body.toString('base64'), outcome.mediaType ?? '', outcome.body.byteLength);
}

function checkFile(
  { mediaType, bytes }: MediaFile,
  { kind }: MediaWish,
  { vendor, rules }: { vendor: string; rules: MediaRules },
): void {
  if (!rules.types[kind].includes(mediaType)) {
    const taken = rules.types[kind].join(', ') || 'nothing';
    throw new UnsendableRequest(`A file that is meant as ${kind} is ${mediaType}; ${vendor} takes ${taken}.`);
  }
  if (bytes > rules.maxBytes[kind]) {
    throw new UnsendableRequest(
      `A file has ${bytes} bytes; ${vendor} takes at most ${rules.maxBytes[kind]} of kind ${kind}.`,
    );
  }
}

/** Runs at most `count` tasks at a time, in the order in which they came. */
function createSlots(count: number): <Result>(task: () => Promise<Result>) => Promise<Result> {
  let free = count;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
