/**
 * Questions to a process, each a sentence. However the process was started, its answers must be the same, so a question
 * turns what may differ from run to run (a time, an address) into what may not.
 */
export type Questions = Readonly<Record<string, () => unknown>>;

export type Answer = { readonly answer: unknown } | { readonly threw: string };

const PATIENCE_MS = 8000;

/** A handler that asks them one after another, so that none disturbs another. */
export function answering(questions: Questions) {
  return async (): Promise<Record<string, Answer>> => {
    const answers: Record<string, Answer> = {};
    for (const [question, ask] of Object.entries(questions)) answers[question] = await answerOf(ask);
    return answers;
  };
}

/** Of one that hangs, too: the others are still asked. */
async function answerOf(ask: () => unknown): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE_MS} ms`)), PATIENCE_MS);
  });
  try {
    return { answer: (await Promise.race([ask(), late])) ?? null };
  } catch (error) {
    return { threw: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  } finally {
    clearTimeout(timer);
  }
}

/** What a call that must fail failed with. */
export async function failureOf(call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    const { name, code } = error as { name: string; code?: string };
    return code ?? name;
  }
  return "nothing failed";
}

/** Texts in an order that is the same everywhere. */
export function sorted(values: Iterable<unknown>): string[] {
  return Array.from(values, String).sort((a, b) => (a < b ? -1 : 1));
}

/** The shape of a value: its keys, and the type of each. */
export function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.fromEntries(
    sorted(Object.keys(value)).map((key) => [key, shapeOf((value as Record<string, unknown>)[key])]),
  );
}
