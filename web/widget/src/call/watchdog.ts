/** Calls back once unless it is fed or stopped before its time. */
export class Watchdog {
  #timer: ReturnType<typeof setTimeout> | null = null;

  start(limitMs: number, onExpired: () => void): void {
    this.stop();
    this.#timer = setTimeout(() => {
      this.#timer = null;
      onExpired();
    }, limitMs);
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

/** `promise`, or a rejection after `limitMs`; what the promise does after that is not heard of any more. */
export async function within<T>(limitMs: number, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DOMException("The time limit has passed.", "TimeoutError")), limitMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
