/** Jobs that this process has sent to targets and that its view of the world does not show yet. */
export interface RecentlyPlanned {
  add(target: string, atMs: number): void;
  /** Those before this moment are in the view. */
  forgetBefore(ms: number): void;
  count(target: string): number;
}

/** While Redis is away nothing is forgotten; then the oldest go. */
const MAX_REMEMBERED = 100_000;

export function createRecentlyPlanned(): RecentlyPlanned {
  let queue: { target: string; atMs: number }[] = [];
  let head = 0;
  const counts = new Map<string, number>();
  const change = (target: string, by: number): void => {
    const count = (counts.get(target) ?? 0) + by;
    if (count === 0) counts.delete(target);
    else counts.set(target, count);
  };
  const dropFirst = (): void => {
    const first = queue[head];
    if (first) change(first.target, -1);
    head += 1;
    if (head < 1_000 || head * 2 < queue.length) return;
    queue = queue.slice(head);
    head = 0;
  };
  return {
    add(target, atMs) {
      queue.push({ target, atMs });
      change(target, 1);
      if (queue.length - head > MAX_REMEMBERED) dropFirst();
    },
    forgetBefore(ms) {
      while ((queue[head]?.atMs ?? Infinity) < ms) dropFirst();
    },
    count: (target) => counts.get(target) ?? 0,
  };
}
