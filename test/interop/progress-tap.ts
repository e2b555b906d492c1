/** A `fetch` that gives tools/call a progress token and counts what comes back for it, for a library that knows no progress. */

export interface ProgressTap {
  readonly fetch: typeof fetch;
  /** While `work` runs, calls ask for progress and `onprogress` hears of it. Without one nothing is asked. */
  during<T>(onprogress: (() => void) | undefined, work: () => Promise<T>): Promise<T>;
}

const token = 'interop-progress';

export function watchProgress(): ProgressTap {
  let listener: (() => void) | undefined;
  return {
    async fetch(input, init) {
      const heard = listener;
      const body = typeof init?.body === 'string' ? init.body : '';
      if (!heard || !body.includes('"tools/call"')) return fetch(input, init);
      const response = await fetch(input, { ...init, body: withToken(body) });
      if (!response.body) return response;
      const [ours, theirs] = response.body.tee();
      void count(ours, heard);
      return new Response(theirs, response);
    },
    async during(onprogress, work) {
      listener = onprogress;
      try {
        return await work();
      } finally {
        listener = undefined;
      }
    },
  };
}

function withToken(body: string): string {
  const message = JSON.parse(body) as { params: { _meta?: object } };
  message.params._meta = { ...message.params._meta, progressToken: token };
  return JSON.stringify(message);
}

async function count(stream: ReadableStream<Uint8Array>, heard: () => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const chunk of stream) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (isProgress(line)) heard();
    }
  } catch {
    // The call was cancelled, and its stream with it.
  }
}

function isProgress(line: string): boolean {
  if (!line.startsWith('data:') || line.length < 6) return false;
  const message = JSON.parse(line.slice(5)) as { method?: string; params?: { progressToken?: unknown } };
  return message.method === 'notifications/progress' && message.params?.progressToken === token;
}
