import { ApiError } from '@sluice/contracts';

/** Counts this process's open event streams and ends them all on close. */
export interface EventStreams {
  /**
   * Takes a place; the function gives it back, and calling it twice is harmless.
   * @throws ApiError `too_many_streams`.
   */
  open(): () => void;
  /** Aborted when the server closes: streams and long polls then end. */
  readonly closing: AbortSignal;
  close(): void;
}

export function createEventStreams({
  maxStreams,
  onCount,
}: {
  maxStreams: number;
  onCount: (count: number) => void;
}): EventStreams {
  let count = 0;
  const controller = new AbortController();
  const change = (by: number): void => {
    count += by;
    onCount(count);
  };
  return {
    open() {
      if (count >= maxStreams) {
        throw new ApiError(
          'too_many_streams',
          `This process has ${maxStreams} event streams open, its limit.`,
          {
            headers: { 'retry-after': '5' },
          },
        );
      }
      change(1);
      let open = true;
      return () => {
        if (!open) return;
        open = false;
        change(-1);
      };
    },
    closing: controller.signal,
    close: () => controller.abort(),
  };
}
