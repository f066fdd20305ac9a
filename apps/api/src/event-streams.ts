import type { KeyQuotas } from '@sluice/broker';
import { ApiError } from '@sluice/contracts';
import type { Caller } from './caller.ts';
import { retryHeaders } from './retry-headers.ts';

/** Streams end when their jobs do: nobody knows when. */
const TRY_AGAIN_MS = 5_000;

/** Counts open event streams, those of this process and those of a key, and ends this process's on close. */
export interface EventStreams {
  /**
   * Takes a place; the function gives it back, and calling it twice is harmless.
   * @throws ApiError `too_many_streams`, for this process's limit or that of the caller's key.
   */
  open(caller: Pick<Caller, 'keyId' | 'limits'>): Promise<() => void>;
  /** Aborted when the server closes: streams and long polls then end. */
  readonly closing: AbortSignal;
  close(): void;
}

export function createEventStreams({
  maxStreams,
  quotas,
  onCount,
}: {
  maxStreams: number;
  quotas: Pick<KeyQuotas, 'takePlace'>;
  onCount: (count: number) => void;
}): EventStreams {
  let count = 0;
  const controller = new AbortController();
  const change = (by: number): void => {
    count += by;
    onCount(count);
  };
  return {
    async open({ keyId, limits }) {
      if (count >= maxStreams) {
        throw new ApiError(
          'too_many_streams',
          `This process has ${maxStreams} event streams open, its limit.`,
          { headers: retryHeaders(TRY_AGAIN_MS) },
        );
      }
      change(1);
      let open = true;
      let leaveKey = (): void => undefined;
      const leave = (): void => {
        if (!open) return;
        open = false;
        leaveKey();
        change(-1);
      };
      if (limits?.event_streams === undefined) return leave;
      try {
        const place = await quotas.takePlace('streams', keyId, limits.event_streams);
        if (!place) throw tooManyOfKey(limits.event_streams);
        leaveKey = place.close;
        return leave;
      } catch (error) {
        leave();
        throw error;
      }
    },
    closing: controller.signal,
    close: () => controller.abort(),
  };
}

function tooManyOfKey(maxStreams: number): ApiError {
  return new ApiError('too_many_streams', `This key may have ${maxStreams} event streams open at once.`, {
    headers: retryHeaders(TRY_AGAIN_MS),
  });
}
