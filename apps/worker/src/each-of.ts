/** Does `work` for each item, at most `atOnce` at a time; rejects with the first error once what runs has ended. */
export async function eachOf<Item>(
  items: AsyncIterable<Item> | Iterable<Item>,
  { atOnce }: { atOnce: number },
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  let failed: { error: unknown } | null = null;
  for await (const item of items) {
    if (failed) break;
    const one: Promise<void> = work(item)
      .catch((error: unknown) => {
        failed ??= { error };
      })
      .finally(() => running.delete(one));
    running.add(one);
    if (running.size >= atOnce) await Promise.race(running);
  }
  await Promise.all(running);
  if (failed) throw (failed as { error: unknown }).error;
}
